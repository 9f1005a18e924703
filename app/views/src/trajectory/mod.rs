//! Trajectories through three series of a run: what the reward landscape and the training dynamics share.

mod arrows;
mod build;
mod coordinates;
mod drawing;
mod lines;
mod marks;
mod nearest;
mod options;
mod recipe;
mod selection;
mod spikes;
mod surface;
#[cfg(test)]
mod tests;
mod tracks;
mod trajectories;

use std::{collections::BTreeSet, sync::Arc};

use trainscape_run::{Run, natural_cmp};

use self::coordinates::Coordinate;
use crate::{Choices, NotAvailable, ViewSettings, clip::range_of};

pub use self::spikes::{Spike, spikes_of};
pub(crate) use self::{
    build::build,
    coordinates::DefaultCoordinate,
    options::{
        ARROWS, COLOUR_BY, NO_SURFACE, SURFACE_CONTOURS, SURFACE_FLOOR, SURFACE_METHOD,
        SURFACE_OPACITY, SURFACE_SHADING, SURFACE_WIREFRAME, TrajectoryOptions, X, Y, Z,
    },
    recipe::Recipe,
    trajectories::PATH_MAP,
};

pub(super) fn available(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    recipe: &Recipe,
) -> Result<(), NotAvailable> {
    selection::select(runs, settings, recipe).map(|_| ())
}

/// Smallest and largest step of the drawn runs.
pub(super) fn time_range(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    recipe: &Recipe,
) -> Option<(f64, f64)> {
    let selection = selection::select(runs, settings, recipe).ok()?;
    let keys = selection.coordinates[..3]
        .iter()
        .filter_map(Coordinate::key);
    let keys: Vec<&Arc<str>> = keys.collect();
    let series = selection.members.iter().flat_map(|(_, run)| {
        keys.iter()
            .filter_map(|key| run.series.get(*key))
            .map(|series| &**series)
    });
    range_of(series, settings)
}

/// Keys of the series that can be drawn along an axis.
pub(super) fn choices(runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
    let drawn = runs.iter().filter(|run| settings.draws_run(&run.id));
    let keys: BTreeSet<&Arc<str>> = drawn.flat_map(|run| run.series.keys()).collect();
    let mut keys: Vec<String> = keys.into_iter().map(ToString::to_string).collect();
    keys.sort_by(|a, b| natural_cmp(a, b));
    Choices {
        names: [&X, &Y, &Z, &COLOUR_BY]
            .map(|control| (control.name, keys.clone()))
            .into(),
        ..Choices::default()
    }
}
