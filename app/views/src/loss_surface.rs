//! Loss by step and learning rate. One run: its trajectory on the ribbon that its samples support. A sweep: the
//! terrain through all runs by step and peak learning rate, with the path of each run. Several runs without a second
//! coordinate: a waterfall.

mod adversarial;
mod comparison;
mod metric_panel;
mod ribbon;
mod selection;
mod stand_in;
mod task_metric;
mod terrain;
#[cfg(test)]
mod tests;
mod unknown_series;

use std::{collections::BTreeSet, sync::Arc};

use trainscape_compute::projection::Projector;
use trainscape_run::{Role, Run};
use trainscape_scene::{colour::ColourMap, scene::Scene};

use self::{
    metric_panel::METRIC_PANEL,
    selection::{LossSelection, Second},
    stand_in::StandIn,
};
use crate::{
    Choices, Control, NotAvailable, Time, View, ViewSettings,
    clip::range_of,
    common::{
        COLOURS, CONTOURS, FACETS, FLOOR, GROUP_SEEDS, LOG_XYZ, METHOD, OPACITY, RANGE, SAMPLES,
        SECOND, SHADING, SMOOTHING, WIREFRAME, X,
    },
    facets,
    held_out::SURFACE,
    ranges::ROBUST_RANGE,
    run_rows,
    symbol::Symbol,
    waterfall::{self, WATERFALL},
    x_lookup::step_keys,
};

/// The view of the loss by step and learning rate.
pub(crate) struct LossSurface;

impl View for LossSurface {
    fn name(&self) -> &'static str {
        "loss-surface"
    }

    fn title(&self) -> &'static str {
        "Loss surface"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Surface
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &SURFACE,
            &WATERFALL,
            &METRIC_PANEL,
            &SMOOTHING,
            &METHOD,
            &GROUP_SEEDS,
            &FACETS,
            &X,
            &SECOND,
            &LOG_XYZ,
            &RANGE,
            &ROBUST_RANGE,
            &COLOURS,
            &SHADING,
            &OPACITY,
            &CONTOURS,
            &WIREFRAME,
            &SAMPLES,
            &FLOOR,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Viridis
    }

    fn time(&self) -> Time {
        Time::Clips
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        if stand_in::is_needed(runs, settings) {
            return stand_in::select(runs, settings).map(|_| ());
        }
        selection::select(runs, settings).map(|_| ())
    }

    fn is_last_resort(&self, runs: &[Arc<Run>]) -> bool {
        stand_in::is_last_resort(runs)
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings)
    }

    fn time_range(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        let members = if stand_in::is_needed(runs, settings) {
            stand_in::select(runs, settings).ok()?.members
        } else {
            run_rows::members(runs, settings, Role::Loss).ok()?.0
        };
        range_of(members.iter().map(|member| &*member.series), settings)
    }

    fn choices(&self, runs: &[Arc<Run>], _: &ViewSettings) -> Choices {
        let names = [
            (&X, step_keys(runs)),
            (&SECOND, second_keys(runs)),
            (&FACETS, facets::choices(runs)),
        ];
        Choices {
            names: names.map(|(control, keys)| (control.name, keys)).into(),
            ..Choices::default()
        }
    }
}

/// Keys that can be the second coordinate: what differs between runs, and what is logged in addition to the loss.
fn second_keys(runs: &[Arc<Run>]) -> Vec<String> {
    let Some(first) = runs.first() else {
        return Vec::new();
    };
    let mut keys: BTreeSet<String> = BTreeSet::new();
    let numbers = first
        .config
        .iter()
        .filter(|(_, value)| value.as_f64().is_some());
    for (key, value) in numbers {
        if runs.iter().any(|run| run.config.get(key) != Some(value)) {
            keys.insert(key.clone());
        }
    }
    let role = |key| first.roles.get(key).copied();
    let others = first
        .series
        .keys()
        .filter(|key| !matches!(role(*key), Some(Role::Loss | Role::LayerGradientNorm)));
    keys.extend(others.map(ToString::to_string));
    keys.into_iter().collect()
}

/// Whether some setting shows that the ribbon is wanted, which says no more of a single run than its curve: its learning rate
/// is set by the step.
fn asks_for_ribbon(settings: &ViewSettings) -> bool {
    let switches = [&SURFACE, &WATERFALL, &FLOOR];
    settings.second().is_some()
        || switches
            .iter()
            .any(|switch| settings.chosen_switch(switch).is_some())
        || settings.method().is_some()
        || settings.group_seeds()
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    if let Some(StandIn {
        members,
        role,
        notes,
    }) = comparison::of_runs(runs, settings)
    {
        return waterfall::build(&members, role, &notes, settings);
    }
    let needs_panels = || {
        facets::are_chosen(settings)
            || !asks_for_ribbon(settings) && are_of_unlike_runs(runs, settings)
    };
    if !stand_in::is_needed(runs, settings) && needs_panels() {
        let (members, notes) = run_rows::members(runs, settings, Role::Loss)?;
        return waterfall::build(&members, Some(Role::Loss), &notes, settings);
    }
    if stand_in::is_needed(runs, settings) {
        let StandIn {
            members,
            role,
            notes,
        } = stand_in::select(runs, settings)?;
        if role.is_none()
            && let Some(scene) = unknown_series::build(runs, settings)
        {
            return Ok(scene);
        }
        return waterfall::build(&members, role, &notes, settings);
    }
    if !asks_for_ribbon(settings)
        && let Some(scene) = adversarial::build(runs, settings)
    {
        return scene;
    }
    let losses = selection::select(runs, settings)?;
    let scene = of_losses(runs, losses, settings)?;
    Ok(match asks_for_ribbon(settings) {
        true => scene,
        false => metric_panel::beside(scene, runs, settings),
    })
}

/// Whether the losses are those of several stages of a training, or of several methods.
fn are_of_unlike_runs(runs: &[Arc<Run>], settings: &ViewSettings) -> bool {
    let Ok((members, _)) = run_rows::members(runs, settings, Role::Loss) else {
        return false;
    };
    let last =
        |member: &run_rows::RunSeries| member.series.last().map_or(f64::NAN, |last| last.value);
    let rows = facets::Rows {
        last: members.iter().map(last).collect(),
        runs: members.into_iter().map(|member| member.run).collect(),
    };
    facets::need_panels(&rows, settings)
}

/// The losses alone.
fn of_losses(
    runs: &[Arc<Run>],
    losses: LossSelection,
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let LossSelection {
        members,
        second,
        notes,
    } = losses;
    match second {
        Second::PerRun(second) => terrain::build((runs, &members), &second, &notes, settings),
        Second::PerPoint(second)
            if settings.second().is_none() && !ribbon::meets(&members, &second) =>
        {
            let mut notes = notes;
            notes.push(format!(
                "No {} was logged at or before a step of {}, so it is no axis",
                second.key,
                members[0].series.key()
            ));
            waterfall::build(&members, Some(Role::Loss), &notes, settings)
        }
        Second::PerPoint(second) if members.len() == 1 && !asks_for_ribbon(settings) => {
            let mut notes = notes;
            notes.push(format!(
                "{} changes only with the step, so it is not drawn as an axis",
                second.key
            ));
            waterfall::build(&members, Some(Role::Loss), &notes, settings)
        }
        Second::PerPoint(second) => ribbon::build(runs, &members, &second, &notes, settings),
        Second::Run => waterfall::build(&members, Some(Role::Loss), &notes, settings),
    }
}
