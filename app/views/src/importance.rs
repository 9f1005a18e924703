//! How much each configuration value explains of a sweep's final metrics.

mod analysis;
mod bars;
mod caption;
mod dots;
mod forest;
mod response;
mod study;
mod table;

use std::sync::Arc;

use trainscape_compute::projection::Projector;
use trainscape_run::{Config, Run};
use trainscape_scene::{
    colour::ColourMap,
    scene::{Chosen, Scene},
};

use self::analysis::{Analysis, Sweep, drawn};
use crate::{
    Choices, Control, Kind, NotAvailable, Section, Time, View, ViewSettings,
    common::{COLOURS, OPACITY, RANGE, SHADING},
    symbol::Symbol,
    waterfall,
};

/// So many runs of so few points are the trials of a study.
const FEWEST_TRIALS: usize = 20;
const MOST_POINTS_OF_TRIAL: usize = 3;
/// So few curves beside them are tables of their results.
const MOST_TABLES: usize = 2;

const METRICS: Control = Control {
    name: "metrics",
    label: "Metrics",
    help: "Metrics to explain.",
    kind: Kind::Keys,
    section: Section::View,
    names_data: true,
    only_with: None,
};

const RESPONSE: Control = Control {
    name: "response",
    label: "Response surface",
    help: "The final metric by the two most important parameters that are numbers.",
    kind: Kind::Switch(Some(false)),
    section: Section::View,
    names_data: false,
    only_with: None,
};

const BARS: Control = Control {
    name: "bars",
    label: "Bars",
    help: "A bar for each parameter and metric instead of dots in the plane.",
    kind: Kind::Switch(Some(false)),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// How much each configuration value explains of a metric.
pub(crate) struct Importance;

impl View for Importance {
    fn name(&self) -> &'static str {
        "importance"
    }

    fn title(&self) -> &'static str {
        "Importance"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Bars
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &METRICS, &RESPONSE, &BARS, &RANGE, &COLOURS, &SHADING, &OPACITY,
        ]
    }

    fn default_colours(&self, settings: &ViewSettings) -> ColourMap {
        if settings.switch(&RESPONSE) {
            ColourMap::Viridis
        } else {
            ColourMap::Coolwarm
        }
    }

    fn time(&self) -> Time {
        Time::Static
    }

    /// A table of results has nothing over steps, and the pruned trials of a study little. What a single parameter explains is
    /// no comparison of several, and what a model explains that predicts nothing is chance. Results of methods and data sets are
    /// drawn themselves.
    fn is_preferred(&self, runs: &[Arc<Run>]) -> bool {
        let longest = |run: &Arc<Run>| run.series.values().map(|series| series.len()).max();
        let most = runs.iter().filter_map(longest).max().unwrap_or(0);
        let is_curve = |run: &&Arc<Run>| longest(run) > Some(MOST_POINTS_OF_TRIAL);
        let curves = runs.iter().filter(is_curve).count();
        let is_study = runs.len() >= FEWEST_TRIALS && curves <= MOST_TABLES;
        let is_table = most < 2 && has_conditions(runs);
        runs.len() > 1 && (most < 2 || is_study) && !is_table && says_something(runs)
    }

    /// What few runs tell of the importance of anything is chance.
    fn is_last_resort(&self, runs: &[Arc<Run>]) -> bool {
        runs.len() < FEWEST_TRIALS
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        Sweep::candidates(runs, settings, settings.keys(&METRICS)).map(|_| ())
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings)
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        Choices::of(&METRICS, table::candidates(&drawn(runs, settings)))
    }
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let sweeps = Sweep::candidates(runs, settings, settings.keys(&METRICS))?;
    let are_chosen = !settings.keys(&METRICS).is_empty();
    let analysis = Analysis::chosen(sweeps, are_chosen)?;
    if settings.switch(&RESPONSE) {
        return response::scene(&analysis, settings);
    }
    let are_bars = settings.switch(&BARS);
    let mut scene = if are_bars {
        bars::scene(&analysis, settings)
    } else {
        dots::scene(&analysis, settings)
    };
    scene.caption = caption::text(&analysis, are_bars);
    let metrics = analysis.sweep.metrics.iter();
    let names = metrics.map(|metric| metric.key.to_string()).collect();
    scene.choose(METRICS.name, Chosen::Names(names));
    Ok(scene)
}

/// So many studies are compared with each other.
const FEWEST_STUDIES: usize = 3;

/// Whether some setting with names tells much of the results.
fn has_conditions(runs: &[Arc<Run>]) -> bool {
    let Ok(sweeps) = Sweep::candidates(runs, &ViewSettings::default(), &[]) else {
        return false;
    };
    // Several searches for one metric are compared before one of them is explained.
    if sweeps.len() != 1 && sweeps.len() < FEWEST_STUDIES {
        return false;
    }
    let Some(key) = sweeps
        .first()
        .and_then(|sweep| Some(&sweep.metrics.last()?.key))
    else {
        return false;
    };
    let known = sweeps.iter().filter_map(|sweep| {
        let metric = sweep.metrics.last().filter(|metric| metric.key == *key)?;
        Some(sweep.runs.iter().zip(&metric.finals))
    });
    let (configs, values): (Vec<&Config>, Vec<f64>) = known
        .flatten()
        .filter(|(_, value)| value.is_finite())
        .map(|(run, value)| (&*run.config, *value))
        .unzip();
    waterfall::are_telling(&configs, &values)
}

