//! The elements of the page around the axis box: title, caption, colour bar, legend.

use super::{
    FigureSpec,
    overlay::{Label, Rect, Shape, Text},
};
use crate::{
    colour::Colour,
    font::{self, Weight},
    scene::{ColourBar, LegendEntry, Scene},
    theme::Theme,
};

pub(super) struct PageElements {
    pub(super) shapes: Vec<Shape>,
    /// The space that remains for the box and its labels.
    pub(super) free_rect: Rect,
}

/// Maximum number of legend rows; longer legends end in a row with the number of omitted entries.
const LEGEND_ROWS: usize = 14;

pub(super) fn lay_out(scene: &Scene, spec: &FigureSpec, theme: &Theme) -> PageElements {
    let font = spec.font_pt;
    let margin = font * 1.1;
    let [width, height] = spec.size_pt;
    let mut page = Page {
        shapes: Vec::new(),
        font,
        theme: *theme,
    };
    let mut free = Rect {
        x: margin,
        y: margin,
        width: (width - 2.0 * margin).max(1.0),
        height: (height - 2.0 * margin).max(1.0),
    };
    if !scene.title.is_empty() {
        let size = font * 1.35;
        let title = font::elide(&scene.title, size, Weight::SemiBold, free.width);
        page.text(
            [free.x, free.y + font::cap_height(size)],
            size,
            Weight::SemiBold,
            theme.text,
            title,
        );
        free.y += size * 1.2;
        free.height -= size * 1.2;
    }
    if spec.caption && !scene.caption.is_empty() {
        let size = font * 0.88;
        let line_height = size * 1.35;
        let mut lines = font::wrap(&scene.caption, size, Weight::Regular, free.width);
        let max_lines = ((free.height * 0.25) / line_height).max(1.0) as usize;
        if lines.len() > max_lines {
            lines.truncate(max_lines);
            if let Some(last) = lines.last_mut() {
                *last = font::elide(&format!("{last} …"), size, Weight::Regular, free.width);
            }
        }
        let block = lines.len() as f32 * line_height;
        let first = free.bottom() - block + line_height - size * 0.25;
        for (row, line) in lines.into_iter().enumerate() {
            let baseline = first + row as f32 * line_height;
            page.text(
                [free.x, baseline],
                size,
                Weight::Regular,
                theme.muted_text,
                line,
            );
        }
        free.height -= block + font * 0.6;
    }
    let column = page.right_column(scene, &free);
    free.width -= column;
    free.width = free.width.max(1.0);
    free.height = free.height.max(1.0);
    PageElements {
        shapes: page.shapes,
        free_rect: free,
    }
}

struct Page {
    shapes: Vec<Shape>,
    font: f32,
    theme: Theme,
}

impl Page {
    fn text(&mut self, at: [f32; 2], size: f32, weight: Weight, colour: Colour, text: String) {
        self.shapes.push(Shape::Text(Text {
            baseline_start: at,
            angle: 0.0,
            size,
            weight,
            colour,
            text,
            halo: None,
        }));
    }

