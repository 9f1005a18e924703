//! Runs of unlike things in panels beside each other, with the same colours in all of them.

use std::collections::BTreeMap;

use trainscape_run::{Role, natural_cmp};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::Colour,
    scene::{LegendEntry, LegendMark, Scene},
};

use super::{
    Counterpart, EarlierStarts, Places, WATERFALL, Waterfall, in_order,
    lengths::Lengths,
    many::{ManyLines, last_value},
    order::Order,
    panel_style::PanelStyle,
    seeds::{self, SeedMeans},
};
use crate::{
    NotAvailable, Value, ViewSettings,
    caption::Caption,
    common::{GROUP_SEEDS, LOG_XYZ, SMOOTHING},
    extremes::Extremes,
    facets::{self, Facets, Panel, Rows, UNKNOWN},
    groups, not_finite, ranges,
    run_rows::{self, RunRow, RunSeries},
    samples::{counted, counted_are, in_turn, left_out, quantity_title},
    side::{self, Side},
    x_lookup::x_title,
};

/// More lines than this in a panel are thin.
const MOST_THICK: usize = 8;
/// Panels share an axis if their own ranges cover these parts of it, in the median and in the least of them.
const COVERED: [f64; 2] = [0.6, 0.3];
/// Names of left out panels that a caption lists.
const MOST_NAMED: usize = 4;

impl Waterfall<'_> {
    /// The scene of rows that stand in panels; the rows themselves where they do not.
    pub(super) fn in_panels(
        members: &[RunSeries],
        (rows, window): (Vec<RunRow>, usize),
        role: Option<Role>,
        notes: &[String],
        settings: &ViewSettings,
    ) -> Result<Result<Scene, NotAvailable>, Vec<RunRow>> {
        if settings.chosen_switch(&WATERFALL) == Some(true) {
            return Err(rows);
        }
        let runs = rows.iter().map(|row| members[row.member].run.clone());
        let divided = Rows {
            runs: runs.collect(),
            last: rows.iter().map(|row| last_value(&row)).collect(),
        };
        let Some(facets) =
            facets::facets(&divided, (role, side::of_series(role, members)), settings)
        else {
            return Err(rows);
        };
        let figure = Figure {
            members,
            role,
            settings,
            window,
            facets,
        };
        Ok(figure.scene(rows, notes))
    }
}

/// A figure of panels.
struct Figure<'a> {
    members: &'a [RunSeries],
    role: Option<Role>,
    settings: &'a ViewSettings,
    /// Points in the moving average.
    window: usize,
    facets: Facets,
}

/// What captions say of all panels together.
#[derive(Default)]
struct Sums {
    runs: usize,
    points: usize,
    superseded: usize,
    turns: usize,
    not_placed: usize,
    outliers: usize,
    not_finite: usize,
    runs_of_lines: Vec<usize>,
    left_out_of_means: usize,
    has_bands: bool,
    shows_runs: bool,
    note: &'static str,
    interpolated: &'static str,
    by: &'static str,
    /// The runs that are averaged over fewer points.
    exceptions: run_rows::Exceptions,
}

