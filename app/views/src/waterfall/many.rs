//! Many runs in the plane: thin lines in the colours of a few classes, and the best run before them.

use std::collections::BTreeMap;

use trainscape_run::natural_cmp;
use trainscape_scene::{
    colour::{Colour, ColourMap, run_colour},
    scene::{ColourBar, LegendEntry, LegendMark},
};

use crate::{
    classes::{Classes, OTHERS, RowsToDivide},
    name_numbers::{NameNumber, telling_number, telling_setting},
    names::told_apart,
    palette::{LinePalette, OF_NONE},
    run_rows::{RunRow, RunSeries},
    samples::{counted, labels_of_runs},
    settings_names::telling_names,
    side::Side,
};

const OF_BEST: Colour = Colour::hex(0xd1495b);
const OPACITY: f32 = 0.6;
/// More lines that nothing tells apart than this would hide each other and all others; their opacity is this part of the usual one,
/// at least.
const FEW_OF_NONE: f32 = 40.0;
const FAINTEST: f32 = 0.3;
/// How many of the best runs have a colour and a name where nothing divides the runs.
const NAMED: usize = 5;
/// Their colours but that of the first, which none of these is near to.
const OF_NAMED: [usize; NAMED - 1] = [0, 2, 4, 6];

/// What each of many lines is of.
#[derive(Clone, Copy)]
pub(super) enum LinesOf<'a> {
    Runs,
    /// Groups of runs, with the names of those that their runs state.
    Groups(&'a [Option<&'a str>]),
}

impl LinesOf<'_> {
    fn word(self) -> &'static str {
        match self {
            Self::Runs => "run",
            Self::Groups(_) => "group",
        }
    }

    /// What the path and the label of the first run of a line say of all of its runs.
    fn name_or(self, line: usize, of_run: String) -> String {
        match self {
            Self::Groups(names) => names[line].map_or(of_run, str::to_owned),
            Self::Runs => of_run,
        }
    }
}

/// How many lines are told apart.
pub(super) struct ManyLines {
    /// One for each row.
    pub(super) colours: Vec<Colour>,
    pub(super) legend: Vec<LegendEntry>,
    /// The row with the best logged value.
    pub(super) best: Option<usize>,
    /// The caption's sentence on the colours.
    pub(super) note: String,
    /// What the colours show, where it is a number.
    pub(super) bar: Option<ColourBar>,
}

impl ManyLines {
    /// Each of the rows, with the best one, if one is, before the others; of several that reach the best value, those that do
    /// so first have names. What is better is only known of a series that has a role.
    pub(super) fn of(
        members: &[RunSeries],
        rows: &[RunRow],
        (best, side): (Option<usize>, Side),
        has_role: bool,
        map: ColourMap,
    ) -> Self {
        let rows: Vec<&RunRow> = rows.iter().collect();
        let mut lines = Self::of_lines(members, &rows, LinesOf::Runs, (side, map));
        let names = told_apart(&labels(members));
        let runs: Vec<_> = members.iter().map(|member| &*member.run).collect();
        let names = telling_names(names, &runs);
        if !has_role {
            if lines.divides_none() {
                let lasts: Vec<f64> = rows.iter().map(last_value).collect();
                let names: Vec<&str> = rows.iter().map(|row| &*names[row.member]).collect();
                lines.name_the_best((&lasts, &names), Side::Highest, LinesOf::Runs);
            }
            return lines;
        }
        let Some(best) = best else {
            if lines.divides_none() {
                lines.name_the_first(&rows, &names, side);
            }
            return lines;
        };
        lines.best = Some(best);
        let name = &names[rows[best].member];
        if lines.divides_none() {
            lines.name_the_best_run(&rows, &names, (best, side));
        }
        lines.colours[best] = lines.colours[best].with_opacity(1.0);
        let label = format!("{}: {name}", side.name().to_lowercase());
        lines.legend.insert(0, entry(label, lines.colours[best]));
        lines
    }

    /// Whether nothing divides the lines.
    pub(super) fn divides_none(&self) -> bool {
        self.bar.is_none() && self.note.is_empty()
    }

    /// Colours and names the runs that reach the best logged value first, where several do.
    fn name_the_first(&mut self, rows: &[&RunRow], names: &[String], side: Side) {
        let Some(best) = side.logged(rows) else {
            return;
        };
        let best = rows[best.row].samples.points[best.at].value;
        let reached = |row: &&RunRow| {
            let mut points = row.samples.points.iter();
            points
                .find(|point| point.value == best)
                .map(|point| point.x)
        };
        let steps = rows.iter().enumerate();
        let mut first: Vec<(f64, usize)> = steps
            .filter_map(|(at, row)| Some((reached(row)?, at)))
            .collect();
        first.sort_by(|a, b| a.0.total_cmp(&b.0));
        first.truncate(OF_NAMED.len());
        self.legend.clear();
        for ((_, row), place) in first.iter().zip(OF_NAMED) {
            let colour = run_colour(place);
            self.colours[*row] = colour;
            self.legend
                .push(entry(names[rows[*row].member].clone(), colour));
        }
        let rest = rows.len() - first.len();
        if rest > 0 {
            self.legend.push(entry(counted(rest, "other run"), OF_NONE));
        }
        let extreme = side.name().to_lowercase();
        self.note = match first.len() {
            1 => format!("Named: the run that first reaches the {extreme} value"),
            several => format!("Named: the {several} runs that first reach the {extreme} value"),
        };
    }

