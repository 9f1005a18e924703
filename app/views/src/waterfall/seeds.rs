//! Runs that differ only in their seed, in the plane: the mean of each group with the band of its standard deviation.

use std::{ops::Range, sync::Arc};

use trainscape_run::Run;
use trainscape_scene::{
    axis::Axis,
    colour::{Colour, ColourMap, run_colour},
    scene::{ColourBar, LegendEntry, LegendMark, Path, PathColour, RecordRef, Scene},
    ticks::{format_derived, format_value},
};

use super::{
    averaged::{self, are_sparse, mean, strips},
    layers::Layer,
    many::{LinesOf, ManyLines},
    panel_style::PanelStyle,
};
use crate::{
    ViewSettings,
    band::{MeanRecords, band},
    common::GROUP_SEEDS,
    decimation::{Decimation, MOST_ON_LINES},
    groups::{self, Group, Mean, Repeats},
    logged_points::quiet,
    palette::OF_NONE,
    run_rows::{RunRow, RunSeries},
    samples::counted,
    side::Side,
};

/// A group of at least this many runs is drawn as its mean unless the user chooses otherwise.
const FEWEST_REPEATS: usize = 3;
/// More lines than this with bands could not be told apart: they have the colours of classes.
const MOST_BANDS: usize = 12;
/// Of so many runs in groups, the others are drawn without names.
const MOST_IN_GROUPS: f64 = 0.6;
/// More groups than this are drawn as runs.
const MOST_GROUPS: usize = 100;
/// Up to this many groups show the lines of their runs.
const FEW_GROUPS: usize = 3;
/// Groups whose last means the caption says.
const MOST_LAST: usize = 4;
/// The lines of runs are mixed with the colour of quiet points; this is their opacity.
const OF_RUNS: f32 = 0.45;
/// The mean of a group, or a single run.
struct MeanLine {
    label: String,
    /// The label where the panel of the line is not seen.
    described: String,
    colour: Colour,
    /// Indices of the rows that are averaged.
    rows: Vec<usize>,
    /// Indices of the rows of the group that end too early, or begin too late, to be averaged.
    left_out: Vec<usize>,
    /// Over x; the columns are the value and the step.
    mean: Mean<2>,
    /// x and value of the last point of each run, where these are so few that no mean between them is known.
    ends: Vec<[f64; 2]>,
    strips: Vec<Range<u32>>,
}

/// The lines of groups; empty where runs are drawn one by one.
#[derive(Default)]
pub(super) struct SeedMeans {
    lines: Vec<MeanLine>,
    /// The caption's sentence on how repeats are known; empty where the configuration says.
    note: &'static str,
    /// What repeats differ in.
    by: &'static str,
    /// The legend and the caption's sentence of the colours of many groups.
    classes: Option<(Vec<LegendEntry>, String)>,
    /// What the colours of many groups show, where it is a number.
    bar: Option<ColourBar>,
    /// Whether single runs beside a few groups have no names.
    leaves_singles: bool,
}

/// Whether most runs are in few enough groups that these can be told apart, beside single runs that could not.
fn are_beside_singles(groups: &[Group], runs: usize) -> bool {
    let repeated = || groups.iter().filter(|group| group.members.len() > 1);
    let in_groups: usize = repeated().map(|group| group.members.len()).sum();
    groups.len() > MOST_BANDS
        && (2..=MOST_BANDS).contains(&repeated().count())
        && in_groups as f64 >= MOST_IN_GROUPS * runs as f64
}

impl SeedMeans {
    /// The groups of the rows, where some run is repeated or the settings ask for it.
    pub(super) fn of(
        members: &[RunSeries],
        rows: &[RunRow],
        (window, side): (usize, Side),
        settings: &ViewSettings,
    ) -> Self {
        Self::with_style(members, rows, (window, side), settings, None)
    }