impl Figure<'_> {
    fn scene(&self, rows: Vec<RunRow>, notes: &[String]) -> Result<Scene, NotAvailable> {
        let extremes = self.extremes(&rows);
        let (rows, of_all) = self.axis_of_all(rows);
        let mut rows: Vec<Option<RunRow>> = rows.into_iter().map(Some).collect();
        let of_panel = |panel: &Panel| -> (Vec<RunSeries>, Vec<RunRow>) {
            let taken = panel.rows.iter().filter_map(|row| rows[*row].take());
            let taken = taken.enumerate().map(|(member, row)| {
                let series = self.members[row.member].clone();
                (series, row.of_member(member))
            });
            taken.unzip()
        };
        let panels: Vec<(Vec<RunSeries>, Vec<RunRow>)> =
            self.facets.panels.iter().map(of_panel).collect();
        let members: Vec<Vec<RunSeries>> =
            panels.iter().map(|(members, _)| members.clone()).collect();
        let rows: Vec<Vec<RunRow>> = panels.into_iter().map(|(_, rows)| rows).collect();
        let settings = self.with_one_scale(&rows);
        let mut figures: Vec<Waterfall<'_>> = members
            .iter()
            .zip(rows)
            .zip(&self.facets.panels)
            .map(|((members, rows), panel)| self.panel(members, rows, panel, &settings))
            .collect();
        let are_shared = share_axes(&mut figures, of_all.as_ref());
        let mut sums = Sums::default();
        let scenes = figures.iter().zip(&self.facets.panels);
        let scenes = scenes.map(|(figure, panel)| (panel.title.clone(), sums.take(figure)));
        let mut scene = facets::compose(scenes.collect(), are_shared)
            .ok_or_else(|| NotAvailable::new("no panel has a point"))?;
        match &self.facets.bar {
            Some(bar) => scene.colour_bar = Some(bar.clone()),
            None => {
                scene.legend.splice(0..0, self.legend());
            }
        }
        scene.title = format!(
            "{} by {}, {} in {}",
            quantity_title(self.members[0].series.key(), self.role),
            facets::x_of_title(&scene),
            counted(sums.runs, "run"),
            counted(scene.facets.len(), "panel"),
        );
        scene.caption = self.caption(&scene, &sums, (are_shared, &extremes), notes);
        scene.choose(SMOOTHING.name, self.window);
        scene.choose(GROUP_SEEDS.name, !sums.runs_of_lines.is_empty());
        Ok(scene)
    }

    /// The axis of the values of all rows together, where the panels are compared with each other; the rows come back.
    fn axis_of_all(&self, rows: Vec<RunRow>) -> (Vec<RunRow>, Option<Axis>) {
        if !self.facets.are_compared {
            return (rows, None);
        }
        let order: Vec<usize> = rows.iter().map(|row| row.member).collect();
        let all = (rows, self.window);
        let all = Waterfall::new(self.members, all, self.role, self.settings, Places::Plane);
        let [_, _, axis] = all.axes();
        let mut by_member: BTreeMap<usize, RunRow> =
            all.rows.into_iter().map(|row| (row.member, row)).collect();
        let rows = order.iter().filter_map(|member| by_member.remove(member));
        (rows.collect(), Some(axis))
    }

    /// The best logged value of each of a few panels; the lowest loss of many, whose rewards have nothing in common.
    fn extremes(&self, rows: &[RunRow]) -> String {
        let side = side::of_series(self.role, self.members);
        if self.role.is_none() || self.facets.panels.len() > MOST_NAMED && side == Side::Highest {
            return String::new();
        }
        let runs: Vec<_> = self
            .members
            .iter()
            .map(|member| member.run.clone())
            .collect();
        let (x, _) = x_title(&runs, self.members[0].series.key(), self.settings);
        let of_rows = |rows: Vec<&RunRow>| {
            let members = self.members;
            let window = self.window;
            Extremes {
                side,
                members,
                rows,
                window,
            }
            .logged_text(&x)
        };
        if self.facets.panels.len() > MOST_NAMED {
            let value = of_rows(rows.iter().collect()).unwrap_or_default();
            return format!("{} logged value: {value}", side.name());
        }
        let of_panels = self.facets.panels.iter().filter_map(|panel| {
            let rows = panel.rows.iter().map(|row| &rows[*row]).collect();
            Some(format!("{}: {}", panel.title, of_rows(rows)?))
        });
        let of_panels: Vec<String> = of_panels.collect();
        format!("{} logged values: {}", side.name(), of_panels.join("; "))
    }

    /// The settings with the scale of heights of all panels, where the user chose none.
    fn with_one_scale(&self, rows: &[Vec<RunRow>]) -> ViewSettings {
        let mut settings = self.settings.clone();
        if settings.log(2).is_none() {
            let values = |rows: &[RunRow]| -> Vec<f64> {
                rows.iter()
                    .flat_map(|row| row.smooth.iter().copied())
                    .collect()
            };
            let all: Vec<Vec<f64>> = rows.iter().map(|rows| values(rows)).collect();
            let is_wanted =
                |values: &Vec<f64>| ranges::scale_of(values.iter().copied()) == Scale::Log10;
            let can_be =
                |values: &Vec<f64>| is_wanted(values) || values.iter().all(|value| *value > 0.0);
            let is_log = all.iter().any(is_wanted)
                && all.iter().all(can_be)
                && !matches!(self.role, Some(Role::Reward | Role::Accuracy));
            let chosen = [settings.log(0), settings.log(1), Some(is_log)];
            settings.controls.set(&LOG_XYZ, Value::Scales(chosen));
        }
        settings
    }

    fn panel<'a>(
        &'a self,
        members: &'a [RunSeries],
        rows: Vec<RunRow>,
        panel: &Panel,
        settings: &'a ViewSettings,
    ) -> Waterfall<'a> {
        // Lines of one label follow each other, those without names behind them.
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| {
            let labels = [a, b].map(|row| panel.labels[*row].as_str());
            let [of_rest_a, of_rest_b] = labels.map(facets::is_of_rest);
            of_rest_a
                .cmp(&of_rest_b)
                .then_with(|| natural_cmp(labels[0], labels[1]))
        });
        let style = PanelStyle {
            title: panel.title.clone(),
            labels: order.iter().map(|row| panel.labels[*row].clone()).collect(),
            colours: &self.facets.colours,
            is_of_unknown: panel.is_of_unknown,
            repeats: self.facets.repeats,
        };
        let rows = in_order(rows, &order);
        let seeds = SeedMeans::with_style(
            members,
            &rows,
            (self.window, side::of_series(self.role, self.members)),
            settings,
            Some(&style),
        );
        let are_thin = seeds.is_empty() && rows.len() > MOST_THICK;
        let colours: Vec<Colour> = match seeds.is_empty() {
            true => (0..rows.len()).map(|row| style.colour(row)).collect(),
            false => seeds.colours(rows.len()),
        };
        let many = are_thin.then(|| ManyLines::thin(&colours));
        let colours = many.as_ref().map_or(colours, |many| many.colours.clone());
        Waterfall {
            only_step: None,
            is_flat: true,
            counterpart: Counterpart::none(),
            starts: EarlierStarts::default(),
            lengths: match settings.log(0).is_none() && settings.range(0).is_none() {
                // Means over seeds are of runs of about one length.
                true if seeds.is_empty() => Lengths::of(&rows, None),
                _ => None,
            },
            seeds,
            many,
            conditions: None,
            members,
            settings,
            side: side::of_series(self.role, self.members),
            role: self.role,
            runs: members.iter().map(|member| member.run.clone()).collect(),
            key: members[0].series.key().clone(),
            window: self.window,
            order: Order::labelled(&style.labels, colours),
            rows,
            shared_axes: [None, None],
        }
    }

    fn legend(&self) -> Vec<LegendEntry> {
        let colours = self.facets.colours.iter();
        // A number or a switch says nothing by itself.
        let says_nothing = |(label, _): &(String, Colour)| {
            label.parse::<f64>().is_ok() || ["true", "false"].contains(&&*label.to_lowercase())
        };
        let key = self
            .facets
            .of_colours
            .strip_suffix(facets::FROM_CONFIGURATION);
        let key = key.and_then(|key| key.rsplit(['.', '/']).next());
        let heading = key.filter(|_| colours.clone().any(says_nothing));
        let heading = heading.map(|key| LegendEntry {
            label: key.to_owned(),
            colour: None,
            mark: LegendMark::None,
        });
        let entry = |(label, colour): &(String, Colour)| LegendEntry {
            label: label.clone(),
            colour: Some(*colour),
            mark: LegendMark::Line,
        };
        heading.into_iter().chain(colours.map(entry)).collect()
    }
}

