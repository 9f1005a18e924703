//! A view over slices of tensors: rows × columns × value, or a line through three columns.

mod grid;
mod line;
mod slice_scene;

use std::sync::Arc;

use trainscape_run::Run;
use trainscape_scene::scene::Scene;

use super::{slice, spec::Spec};
use crate::{NotAvailable, ViewSettings};

pub(super) fn build(
    spec: &Spec,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    if let Some(colour) = spec
        .colour
        .as_ref()
        .or(spec.size.as_ref())
        .or(spec.filter.as_ref())
    {
        let what = "a slice is coloured by its values: remove `colour`, `size` and `filter`";
        return Err(NotAvailable::new(spec.at(colour.line, what)));
    }
    let z = slice::read(spec, &spec.axes[2], runs)?;
    match z.shape.len() {
        2 => grid::scene(spec, runs, &z, settings),
        1 => line::scene(spec, runs, &z, settings),
        rank => {
            let what = format!(
                "`{}` has {rank} axes ({}), and a view can show two: give indices for the others",
                spec.axes[2].text,
                z.axes.join(", ")
            );
            Err(NotAvailable::new(spec.at(spec.axes[2].line, &what)))
        }
    }
}
