//! Pinned records: each has a note in the figure.

use serde::{Deserialize, Serialize};
use trainscape_scene::{
    Scene,
    figure::Callout,
    scene::{Mark, Picked},
};
use trainscape_views::ViewKind;

use crate::number_format::shortened;

/// A record that was clicked: its note stays with the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pin {
    pub(crate) view: ViewKind,
    pub(crate) position_unit: [f32; 3],
    pub(crate) lines: Vec<(String, String)>,
    run: Option<String>,
    step: Option<f64>,
    row: Option<usize>,
}

impl Pin {
    pub(crate) fn new(view: ViewKind, picked: &Picked) -> Self {
        let mark = picked.mark.as_ref();
        Self {
            view,
            position_unit: picked.position_unit,
            lines: picked.lines.clone(),
            run: mark.map(|mark| mark.run.to_string()),
            step: mark.and_then(|mark| mark.step),
            row: picked.row,
        }
    }

    fn mark(&self) -> Option<Mark> {
        Some(Mark {
            run: self.run.as_deref()?.into(),
            step: self.step,
            row: self.row,
        })
    }

    /// The note in the figure: the values without the name of their file.
    pub(crate) fn callout(&self) -> Callout {
        let lines = self.lines.iter().filter(|(name, _)| name != "file");
        Callout {
            position_unit: self.position_unit,
            lines: lines
                .map(|(name, value)| format!("{name}: {}", shortened(value)))
                .collect(),
        }
    }

    pub(crate) fn picked(&self) -> Picked {
        Picked {
            position_unit: self.position_unit,
            lines: self.lines.clone(),
            row: self.row,
            mark: self.mark(),
        }
    }

    /// Moves the note to where `scene` draws its record, the nearest place where there are several.
    pub(crate) fn follow(&mut self, scene: &Scene) {
        let Some(mark) = self.mark() else { return };
        let distance_squared = |at: &[f32; 3]| {
            let offsets = [0, 1, 2].map(|axis: usize| at[axis] - self.position_unit[axis]);
            offsets.iter().map(|offset| offset * offset).sum::<f32>()
        };
        let nearest = scene
            .find(&mark)
            .into_iter()
            .min_by(|a, b| distance_squared(a).total_cmp(&distance_squared(b)));
        if let Some(at) = nearest {
            self.position_unit = at;
        }
    }
}
