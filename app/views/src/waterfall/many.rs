//! Many runs in the plane: thin lines in the colours of a few classes, and the best run before them.

use std::collections::BTreeMap;

use trainscape_run::natural_cmp;
use trainscape_scene::{
    colour::{Colour, run_colour},
    scene::LegendEntry,
};

use crate::{
    classes::{Classes, RowsToDivide},
    extremes::Side,
    names::told_apart,
    run_rows::{RunRow, RunSeries},
    samples::{counted, labels_of_runs},
};

/// Runs of one class, or of none.
const OF_NONE: Colour = Colour::hex(0x7f93ad);
const OF_BEST: Colour = Colour::hex(0xd1495b);
const OPACITY: f32 = 0.6;

/// How many lines are told apart.
pub(super) struct ManyLines {
    /// One for each row.
    pub(super) colours: Vec<Colour>,
    pub(super) legend: Vec<LegendEntry>,
    /// The row with the best logged value.
    pub(super) best: Option<usize>,
    /// The caption's sentence on the colours.
    pub(super) note: String,
}

impl ManyLines {
    /// Each of the rows, with the best one, if one is, before the others.
    pub(super) fn of(
        members: &[RunSeries],
        rows: &[RunRow],
        (best, side): (Option<usize>, Side),
    ) -> Self {
        let rows: Vec<&RunRow> = rows.iter().collect();
        let mut lines = Self::of_groups(members, &rows, "run");
        let Some(best) = best else {
            return lines;
        };
        lines.best = Some(best);
        if lines.note.is_empty() {
            lines.colours[best] = OF_BEST;
            lines.legend = vec![entry(counted(rows.len() - 1, "other run"), OF_NONE)];
        } else {
            lines.colours[best] = lines.colours[best].with_opacity(1.0);
        }
        let name = &told_apart(&labels(members))[rows[best].member];
        let label = format!("{}: {name}", side.name().to_lowercase());
        lines.legend.insert(0, entry(label, lines.colours[best]));
        lines
    }

    /// Thin lines of those colours.
    pub(super) fn thin(colours: &[Colour]) -> Self {
        let colours = colours.iter();
        Self {
            colours: colours.map(|colour| colour.with_opacity(OPACITY)).collect(),
            legend: Vec::new(),
            best: None,
            note: String::new(),
        }
    }

    /// Lines that begin with the rows; `what` one of them is.
    pub(super) fn of_groups(members: &[RunSeries], rows: &[&RunRow], what: &str) -> Self {
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
        };
        let (colours, legend, note) = match to_divide.telling_classes() {
            Some(classes) => coloured(&classes),
            None => (
                vec![OF_NONE.with_opacity(OPACITY); rows.len()],
                vec![entry(counted(rows.len(), what), OF_NONE)],
                String::new(),
            ),
        };
        Self {
            colours,
            legend,
            best: None,
            note,
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

/// Colours, legend and the caption's sentence of classes.
fn coloured(classes: &Classes) -> (Vec<Colour>, Vec<LegendEntry>, String) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for class in &classes.of_row {
        *counts.entry(class).or_default() += 1;
    }
    let mut names: Vec<&str> = counts.keys().copied().collect();
    names.sort_by(|a, b| natural_cmp(a, b));
    let index = |class: &str| names.iter().position(|name| *name == class).unwrap_or(0);
    let of_row = classes.of_row.iter();
    let colours = of_row.map(|class| run_colour(index(class)).with_opacity(OPACITY));
    let legend = names.iter().enumerate();
    let legend = legend.map(|(at, name)| {
        let label = format!("{name} ({})", counts[name]);
        entry(label, run_colour(at))
    });
    let legend = legend.collect();
    let note = format!("Colours show {} (number of runs)", classes.what);
    (colours.collect(), legend, note)
}