impl Figure<'_> {
    fn caption(
        &self,
        scene: &Scene,
        sums: &Sums,
        (are_shared, extremes): ([bool; 2], &str),
        notes: &[String],
    ) -> String {
        let key = self.members[0].series.key();
        let x = facets::x_of_title(scene);
        let ranges = match are_shared {
            [true, true] => "with the same ranges".to_owned(),
            [true, false] => format!("with the same range of {x} and own ranges of {key}"),
            [false, true] => format!("with own ranges of {x} and the same range of {key}"),
            [false, false] => "with own ranges".to_owned(),
        };
        let colours = &self.facets.of_colours;
        let runs_of_lines = || sums.runs_of_lines.iter().copied();
        Caption::new(format!(
            "{key} by {x} for {}, {}",
            counted(sums.runs, "run"),
            counted(sums.points, "logged point"),
        ))
        .sentence(format!("Panels: {}, {ranges}", self.facets.what))
        .sentence_if(!colours.is_empty(), || format!("Colours: {colours}"))
        .sentence_if(sums.has_bands, || {
            groups::caption_text(runs_of_lines(), sums.by, key)
        })
        .sentence_if(!sums.runs_of_lines.is_empty() && !sums.has_bands, || {
            groups::means_text(runs_of_lines(), sums.by, "group")
        })
        .sentence(seeds::left_out_text(sums.left_out_of_means))
        .sentence(sums.interpolated)
        .sentence(sums.note)
        .sentence_if(sums.shows_runs, || "Thin lines: runs")
        .sentence(extremes)
        .sentence_if(self.window > 1, || {
            let short = sums.exceptions.text();
            if sums.runs_of_lines.is_empty() {
                let average = run_rows::average_text(self.window, self.settings);
                return format!("{average}{short}");
            }
            let chosen = run_rows::chosen_text(self.settings);
            let points = self.window;
            format!("Each run is averaged over {points} points first{chosen}{short}")
        })
        .sentence_if(sums.outliers > 0, || {
            format!(
                "{} beyond the range of a panel and marked at its edge",
                counted_are(sums.outliers, "point")
            )
        })
        .sentence_if(sums.not_finite > 0, || {
            format!(
                "{} NaN or infinite and marked at the floor",
                counted_are(sums.not_finite, "point")
            )
        })
        .sentence_if(sums.not_placed > 0, || {
            format!(
                "{} left out: a logarithmic axis does not show zero or less",
                counted_are(sums.not_placed, "point")
            )
        })
        .sentence(left_out(sums.superseded, 0))
        .sentence(in_turn(sums.turns))
        .sentence_if(self.has_unknown_beside_means(sums), || {
            format!("Runs of {UNKNOWN} are not averaged")
        })
        .sentence(self.left_out_panels())
        .sentences(notes)
        .into_text()
    }

    fn has_unknown_beside_means(&self, sums: &Sums) -> bool {
        let mut panels = self.facets.panels.iter();
        !sums.runs_of_lines.is_empty()
            && panels.any(|panel| panel.is_of_unknown && panel.rows.len() > 1)
    }

    fn left_out_panels(&self) -> String {
        let names = &self.facets.left_out;
        if names.is_empty() {
            return String::new();
        }
        let more = match names.len() > MOST_NAMED {
            true => ", …",
            false => "",
        };
        let named: Vec<&str> = names.iter().take(MOST_NAMED).map(String::as_str).collect();
        format!(
            "{} left out, which have the fewest runs ({}{more})",
            counted_are(names.len(), "more panel"),
            named.join(", ")
        )
    }
}