    /// Colours and names the best runs by their last values, after the one with the best logged value.
    fn name_the_best_run(
        &mut self,
        rows: &[&RunRow],
        names: &[String],
        (best, side): (usize, Side),
    ) {
        // A single value is a dot, of which a legend would say little.
        let is_curve = |row: &usize| rows[*row].samples.points.len() > 1;
        let others = (0..rows.len()).filter(|row| *row != best);
        let (mut others, single): (Vec<usize>, Vec<usize>) = others.partition(is_curve);
        let sign = if side == Side::Lowest { 1.0 } else { -1.0 };
        // Rows without a value are last.
        let key = |row: &usize| sign * last_value(&rows[*row]);
        others.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            a.is_nan().cmp(&b.is_nan()).then(a.total_cmp(&b))
        });
        self.colours[best] = OF_BEST;
        self.legend.clear();
        for (row, place) in others.iter().zip(OF_NAMED) {
            let colour = run_colour(place);
            self.colours[*row] = colour;
            self.legend
                .push(entry(names[rows[*row].member].clone(), colour));
        }
        let named = others.len().min(NAMED - 1);
        let rest = others.len() + single.len() - named;
        self.legend.push(entry(counted(rest, "other run"), OF_NONE));
        let extreme = side.name().to_lowercase();
        let curves = if single.is_empty() {
            ""
        } else {
            " of the curves"
        };
        self.note = format!(
            "Named: the run with the {extreme} value and the {named} others with the {extreme} last values{curves}"
        );
    }

    /// Colours and names the best lines by their last values; the others are without names.
    pub(super) fn name_the_best(
        &mut self,
        (lasts, labels): (&[f64], &[&str]),
        side: Side,
        of: LinesOf<'_>,
    ) {
        let sign = if side == Side::Lowest { 1.0 } else { -1.0 };
        let mut order: Vec<usize> = (0..lasts.len()).filter(|at| !lasts[*at].is_nan()).collect();
        order.sort_by(|a, b| (sign * lasts[*a]).total_cmp(&(sign * lasts[*b])));
        order.truncate(OF_NAMED.len());
        self.legend.clear();
        for (at, place) in order.iter().zip(OF_NAMED) {
            self.colours[*at] = run_colour(place);
            self.legend
                .push(entry(labels[*at].to_owned(), run_colour(place)));
        }
        let rest = lasts.len() - order.len();
        let what = of.word();
        if rest > 0 {
            let label = counted(rest, &format!("other {what}"));
            self.legend.push(entry(label, OF_NONE));
        }
        let extreme = side.name().to_lowercase();
        let named = counted(order.len(), what);
        self.note = format!("Named: the {named} with the {extreme} last values");
    }

    /// Thin lines of those colours; many that nothing tells apart are faint.
    pub(super) fn thin(colours: &[Colour]) -> Self {
        let of_none = colours.iter().filter(|colour| **colour == OF_NONE).count();
        let faint = OPACITY * (FEW_OF_NONE / of_none.max(1) as f32).clamp(FAINTEST, 1.0);
        let opacity = |colour: &Colour| match *colour == OF_NONE {
            true => faint,
            false => OPACITY,
        };
        let colours = colours.iter();
        Self {
            colours: colours
                .map(|colour| colour.with_opacity(opacity(colour)))
                .collect(),
            legend: Vec::new(),
            best: None,
            note: String::new(),
            bar: None,
        }
    }

    /// Lines that begin with the rows.
    pub(super) fn of_lines(
        members: &[RunSeries],
        rows: &[&RunRow],
        of: LinesOf<'_>,
        (side, map): (Side, ColourMap),
    ) -> Self {
        let labels = labels(members);
        let member = |row: &&RunRow| &members[row.member];
        let numbered = || rows.iter().enumerate();
        let to_divide = RowsToDivide {
            configs: rows.iter().map(|row| &*member(row).run.config).collect(),
            // The paths of logs have folders that names leave out.
            paths: numbered()
                .map(|(line, row)| of.name_or(line, member(row).run.id.to_string()))
                .collect(),
            names: numbered()
                .map(|(line, row)| of.name_or(line, labels[row.member].clone()))
                .collect(),
            values: rows.iter().map(last_value).collect(),
            side,
        };
        let classes = to_divide.telling_classes();
        let rating = classes.as_ref().map_or(0.0, |classes| classes.rating);
        let setting = telling_setting(&to_divide.configs, &to_divide.values);
        if let Some((_, setting)) = setting.filter(|(own, _)| *own > rating) {
            return Self::of_number(&setting, "from the configuration", map);
        }
        if let Some(classes) = classes {
            return Self::of_classes(&classes, of);
        }
        let number = telling_number(&to_divide.paths, &to_divide.values)
            .or_else(|| telling_number(&to_divide.names, &to_divide.values));
        match number {
            Some(number) => Self::of_number(&number, "in the names of the runs", map),
            None => Self {
                legend: vec![entry(counted(rows.len(), of.word()), OF_NONE)],
                ..Self::thin(&vec![OF_NONE; rows.len()])
            },
        }
    }

    /// In the colours of a number, of which `place` says where it is stated.
    fn of_number(number: &NameNumber, place: &str, map: ColourMap) -> Self {
        let stated: Vec<f64> = number
            .numbers
            .iter()
            .copied()
            .filter(|n| !n.is_nan())
            .collect();
        let palette = LinePalette::by_value(&number.word, &stated, map);
        let mut of_stated = palette.colours.into_iter();
        let colour = |number: &f64| match number.is_nan() {
            true => OF_NONE,
            false => of_stated.next().unwrap_or(OF_NONE),
        };
        let colours: Vec<Colour> = number.numbers.iter().map(colour).collect();
        let without = number.numbers.len() - stated.len();
        Self {
            legend: match without {
                0 => Vec::new(),
                without => vec![entry(
                    format!("without {} ({without})", number.word),
                    OF_NONE,
                )],
            },
            note: format!("Colours show {} {place}", number.word),
            bar: palette.bar,
            ..Self::thin(&colours)
        }
    }

    /// In the colours of classes.
    fn of_classes(classes: &Classes, of: LinesOf<'_>) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for class in &classes.of_row {
            *counts.entry(class).or_default() += 1;
        }
        let mut names: Vec<&str> = counts.keys().copied().collect();
        // The others are last.
        names.sort_by(|a, b| {
            let is_rest = |name: &str| name == OTHERS;
            is_rest(a).cmp(&is_rest(b)).then_with(|| natural_cmp(a, b))
        });
        let colour_of = |at: usize| match names[at] == OTHERS {
            true => OF_NONE,
            false => run_colour(at),
        };
        let index = |class: &str| names.iter().position(|name| *name == class).unwrap_or(0);
        let of_row = classes.of_row.iter();
        let colours: Vec<Colour> = of_row.map(|class| colour_of(index(class))).collect();
        // A number or a switch says nothing by itself.
        let says_nothing = |name: &&str| {
            name.parse::<f64>().is_ok() || ["true", "false"].contains(&&*name.to_lowercase())
        };
        let last = |key: &String| key.rsplit(['.', '/']).next().map(str::to_owned);
        let heading = classes.key.as_ref().and_then(last);
        let heading = heading.filter(|_| names.iter().any(says_nothing));
        let heading = heading.map(|label| LegendEntry {
            label,
            colour: None,
            mark: LegendMark::None,
        });
        let legend = names.iter().enumerate().map(|(at, name)| {
            let label = format!("{name} ({})", counts[name]);
            entry(label, colour_of(at))
        });
        Self {
            legend: heading.into_iter().chain(legend).collect(),
            note: format!("Colours show {} (number of {}s)", classes.what, of.word()),
            ..Self::thin(&colours)
        }
    }
}