    /// The same, with labels and colours that panels share.
    pub(super) fn with_style(
        members: &[RunSeries],
        rows: &[RunRow],
        (window, side): (usize, Side),
        settings: &ViewSettings,
        style: Option<&PanelStyle<'_>>,
    ) -> Self {
        let chosen = settings.chosen_switch(&GROUP_SEEDS);
        let is_unknown = style.is_some_and(|style| style.is_of_unknown);
        if chosen == Some(false) || rows.len() < 2 || chosen.is_none() && is_unknown {
            return Self::default();
        }
        let member = |row: &RunRow| &members[row.member];
        let runs: Vec<Arc<Run>> = rows.iter().map(|row| member(row).run.clone()).collect();
        let repeats = match (chosen, style) {
            (Some(true), _) => Repeats::Chosen,
            (_, Some(style)) => style.repeats,
            (_, None) => groups::known_repeats(&runs),
        };
        let mut groups = groups::groups(&runs, repeats);
        if style.is_none() {
            groups.sort_by(|a, b| groups::label_cmp(&a.label, &b.label));
        }
        let most = groups.iter().map(|group| group.members.len()).max();
        let fewest = if chosen == Some(true) {
            2
        } else {
            FEWEST_REPEATS
        };
        if groups.len() > MOST_GROUPS || most.unwrap_or(0) < fewest {
            return Self::default();
        }
        let leaves_singles = style.is_none() && are_beside_singles(&groups, rows.len());
        let mut many =
            (groups.len() > MOST_BANDS && style.is_none() && !leaves_singles).then(|| {
                let firsts = groups.iter().map(|group| &rows[group.members[0]]);
                let map = settings.colours(ColourMap::default());
                let names: Vec<Option<&str>> =
                    groups.iter().map(|group| group.name.as_deref()).collect();
                ManyLines::of_lines(
                    members,
                    &firsts.collect::<Vec<_>>(),
                    LinesOf::Groups(&names),
                    (side, map),
                )
            });
        let line = |(at, group): (usize, Group)| {
            let first = group.members[0];
            let of_group: Vec<&RunRow> = group.members.iter().map(|at| &rows[*at]).collect();
            let averaged = averaged::averaged(&of_group, window);
            let label = match style {
                Some(style) => style.label(first),
                None => groups::label_of_some(&group, averaged.len()),
            };
            let of_group: Vec<&RunRow> = averaged.iter().map(|at| of_group[*at]).collect();
            let (averaged, left_out) = group
                .members
                .into_iter()
                .enumerate()
                .partition::<Vec<_>, _>(|(at, _)| averaged.binary_search(at).is_ok());
            let mean = mean(&of_group, window);
            MeanLine {
                strips: strips(&of_group, &mean),
                described: match style {
                    Some(style) => style.described(first),
                    None => label.clone(),
                },
                label,
                colour: match (&many, style) {
                    (Some(many), _) => many.colours[at],
                    (None, Some(style)) => style.colour(first),
                    (None, None) if leaves_singles && averaged.len() == 1 => OF_NONE,
                    (None, None) => run_colour(at),
                },
                rows: averaged.into_iter().map(|(_, row)| row).collect(),
                left_out: left_out.into_iter().map(|(_, row)| row).collect(),
                ends: match are_sparse(&of_group) {
                    true => of_group
                        .iter()
                        .filter_map(|row| averaged::end(row, window))
                        .collect(),
                    false => Vec::new(),
                },
                mean,
            }
        };
        let repeated = groups.iter().filter(|group| group.members.len() > 1);
        let by = groups::repeated_by(repeated.map(|group| group.by));
        if leaves_singles {
            // The single runs are behind.
            groups.sort_by_key(|group| group.members.len() == 1);
        }
        let mut lines: Vec<MeanLine> = groups.into_iter().enumerate().map(line).collect();
        if let Some(many) = many.as_mut().filter(|many| many.divides_none()) {
            let last = |line: &MeanLine| line.mean.means[0].last().copied().unwrap_or(f64::NAN);
            let lasts: Vec<f64> = lines.iter().map(last).collect();
            let labels: Vec<&str> = lines.iter().map(|line| &*line.label).collect();
            many.name_the_best((&lasts, &labels), side, LinesOf::Groups(&[]));
            for (line, colour) in lines.iter_mut().zip(&many.colours) {
                line.colour = *colour;
            }
            // The first lines are in front.
            lines.sort_by_key(|line| line.colour.alpha < u8::MAX);
        }
        let have_settings = runs.iter().any(|run| !run.config.is_empty());
        let note = match repeats {
            Repeats::Numbered(_) if have_settings => {
                "Runs of equal settings whose names differ in their last number count as repeats"
            }
            _ if have_settings => "",
            Repeats::Seeds if by != "seed" => "The names of the runs state their folds",
            Repeats::Seeds => "The names of the runs state their seeds",
            Repeats::Numbered(_) | Repeats::Chosen => {
                "Runs whose names differ in their last number count as repeats"
            }
        };
        let bar = many.as_ref().and_then(|many| many.bar.clone());
        let classes = match style {
            // The panels have a legend together.
            Some(_) if lines.len() > MOST_BANDS => Some((Vec::new(), String::new())),
            _ => many.map(|many| (many.legend, many.note)),
        };
        Self {
            lines,
            note,
            by,
            classes,
            bar,
            leaves_singles,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn has_bands(&self) -> bool {
        self.classes.is_none()
    }

    /// The caption's sentence on means between logged steps; empty where there are none.
    pub(super) fn interpolated_text(&self) -> &'static str {
        match self.lines.iter().any(|line| line.mean.is_interpolated()) {
            true => groups::INTERPOLATED,
            false => "",
        }
    }

    /// How many runs each line has.
    pub(super) fn runs_of_lines(&self) -> impl Iterator<Item = usize> {
        self.lines.iter().map(|line| line.rows.len())
    }

    /// How many runs are in no mean because they end too early or begin too late.
    pub(super) fn left_out(&self) -> usize {
        self.lines.iter().map(|line| line.left_out.len()).sum()
    }

    /// What the colours show, where it is a number.
    pub(super) fn bar(&self) -> Option<ColourBar> {
        self.bar.clone()
    }

    /// What repeats differ in, for a caption.
    pub(super) fn by(&self) -> &'static str {
        self.by
    }