impl Sums {
    /// The scene of a panel; what its caption would say is added.
    fn take(&mut self, figure: &Waterfall<'_>) -> Scene {
        let mut scene = figure.empty_scene();
        let (not_placed, _) = figure.add_all_lines(&mut scene);
        let outliers = figure.outliers(&scene.axes, false);
        self.outliers += match figure.settings.range(2) {
            Some(_) => 0,
            None => outliers.count(),
        };
        outliers.add(figure.settings, &mut scene);
        let missing = figure.not_finite();
        self.not_finite += missing.len();
        not_finite::add(&mut scene, missing);
        self.not_placed += not_placed;
        self.runs += figure.rows.len();
        self.points += figure.sum(|row| row.samples.points.len());
        self.superseded += figure.sum(|row| row.samples.superseded);
        self.turns += figure.sum(|row| row.samples.turns);
        self.runs_of_lines.extend(figure.seeds.runs_of_lines());
        self.left_out_of_means += figure.seeds.left_out();
        self.has_bands |= !figure.seeds.is_empty() && figure.seeds.has_bands();
        self.shows_runs |= !figure.seeds.is_empty() && figure.seeds.shows_runs();
        if figure.seeds.interpolated_text() != "" {
            self.interpolated = figure.seeds.interpolated_text();
        }
        if figure.seeds.note() != "" {
            self.note = figure.seeds.note();
        }
        if !figure.seeds.is_empty() && figure.seeds.by() != self.by {
            self.by = match self.by {
                "" => figure.seeds.by(),
                _ => "seed or fold",
            };
        }
        let exceptions = run_rows::Exceptions::of(figure.rows.iter(), figure.window);
        self.exceptions = self.exceptions.and(exceptions);
        scene
    }
}

