//! The keys and what the mouse does.

use egui::{Grid, RichText};

use crate::{
    app::ViewerApp,
    keys::{BINDINGS, MOUSE},
};

pub(crate) fn show(app: &mut ViewerApp, ctx: &egui::Context) {
    let mut open = app.help_open;
    egui::Window::new("Keys")
        .open(&mut open)
        .resizable(false)
        .collapsible(false)
        .show(ctx, |ui| {
            Grid::new("keys")
                .num_columns(2)
                .spacing([24.0, 4.0])
                .show(ui, |ui| {
                    for binding in BINDINGS.iter().filter(|binding| !binding.shown.is_empty()) {
                        ui.label(RichText::new(binding.shown).strong());
                        ui.label(binding.name);
                        ui.end_row();
                    }
                    for (gesture, effect) in MOUSE {
                        ui.label(RichText::new(*gesture).strong());
                        ui.label(*effect);
                        ui.end_row();
                    }
                });
        });
    app.help_open = open;
}
