//! Ranges of axes that show the data: logarithmic where values span decades, and without far outliers, which are marked at
//! the wall and counted instead of ruling the range.

use trainscape_scene::{
    axis::{Axis, Scale, power_of_ten},
    colour::Colour,
    scene::{LegendEntry, LegendMark, Markers, Scene},
    ticks::format_value,
};

use super::{
    ViewSettings, axes,
    caption::Caption,
    control::{Control, Kind, Section},
    samples::counted,
};

/// Positive values that span more than this factor are drawn on a logarithmic axis.
const LOG_FROM_FACTOR: f64 = 10.0;
/// Up to this share of the values may be zero or less on a logarithmic axis, which does not show them, ...
const MOST_NOT_POSITIVE: f64 = 0.005;
/// ... where the centre of the others spans more than this factor.
const LOG_WITHOUT_SOME_FROM_FACTOR: f64 = 300.0;
/// Fewer values have no outliers.
const FEWEST_VALUES: usize = 20;
/// The central range of all values is between this quantile and its complement.
const QUANTILE: f64 = 0.01;
/// A value farther from the central range than this many times its width is an outlier.
const WIDTHS: f64 = 3.0;
/// A run explodes if it leaves the median central range of at least three runs by this factor (linear axes).
const EXPLODES_BY_FACTOR: f64 = 100.0;
/// The same in decades (logarithmic axes).
const EXPLODES_BY_DECADES: f64 = 5.0;
/// More than this share of the values are no outliers but the data.
const MOST_OUTLIERS: f64 = 0.25;
/// A line whose span is less than this share of that of its logged values is a knot.
const KNOT: f64 = 0.35;
/// Beside a knot, the axis shows the logged values between this quantile and its complement.
const KNOT_QUANTILE: f64 = 0.04;
/// A logarithmic axis of so many decades shows all logged values beside the line.
const MOST_DECADES: f64 = 5.0;
/// The start of a run is its number of points divided by this.
const START_DIVISOR: usize = 10;
/// So few runs of fewer points than the divisor are shown with their starts.
const FEW_CURVES: usize = 2;
/// Starts that take more than this many times the height of what follows do not rule the range, ...
const MOST_BODIES: f64 = 6.0;
/// ... which is extended by this part of that height, so that the curves are seen to come from beyond.
const START_ROOM: f64 = 1.0;
/// The largest number of outliers that are drawn.
const MOST_MARKED: usize = 2000;
/// Colour of outliers.
pub(super) const COLOUR: Colour = Colour::hex(0xe02020);

/// The switch of robust ranges.
pub(crate) const ROBUST_RANGE: Control = Control {
    name: "robust-range",
    label: "Robust range",
    help: "The height leaves out far outliers and exploding runs, which are marked at the wall and counted.",
    kind: Kind::Switch(Some(true)),
    section: Section::Axes,
    names_data: false,
    only_with: None,
};

/// Logarithmic where all values are positive and span more than a factor of ten, and where few are not and the others span
/// far more.
pub(super) fn scale_of(values: impl Iterator<Item = f64>) -> Scale {
    let mut positive: Vec<f64> = Vec::new();
    let mut others = 0;
    for value in values.filter(|value| value.is_finite()) {
        match value > 0.0 {
            true => positive.push(value),
            false => others += 1,
        }
    }
    let spans_more_than = |[low, high]: [f64; 2], factor: f64| high / low > factor;
    let is_logarithmic = match others {
        0 => {
            let ends = |[low, high]: [f64; 2], value: &f64| [low.min(*value), high.max(*value)];
            let ends = positive.iter().fold([f64::MAX, f64::MIN_POSITIVE], ends);
            spans_more_than(ends, LOG_FROM_FACTOR)
        }
        others if others as f64 <= MOST_NOT_POSITIVE * positive.len() as f64 => {
            positive.sort_by(f64::total_cmp);
            spans_more_than(central(&positive), LOG_WITHOUT_SOME_FROM_FACTOR)
        }
        _ => false,
    };
    if is_logarithmic {
        Scale::Log10
    } else {
        Scale::Linear
    }
}