/// Gives the panels the same axes, to the right and upwards, where their own cover most of these, or that `of_all`; returns which
/// are shared.
fn share_axes(figures: &mut [Waterfall<'_>], of_all: Option<&Axis>) -> [bool; 2] {
    let axes: Vec<[Axis; 3]> = figures.iter().map(Waterfall::axes).collect();
    [0, 2].map(|axis| {
        let own: Vec<&Axis> = axes.iter().map(|axes| &axes[axis]).collect();
        let of_all = of_all.filter(|_| axis == 2).cloned();
        let Some(shared) = of_all.or_else(|| shared_axis(&own)) else {
            return false;
        };
        for figure in figures.iter_mut() {
            figure.shared_axes[axis / 2] = Some(shared.clone());
        }
        true
    })
}

/// The axis over all ranges; `None` if it would leave much of some panels empty.
fn shared_axis(own: &[&Axis]) -> Option<Axis> {
    let first = *own.first()?;
    let count_alike = own.iter().all(|axis| axis.title == first.title);
    let scale = shared_scale(own).filter(|_| count_alike)?;
    let ends = |of: fn(f64, f64) -> f64, end: fn(&Axis) -> f64| {
        own.iter().map(|axis| end(axis)).reduce(of)
    };
    let shared = Axis {
        low: ends(f64::min, |axis| axis.low)?,
        high: ends(f64::max, |axis| axis.high)?,
        scale,
        ..first.clone()
    };
    let unit = |value: f64| shared.unit_from_value(value);
    let covered: Option<Vec<f64>> = own
        .iter()
        .map(|axis| Some(unit(axis.high)? - unit(axis.low)?))
        .collect();
    let mut covered = covered?;
    covered.sort_by(f64::total_cmp);
    let [median, least] = COVERED;
    let is_covered = covered[(covered.len() - 1) / 2] >= median && covered[0] >= least;
    is_covered.then_some(shared)
}

/// The scale of all axes, if they have one. Those that are logarithmic from somewhere on are so from the first of these places.
fn shared_scale(own: &[&Axis]) -> Option<Scale> {
    let linear_to = |axis: &&Axis| match axis.scale {
        Scale::LogFromZero(linear_to) => Some(linear_to),
        _ => None,
    };
    if let Some(all) = own.iter().map(linear_to).collect::<Option<Vec<f64>>>() {
        return all.into_iter().reduce(f64::min).map(Scale::LogFromZero);
    }
    let is_linear = |axis: &&Axis| matches!(axis.scale, Scale::Linear | Scale::Whole);
    let is_whole = |axis: &&Axis| axis.scale == Scale::Whole;
    if own.iter().all(is_linear) && !own.iter().all(is_whole) {
        return Some(Scale::Linear);
    }
    let first = &own.first()?.scale;
    let are_equal = own.iter().all(|axis| axis.scale == *first);
    are_equal.then(|| first.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trainscape_run::{Point, Run, Series};
    use trainscape_scene::scene::PathColour;

    use super::*;
    use crate::waterfall;

    /// Rewards of 40 steps, whose last one is `last`.
    fn member(ordinal: usize, id: &str, last: f64) -> RunSeries {
        let mut series = Series::new("reward");
        for step in 0..40_i32 {
            series.push(Point {
                step: i64::from(step).into(),
                wall_time_secs: None,
                value: last * f64::from(step) / 39.0,
            });
        }
        let mut run = Run::new(id, id, id.into());
        let series = Arc::new(series);
        run.series.insert("reward".into(), Arc::clone(&series));
        run.roles.insert("reward".into(), Role::Reward);
        RunSeries {
            ordinal,
            run: Arc::new(run),
            series,
        }
    }

    fn benchmark() -> Vec<RunSeries> {
        let mut members = Vec::new();
        for (environment, scale) in [("Hopper-v4", 3000.0), ("Reacher-v4", -5.0)] {
            for (algorithm, factor) in [("sac", 1.0), ("td3", 0.8)] {
                for seed in 0..3 {
                    let id = format!("{environment}/{algorithm}/seed_{seed}");
                    let last = scale * factor + f64::from(seed);
                    members.push(member(members.len(), &id, last));
                }
            }
        }
        members
    }

    fn scene(members: &[RunSeries], settings: &ViewSettings) -> Scene {
        waterfall::build(members, Some(Role::Reward), &[], settings).unwrap()
    }

    #[test]
    fn environments_have_panels_with_the_same_colours() {
        let scene = scene(&benchmark(), &ViewSettings::default());
        let titles: Vec<&str> = scene.facets.iter().map(|facet| &*facet.title).collect();
        assert_eq!(titles, ["Hopper-v4", "Reacher-v4"]);
        let labels: Vec<&str> = scene.legend.iter().map(|entry| &*entry.label).collect();
        assert_eq!(labels, ["sac", "td3"]);
        assert_eq!(scene.title, "Reward by step, 12 runs in 2 panels");
        for wanted in [
            "12 runs, 480 logged points.",
            "with the same range of step and own ranges of reward.",
            "means of runs that differ only in their seed (3 runs each)",
        ] {
            assert!(scene.caption.contains(wanted), "{}", scene.caption);
        }
        for entry in &scene.legend {
            let means = scene.paths.iter().filter(|path| path.name == entry.label);
            let colours: Vec<Option<Colour>> = means
                .map(|path| match path.colour {
                    PathColour::Solid(colour) => Some(colour),
                    _ => None,
                })
                .collect();
            assert_eq!(colours, [entry.colour, entry.colour]);
        }
        let [_, heights] = &scene.facets[0].axes;
        assert!(heights.high >= 3002.0 && scene.facets[1].axes[1].high < 5.0);
    }

    #[test]
    fn one_panel_where_the_user_wants_it_and_for_one_environment() {
        let one = ViewSettings::default().with(&crate::common::FACETS, "none");
        assert!(scene(&benchmark(), &one).facets.is_empty());
        let hopper = &benchmark()[..6];
        assert!(scene(hopper, &ViewSettings::default()).facets.is_empty());
        let by_algorithm = ViewSettings::default().with(&crate::common::FACETS, "path:2");
        let panels = scene(&benchmark(), &by_algorithm).facets;
        assert_eq!(panels.len(), 2);
        assert_eq!(panels[0].title, "sac");
    }

    #[test]
    fn panels_share_an_axis_that_their_ranges_cover() {
        let axis = |low: f64, high: f64| Axis {
            title: String::new(),
            scale: Scale::Linear,
            low,
            high,
        };
        let (a, b, c) = (axis(0.0, 10.0), axis(1.0, 8.0), axis(0.0, 1.0));
        let shared = shared_axis(&[&a, &b]).map(|axis| (axis.low, axis.high));
        assert_eq!(shared, Some((0.0, 10.0)));
        assert!(shared_axis(&[&a, &a, &c]).is_none());
    }
}