    /// How repeats are known, for a caption.
    pub(super) fn note(&self) -> &'static str {
        self.note
    }

    /// The rows of runs that have a thin line of their own.
    pub(super) fn thin_rows(&self) -> impl Iterator<Item = usize> {
        let shown = self.lines.iter().filter(|_| self.shows_runs());
        let repeated = shown.filter(|line| line.rows.len() > 1);
        repeated.flat_map(MeanLine::all_rows)
    }

    pub(super) fn shows_runs(&self) -> bool {
        self.lines.len() <= FEW_GROUPS
    }

    /// The colour of each of `rows` rows: that of its group.
    pub(super) fn colours(&self, rows: usize) -> Vec<Colour> {
        let mut colours = vec![run_colour(0); rows];
        for line in &self.lines {
            for row in line.all_rows() {
                colours[row] = line.colour;
            }
        }
        colours
    }

    /// The means at the x that are shown and the ends of their bands, by group.
    pub(super) fn values<'a>(
        &'a self,
        is_shown: &'a dyn Fn(f64) -> bool,
    ) -> impl Iterator<Item = Vec<f64>> + 'a {
        let has_bands = self.has_bands();
        self.lines.iter().map(move |line| {
            let x = &line.mean.steps;
            let points = (0..x.len()).filter(|at| is_shown(x[*at]));
            if !has_bands {
                return points.map(|at| line.mean.means[0][at]).collect();
            }
            let ends = points.flat_map(|at| line.band(at).unwrap_or([line.mean.means[0][at]; 2]));
            ends.collect()
        })
    }

    /// The means: x, value and step of each.
    pub(super) fn means(&self) -> impl Iterator<Item = ([f64; 3], f64)> {
        self.lines.iter().enumerate().flat_map(|(place, line)| {
            let [values, steps] = &line.mean.means;
            let points = line.mean.steps.iter().zip(values).zip(steps);
            points.map(move |((x, value), step)| ([*x, place as f64, *value], *step))
        })
    }

    pub(super) fn legend(&self) -> Vec<LegendEntry> {
        if let Some((legend, _)) = &self.classes {
            return legend.clone();
        }
        let entry = |line: &MeanLine| LegendEntry {
            label: line.label.clone(),
            colour: Some(line.colour),
            mark: LegendMark::Line,
        };
        let is_named = |line: &&MeanLine| !self.leaves_singles || line.rows.len() > 1;
        let single = self.lines.iter().filter(|line| !is_named(line)).count();
        let of_singles = (single > 0).then(|| LegendEntry {
            label: counted(single, "single run"),
            colour: Some(OF_NONE),
            mark: LegendMark::Line,
        });
        let named = self.lines.iter().filter(is_named).map(entry);
        named.chain(of_singles).collect()
    }

    /// Adds the lines with their bands; returns how many means the axes cannot show, and the caption's sentence on those
    /// that are not drawn.
    pub(super) fn add(
        &self,
        scene: &mut Scene,
        key: &Arc<str>,
        runs: &[Arc<str>],
    ) -> (usize, String) {
        let lens: Vec<usize> = self
            .lines
            .iter()
            .map(|line| line.mean.steps.len())
            .collect();
        let at = |place: usize, at: usize| {
            let line = &self.lines[place];
            [line.mean.steps[at], place as f64, line.mean.means[0][at]]
        };
        let decimation = Decimation::of(&scene.axes, &lens, MOST_ON_LINES, at);
        let mut not_placed = 0;
        for (place, line) in self.lines.iter().enumerate() {
            let placed =
                decimation.placed(place, &scene.axes, &line.strips, |index| at(place, index));
            not_placed += placed.not_placed;
            let z_axis = &scene.axes[2];
            let band = band(
                format!("{} ± standard deviation", line.label),
                &placed.positions_unit,
                &placed.strips,
                line.colour,
                |at| ends_unit(z_axis, line.band(placed.kept[at])?),
            );
            scene.meshes.extend(band.filter(|_| self.has_bands()));
            let pick = |values: &[f64]| placed.kept.iter().map(|at| values[*at]).collect();
            let mean = &line.mean;
            scene.paths.push(Path {
                name: line.label.clone(),
                colour: PathColour::Solid(line.colour),
                width_pt: if self.has_bands() { 1.4 } else { 0.9 },
                series_key: key.clone(),
                records: Arc::new([]),
                details: Vec::new(),
                describe: Some(Arc::new(MeanRecords {
                    label: line.described.clone(),
                    runs: line.rows.iter().map(|row| runs[*row].clone()).collect(),
                    steps: pick(&mean.means[1]),
                    counts: placed.kept.iter().map(|at| mean.counts[*at]).collect(),
                    columns: vec![(
                        key.to_string(),
                        pick(&mean.means[0]),
                        pick(&mean.deviations[0]),
                    )],
                })),
                positions_unit: placed.positions_unit.into(),
                strips: placed.strips,
            });
        }
        (not_placed, decimation.text("Lines"))
    }

    /// Adds the pale lines of the runs of few groups.
    pub(super) fn add_runs(&self, scene: &mut Scene, members: &[RunSeries], rows: &[RunRow]) {
        if !self.shows_runs() {
            return;
        }
        let repeated = self.lines.iter().filter(|line| line.rows.len() > 1);
        let of_lines = repeated.flat_map(|line| line.all_rows().map(move |row| (line, row)));
        let lines: Vec<(&MeanLine, usize)> = of_lines.collect();
        let lens: Vec<usize> = lines
            .iter()
            .map(|(_, row)| rows[*row].samples.points.len())
            .collect();
        let y = Layer::Dots.place(0, rows.len());
        let at = |line: usize, at: usize| {
            let row = &rows[lines[line].1];
            [row.samples.points[at].x, y, row.smooth[at]]
        };
        let decimation = Decimation::of(&scene.axes, &lens, MOST_ON_LINES, at);
        for (index, (line, row)) in lines.iter().enumerate() {
            let row = &rows[*row];
            let strips = row.samples.strips();
            let placed =
                decimation.placed(index, &scene.axes, &strips, |at_point| at(index, at_point));
            let record = |at: &usize| RecordRef {
                run: row.member as u32,
                index: row.samples.points[*at].index,
            };
            scene.paths.push(Path {
                name: members[row.member].run.name.to_string(),
                records: placed.kept.iter().map(record).collect(),
                positions_unit: placed.positions_unit.into(),
                strips: placed.strips,
                colour: PathColour::Solid(quiet(line.colour).with_opacity(OF_RUNS)),
                width_pt: 0.5,
                series_key: members[row.member].series.key().clone(),
                details: Vec::new(),
                describe: None,
            });
        }
    }

    /// The caption's sentences: what is averaged, and the last means of few groups.
    pub(super) fn text(&self, key: &str, x: &str) -> Vec<String> {
        if self.is_empty() {
            return Vec::new();
        }
        let runs = self.runs_of_lines();
        let about = match &self.classes {
            None => groups::caption_text(runs, self.by, key),
            Some((_, classes)) => {
                format!("{}. {classes}", groups::means_text(runs, self.by, "group"))
            }
        };
        let mut sentences = vec![about, left_out_text(self.left_out())];
        sentences.push(self.interpolated_text().to_owned());
        sentences.push(self.note.to_owned());
        if self.shows_runs() {
            sentences.push("Thin lines: runs".to_owned());
        }
        let repeated: Vec<&MeanLine> = self
            .lines
            .iter()
            .filter(|line| line.rows.len() > 1)
            .collect();
        if repeated.len() <= MOST_LAST {
            let last = repeated
                .iter()
                .filter_map(|line| line.last_text(x, repeated.len() > 1));
            let last: Vec<String> = last.collect();
            sentences.push(format!("Last means: {}", last.join("; ")));
        }
        sentences
    }
}

