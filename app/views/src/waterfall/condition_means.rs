//! The mean of the results of each condition, with their standard deviation.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trainscape_run::{Config, ConfigValue};
use trainscape_scene::{
    colour::Colour,
    scene::{Markers, Path, PathColour, Scene},
    ticks::format_derived,
};

use super::conditions::Conditions;
use crate::{axes, config_keys::is_seed, groups, parameters::is_no_parameter, side::Side};

/// Heights above the plane, over those of the runs' dots.
const WHISKER_HEIGHT: f64 = 0.86;
const MEAN_HEIGHT: f64 = 0.92;
const OUTLINE: Colour = Colour::hex(0x111111);

/// The results of one row and one colour.
#[derive(Debug)]
struct Mean {
    /// The place along the rows.
    place: f64,
    colour: Colour,
    name: String,
    mean: f64,
    /// The standard deviation of a sample.
    deviation: f64,
    count: usize,
}

/// The settings that results differ in: not seeds, and not words or whole numbers that are other ones in each run. What differs in
/// one of them is not averaged.
fn settings<'a>(configs: &[&'a Config]) -> Vec<&'a str> {
    let is_set = |key: &&str| {
        let values = configs.iter().map(|config| config.get(*key));
        let distinct: BTreeSet<String> = values.clone().map(|value| format!("{value:?}")).collect();
        let is_chosen = 2 * distinct.len() <= configs.len();
        let is_sampled = values
            .flatten()
            .any(|value| matches!(value, ConfigValue::Float(_)));
        is_chosen || is_sampled
    };
    let varying = groups::varying_keys(configs.iter().copied()).into_iter();
    let varying = varying.filter(|key| !is_no_parameter(key) && !is_seed(key));
    varying.filter(is_set).collect()
}

/// The means of all conditions that have several results, which are repeats of each other.
#[derive(Debug, Default)]
pub(super) struct Means(Vec<Mean>);

impl Means {
    /// The means of results whose configurations are given.
    pub(super) fn of(conditions: &Conditions, configs: &[&Config], values: &[f64]) -> Self {
        let mut cells: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, place) in conditions.places.iter().enumerate() {
            cells.entry(place.to_bits()).or_default().push(at);
        }
        let settings = settings(configs);
        let are_repeats = |results: &Vec<usize>| {
            let first = configs[results[0]];
            let is_same = |at: &usize| {
                let mut settings = settings.iter();
                settings.all(|key| configs[*at].get(*key) == first.get(*key))
            };
            results.len() > 1 && results.iter().all(is_same)
        };
        let several = cells.into_values().filter(are_repeats);
        let mean = |results: Vec<usize>| {
            let count = results.len() as f64;
            let mean = results.iter().map(|at| values[*at]).sum::<f64>() / count;
            let squares = results.iter().map(|at| (values[*at] - mean).powi(2));
            let first = results[0];
            let row = &conditions.names[conditions.places[first].round() as usize];
            let name = match conditions.of_colours.get(first) {
                Some(colour) => {
                    let heading = conditions.legend.first();
                    let heading = heading.map_or("", |entry| &entry.label);
                    format!("{row}, {heading} {colour}")
                }
                None => row.clone(),
            };
            Mean {
                place: conditions.places[first],
                colour: conditions.colours[first],
                name,
                mean,
                deviation: (squares.sum::<f64>() / (count - 1.0)).sqrt(),
                count: results.len(),
            }
        };
        Self(several.map(mean).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a dot for each mean, and a line as long as the standard deviation to both sides.
    pub(super) fn add(&self, scene: &mut Scene) {
        for mean in &self.0 {
            let axis = &scene.axes[0];
            let inside = |value: f64| value.clamp(axis.low, axis.high);
            let at = |value: f64, height: f64| {
                axes::place(&scene.axes, [inside(value), mean.place, height])
            };
            let ends = [mean.mean - mean.deviation, mean.mean + mean.deviation];
            let ends = ends.map(|value| at(value, WHISKER_HEIGHT));
            let (Some(dot), [Some(low), Some(high)]) = (at(mean.mean, MEAN_HEIGHT), ends) else {
                continue;
            };
            scene.paths.push(Path {
                name: String::new(),
                positions_unit: [low, high].into(),
                strips: Path::unbroken(2),
                colour: PathColour::Solid(mean.colour),
                width_pt: 2.0,
                series_key: "".into(),
                records: Arc::new([]),
                details: Vec::new(),
                describe: None,
            });
            scene.markers.push(Markers {
                records: None,
                steps: [].into(),
                name: format!("mean of {}", mean.name),
                positions_unit: [dot].into(),
                colour: mean.colour,
                diameter_pt: 6.5,
                outline: Some(OUTLINE),
            });
        }
    }

    /// The caption's sentence, with the best mean.
    pub(super) fn text(&self, side: Side) -> String {
        let is_better = |a: &Mean, b: &Mean| match side {
            Side::Highest => a.mean > b.mean,
            Side::Lowest => a.mean < b.mean,
        };
        let best = self
            .0
            .iter()
            .reduce(|best, next| if is_better(next, best) { next } else { best });
        let Some(best) = best else {
            return String::new();
        };
        format!(
            "Large dots with lines: mean ± SD of each condition; {} mean: {} ± {} (n = {}) of {}",
            side.name().to_lowercase(),
            format_derived(best.mean),
            format_derived(best.deviation),
            best.count,
            best.name,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_a_setting_is_not_averaged() {
        let configs = |key: &str, value: &dyn Fn(i64) -> ConfigValue| -> Vec<Config> {
            let config = |at| Config::from([(key.to_owned(), value(at))]);
            (0..8).map(config).collect()
        };
        let of = |configs: &[Config]| settings(&configs.iter().collect::<Vec<_>>()).is_empty();
        assert!(of(&configs("net-seed", &ConfigValue::Int)));
        assert!(of(&configs("label", &|at| ConfigValue::Text(format!(
            "run {at}"
        )))));
        assert!(!of(&configs("layers", &|at| ConfigValue::Int(at % 2))));
        assert!(!of(&configs("lr", &|at| ConfigValue::Float(
            0.01 * at as f64
        ))));
    }
}
