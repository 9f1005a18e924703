//! Many runs in the plane: thin lines in the colours of a few classes, and the best run before them.

use std::collections::BTreeMap;

use trainscape_run::natural_cmp;
use trainscape_scene::{
    colour::{Colour, ColourMap, run_colour},
    scene::{ColourBar, LegendEntry},
};

use crate::{
    classes::{Classes, OTHERS, RowsToDivide},
    extremes::Side,
    name_numbers::{NameNumber, telling_number},
    names::told_apart,
    palette::LinePalette,
    run_rows::{RunRow, RunSeries},
    samples::{counted, labels_of_runs},
};

/// Runs of one class, or of none.
const OF_NONE: Colour = Colour::hex(0x7f93ad);
const OF_BEST: Colour = Colour::hex(0xd1495b);
const OPACITY: f32 = 0.6;
/// How many of the best runs have a colour and a name where nothing divides the runs.
const NAMED: usize = 5;
/// Their colours but that of the first, which none of these is near to.
const OF_NAMED: [usize; NAMED - 1] = [0, 2, 4, 7];

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
    /// Each of the rows, with the best one, if one is, before the others.
    pub(super) fn of(
        members: &[RunSeries],
        rows: &[RunRow],
        (best, side): (Option<usize>, Side),
        map: ColourMap,
    ) -> Self {
        let rows: Vec<&RunRow> = rows.iter().collect();
        let mut lines = Self::of_groups(members, &rows, ("run", side), map);
        let Some(best) = best else {
            return lines;
        };
        lines.best = Some(best);
        let names = told_apart(&labels(members));
        let name = &names[rows[best].member];
        if lines.bar.is_none() && lines.note.is_empty() {
            lines.name_the_best(&rows, &names, (best, side));
        }
        lines.colours[best] = lines.colours[best].with_opacity(1.0);
        let label = format!("{}: {name}", side.name().to_lowercase());
        lines.legend.insert(0, entry(label, lines.colours[best]));
        lines
    }

    /// Colours and names the best runs by their last values, after the one with the best logged value.
    fn name_the_best(&mut self, rows: &[&RunRow], names: &[String], (best, side): (usize, Side)) {
        let mut others: Vec<usize> = (0..rows.len()).filter(|row| *row != best).collect();
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
        let rest = others.len().saturating_sub(NAMED - 1);
        self.legend.push(entry(counted(rest, "other run"), OF_NONE));
        let extreme = side.name().to_lowercase();
        self.note = format!(
            "Named: the run with the {extreme} value and the {} others with the {extreme} last values",
            NAMED - 1
        );
    }

    /// Thin lines of those colours.
    pub(super) fn thin(colours: &[Colour]) -> Self {
        let colours = colours.iter();
        Self {
            colours: colours.map(|colour| colour.with_opacity(OPACITY)).collect(),
            legend: Vec::new(),
            best: None,
            note: String::new(),
            bar: None,
        }
    }

    /// Lines that begin with the rows; `what` one of them is.
    pub(super) fn of_groups(
        members: &[RunSeries],
        rows: &[&RunRow],
        (what, side): (&str, Side),
        map: ColourMap,
    ) -> Self {
        let labels = labels(members);
        let member = |row: &&RunRow| &members[row.member];
        let to_divide = RowsToDivide {
            configs: rows.iter().map(|row| &*member(row).run.config).collect(),
            // The paths of logs have folders that names leave out.
            paths: rows
                .iter()
                .map(|row| member(row).run.id.to_string())
                .collect(),
            names: rows.iter().map(|row| labels[row.member].clone()).collect(),
            values: rows.iter().map(last_value).collect(),
            side,
        };
        if let Some(classes) = to_divide.telling_classes() {
            return Self::of_classes(&classes);
        }
        let number = telling_number(&to_divide.paths, &to_divide.values)
            .or_else(|| telling_number(&to_divide.names, &to_divide.values));
        match number {
            Some(number) => Self::of_number(&number, map),
            None => Self {
                legend: vec![entry(counted(rows.len(), what), OF_NONE)],
                ..Self::thin(&vec![OF_NONE; rows.len()])
            },
        }
    }

    /// In the colours of a number in the names.
    fn of_number(number: &NameNumber, map: ColourMap) -> Self {
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
            note: format!("Colours show {} in the names of the runs", number.word),
            bar: palette.bar,
            ..Self::thin(&colours)
        }
    }

    /// In the colours of classes.
    fn of_classes(classes: &Classes) -> Self {
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
        let legend = names.iter().enumerate().map(|(at, name)| {
            let label = format!("{name} ({})", counts[name]);
            entry(label, colour_of(at))
        });
        Self {
            legend: legend.collect(),
            note: format!("Colours show {} (number of runs)", classes.what),
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
        dot: false,
    }
}

fn labels(members: &[RunSeries]) -> Vec<String> {
    let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
    labels_of_runs(&runs)
}