/// The z axis over the values of each run, without outliers unless the settings include them. Only where values
/// `can_explode`, as losses do, a run by itself can be an outlier: the return of another one is merely higher.
pub(super) fn height_axis(
    settings: &ViewSettings,
    title: &str,
    scale: Scale,
    runs: &[Vec<f64>],
    can_explode: bool,
) -> Axis {
    let scale = axes::scale(settings, 2, scale);
    let values = within(settings, &scale, runs, can_explode);
    axes::rounded_axis(settings, 2, title, scale, values)
}

/// The values without outliers, or all where the settings include them.
pub(super) fn within(
    settings: &ViewSettings,
    scale: &Scale,
    runs: &[Vec<f64>],
    can_explode: bool,
) -> Vec<f64> {
    let fence = settings
        .switch(&ROBUST_RANGE)
        .then(|| fence(runs, scale, can_explode))
        .flatten();
    let [low, high] = fence.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
    let all = runs.iter().flatten().copied();
    all.filter(|value| (low..=high).contains(value)).collect()
}

/// The logged values that decide the range of an axis beside the drawn ones, which are their averages: all of them, or
/// their centre where the line would otherwise be a knot in an empty box.
pub(super) fn beside(
    settings: &ViewSettings,
    scale: &Scale,
    drawn: &[f64],
    mut logged: Vec<f64>,
) -> Vec<f64> {
    let displayed = |value: f64| match scale {
        Scale::Log10 => value.log10(),
        _ => value,
    };
    let span = |values: &[f64]| {
        let units = values.iter().map(|value| displayed(*value));
        let (low, high) = units
            .filter(|unit| unit.is_finite())
            .fold((f64::MAX, f64::MIN), |(low, high), unit| {
                (low.min(unit), high.max(unit))
            });
        high - low
    };
    let is_knot = span(drawn) < KNOT * span(&logged);
    let has_room = *scale == Scale::Log10 && span(&logged) <= MOST_DECADES;
    if logged.len() < FEWEST_VALUES || has_room || !settings.switch(&ROBUST_RANGE) {
        return logged;
    }
    if !is_knot {
        return within(settings, scale, &[logged], false);
    }
    logged.sort_by(f64::total_cmp);
    let cut = (logged.len() as f64 * KNOT_QUANTILE) as usize;
    logged[cut..logged.len() - cut].to_vec()
}

/// The range of the centre of what runs (their drawn or logged values) have after their starts, with room above and below where
/// a start enters; `None` where the starts leave enough of the height.
pub(super) fn without_starts(
    settings: &ViewSettings,
    scale: &Scale,
    runs: &[Vec<f64>],
) -> Option<[f64; 2]> {
    if !settings.switch(&ROBUST_RANGE) || settings.range(2).is_some() {
        return None;
    }
    // The start of one or two short curves would be much of what there is to see.
    if runs.len() <= FEW_CURVES && runs.iter().all(|run| run.len() < START_DIVISOR) {
        return None;
    }
    let displayed = |value: f64| match scale {
        Scale::Log10 => value.log10(),
        _ => value,
    };
    let sorted = |values: &mut dyn Iterator<Item = &f64>| -> Vec<f64> {
        let units = values.map(|value| displayed(*value));
        let mut units: Vec<f64> = units.filter(|unit| unit.is_finite()).collect();
        units.sort_by(f64::total_cmp);
        units
    };
    let all = sorted(&mut runs.iter().flatten());
    let bodies = runs.iter().map(|run| &run[start_of(run.len())..]);
    let body = sorted(&mut bodies.flatten());
    let (low, high) = (*all.first()?, *all.last()?);
    if body.is_empty() {
        return None;
    }
    let [body_low, body_high] = central(&body);
    let span = body_high - body_low;
    let has_room = *scale == Scale::Log10 && high - low <= MOST_DECADES;
    if span <= 0.0 || has_room || high - low <= MOST_BODIES * span {
        return None;
    }
    let logged = |unit: f64| match scale {
        Scale::Log10 => power_of_ten(unit),
        _ => unit,
    };
    let room = START_ROOM * span;
    Some([low.max(body_low - room), high.min(body_high + room)].map(logged))
}