/// The last value of a row, as it is drawn.
pub(super) fn last_value(row: &&RunRow) -> f64 {
    row.smooth.last().copied().unwrap_or(f64::NAN)
}

fn entry(label: String, colour: Colour) -> LegendEntry {
    LegendEntry {
        label,
        colour: Some(colour),
        mark: LegendMark::Line,
    }
}

fn labels(members: &[RunSeries]) -> Vec<String> {
    let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
    labels_of_runs(&runs)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trainscape_run::{Point, Role, Run, Series};

    use super::*;
    use crate::{ViewSettings, waterfall};

    #[test]
    fn the_five_best_have_names() {
        let names = [
            "ant", "bee", "cow", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay", "kiwi", "lynx",
            "mole", "newt",
        ];
        let member = |(ordinal, name): (usize, &&str)| {
            let mut series = Series::new("loss");
            for step in 0..9_i32 {
                series.push(Point {
                    step: i64::from(step).into(),
                    wall_time_secs: None,
                    value: 1.0 + ordinal as f64 - 0.01 * f64::from(step),
                });
            }
            let series = Arc::new(series);
            let mut run = Run::new(*name, *name, (*name).into());
            run.series.insert("loss".into(), Arc::clone(&series));
            run.roles.insert("loss".into(), Role::Loss);
            RunSeries {
                ordinal,
                run: Arc::new(run),
                series,
            }
        };
        let members: Vec<RunSeries> = names.iter().enumerate().map(member).collect();
        let settings = ViewSettings::default();
        let scene = waterfall::build(&members, Some(Role::Loss), &[], &settings).unwrap();
        let legend: Vec<&str> = scene.legend.iter().map(|entry| &*entry.label).collect();
        let expected = ["lowest: ant", "bee", "cow", "dog", "elk", "9 other runs"];
        assert_eq!(legend, expected);
        let wanted =
            "Named: the run with the lowest value and the 4 others with the lowest last values";
        assert!(scene.caption.contains(wanted), "{}", scene.caption);
    }
}