    /// Places the colour bar and the legend at the right edge; returns their width.
    fn right_column(&mut self, scene: &Scene, free: &Rect) -> f32 {
        let font = self.font;
        let widest = (free.width * 0.24).max(font * 8.0);
        let row_height = font * 1.5;
        let rows_that_fit = ((free.height - font * 0.8) / row_height).max(0.0) as usize;
        let rows = legend_rows(&scene.legend, rows_that_fit.min(LEGEND_ROWS));
        let legend_width = rows
            .iter()
            .map(|row| font::text_width(&row.label, font, Weight::Regular) + font * 2.3)
            .fold(0.0, f32::max)
            .min(widest);
        let legend_height = rows.len() as f32 * row_height;
        let bar_room = free.height
            - if rows.is_empty() {
                0.0
            } else {
                legend_height + font * 2.0
            };
        let bar_width = scene
            .colour_bar
            .as_ref()
            .map_or(0.0, |bar| self.colour_bar_width(bar, bar_room).min(widest));
        let column = legend_width.max(bar_width);
        if column == 0.0 {
            return 0.0;
        }
        let left = free.right() - column;
        let mut top = free.y + font * 0.8;
        if let Some(bar) = &scene.colour_bar
            && bar_room > font * 6.0
        {
            let height = (bar_room - font * 3.0).min(font * 18.0).max(font * 3.0);
            top = self.colour_bar(bar, left, top, height, column) + font * 1.6;
        }
        for row in rows {
            let middle = top + row_height / 2.0;
            let colour = row.colour.unwrap_or(self.theme.path);
            if row.dot {
                self.shapes.push(Shape::Dot {
                    centre: [left + font * 0.75, middle],
                    diameter: font * 0.75,
                    colour,
                });
            } else if !row.label.starts_with('+') {
                self.shapes.push(Shape::Line {
                    ends: [[left, middle], [left + font * 1.5, middle]],
                    width: 1.8,
                    colour,
                });
            }
            let label = font::elide(&row.label, font, Weight::Regular, column - font * 2.0);
            let baseline = middle + font::cap_height(font) / 2.0;
            self.text(
                [left + font * 2.0, baseline],
                font,
                Weight::Regular,
                self.theme.text,
                label,
            );
            top += row_height;
        }
        column + font * 1.2
    }

    fn bar_ticks(&self, bar: &ColourBar, height: f32) -> Vec<(f64, Label)> {
        let count = ((height / (self.font * 2.2)) as usize).clamp(2, 7);
        bar.axis
            .ticks(count)
            .into_iter()
            .filter(|tick| !tick.is_minor())
            .filter_map(|tick| {
                let unit = bar.axis.unit_from_value(tick.value)?;
                let label = Label {
                    text: tick.label,
                    superscript: tick.superscript,
                    size: self.font,
                    weight: Weight::Regular,
                };
                (-1e-6..=1.0 + 1e-6)
                    .contains(&unit)
                    .then_some((unit, label))
            })
            .collect()
    }

    fn colour_bar_width(&self, bar: &ColourBar, room: f32) -> f32 {
        let ticks = self.bar_ticks(bar, room.min(self.font * 18.0));
        let labels = ticks
            .iter()
            .map(|(_, label)| label.width())
            .fold(0.0, f32::max);
        let title = font::text_width(&bar.axis.title, self.font, Weight::SemiBold);
        (self.font * 2.0 + labels).max(title)
    }

    /// Draws the bar with its title; returns the y below it.
    fn colour_bar(&mut self, bar: &ColourBar, left: f32, top: f32, height: f32, width: f32) -> f32 {
        let font = self.font;
        let title = font::elide(&bar.axis.title, font, Weight::SemiBold, width);
        let title_baseline = top + font::cap_height(font);
        self.text(
            [left, title_baseline],
            font,
            Weight::SemiBold,
            self.theme.text,
            title,
        );
        let rect = Rect {
            x: left,
            y: top + font * 1.7,
            width: font * 0.95,
            height,
        };
        self.shapes.push(Shape::Ramp {
            rect,
            colours: bar.map.table(),
        });
        for (unit, label) in self.bar_ticks(bar, height) {
            let y = rect.bottom() - unit as f32 * height;
            self.shapes.push(Shape::Line {
                ends: [[rect.right(), y], [rect.right() + font * 0.3, y]],
                width: 0.8,
                colour: self.theme.axis,
            });
            let centre = [rect.right() + font * 0.6 + label.width() / 2.0, y];
            self.shapes
                .extend(label.centred_at(centre, 0.0, self.theme.text, None));
        }
        rect.bottom()
    }
}

/// The entries, or the first ones and a last row with the number of omitted ones; at most `max` rows.
fn legend_rows(legend: &[LegendEntry], max: usize) -> Vec<LegendEntry> {
    if legend.len() <= max {
        return legend.to_vec();
    }
    if max == 0 {
        return Vec::new();
    }
    let mut rows = legend[..max - 1].to_vec();
    let more = legend.len() - rows.len();
    rows.push(LegendEntry {
        label: format!("+ {more} more"),
        colour: None,
        dot: false,
    });
    rows
}
