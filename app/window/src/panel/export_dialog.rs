//! The export dialog: what is exported, in which theme and size, and what moves.

use egui::{Align2, ComboBox, Context, DragValue, Grid, ProgressBar, Ui, WidgetInfo, Window};
use trainscape_scene::{figure::DataLayer, theme::ThemeName};

use crate::{
    animation_export,
    command::Command,
    export_choices::{ExportChoices, ExportKind, MotionChoice, presets},
    state::State,
};

const WIDTH_PT: f32 = 400.0;
/// Sides of a picture in pixels.
const SIDES: std::ops::RangeInclusive<u32> = 64..=16_000;

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
    Window::new("Export")
        .open(&mut is_open)
        .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
        .collapsible(false)
        .resizable(false)
        .show(ctx, |ui| {
            ui.set_width(WIDTH_PT);
            ui.horizontal(|ui| {
                for (other, name) in [
                    (ExportKind::Picture, "Picture"),
                    (ExportKind::Animation, "Animation"),
                ] {
                    if ui.selectable_label(kind == other, name).clicked() {
                        commands.push(Command::ShowExport(Some(other)));
                    }
                }
            });
            ui.separator();
            let mut choices = state.export.clone();
            Grid::new("export choices")
                .num_columns(2)
                .spacing([12.0, 6.0])
                .show(ui, |ui| choices_ui(state, kind, &mut choices, ui));
            if choices != state.export {
                commands.push(Command::SetExport(choices));
            }
            ui.separator();
            buttons_ui(state, kind, ui, commands);
        });
    if !is_open {
        commands.push(Command::ShowExport(None));
    }
}

/// How SVG and PDF hold the data.
const DATA_LAYERS: [(DataLayer, &str, &str); 3] = [
    (
        DataLayer::Auto,
        "Auto",
        "Lines and points as vectors, surfaces as a picture",
    ),
    (
        DataLayer::Vector,
        "Vectors",
        "Sharp at any size, and each line can be edited",
    ),
    (
        DataLayer::Picture,
        "Picture",
        "Small where there are many lines and points",
    ),
];

fn choices_ui(state: &State, kind: ExportKind, choices: &mut ExportChoices, ui: &mut Ui) {
    ui.label("Theme");
    ui.horizontal(|ui| {
        for (theme, name) in THEMES {
            ui.selectable_value(&mut choices.theme, theme, name);
        }
    });
    ui.end_row();
    if choices.theme != state.theme {
        ui.label("");
        ui.weak("The window has another theme.");
        ui.end_row();
    }
    page_ui(kind, choices, ui);
    if kind == ExportKind::Animation {
        motion_ui(state, choices, ui);
    }
}

fn page_ui(kind: ExportKind, choices: &mut ExportChoices, ui: &mut Ui) {
    let page = choices.page_of_mut(kind);
    let presets = presets(kind);
    let same = |preset: &trainscape_views::figure_file::Page| {
        (preset.size_in_pixel, preset.dots_per_inch, preset.font_pt)
            == (page.size_in_pixel, page.dots_per_inch, page.font_pt)
    };
    let chosen = presets.iter().find(|(_, preset)| same(preset));
    let shown = chosen.map_or("Custom", |(name, _)| name.as_str());
    ui.label("Page");
    let list = ComboBox::from_id_salt("page")
        .width(ui.available_width())
        .truncate()
        .selected_text(shown)
        .show_ui(ui, |ui| {
            for (name, preset) in &presets {
                if ui.selectable_label(shown == name, name).clicked() {
                    *page = trainscape_views::figure_file::Page {
                        caption: page.caption,
                        grid: page.grid,
                        transparent: page.transparent,
                        data_layer: page.data_layer,
                        ..*preset
                    };
                }
            }
        });
    list.response
        .widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, "Page"));
    ui.end_row();
    ui.label("Size");
    ui.horizontal(|ui| {
        for (side, name) in page.size_in_pixel.iter_mut().zip(["Width", "Height"]) {
            let value = ui.add(DragValue::new(side).range(SIDES).suffix(" px"));
            value.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, name));
        }
        let dots = DragValue::new(&mut page.dots_per_inch)
            .range(20.0..=2400.0)
            .max_decimals(0)
            .suffix(" dpi");
        let dots = ui.add(dots);
        dots.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, "Resolution"));
    });
    ui.end_row();
    ui.label("Show");
    ui.horizontal(|ui| {
        ui.checkbox(&mut page.caption, "Caption");
        ui.checkbox(&mut page.grid, "Grid");
        ui.checkbox(&mut page.transparent, "Transparent background");
    });
    ui.end_row();
    if kind == ExportKind::Picture {
        ui.label("SVG, PDF");
        ui.horizontal(|ui| {
            for (layer, name, hint) in DATA_LAYERS {
                ui.selectable_value(&mut page.data_layer, layer, name)
                    .on_hover_text(hint);
            }
        });
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
    let endings = match kind {
        ExportKind::Picture => {
            "The file's ending chooses the format: .png, .svg or .pdf".to_owned()
        }
        ExportKind::Animation => format!(
            "The file's ending chooses the format: {}; .mp4 and .webm need ffmpeg",
            animation_export::endings()
        ),
    };
    ui.weak(endings);
    let is_writing = kind == ExportKind::Animation && state.animation_progress.is_some();
    ui.horizontal(|ui| {
        let can_export = state.panes.focused().scene().is_some() && !is_writing;
        let export = ui.add_enabled(can_export, egui::Button::new("Export…"));
        // Return exports unless it belongs to a field.
        let has_focus = ui.memory(|memory| memory.focused().is_some());
        let returned = !has_focus && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if export.clicked() || can_export && returned {
            commands.push(Command::ChooseExportFile);
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
