//! The export dialog: what is exported, in which format, theme and size, what moves, and how it will look.

use egui::{Align2, ComboBox, Context, DragValue, Grid, ProgressBar, Ui, WidgetInfo, Window};
use trainscape_scene::theme::ThemeName;

use super::{export_page, export_preview};
use crate::{
    command::Command,
    export_choices::{ExportChoices, MotionChoice},
    export_formats::formats,
    export_kind::ExportKind,
    export_preview::room_pt,
    state::State,
};

const CHOICES_PT: f32 = 400.0;

const THEMES: [(ThemeName, &str); 3] = [
    (ThemeName::Paper, "Paper (white)"),
    (ThemeName::Light, "Light"),
    (ThemeName::Dark, "Dark"),
];

pub(crate) fn show(state: &State, ctx: &Context, commands: &mut Vec<Command>) {
    if let Some(progress) = state.animation_progress {
        progress_ui(ctx, progress, commands);
    }
    let Some(kind) = state.panels.export else {
        return;
    };
    let mut is_open = true;
    let mut choices = state.export.clone();
    Window::new("Export")
        .open(&mut is_open)
        .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
        .collapsible(false)
        .resizable(false)
        .show(ctx, |ui| {
            ui.horizontal_top(|ui| {
                if let Some(room) = room_pt(ctx.content_rect().size()) {
                    export_preview::show(state, room, &mut choices.preview, ui);
                    ui.separator();
                }
                ui.vertical(|ui| {
                    ui.set_width(CHOICES_PT);
                    kinds_ui(kind, ui, commands);
                    ui.separator();
                    Grid::new("export choices")
                        .num_columns(2)
                        .spacing([12.0, 6.0])
                        .show(ui, |ui| choices_ui(state, kind, &mut choices, ui));
                    ui.separator();
                    buttons_ui(state, kind, ui, commands);
                });
            });
        });
    if choices != state.export {
        commands.push(Command::SetExport(choices));
    }
    if !is_open {
        commands.push(Command::ShowExport(None));
    }
}

fn kinds_ui(kind: ExportKind, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        for other in ExportKind::ALL {
            if ui.selectable_label(kind == other, other.label()).clicked() {
                commands.push(Command::ShowExport(Some(other)));
            }
        }
    });
}

fn choices_ui(state: &State, kind: ExportKind, choices: &mut ExportChoices, ui: &mut Ui) {
    format_ui(kind, choices, ui);
    if !choices.format(kind).has_page {
        ui.label("");
        ui.weak("The data of the figure; page and theme do not matter.");
        ui.end_row();
        return;
    }
    ui.label("Theme");
    ui.horizontal(|ui| {
        for (theme, name) in THEMES {
            ui.selectable_value(&mut choices.theme, theme, name);
        }
    });
    ui.end_row();
    export_page::show(kind, choices, ui);
    if kind == ExportKind::Animation {
        motion_ui(state, choices, ui);
    }
}

fn format_ui(kind: ExportKind, choices: &mut ExportChoices, ui: &mut Ui) {
    let formats = formats(kind);
    let chosen = choices.format(kind);
    ui.label("Format");
    let list = ComboBox::from_id_salt("format")
        .width(ui.available_width())
        .selected_text(format!("{} (.{})", chosen.name, chosen.ending()))
        .show_ui(ui, |ui| {
            for format in &formats {
                let text = format!("{} (.{})", format.name, format.ending());
                if ui.selectable_label(*format == chosen, text).clicked() {
                    choices.set_format(kind, format);
                }
            }
        });
    let name = || WidgetInfo::labeled(egui::Role::ComboBox, true, "Format");
    list.response.widget_info(name);
    ui.end_row();
    if ["mp4", "webm"].contains(&chosen.ending()) {
        ui.label("");
        ui.weak("ffmpeg writes it: it has to be installed.");
        ui.end_row();
    }
}

fn motion_ui(state: &State, choices: &mut ExportChoices, ui: &mut Ui) {
    let view = state.panes.focused().view;
    let bookmarks = state.bookmarks.of(view).count();
    ui.label("Motion");
    ui.horizontal(|ui| {
        ui.selectable_value(&mut choices.motion, MotionChoice::Turn, "Turn");
        ui.selectable_value(&mut choices.motion, MotionChoice::Steps, "Steps");
        ui.add_enabled_ui(bookmarks > 0, |ui| {
            let motion = MotionChoice::Bookmarks;
            let button = ui.selectable_value(&mut choices.motion, motion, "Camera bookmarks");
            button.on_disabled_hover_text(
                "Keep cameras of this view first: Camera bookmarks, in the settings",
            );
        });
    });
    ui.end_row();
    ui.label("Duration");
    ui.horizontal(|ui| {
        let seconds = DragValue::new(&mut choices.seconds)
            .range(0.1..=3600.0)
            .speed(0.1)
            .suffix(" s");
        let seconds = ui.add(seconds);
        seconds.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, "Duration"));
        let fps = DragValue::new(&mut choices.frames_per_second)
            .range(1..=100)
            .suffix(" frames/s");
        let fps = ui.add(fps);
        fps.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, "Frames per second"));
        ui.weak(format!("{} frames", choices.frames()));
    });
    ui.end_row();
}

fn buttons_ui(state: &State, kind: ExportKind, ui: &mut Ui, commands: &mut Vec<Command>) {
    let is_writing = kind == ExportKind::Animation && state.animation_progress.is_some();
    ui.horizontal(|ui| {
        let has_figure = state.panes.focused().scene().is_some();
        let can_export = has_figure && !is_writing;
        let export = ui.add_enabled(can_export, egui::Button::new("Export…"));
        // Return exports unless it belongs to a field.
        let has_focus = ui.memory(|memory| memory.focused().is_some());
        let returned = !has_focus && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if export.clicked() || can_export && returned {
            commands.push(Command::ChooseExportFile);
        }
        if kind == ExportKind::Picture {
            let copy = ui.add_enabled(has_figure, egui::Button::new("Copy image"));
            let copy = copy.on_hover_text("Copies the picture at the size of its page");
            if copy.clicked() {
                commands.push(Command::CopyImage);
            }
        }
        if ui.button("Cancel").clicked() {
            commands.push(Command::ShowExport(None));
        }
    });
}

/// How far the animation is that is being written.
fn progress_ui(ctx: &Context, [done, all]: [u32; 2], commands: &mut Vec<Command>) {
    egui::Area::new(egui::Id::unique("animation progress"))
        .order(egui::Order::Foreground)
        .anchor(Align2::CENTER_TOP, [0.0, 48.0])
        .show(ctx, |ui| {
            egui::Frame::popup(ui.style()).show(ui, |ui| {
                ui.horizontal(|ui| {
                    let share = done as f32 / all.max(1) as f32;
                    let text = format!("Animation: {done} of {all} frames");
                    ui.add(ProgressBar::new(share).desired_width(260.0).text(text));
                    let cancel = ui.button("Cancel");
                    cancel.widget_info(|| {
                        WidgetInfo::labeled(egui::Role::Button, true, "Cancel the animation")
                    });
                    if cancel.clicked() {
                        commands.push(Command::CancelAnimation);
                    }
                });
            });
        });
}
