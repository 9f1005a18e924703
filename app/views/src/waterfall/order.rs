//! The places of runs along the second axis: their order, names and colours.

use trainscape_run::natural_cmp;
use trainscape_scene::{
    colour::{Colour, ColourMap, run_colour},
    scene::ColourBar,
    ticks::format_value,
};

use crate::{
    ViewSettings,
    names::told_apart,
    noise,
    palette::{LinePalette, Named, swept_value},
    run_rows::RunSeries,
    samples::labels_of_runs,
    settings_names::telling_names,
};

/// Fewer values than this show no trend along an axis or a colour bar of values.
pub(super) const FEWEST_IN_ORDER: usize = 4;

/// A value that many runs share orders them if its rank correlation with their last values is so large.
const LEAST_CORRELATION: f64 = 0.4;

/// How runs are placed.
pub(super) struct Order {
    /// The run at each place.
    pub(super) rows: Vec<usize>,
    /// The name and the colour at each place.
    pub(super) names: Vec<String>,
    pub(super) colours: Vec<Colour>,
    /// The title of the axis.
    pub(super) title: String,
    /// What the places show.
    pub(super) source: String,
    /// The order, for a caption.
    pub(super) note: String,
    /// The configuration value that orders and colours the runs.
    pub(super) bar: Option<ColourBar>,
}

impl Order {
    /// By the configuration value that the settings choose, that is a learning rate, or that alone differs; otherwise by
    /// name. A value that few runs have for themselves orders runs only where it tells of their `last` values.
    pub(super) fn of(members: &[&RunSeries], last: &[f64], settings: &ViewSettings) -> Self {
        let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
        let labels = labels_of_runs(&runs);
        let named: Vec<Named<'_>> = members
            .iter()
            .zip(&labels)
            .map(|(member, label)| Named {
                ordinal: member.ordinal,
                label: label.clone(),
                config: &member.run.config,
            })
            .collect();
        let swept = swept_value(&named, settings, None);
        let distinct = |values: &[f64]| {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            sorted.dedup();
            sorted.len()
        };
        match swept {
            Some((key, values))
                if distinct(&values) < FEWEST_IN_ORDER && settings.second().is_none() =>
            {
                Self::few(members, &key, &values, &labels)
            }
            Some((_, values))
                if settings.second().is_none()
                    && 2 * distinct(&values) < values.len()
                    && correlation(&values, last).abs() < LEAST_CORRELATION =>
            {
                Self::by_name(members, &labels)
            }
            Some((key, values)) => Self::by_value(&key, &values, &labels, settings),
            None => Self::by_name(members, &labels),
        }
    }

    /// Few runs have colours that differ, and the values in their names where these are distinct.
    fn few(members: &[&RunSeries], key: &str, values: &[f64], labels: &[String]) -> Self {
        let short_key = key.rsplit(['.', '/']).next().unwrap_or(key);
        let mut order = Self::by_name(members, labels);
        let shown: Vec<f64> = order.rows.iter().map(|row| values[*row]).collect();
        let is_distinct = (1..shown.len()).all(|at| !shown[..at].contains(&shown[at]));
        if is_distinct {
            let name = |value: &f64| format!("{short_key} {}", format_value(*value));
            order.names = shown.iter().map(name).collect();
        }
        order
    }

    fn by_name(members: &[&RunSeries], labels: &[String]) -> Self {
        let rows = ordered(labels, |_, _| std::cmp::Ordering::Equal);
        let distinct = told_apart(labels);
        let runs: Vec<_> = members.iter().map(|member| &*member.run).collect();
        let distinct = telling_names(distinct, &runs);
        Self {
            names: rows.iter().map(|row| distinct[*row].clone()).collect(),
            colours: rows
                .iter()
                .map(|row| run_colour(members[*row].ordinal))
                .collect(),
            rows,
            title: "run".to_owned(),
            source: "run".to_owned(),
            note: "in the order of their names".to_owned(),
            bar: None,
        }
    }

    /// In the given order, told apart by labels.
    pub(super) fn labelled(labels: &[String], colours: Vec<Colour>) -> Self {
        Self {
            rows: (0..labels.len()).collect(),
            names: labels.to_vec(),
            colours,
            title: "run".to_owned(),
            source: "run".to_owned(),
            note: String::new(),
            bar: None,
        }
    }

    fn by_value(key: &str, values: &[f64], labels: &[String], settings: &ViewSettings) -> Self {
        let map = settings.colours(ColourMap::default());
        let palette = LinePalette::by_value(key, values, map);
        let rows = ordered(labels, |a, b| values[a].total_cmp(&values[b]));
        let short_key = key.rsplit(['.', '/']).next().unwrap_or(key);
        let is_distinct = rows
            .windows(2)
            .all(|pair| values[pair[0]] < values[pair[1]]);
        let names = if is_distinct {
            rows.iter().map(|row| format_value(values[*row])).collect()
        } else {
            let distinct = told_apart(labels);
            rows.iter().map(|row| distinct[*row].clone()).collect()
        };
        Self {
            names,
            colours: rows.iter().map(|row| palette.colours[*row]).collect(),
            rows,
            title: if is_distinct { short_key } else { "run" }.to_owned(),
            source: format!("config `{key}`"),
            note: format!("ordered and coloured by {key} from the configuration"),
            bar: palette.bar,
        }
    }
}

/// Spearman's rank correlation.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let centred = |values: &[f64]| -> Vec<f64> {
        let ranks = noise::ranks(values);
        let mean = ranks.iter().sum::<f64>() / ranks.len().max(1) as f64;
        ranks.iter().map(|rank| rank - mean).collect()
    };
    let (a, b) = (centred(a), centred(b));
    let product = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    product(&a, &b) / scale.max(f64::MIN_POSITIVE)
}

/// The indices in an order; by label where it leaves two equal.
fn ordered(labels: &[String], order: impl Fn(usize, usize) -> std::cmp::Ordering) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..labels.len()).collect();
    rows.sort_by(|&a, &b| order(a, b).then_with(|| natural_cmp(&labels[a], &labels[b])));
    rows
}
