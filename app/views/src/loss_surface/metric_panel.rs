//! The metric of the task beside the loss of few runs, in a panel of its own: a loss shows whether a training fits its data, a
//! metric of held-out data what the training is for.

use std::{collections::BTreeSet, sync::Arc};

use trainscape_run::{Role, Run};
use trainscape_scene::{
    colour::{Colour, run_colour},
    scene::{LegendEntry, LegendMark, PathColour, Scene},
};

use super::{comparison, task_metric::is_of_unknown_data};
use crate::{
    ViewSettings,
    caption::Caption,
    control::{Control, Kind, OnlyWith, Section},
    facets,
    not_finite::NOT_FINITE,
    ranges::BEYOND_THE_AXIS,
    run_rows,
    samples::quantity,
    waterfall,
};

/// The switch of the panel.
pub(super) const METRIC_PANEL: Control = Control {
    name: "metric-panel",
    label: "Metric beside the loss",
    help: "Show the metric of held-out data (accuracy, mAP, F1 and others) of up to three runs in a panel beside their loss.",
    kind: Kind::Switch(Some(true)),
    section: Section::View,
    names_data: false,
    only_with: Some(OnlyWith::CHOSEN),
};

/// The scene of losses with the runs' metric beside it; the scene itself where the runs log none, are many, or stand in a
/// figure that is no plane.
pub(super) fn beside(losses: Scene, runs: &[Arc<Run>], settings: &ViewSettings) -> Scene {
    let Some(mut metric) = panel(&losses, runs, settings) else {
        return losses;
    };
    let is_shown = settings.switch(&METRIC_PANEL);
    let mut losses = losses;
    if is_shown {
        colour_by_data(&mut metric, &mut losses);
    }
    let mut scene = match is_shown {
        true => side_by_side(losses, metric).unwrap_or_else(|losses| *losses),
        false => losses,
    };
    scene.choose(METRIC_PANEL.name, is_shown);
    scene
}

/// The metric that is shown beside the losses.
struct Metric {
    key: Arc<str>,
    role: Role,
    scene: Scene,
    /// The place of the first run in the order of colours.
    ordinal: usize,
}