/// The caption's sentence on runs that are in no mean.
pub(super) fn left_out_text(runs: usize) -> String {
    let has = if runs == 1 { "shares" } else { "share" };
    match runs {
        0 => String::new(),
        _ => format!(
            "{} that {has} little of the x range with others of the same group {} in no mean",
            counted(runs, "run"),
            if runs == 1 { "is" } else { "are" }
        ),
    }
}

impl MeanLine {
    /// Indices of the rows of the group, averaged or not.
    fn all_rows(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().chain(&self.left_out).copied()
    }

    /// Mean and standard deviation of the runs' last values, and between which x these are; `None` where all are at one.
    fn own_ends(&self) -> Option<([f64; 2], [f64; 2])> {
        let first = self.ends.iter().map(|end| end[0]).reduce(f64::min)?;
        let last = self.ends.iter().map(|end| end[0]).reduce(f64::max)?;
        if first >= last {
            return None;
        }
        let n = self.ends.len() as f64;
        let mean = self.ends.iter().map(|end| end[1] / n).sum::<f64>();
        let squares = self.ends.iter().map(|end| (end[1] - mean).powi(2));
        let deviation = (squares.sum::<f64>() / (n - 1.0)).sqrt();
        Some(([mean, deviation], [first, last]))
    }

    /// Ends of the band at a point.
    fn band(&self, at: usize) -> Option<[f64; 2]> {
        let (mean, deviation) = (self.mean.means[0][at], self.mean.deviations[0][at]);
        (!deviation.is_nan()).then_some([mean - deviation, mean + deviation])
    }

