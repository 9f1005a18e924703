//! A row of the settings: the label at the left, the widget at the right, in one column for all rows.

use egui::{Align, Label, Layout, Response, Role, Sense, Ui, Vec2, WidgetInfo, WidgetText};

/// Width of the column of labels.
const LABEL_PT: f32 = 96.0;
/// Room for the number at the end of a slider.
const SLIDER_VALUE_PT: f32 = 64.0;

/// A label, and at its right what `widget` shows in the width that is left.
pub(super) fn labelled<R>(
    ui: &mut Ui,
    label: &str,
    help: &str,
    widget: impl FnOnce(&mut Ui) -> R,
) -> R {
    ui.horizontal(|ui| {
        let size = Vec2::new(LABEL_PT, ui.spacing().interact_size.y);
        let at_the_left = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(size, at_the_left, |ui| {
            ui.set_min_width(LABEL_PT);
            ui.add(Label::new(label).truncate()).on_hover_text(help);
        });
        ui.spacing_mut().slider_width = (ui.available_width() - SLIDER_VALUE_PT).max(40.0);
        widget(ui)
    })
    .inner
}

/// A label, and a box at the right end, with what `beside` shows at its left; returns what it was switched to.
pub(super) fn switch(
    ui: &mut Ui,
    label: &str,
    help: &str,
    is_on: bool,
    beside: impl FnOnce(&mut Ui),
) -> Option<bool> {
    ui.horizontal(|ui| {
        let mut on = is_on;
        // From the right, so that a long label is cut rather than the box.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let checkbox = unlabelled(ui, &mut on, label).on_hover_text(help);
            beside(ui);
            let text = Label::new(label).truncate().sense(Sense::click());
            let at_the_left = Layout::left_to_right(Align::Center);
            let label = ui.with_layout(at_the_left, |ui| ui.add(text)).inner;
            let is_label_clicked = label.on_hover_text(help).clicked();
            if is_label_clicked {
                on = !is_on;
            }
            (checkbox.changed() || is_label_clicked).then_some(on)
        })
        .inner
    })
    .inner
}

/// A box without text, with an accessible name.
fn unlabelled(ui: &mut Ui, on: &mut bool, name: &str) -> Response {
    let response = ui.checkbox(on, WidgetText::default());
    let is_on = *on;
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, name));
    response
}
