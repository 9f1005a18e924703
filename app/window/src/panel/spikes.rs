//! The list of spikes: a click moves the camera to one and marks it.

use egui::{Align, Label, Layout, RichText, Sense, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder};
use trainscape_scene::colour::run_colour;

use crate::{
    command::Command, number_format::six_digits, spike_list::SpikeRow, state::State, style::color32,
};

const ROW_PT: f32 = 20.0;
const COLUMNS: [&str; 5] = ["run", "series", "step", "value", "jump"];

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
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center));
    for width in [220.0, 180.0, 90.0, 110.0, 110.0] {
        let column = Column::initial(width).at_least(50.0);
        builder = builder.column(column.clip(true).resizable(true));
    }
    builder
        .header(ROW_PT, |mut header| {
            for (index, column) in COLUMNS.into_iter().enumerate() {
                header.col(|ui| {
                    let title = Label::new(RichText::new(column).strong());
                    let direction = if index < 2 {
                        Layout::left_to_right(Align::Center)
                    } else {
                        Layout::right_to_left(Align::Center)
                    };
                    let title = ui.with_layout(direction, |ui| ui.add(title)).inner;
                    if column == "jump" {
                        title.on_hover_text("Distance from the running median of 31 points");
                    }
                });
            }
        })
        .body(|body| {
            body.rows(ROW_PT, rows.len(), |mut row| {
                let spike = &rows[row.index()];
                row.set_selected(state.marked.as_ref() == Some(&spike.record()));
                row.col(|ui| run_ui(ui, spike, commands));
                row.col(|ui| {
                    ui.add(Label::new(spike.key.as_ref()).truncate().selectable(false));
                });
                let of_spike = &spike.spike;
                for number in [of_spike.step, of_spike.value, of_spike.jump] {
                    row.col(|ui| {
                        let text = Label::new(six_digits(number)).selectable(false);
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(text));
                    });
                }
                if row.response().clicked() {
                    commands.push(Command::ShowRecord(spike.record()));
                }
            });
        });
}

/// The run's colour and id; the keyboard reaches the row here.
fn run_ui(ui: &mut Ui, row: &SpikeRow, commands: &mut Vec<Command>) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
    ui.painter()
        .circle_filled(rect.center(), 4.0, color32(run_colour(row.run)));
    let button = egui::Button::new(row.id.as_ref()).frame(false).truncate();
    let button = ui.add(button);
    button.widget_info(|| {
        let name = format!("Spike of {} at step {}", row.id, row.spike.step);
        WidgetInfo::labeled(egui::Role::Button, true, name)
    });
    if button.clicked() {
        commands.push(Command::ShowRecord(row.record()));
    }
}
