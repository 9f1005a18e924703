//! What grids and lines of a slice share: coordinates, records and the caption.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::Run;
use trainscape_scene::{
    axis::Axis,
    scene::{Describe, Scene},
};

use crate::{
    NotAvailable, ViewSettings,
    caption::Caption,
    custom::{
        geometry::axis_of,
        slice::{self, TensorSlice},
        spec::Spec,
    },
    samples::counted,
};

/// Coordinates of one axis: a slice of that length, or the index.
pub(super) fn coordinates(
    spec: &Spec,
    axis: usize,
    len: usize,
    runs: &[Arc<Run>],
) -> Result<Option<Vec<f64>>, NotAvailable> {
    let placed = &spec.axes[axis];
    if placed.text.is_empty() {
        return Ok(None);
    }
    let found = slice::read(spec, placed, runs)?;
    if found.values.len() == len {
        return Ok(Some(found.values));
    }
    let what = format!(
        "`{}` has {} values, but {len} are needed",
        placed.text,
        found.values.len()
    );
    Err(NotAvailable::new(spec.at(placed.line, &what)))
}

/// The axis of a column, which `name` names where the view does not.
pub(super) fn named_axis(
    spec: &Spec,
    axis: usize,
    values: &[f64],
    name: &str,
    settings: &ViewSettings,
) -> Axis {
    let mut found = axis_of(spec, axis, None, values.iter().copied(), settings);
    if found.title.is_empty() {
        let text = &spec.axes[axis].text;
        found.title = if text.is_empty() { name } else { text }.to_owned();
    }
    found
}

pub(super) fn scene_of(spec: &Spec, z: &TensorSlice, axes: [Axis; 3]) -> Scene {
    let mut scene = Scene::new(axes);
    scene.title.clone_from(&spec.title);
    scene.runs = vec![Arc::clone(&z.run)];
    scene.keys = BTreeMap::from([("z".to_owned(), spec.axes[2].text.clone())]);
    scene
}

/// The record of each cell.
#[derive(Debug)]
pub(super) struct CellRecords {
    pub(super) run: String,
    pub(super) names: [String; 3],
    /// Corners of one cell's geometry.
    pub(super) corners: usize,
    pub(super) rows: Vec<[f64; 3]>,
}

impl Describe for CellRecords {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some(values) = self.rows.get(index / self.corners) else {
            return Vec::new();
        };
        let mut lines = vec![("run".to_owned(), self.run.clone())];
        lines.extend(
            self.names
                .iter()
                .cloned()
                .zip(values.iter().map(ToString::to_string)),
        );
        lines
    }
}

pub(super) fn caption(spec: &Spec, size: &str, z: &TensorSlice, missing: usize) -> String {
    Caption::new(format!(
        "View {} from {}: {} ({size}), run {}.",
        spec.name,
        spec.file_name(),
        spec.axes[2].text,
        z.run.name
    ))
    .sentence_if(missing > 0, || {
        format!(
            "Not drawn: {} with a value that is not finite or outside the range of the axes.",
            counted(missing, "cell")
        )
    })
    .into_text()
}
