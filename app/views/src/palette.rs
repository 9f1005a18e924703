//! The colours of several runs in one figure, with their legend or colour bar.

use std::sync::Arc;

use trainscape_run::{Config, Run};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap, run_colour},
    scene::{ColourBar, LegendEntry, LegendMark},
};

use super::{ViewSettings, groups};

/// Lines that nothing tells apart.
pub(super) const OF_NONE: Colour = Colour::hex(0x7f93ad);

/// The largest number of lines in a legend.
const MOST_NAMED: usize = 12;

/// Configuration keys that name a run's learning rate, best first.
pub const LEARNING_RATE_KEYS: [&str; 10] = [
    "peak_lr",
    "max_lr",
    "learning_rate",
    "lr",
    "optimizer.lr",
    "optimizer.learning_rate",
    "optim.lr",
    "base_lr",
    "lr0",
    "init_lr",
];

/// The line of a run or of a group of runs.
pub(super) struct Named<'a> {
    /// Its index among all runs or groups, drawn or not.
    pub(super) ordinal: usize,
    /// Its label.
    pub(super) label: String,
    /// The run's configuration.
    pub(super) config: &'a Config,
}

/// The colours of lines.
pub(super) struct LinePalette {
    /// One for each line.
    pub(super) colours: Vec<Colour>,
    /// The names of the lines; empty for a single line and with a colour bar.
    pub(super) legend: Vec<LegendEntry>,
    /// The configuration value that colours the lines.
    pub(super) bar: Option<ColourBar>,
    /// The caption's sentence on the colours; can be empty.
    pub(super) note: String,
}

impl LinePalette {
    /// Few lines get the colours of their ordinals and a legend. Many are coloured by a number of their configuration
    /// (`key`, the loss surface's second coordinate, the learning rate, or the only one that differs) in `map`;
    /// without one, the legend counts them.
    pub(super) fn new(
        lines: &[Named<'_>],
        settings: &ViewSettings,
        key: Option<&str>,
        map: ColourMap,
    ) -> Self {
        let swept = if lines.len() > MOST_NAMED || key.is_some() {
            swept_value(lines, settings, key)
        } else {
            None
        };
        if let Some((key, values)) = swept {
            return Self::by_value(&key, &values, map);
        }
        let colours: Vec<Colour> = lines.iter().map(|line| run_colour(line.ordinal)).collect();
        let mut note = String::new();
        let legend = match lines.len() {
            0 | 1 => Vec::new(),
            named @ ..=MOST_NAMED => lines
                .iter()
                .zip(&colours)
                .take(named)
                .map(|(line, colour)| LegendEntry {
                    label: line.label.clone(),
                    colour: Some(*colour),
                    mark: LegendMark::Line,
                })
                .collect(),
            many => {
                "The lines are too many for a legend, and no configuration value orders them"
                    .clone_into(&mut note);
                vec![LegendEntry {
                    label: super::samples::counted(many, "line"),
                    colour: Some(colours[0]),
                    mark: LegendMark::Line,
                }]
            }
        };
        Self {
            colours,
            legend,
            bar: None,
            note,
        }
    }

    /// Colours of lines by a number of their configuration.
    pub(super) fn by_value(key: &str, values: &[f64], map: ColourMap) -> Self {
        let (low, high) = values
            .iter()
            .fold((f64::MAX, f64::MIN), |(low, high), value| {
                (low.min(*value), high.max(*value))
            });
        let scale = if low > 0.0 && high / low >= 10.0 {
            Scale::Log10
        } else {
            Scale::Linear
        };
        let title = key.rsplit(['.', '/']).next().unwrap_or(key);
        let axis = Axis::spanning(title, scale, values.iter().copied());
        let colour = |value: &f64| map.colour(axis.unit_from_value(*value).unwrap_or(0.0) as f32);
        Self {
            colours: values.iter().map(colour).collect(),
            legend: Vec::new(),
            note: format!("Line colours show {key} from the configuration"),
            bar: Some(ColourBar { axis, map }),
        }
    }
}

/// The number of the configuration by which lines are coloured: `key`, the loss surface's second coordinate, the learning
/// rate, or the only value that differs.
pub(super) fn swept_value(
    lines: &[Named<'_>],
    settings: &ViewSettings,
    key: Option<&str>,
) -> Option<(String, Vec<f64>)> {
    let numbers = |key: &str| groups::numbers(key, lines.iter().map(|line| line.config));
    if let Some(key) = key {
        return numbers(key).map(|values| (key.to_owned(), values));
    }
    let varying = groups::varying_keys(lines.iter().map(|line| line.config));
    if let Some(second) = settings.second().filter(|second| varying.contains(second)) {
        return numbers(second).map(|values| (second.to_owned(), values));
    }
    let varying: Vec<&str> = varying
        .into_iter()
        .filter(|key| groups::orders_runs(key))
        .collect();
    let is_preferred = |key: &&&str| varying.contains(key) && numbers(key).is_some();
    let preferred = LEARNING_RATE_KEYS.iter().find(is_preferred);
    let alone = match varying.as_slice() {
        [key] => Some(*key),
        _ => None,
    };
    let key = preferred.copied().or(alone)?;
    numbers(key).map(|values| (key.to_owned(), values))
}

/// Whether some run has a number called `key` in its configuration.
pub(super) fn is_configured<'a>(key: &str, mut runs: impl Iterator<Item = &'a Arc<Run>>) -> bool {
    runs.any(|run| {
        run.config
            .get(key)
            .is_some_and(|value| value.as_f64().is_some())
    })
}
