//! The list of spikes: a click moves the camera to one and marks it.

use egui::{Align, Button, Label, Layout, RichText, Sense, Stroke, TextStyle, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder};

use super::shortened;
use crate::{
    command::Command,
    number_format::six_digits,
    spike_list::{SpikeOrder, SpikeRow},
    state::State,
    style::color32,
};

const ROW_PT: f32 = 20.0;
/// The columns: what they sort by, their titles, and whether they hold numbers.
const COLUMNS: [(SpikeOrder, &str, bool); 6] = [
    (SpikeOrder::Run, "run", false),
    (SpikeOrder::Series, "series", false),
    (SpikeOrder::Step, "step", true),
    (SpikeOrder::Value, "value", true),
    (SpikeOrder::Jump, "jump", true),
    (SpikeOrder::Multiple, "× median", true),
];
/// Room that the scroll bar takes while the pointer is near.
const SCROLL_BAR_PT: f32 = 8.0;

pub(super) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let (rows, total) = (&state.spikes.rows, state.spikes.total);
    if rows.is_empty() {
        let has_series = !state.timeline.curves.is_empty();
        ui.weak(if has_series {
            "No spikes in the loss and the gradient norm of the selected runs."
        } else {
            "No runs selected"
        });
        return;
    }
    if rows.len() < total {
        ui.weak(format!("the largest {} of {total} spikes", rows.len()));
    }
    let mut builder = TableBuilder::new(ui)
        .id_salt("spikes")
        .striped(true)
        .min_scrolled_height(0.0)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center));
    for (index, width) in [420.0, 220.0, 90.0, 110.0, 110.0, 110.0]
        .into_iter()
        .enumerate()
    {
        let column = match index {
            0 => Column::remainder().at_least(120.0),
            _ => Column::initial(width).at_least(50.0),
        };
        builder = builder.column(column.clip(true).resizable(true));
    }
    builder
        .header(ROW_PT, |mut header| {
            for (order, title, is_number) in COLUMNS {
                header.col(|ui| heading_ui(state, ui, (order, title, is_number), commands));
            }
        })
        .body(|body| {
            body.rows(ROW_PT, rows.len(), |mut row| {
                let spike = &rows[row.index()];
                row.set_selected(state.marked.as_ref() == Some(&spike.record()));
                row.col(|ui| run_ui(state, ui, spike, commands));
                row.col(|ui| {
                    ui.add(Label::new(spike.key.as_ref()).truncate().selectable(false));
                });
                let of_spike = &spike.spike;
                let multiple = spike.multiple().map_or(f64::NAN, four_digits);
                for number in [of_spike.step, of_spike.value, of_spike.jump, multiple] {
                    row.col(|ui| {
                        let text = match number.is_nan() {
                            true => String::new(),
                            false => six_digits(number),
                        };
                        let text = Label::new(text).selectable(false);
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            ui.add_space(SCROLL_BAR_PT);
                            ui.add(text);
                        });
                    });
                }
                if row.response().clicked() {
                    commands.push(Command::ShowRecord(spike.record()));
                }
            });
        });
}

/// A heading that sorts; an arrow marks the one that the list is sorted by.
fn heading_ui(
    state: &State,
    ui: &mut Ui,
    (order, title, is_number): (SpikeOrder, &str, bool),
    commands: &mut Vec<Command>,
) {
    let text = match state.spikes.order == order {
        true => format!("{title} ↓"),
        false => title.to_owned(),
    };
    let direction = match is_number {
        true => Layout::right_to_left(Align::Center),
        false => Layout::left_to_right(Align::Center),
    };
    let button = Button::new(RichText::new(text).strong()).frame(false);
    let button = ui.with_layout(direction, |ui| ui.add(button)).inner;
    let name = format!("Sort spikes by {title}");
    button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
    let help = match order {
        SpikeOrder::Jump => "Distance from the running median of 31 points",
        SpikeOrder::Multiple => "Multiple of the running median of 31 points",
        _ => &name,
    };
    if button.on_hover_text(help).clicked() {
        commands.push(Command::SortSpikes(order));
    }
}

/// A derived number, which has no more digits than that.
fn four_digits(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

/// The run's colour and id; the keyboard reaches the row here.
fn run_ui(state: &State, ui: &mut Ui, row: &SpikeRow, commands: &mut Vec<Command>) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
    let painter = ui.painter();
    painter.circle_filled(rect.center(), 4.0, color32(state.run_colours.of(row.run)));
    // A blue dot is seen on the blue of a chosen row, too.
    painter.circle_stroke(
        rect.center(),
        4.5,
        Stroke::new(1.0, ui.visuals().panel_fill),
    );
    let name = state.run_name(row.run);
    let font = TextStyle::Body.resolve(ui.style());
    let name = shortened::fitted(ui.painter(), name, &font, ui.available_width());
    let button = Button::new(name).frame(false).truncate();
    let button = ui.add(button);
    button.widget_info(|| {
        let name = format!("Spike of {} at step {}", row.id, row.spike.step);
        WidgetInfo::labeled(egui::Role::Button, true, name)
    });
    if button.clicked() {
        commands.push(Command::ShowRecord(row.record()));
    }
}