/// Whether several parameters vary that predict a metric.
fn says_something(runs: &[Arc<Run>]) -> bool {
    let Ok(mut sweeps) = Sweep::candidates(runs, &ViewSettings::default(), &[]) else {
        return false;
    };
    sweeps.retain(|sweep| sweep.parameters.len() > 1);
    Analysis::chosen(sweeps, false).is_ok_and(|analysis| analysis.is_reliable())
}

#[cfg(test)]
mod tests {
    use trainscape_run::{ConfigValue, Point, Role, Series};
    use trainscape_scene::scene::CloudWork;

    use super::*;
    use crate::Value;

    /// Runs whose final value of each key is `value(rate)`; the last key is a reward.
    fn runs(count: usize, keys: &[&str], value: impl Fn(f64) -> f64) -> Vec<Arc<Run>> {
        let run = |index: usize| {
            let id = format!("r{index}");
            let mut run = Run::new(id.as_str(), id.as_str(), id.clone().into());
            let rate = index as f64;
            let config = [("lr".to_owned(), ConfigValue::Float(rate))];
            run.config = Arc::new(config.into_iter().collect::<Config>());
            for (key, role) in keys.iter().zip([Role::Loss, Role::Reward]) {
                let mut series = Series::new(*key);
                series.push(Point {
                    step: 1.into(),
                    wall_time_secs: None,
                    value: value(rate),
                });
                run.series.insert((*key).into(), Arc::new(series));
                run.roles.insert((*key).into(), role);
            }
            Arc::new(run)
        };
        (0..count).map(run).collect()
    }

    #[test]
    fn bars_keep_their_heights_in_a_range_with_an_open_end() {
        let mut settings = ViewSettings::default();
        settings.set_ranges([None, None, Some([f64::NEG_INFINITY, 0.5])]);
        settings.controls.set(&BARS, Value::from(true));
        let scene = build(&runs(12, &["loss", "reward"], |rate| rate), &settings).unwrap();
        let z_axis = &scene.axes[2];
        assert!(z_axis.low.is_finite() && z_axis.high == 0.5, "{z_axis:?}");
        let heights = scene.meshes[0].positions_unit.iter().map(|at| at[2]);
        let highest = heights.fold(0.0, f32::max);
        assert_eq!(highest, 1.0, "the bar reaches the top of the axis");
        assert_eq!(
            scene.title,
            "Hyperparameter importance for 2 final metrics, 12 runs"
        );
    }

    #[test]
    fn one_metric_is_drawn_as_dots_in_the_plane_with_whiskers_both_ways() {
        let settings = ViewSettings::default();
        let scene = build(&runs(12, &["loss"], |rate| rate), &settings).unwrap();
        assert!(scene.flat && scene.meshes.is_empty() && scene.clouds.len() == 1);
        let CloudWork::Points(dots) = &scene.clouds[0].work else {
            panic!("dots are given point by point");
        };
        let whisker = &scene.paths[0].positions_unit;
        let [low, dot, high] = [whisker[0], dots[0].position_unit, whisker[1]].map(|at| at[0]);
        assert!(low < dot && dot < high, "{low} {dot} {high}");
        assert!(((dot - low) - (high - dot)).abs() < 1e-5);
        assert_eq!(
            scene.title,
            "Hyperparameter importance for the final loss, 12 runs"
        );
    }

    #[test]
    fn the_response_surface_follows_two_parameters_and_needs_them() {
        let settings = ViewSettings::default().with(&RESPONSE, true);
        let one = build(&runs(24, &["loss"], |rate| rate), &settings).unwrap_err();
        assert!(one.reason.contains("needs two parameters"), "{one}");
        let both: Vec<Arc<Run>> = runs(36, &["loss"], |rate| {
            (rate % 6.0) + 10.0 * (rate / 6.0).floor()
        })
        .iter()
        .enumerate()
        .map(|(index, run)| {
            let mut run = run.as_ref().clone();
            let config = [
                ("width".to_owned(), ConfigValue::Float((index % 6) as f64)),
                ("depth".to_owned(), ConfigValue::Float((index / 6) as f64)),
            ];
            run.config = Arc::new(config.into_iter().collect::<Config>());
            Arc::new(run)
        })
        .collect();
        let scene = build(&both, &settings).unwrap();
        assert_eq!(scene.title, "Final loss by depth and width, 36 runs");
        assert_eq!(scene.markers[0].positions_unit.len(), 36);
        let trainscape_scene::scene::SurfaceWork::Refine(refine) = &scene.surfaces[0].work else {
            panic!("the nodes are given");
        };
        let values = &refine.nodes.values;
        assert!(
            values[0] + 0.6 < values[values.len() - 1],
            "{} {}",
            values[0],
            values[624]
        );
    }

    #[test]
    fn few_runs_and_bad_predictions_are_warned_of() {
        let settings = ViewSettings::default();
        let caption = |runs: &[Arc<Run>]| build(runs, &settings).unwrap().caption;
        let few = caption(&runs(12, &["loss"], |rate| rate));
        assert!(
            few.contains("Importance is unreliable: 12 runs are fewer than 20."),
            "{few}"
        );
        // Neighbours differ, so a run is predicted from the wrong ones.
        let noise = caption(&runs(24, &["loss"], |rate| rate % 2.0));
        assert!(
            noise.contains("Importance is unreliable: the out-of-bag R² of loss is under 0.3."),
            "{noise}"
        );
        let good = caption(&runs(24, &["loss"], |rate| rate));
        assert!(!good.contains("unreliable"), "{good}");
    }
}