    fn last_text(&self, x: &str, is_named: bool) -> Option<String> {
        let at = self.mean.steps.len().checked_sub(1)?;
        let n = self.mean.counts[at];
        let own = self.own_ends();
        let label = self
            .label
            .rsplit_once(", n = ")
            .map_or(&*self.label, |(label, _)| label);
        let of = if is_named {
            format!("{label}: ")
        } else {
            String::new()
        };
        let spread = |deviation: f64| match deviation.is_nan() {
            true => String::new(),
            false => format!(" ± {}", format_derived(deviation)),
        };
        if let Some(([mean, deviation], [first, last])) = own {
            return Some(format!(
                "{of}{}{} over the last values of {}, each at its own last {x}, {} to {}",
                format_derived(mean),
                spread(deviation),
                counted(self.ends.len(), "run"),
                format_value(first),
                format_value(last),
            ));
        }
        let spread = spread(self.mean.deviations[0][at]);
        Some(format!(
            "{of}{}{spread} at {x} {} ({})",
            format_derived(self.mean.means[0][at]),
            format_value(self.mean.steps[at]),
            counted(n as usize, "run"),
        ))
    }
}

/// The ends of a band along the axis of heights; what is below a logarithmic axis ends at its floor.
fn ends_unit(z_axis: &Axis, [low, high]: [f64; 2]) -> Option<[f32; 2]> {
    let height = |value: f64| z_axis.unit_from_value(value).map(|unit| unit as f32);
    let low = height(low).unwrap_or(0.0);
    Some([low.clamp(0.0, 1.0), height(high)?.clamp(0.0, 1.0)])
}