/// The number of points in the start of a run of `len` points.
fn start_of(len: usize) -> usize {
    match len {
        // A single value and a line from one to another have no start.
        0..=2 => 0,
        _ => len.div_ceil(START_DIVISOR),
    }
}

/// Values beyond these are outliers; `None` if there are none, or too many to be outliers.
fn fence(runs: &[Vec<f64>], scale: &Scale, can_explode: bool) -> Option<[f64; 2]> {
    let is_log = *scale == Scale::Log10;
    let displayed = |run: &Vec<f64>| -> Vec<f64> {
        let mut values: Vec<f64> = run
            .iter()
            .map(|value| if is_log { value.log10() } else { *value })
            .filter(|value| value.is_finite())
            .collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let runs: Vec<Vec<f64>> = runs.iter().map(displayed).collect();
    let mut all: Vec<f64> = runs.iter().flatten().copied().collect();
    if all.len() < FEWEST_VALUES {
        return None;
    }
    all.sort_by(f64::total_cmp);
    let [low, high] = central(&all);
    let width = high - low;
    let mut fence = [f64::NEG_INFINITY, f64::INFINITY];
    if width > 0.0 {
        fence = [low - WIDTHS * width, high + WIDTHS * width];
    }
    let usual: Vec<[f64; 2]> = runs
        .iter()
        .filter(|run| !run.is_empty())
        .map(|run| central(run))
        .collect();
    if can_explode && usual.len() >= 3 {
        let [low, high] = [0, 1].map(|end| {
            let mut ends: Vec<f64> = usual.iter().map(|ends| ends[end]).collect();
            ends.sort_by(f64::total_cmp);
            ends[ends.len() / 2]
        });
        let reach = if is_log {
            EXPLODES_BY_DECADES * (high - low).max(1.0)
        } else {
            EXPLODES_BY_FACTOR * (high - low).max(low.abs()).max(high.abs())
        };
        fence = [fence[0].max(low - reach), fence[1].min(high + reach)];
    }
    let outliers = all.partition_point(|value| *value < fence[0]) + all.len()
        - all.partition_point(|value| *value <= fence[1]);
    let is_share = outliers > 0 && outliers as f64 <= MOST_OUTLIERS * all.len() as f64;
    is_share.then(|| fence.map(|end| if is_log { power_of_ten(end) } else { end }))
}

/// The quantiles that bound the centre of sorted values.
fn central(sorted: &[f64]) -> [f64; 2] {
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    [at(QUANTILE), at(1.0 - QUANTILE)]
}

/// The values that are no farther from the central ones than these are from each other.
pub(super) fn near_the_centre(mut values: Vec<f64>) -> Vec<f64> {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    if values.is_empty() {
        return values;
    }
    let [low, high] = central(&values);
    let reach = high - low;
    if reach > 0.0 {
        values.retain(|value| (low - reach..=high + reach).contains(value));
    }
    values
}

/// The name of the marks of points beyond the axis.
pub(crate) const BEYOND_THE_AXIS: &str = "beyond the axis";

/// Drawn points beyond the axis of the height.
#[derive(Default)]
pub(super) struct Outliers {
    /// x, y and value of each, and its step.
    points: Vec<([f64; 3], f64)>,
    /// The names of runs that are wholly beyond.
    whole_runs: Vec<String>,
}

/// More runs that are wholly beyond the axis are counted alone.
const MOST_NAMED: usize = 3;

impl Outliers {
    /// Takes a drawn point.
    pub(super) fn visit(&mut self, z: &Axis, at: [f64; 3], step: f64) {
        // Rounding of an end of the axis is no outlier.
        let slack = 1e-9;
        let unit = z.unit_from_value(at[2]);
        if unit.is_some_and(|unit| !(-slack..=1.0 + slack).contains(&unit)) {
            self.points.push((at, step));
        }
    }

    /// Takes the name of a run of which no point is within the axis.
    pub(super) fn take_whole_run(&mut self, name: &str) {
        self.whole_runs.push(name.to_owned());
    }

    /// The sentence on runs that are wholly beyond; empty without any.
    fn whole_runs(&self) -> String {
        let count = self.whole_runs.len();
        let names = match count {
            0..=MOST_NAMED => format!(": {}", self.whole_runs.join(", ")),
            _ => String::new(),
        };
        let verb = if count == 1 { "is" } else { "are" };
        format!("{} {verb} wholly beyond it{names}", counted(count, "run"))
    }

    /// The number of points.
    pub(super) fn count(&self) -> usize {
        self.points.len()
    }

    /// Marks the points at the wall that they are beyond, unless the settings give the range; returns the caption's
    /// sentence.
    pub(super) fn add(self, settings: &ViewSettings, scene: &mut Scene) -> String {
        if settings.range(2).is_some() || self.points.is_empty() {
            return String::new();
        }
        let z = scene.axes[2].clone();
        let stride = self.points.len().div_ceil(MOST_MARKED);
        let mut positions = Vec::new();
        let mut steps = Vec::new();
        for ([x, y, value], step) in self.points.iter().step_by(stride) {
            let wall = if *value > z.high { z.high } else { z.low };
            let place = axes::place(&scene.axes, [*x, *y, wall]);
            if let Some(place) = place.filter(|place| axes::is_inside(*place)) {
                positions.push(place);
                steps.push(*step);
            }
        }
        let count = self.points.len();
        scene.legend.push(LegendEntry {
            label: BEYOND_THE_AXIS.to_owned(),
            colour: Some(COLOUR),
            mark: LegendMark::Dot,
        });
        scene.markers.push(Markers {
            records: None,
            name: BEYOND_THE_AXIS.to_owned(),
            positions_unit: positions.into(),
            steps: steps.into(),
            colour: COLOUR,
            diameter_pt: 2.6,
            outline: None,
        });
        let values = || self.points.iter().map(|(at, _)| at[2]);
        // What a logarithmic axis cannot show at all is farthest.
        let beyond = |value: &f64| match z.unit_from_value(*value) {
            Some(unit) => (unit - 0.5).abs(),
            None => f64::INFINITY,
        };
        let extreme = values().max_by(|a, b| beyond(a).total_cmp(&beyond(b)));
        Caption::new(format!(
            "{} beyond the range of {} {} marked at the wall (as far as {})",
            counted(count, "point"),
            z.title,
            if count == 1 { "is" } else { "are" },
            format_value(extreme.unwrap_or(f64::NAN)),
        ))
        .sentence_if(!self.whole_runs.is_empty(), || self.whole_runs())
        .sentence_if(stride > 1, || format!("One in {stride} of them is drawn"))
        .into_text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(scale: f64) -> Vec<f64> {
        (0..100)
            .map(|at| scale * (2.0 + (f64::from(at) * 0.7).sin()))
            .collect()
    }

    #[test]
    fn positive_values_over_more_than_a_decade_are_logarithmic() {
        assert_eq!(scale_of([0.1, 1.1].into_iter()), Scale::Log10);
        assert_eq!(scale_of([0.1, 1.0].into_iter()), Scale::Linear);
        assert_eq!(scale_of([0.0, 5.0].into_iter()), Scale::Linear);
        assert_eq!(scale_of([-1.0, 100.0].into_iter()), Scale::Linear);
        let decades = || (0..1000).map(|at| 10_f64.powf(f64::from(at) / 200.0));
        assert_eq!(scale_of(decades().chain([0.0; 4])), Scale::Log10);
        assert_eq!(scale_of(decades().chain([0.0; 40])), Scale::Linear);
        let few = decades().map(|value| value.sqrt().sqrt());
        assert_eq!(scale_of(few.chain([0.0])), Scale::Linear);
    }

    #[test]
    fn a_spike_does_not_rule_the_range_and_a_descent_does() {
        let mut spiky = wave(1.0);
        spiky[50] = 1000.0;
        let axis = height_axis(
            &ViewSettings::default(),
            "loss",
            Scale::Linear,
            &[spiky.clone()],
            true,
        );
        assert!(axis.high < 4.0, "{axis:?}");
        let with_all = ViewSettings::default().with(&ROBUST_RANGE, false);
        let axis = height_axis(&with_all, "loss", Scale::Linear, &[spiky], true);
        assert_eq!(axis.high, 1000.0);
        let descent: Vec<f64> = (0..500)
            .map(|at| 2.0 + 8.0 * (-f64::from(at) / 30.0).exp())
            .collect();
        let axis = height_axis(
            &ViewSettings::default(),
            "loss",
            Scale::Linear,
            &[descent],
            true,
        );
        assert_eq!(axis.high, 10.0);
    }

    #[test]
    fn an_exploding_run_does_not_rule_the_range() {
        let exploding: Vec<f64> = (0..100).map(|at| -10_f64.powi(at / 4)).collect();
        let runs = [wave(1.0), wave(1.1), wave(0.9), exploding];
        let axis = height_axis(&ViewSettings::default(), "loss", Scale::Linear, &runs, true);
        assert!(axis.low > -1000.0, "{axis:?}");
        let axis = height_axis(
            &ViewSettings::default(),
            "return",
            Scale::Linear,
            &runs,
            false,
        );
        assert!(axis.low < -1e22, "{axis:?}");
        // Several exploding runs are what the figure shows.
        let exploding =
            |sign: f64| -> Vec<f64> { (0..100).map(|at| sign * 10_f64.powi(at / 4)).collect() };
        let several = [
            wave(1.0),
            wave(1.1),
            wave(0.9),
            exploding(1.0),
            exploding(-1.0),
        ];
        let axis = height_axis(
            &ViewSettings::default(),
            "loss",
            Scale::Linear,
            &several,
            true,
        );
        assert!(axis.high > 1e22, "{axis:?}");
        // A run at another level is data.
        let runs = [wave(1.0), wave(1.1), wave(0.9), wave(20.0)];
        let axis = height_axis(&ViewSettings::default(), "loss", Scale::Linear, &runs, true);
        assert_eq!(axis.high, 60.0);
    }

    #[test]
    fn a_knot_is_opened_up_and_a_trend_is_not() {
        let settings = ViewSettings::default();
        let noise: Vec<f64> = (0..200).map(|at| (f64::from(at) * 12.9898).sin()).collect();
        let shown = beside(&settings, &Scale::Linear, &[-0.05, 0.05], noise.clone());
        assert_eq!(shown.len(), 184);
        let shown = beside(&settings, &Scale::Linear, &[-0.9, 0.9], noise.clone());
        assert_eq!(shown.len(), 200);
        let with_all = settings.with(&ROBUST_RANGE, false);
        assert_eq!(beside(&with_all, &Scale::Linear, &[0.0], noise).len(), 200);
    }

    #[test]
    fn a_high_start_does_not_rule_the_range() {
        let settings = ViewSettings::default();
        let course = |high: f64| -> Vec<f64> {
            let decay = |at: u32| 2.0 + high * (-f64::from(at) / 3.0).exp();
            (0..200)
                .map(|at| decay(at) + 0.5 * (-f64::from(at) / 80.0).exp())
                .collect()
        };
        let range = |high: f64| without_starts(&settings, &Scale::Linear, &[course(high)]);
        let [low, high] = range(20.0).unwrap();
        assert!(
            (1.9..2.1).contains(&low) && (2.4..2.8).contains(&high),
            "{low} to {high}"
        );
        assert_eq!(range(0.5), None);
        let with_all = ViewSettings::default().with(&ROBUST_RANGE, false);
        assert_eq!(
            without_starts(&with_all, &Scale::Linear, &[course(20.0)]),
            None
        );
    }

    #[test]
    fn outliers_are_counted_and_marked_at_the_wall() {
        let axes = [("x", 10.0), ("y", 1.0), ("z", 5.0)].map(|(title, high)| Axis {
            title: title.to_owned(),
            scale: Scale::Linear,
            low: 0.0,
            high,
        });
        let mut outliers = Outliers::default();
        for (step, value) in [1.0, 7.0, -3.0, 5.0].into_iter().enumerate() {
            outliers.visit(&axes[2], [step as f64, 0.5, value], step as f64);
        }
        let mut scene = Scene::new(axes);
        let text = outliers.add(&ViewSettings::default(), &mut scene);
        assert_eq!(
            text,
            "2 points beyond the range of z are marked at the wall (as far as −3)."
        );
        let places = &scene.markers[0].positions_unit;
        assert_eq!(places[..], [[0.1, 0.5, 1.0], [0.2, 0.5, 0.0]]);
    }
}
