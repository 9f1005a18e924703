//! Requests the scenes of the tiles when something has changed, and keeps their highlights up to date.

use std::sync::Arc;

use trainscape_views::ViewSettings;

use crate::{
    pane::{Highlight, Pane, SceneKey},
    pane_id::PaneId,
    services::Services,
    state::State,
    worker::SceneRequest,
};

/// Requests the scenes of all tiles in which something has changed.
pub(crate) fn request(state: &mut State, services: &Services) {
    if state.snapshot.runs.is_empty() {
        return;
    }
    for id in state.panes.ids() {
        request_scene(state, services, id);
    }
}

fn request_scene(state: &mut State, services: &Services, id: PaneId) {
    let Some(key) = scene_key(state, services, id) else {
        return;
    };
    let Some(pane) = state.panes.get(id) else {
        return;
    };
    let differs_in_more_than_ranges = |requested: &SceneKey| {
        let mut requested = requested.clone();
        requested.settings.set_ranges(key.settings.ranges());
        requested != key
    };
    // After another change the tile's own ranges have to be known before they can be linked again.
    let unlinks = pane
        .requested
        .as_ref()
        .is_none_or(differs_in_more_than_ranges);
    let linked_ranges = if unlinks {
        [None; 3]
    } else {
        linked_ranges(state, pane)
    };
    if let Some(pane) = state.panes.get_mut(id) {
        pane.linked_ranges = linked_ranges;
        if unlinks {
            pane.own_axes = None;
        }
    }
    let Some(key) = scene_key(state, services, id) else {
        return;
    };
    let Some(pane) = state.panes.get_mut(id) else {
        return;
    };
    if pane.requested.as_ref() == Some(&key) {
        return;
    }
    let differs_in_more_than_the_step = |requested: &SceneKey| {
        let mut requested = requested.clone();
        requested.settings.at_step = key.settings.at_step;
        requested != key
    };
    let runs = &state.snapshot.runs;
    if pane
        .requested
        .as_ref()
        .is_none_or(differs_in_more_than_the_step)
    {
        pane.choices = pane.view.choices(runs, &key.settings);
        pane.time_range = pane.view.time_range(runs, &key.settings);
    }
    let (Some(worker), Some(projections)) = (&services.worker, &services.projections) else {
        return;
    };
    let graphics = services.graphics.as_ref();
    worker.request(
        id,
        SceneRequest {
            runs: runs.clone(),
            view: pane.view,
            settings: key.settings.clone(),
            with_linked_ranges: pane.linked_ranges.iter().any(Option::is_some),
            projections: Arc::clone(projections),
            renderer: graphics.map(|graphics| Arc::clone(graphics.renderer())),
            previous: pane.built.as_ref().and_then(|built| built.gpu.clone()),
        },
    );
    pane.requested = Some(key);
}

fn scene_key(state: &State, services: &Services, id: PaneId) -> Option<SceneKey> {
    let pane = state.panes.get(id)?;
    let projections = services.projections.as_ref();
    Some(SceneKey {
        generation: state.snapshot.generation,
        view: pane.view,
        settings: effective_settings(state, pane),
        with_graphics: services.graphics.is_some(),
        revision: projections.map_or(0, |jobs| jobs.revision()),
    })
}

/// A tile's settings with what all tiles share.
fn effective_settings(state: &State, pane: &Pane) -> ViewSettings {
    let steps = &pane.choices.steps;
    // Between two snapshots nothing changes, so nothing is built.
    let at_step = state.shared.at_step.map(|at| {
        let shown = steps.iter().rfind(|step| **step <= at).or(steps.first());
        shown.copied().unwrap_or(at)
    });
    let mut settings = ViewSettings {
        runs: state.shared.runs.clone(),
        steps: state.shared.steps,
        at_step,
        controls: pane.settings.of(pane.view),
        ..ViewSettings::default()
    };
    let own = settings.ranges();
    settings.set_ranges([0, 1, 2].map(|axis: usize| own[axis].or(pane.linked_ranges[axis])));
    settings
}

/// The ranges that give equal axes of all tiles the same length.
fn linked_ranges(state: &State, pane: &Pane) -> [Option<[f64; 2]>; 3] {
    if !state.shared.link_ranges {
        return [None; 3];
    }
    let Some(own_axes) = &pane.own_axes else {
        return pane.linked_ranges;
    };
    [0, 1, 2].map(|index: usize| {
        let own = &own_axes[index];
        let start = [own.low, own.high];
        let union = state
            .panes
            .others(pane.id)
            .filter_map(|other| other.own_range(index, own))
            .fold(start, |[low, high], [other_low, other_high]| {
                [low.min(other_low), high.max(other_high)]
            });
        (union != start).then_some(union)
    })
}

/// Updates where the selected records are drawn in each tile.
pub(crate) fn update_highlights(state: &mut State) {
    let selected = state.selected.as_ref();
    let version = selected.map_or(0, |selected| selected.version);
    for pane in state.panes.iter_mut() {
        let Some(scene) = pane.scene() else {
            pane.highlight = Highlight::default();
            continue;
        };
        let address = Arc::as_ptr(scene) as usize;
        if pane.highlight.scene == address && pane.highlight.version == version {
            continue;
        }
        let places_unit = selected.map_or_else(Vec::new, |selected| {
            selected.places(pane.id, pane.view, scene)
        });
        pane.highlight = Highlight {
            scene: address,
            version,
            places_unit,
        };
    }
}
