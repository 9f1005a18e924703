//! A layer's singular values, and what is said where the cursor is on one of them.

use std::sync::Arc;

use trainscape_run::Run;
use trainscape_scene::{
    scene::{Describe, Mark},
    ticks::format_value,
};

use super::{decomposition::Spectrum, matrices::WeightMatrix};
use crate::tensors::step_text;

/// A matrix with its singular values at the current step.
#[derive(Debug)]
pub(super) struct LayerSpectrum {
    pub(super) matrix: WeightMatrix,
    /// Index and step of the snapshot; `None` in a single checkpoint.
    pub(super) snapshot: Option<(usize, f64)>,
    pub(super) spectrum: Spectrum,
}

/// Three digits: enough for a caption.
pub(super) fn rounded(value: f64) -> f64 {
    let digits = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    if digits.is_finite() && digits > 0.0 {
        (value * digits).round() / digits
    } else {
        value
    }
}

/// What the positions of a layer's line stand for: its singular values.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) run: Arc<Run>,
    pub(super) layer: Arc<LayerSpectrum>,
    /// Index of the value at each position.
    pub(super) positions: Arc<[usize]>,
}

impl Describe for Values {
    fn mark(&self, _: usize) -> Option<Mark> {
        Some(Mark {
            run: Arc::clone(&self.run.id),
            step: Some(self.layer.snapshot?.1),
            row: None,
        })
    }

    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let LayerSpectrum {
            matrix,
            snapshot,
            spectrum,
        } = &*self.layer;
        let Some(&index) = self.positions.get(index) else {
            return Vec::new();
        };
        let value = spectrum.values[index];
        let [rows, columns] = matrix.shape;
        let share = 100.0 * value * value / spectrum.squared_norm;
        let mut lines = vec![
            ("run".to_owned(), self.run.name.to_string()),
            ("layer".to_owned(), matrix.tensor.key.to_string()),
            (
                "rank".to_owned(),
                format!("{} of {}", index + 1, spectrum.size),
            ),
            ("singular value".to_owned(), value.to_string()),
            (
                "share of the squared norm".to_owned(),
                format!("{share:.2} %"),
            ),
            (
                "stable rank".to_owned(),
                format_value(rounded(spectrum.stable_rank())),
            ),
            ("matrix".to_owned(), format!("{rows} × {columns}")),
        ];
        if let Some((_, step)) = snapshot {
            lines.push(("step".to_owned(), step_text(*step)));
        }
        lines.push(("file".to_owned(), matrix.file_text(&self.run, *snapshot)));
        lines
    }
}