/// The metric that the runs log, if they log one and it is wanted.
fn panel(losses: &Scene, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<Metric> {
    // Who chooses a range means that of the loss.
    let is_wanted = !facets::are_chosen(settings) && settings.range(2).is_none();
    if !is_wanted || !is_plane(losses) {
        return None;
    }
    let (members, _) = run_rows::members(runs, settings, Role::Loss).ok()?;
    let (key, role) = comparison::metric_of_few(&members)?;
    // It is drawn beside the training loss already.
    if series_keys(losses).contains(&*key) {
        return None;
    }
    let (members, notes) = run_rows::members_with_key(runs, settings, &key).ok()?;
    let scene = waterfall::build(&members, Some(role), &notes, settings).ok()?;
    let ordinal = members.first()?.ordinal;
    is_plane(&scene).then_some(Metric {
        key,
        role,
        scene,
        ordinal,
    })
}

/// Gives the lines of the only run the same colours in both panels: one for the data that are trained on, one for what was
/// held out. The legend says which is which where a panel has both.
fn colour_by_data(metric: &mut Metric, losses: &mut Scene) {
    if losses.runs.len() != 1 || is_of_unknown_data(&metric.key) {
        return;
    }
    let Some(PathColour::Solid(training)) = losses.paths.first().map(|path| path.colour.clone())
    else {
        return;
    };
    let held_out = run_colour(metric.ordinal + 1);
    let (metric, key) = (&mut metric.scene, &*metric.key);
    let colour_of = |series: &str| match series == key {
        true => held_out,
        false => training,
    };
    for path in &mut metric.paths {
        path.colour = PathColour::Solid(colour_of(&path.series_key));
    }
    let keys = series_keys(metric);
    let of_series = metric.markers.iter_mut();
    for markers in
        of_series.filter(|markers| markers.outline.is_none() && keys.contains(&*markers.name))
    {
        markers.colour = colour_of(&markers.name);
    }
    let has_both = [&*losses, &*metric]
        .into_iter()
        .any(|scene| series_keys(scene).len() > 1);
    if has_both {
        for scene in [losses, metric] {
            // The others are marks, such as those of points beyond the axis.
            let marks = scene.legend.iter().filter(|entry| is_mark(entry));
            let marks: Vec<LegendEntry> = marks.cloned().collect();
            scene.legend = by_data(training, held_out)
                .into_iter()
                .chain(marks)
                .collect();
        }
    }
}

/// The keys of the series that a scene draws.
fn series_keys(scene: &Scene) -> BTreeSet<String> {
    let keys = scene.paths.iter().map(|path| &path.series_key);
    keys.filter(|key| !key.is_empty())
        .map(ToString::to_string)
        .collect()
}

/// Whether an entry explains marks instead of a series.
fn is_mark(entry: &LegendEntry) -> bool {
    [BEYOND_THE_AXIS, NOT_FINITE].contains(&&*entry.label)
}

fn by_data(training: Colour, held_out: Colour) -> [LegendEntry; 2] {
    [("training data", training), ("held-out data", held_out)].map(|(label, colour)| LegendEntry {
        label: label.to_owned(),
        colour: Some(colour),
        mark: LegendMark::Line,
    })
}

/// Whether a scene can be a panel.
pub(super) fn is_plane(scene: &Scene) -> bool {
    scene.flat && scene.facets.is_empty() && scene.surfaces.is_empty() && scene.colour_bar.is_none()
}

/// Both as panels of one scene; the losses alone if that has no panels.
fn side_by_side(losses: Scene, metric: Metric) -> Result<Scene, Box<Scene>> {
    let Metric {
        key,
        role,
        scene: metric,
        ..
    } = metric;
    let of_both = |scene: &Scene| (scene.title.clone(), scene.caption.clone());
    let ((title, caption), (_, of_metric)) = (of_both(&losses), of_both(&metric));
    let [of_loss, of_metric_axis] = [losses.axes[2].title.clone(), metric.axes[2].title.clone()];
    let alone = losses.clone();
    let panels = vec![(of_loss, losses), (of_metric_axis, metric)];
    let mut scene = facets::compose(panels, [false, false]).ok_or_else(|| Box::new(alone))?;
    // A second loss would not say which.
    let name = match role {
        Role::Accuracy => quantity(&key, Some(role)),
        _ => key.to_string(),
    };
    let and_metric = format!(" and {name} by ");
    scene.title = title.replacen(" by ", &and_metric, 1);
    scene.caption = Caption::new(caption)
        .and_new_ones_of(&of_metric)
        .into_text();
    // The panels have their titles.
    scene.axes[2].title.clear();
    Ok(scene)
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, Series, role_of_key};

    use super::*;

    fn run(id: &str, keys: &[(&str, f64)]) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        for (key, slope) in keys {
            let mut series = Series::new(*key);
            for step in 0..9_i64 {
                series.push(Point {
                    step: step.into(),
                    wall_time_secs: None,
                    value: 0.5 + slope * step as f64,
                });
            }
            if let Some(role) = role_of_key(key) {
                run.roles.insert((*key).into(), role);
            }
            run.series.insert((*key).into(), Arc::new(series));
        }
        Arc::new(run)
    }

    fn built(runs: &[Arc<Run>], settings: &ViewSettings) -> Scene {
        let (members, notes) = run_rows::members(runs, settings, Role::Loss).unwrap();
        let losses = waterfall::build(&members, Some(Role::Loss), &notes, settings).unwrap();
        beside(losses, runs, settings)
    }

    #[test]
    fn few_runs_have_their_metric_beside_their_loss() {
        let runs = [
            run("a", &[("loss", -0.01), ("val_acc", 0.02)]),
            run("b", &[("loss", -0.005), ("val_acc", 0.01)]),
        ];
        let scene = built(&runs, &ViewSettings::default());
        let titles: Vec<&str> = scene.facets.iter().map(|facet| &*facet.title).collect();
        assert_eq!(titles, ["loss", "val_acc"]);
        assert_eq!(scene.title, "Loss and accuracy by step, 2 runs");
        assert!(
            scene
                .caption
                .contains("Lowest logged value: 0.42 at step 8")
        );
        assert!(
            scene
                .caption
                .contains("Highest logged value: 0.66 at step 8")
        );
        // The extremes are in their panels.
        assert_eq!(scene.labels.len(), 2);
        let [loss, metric] = [0, 1].map(|at| scene.labels[at].position_unit[0]);
        assert!(loss < 0.5 && metric > 0.9, "{loss} {metric}");
        let names: Vec<&str> = scene.legend.iter().map(|entry| &*entry.label).collect();
        assert_eq!(names, ["a", "b"]);

        let off = ViewSettings::default().with(&METRIC_PANEL, false);
        assert!(built(&runs, &off).facets.is_empty());
    }

    #[test]
    fn both_panels_of_one_run_have_one_colour_for_each_kind_of_data() {
        let mut of_run = vec![("loss", -0.01), ("val_loss", -0.005)];
        of_run.extend([("acc", 0.02), ("val_acc", 0.01)]);
        let scene = built(&[run("a", &of_run)], &ViewSettings::default());
        let colour = |key: &str| {
            let path = scene.paths.iter().find(|path| &*path.series_key == key);
            path.and_then(|path| match path.colour {
                PathColour::Solid(colour) => Some(colour),
                _ => None,
            })
        };
        assert_eq!(colour("loss"), colour("acc"));
        assert_eq!(colour("val_loss"), colour("val_acc"));
        assert_ne!(colour("loss"), colour("val_loss"));
        let names: Vec<&str> = scene.legend.iter().map(|entry| &*entry.label).collect();
        assert_eq!(names, ["training data", "held-out data"]);
        assert_eq!(scene.legend[1].colour, colour("val_acc"));
        assert!(
            scene
                .legend
                .iter()
                .all(|entry| entry.mark == LegendMark::Line)
        );
        let alone = [("loss", -0.01), ("val_acc", 0.01)];
        let scene = built(&[run("a", &alone)], &ViewSettings::default());
        assert!(scene.legend.is_empty());
    }

    #[test]
    fn an_accuracy_of_the_data_that_are_trained_on_has_no_panel() {
        let built_with = |key| {
            let of = |id| run(id, &[("loss", -0.01), (key, 0.02)]);
            built(&[of("a")], &ViewSettings::default())
        };
        assert!(built_with("train_acc").facets.is_empty());
        // Nothing says of which data it is, neither does the figure.
        let unknown = built_with("acc");
        assert_eq!(unknown.facets.len(), 2);
        assert!(unknown.legend.is_empty());
    }
}
