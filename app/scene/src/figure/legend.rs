//! The legend: a row an entry, in one or several columns.

use super::{
    overlay::{Rect, Shape},
    page::Page,
    short_names::short_names,
};
use crate::{
    font::{self, Weight},
    scene::{LegendEntry, LegendMark},
};

/// Maximum number of rows; longer legends end in a row with the number of omitted entries.
const MAX_ROWS: usize = 14;

/// A legend whose size is known.
pub(super) struct Legend {
    rows: Vec<LegendEntry>,
    columns: usize,
    column_width: f32,
    row_height: f32,
    /// Size of the text.
    font: f32,
    /// Whether every entry is drawn with its whole name.
    is_whole: bool,
}

impl Legend {
    /// A legend within a width and a height, in at most `max_columns`.
    pub(super) fn new(
        entries: &[LegendEntry],
        font: f32,
        room: [f32; 2],
        max_columns: usize,
    ) -> Self {
        let row_height = font * 1.5;
        let labels: Vec<&str> = entries.iter().map(|entry| entry.label.as_str()).collect();
        let entries: Vec<LegendEntry> = entries
            .iter()
            .zip(short_names(&labels))
            .map(|(entry, label)| LegendEntry {
                label: label.into_owned(),
                ..entry.clone()
            })
            .collect();
        // Columns beside each other need a gap.
        let around = if max_columns > 1 { 3.4 } else { 2.3 };
        let width = |label: &str| font::text_width(label, font, Weight::Regular) + font * around;
        let natural = entries
            .iter()
            .map(|entry| width(&entry.label))
            .fold(width(&more_label(entries.len())), f32::max);
        let widest = natural.min(room[0]);
        let columns_that_fit = (room[0] / widest.max(1.0)) as usize;
        let columns = columns_that_fit.clamp(1, max_columns);
        let rows_that_fit = ((room[1] / row_height) as usize).min(MAX_ROWS);
        let all = entries.len();
        let rows = rows(entries, rows_that_fit * columns);
        Self {
            is_whole: natural <= room[0] && rows.len() == all,
            columns: columns.min(rows.len().max(1)),
            rows,
            column_width: widest,
            row_height,
            font,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(super) fn width(&self) -> f32 {
        if self.rows.is_empty() {
            return 0.0;
        }
        self.column_width * self.columns as f32
    }

    pub(super) fn height(&self) -> f32 {
        self.rows.len().div_ceil(self.columns) as f32 * self.row_height
    }

    /// Draws the legend with its upper left corner at a point.
    pub(super) fn draw(&self, page: &mut Page, at: [f32; 2]) {
        let per_column = self.rows.len().div_ceil(self.columns);
        for (index, row) in self.rows.iter().enumerate() {
            let (column, line) = (index / per_column, index % per_column);
            let corner = [
                at[0] + column as f32 * self.column_width,
                at[1] + line as f32 * self.row_height,
            ];
            page.legend_rects.push(Rect {
                x: corner[0],
                y: corner[1],
                width: self.column_width,
                height: self.row_height,
            });
            self.draw_row(page, row, corner);
        }
    }

    /// Where the label of a row begins: a heading stands over the marks.
    fn indent(&self, row: &LegendEntry) -> f32 {
        match row.mark {
            LegendMark::Line | LegendMark::Dot => self.font * 2.0,
            LegendMark::None => 0.0,
        }
    }

    fn draw_row(&self, page: &mut Page, row: &LegendEntry, at: [f32; 2]) {
        let font = self.font;
        let [left, top] = at;
        let middle = top + self.row_height / 2.0;
        let colour = row.colour.unwrap_or(page.theme.path);
        match row.mark {
            LegendMark::Dot => page.shapes.push(Shape::Dot {
                centre: [left + font * 0.75, middle],
                diameter: font * 0.75,
                colour,
            }),
            LegendMark::Line => page.shapes.push(Shape::Line {
                ends: [[left, middle], [left + font * 1.5, middle]],
                width: 1.8,
                colour,
            }),
            LegendMark::None => {}
        }
        let room = self.column_width - font * 2.2;
        // What lost its end already keeps its beginning.
        let elide = match row.label.ends_with('…') {
            true => font::elide,
            false => font::elide_middle,
        };
        let label = elide(&row.label, font, Weight::Regular, room);
        let baseline = middle + font::cap_height(font) / 2.0;
        page.text(
            [left + self.indent(row), baseline],
            font,
            Weight::Regular,
            page.theme.text,
            label,
        );
    }
}

fn more_label(more: usize) -> String {
    format!("+ {more} more")
}

/// The entries, or the first ones and a last row with the number of omitted ones; at most `max` rows.
fn rows(mut entries: Vec<LegendEntry>, max: usize) -> Vec<LegendEntry> {
    if entries.len() <= max {
        return entries;
    }
    if max == 0 {
        return Vec::new();
    }
    let more = entries.len() - (max - 1);
    entries.truncate(max - 1);
    entries.push(LegendEntry {
        label: more_label(more),
        colour: None,
        mark: LegendMark::None,
    });
    entries
}
