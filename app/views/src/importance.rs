//! How much each configuration value explains of a sweep's final metrics.

mod analysis;
mod bars;
mod caption;
mod forest;
mod table;

use std::sync::Arc;

use trainscape_compute::projection::Projector;
use trainscape_run::Run;
use trainscape_scene::{colour::ColourMap, scene::Scene};

use self::analysis::{Analysis, Sweep, drawn};
use crate::{
    Choices, Control, Kind, NotAvailable, Section, Time, View, ViewSettings,
    common::{COLOURS, OPACITY, RANGE, SHADING},
};

const METRICS: Control = Control {
    name: "metrics",
    label: "Metrics",
    help: "Metrics to explain.",
    kind: Kind::Keys,
    section: Section::View,
    names_data: true,
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

    fn controls(&self) -> &'static [&'static Control] {
        &[&METRICS, &RANGE, &COLOURS, &SHADING, &OPACITY]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Coolwarm
    }

    fn time(&self) -> Time {
        Time::Static
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        Sweep::of(runs, settings, settings.keys(&METRICS)).map(|_| ())
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
    let sweep = Sweep::of(runs, settings, settings.keys(&METRICS))?;
    let analysis = Analysis::of(sweep)?;
    let mut scene = bars::scene(&analysis, settings);
    scene.caption = caption::text(&analysis);
    Ok(scene)
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Config, ConfigValue, Point, Role, Series};

    use super::*;

    /// Runs whose loss is their learning rate.
    fn runs() -> Vec<Arc<Run>> {
        let run = |index: usize| {
            let id = format!("r{index}");
            let mut run = Run::new(id.as_str(), id.as_str(), id.clone().into());
            let rate = index as f64;
            let config = [("lr".to_owned(), ConfigValue::Float(rate))];
            run.config = Arc::new(config.into_iter().collect::<Config>());
            let mut series = Series::new("loss");
            series.push(Point {
                step: 1.into(),
                wall_time_secs: None,
                value: rate,
            });
            run.series.insert("loss".into(), Arc::new(series));
            run.roles.insert("loss".into(), Role::Loss);
            Arc::new(run)
        };
        (0..12).map(run).collect()
    }

    #[test]
    fn bars_keep_their_heights_in_a_range_with_an_open_end() {
        let mut settings = ViewSettings::default();
        settings.set_ranges([None, None, Some([f64::NEG_INFINITY, 0.5])]);
        let scene = build(&runs(), &settings).unwrap();
        let z_axis = &scene.axes[2];
        assert!(z_axis.low.is_finite() && z_axis.high == 0.5, "{z_axis:?}");
        let heights = scene.meshes[0].positions_unit.iter().map(|at| at[2]);
        let highest = heights.fold(0.0, f32::max);
        assert_eq!(highest, 1.0, "the bar reaches the top of the axis");
    }
}
