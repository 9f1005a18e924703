//! The preview in the export dialog.

use egui::{Color32, Rect, ScrollArea, Sense, Ui, WidgetInfo};

use crate::{export_choices::PreviewSize, export_preview::Preview, state::State};

/// Side of a square of the pattern behind a transparent picture.
const SQUARE_PT: f32 = 8.0;

/// Shows the preview in a room of this size, and how large it is by the page.
pub(crate) fn show(state: &State, room_pt: [f32; 2], choice: &mut PreviewSize, ui: &mut Ui) {
    ui.vertical(|ui| {
        ui.set_width(room_pt[0]);
        ui.allocate_ui(room_pt.into(), |ui| {
            ui.set_min_size(room_pt.into());
            match &state.preview {
                None => {
                    // No spinner: it would keep the window painting.
                    ui.centered_and_justified(|ui| ui.weak("Drawing…"));
                }
                Some(preview) => picture_ui(preview, ui),
            }
        });
        ui.horizontal(|ui| {
            ui.selectable_value(choice, PreviewSize::Fit, "Fit");
            ui.selectable_value(choice, PreviewSize::Actual, "Actual size");
            if let Some(preview) = &state.preview {
                ui.weak(size_text(preview.scale));
            }
        });
    });
}

fn size_text(scale: f32) -> String {
    let percent = (scale * 100.0).round();
    if percent == 100.0 {
        return "shown as large as the page".to_owned();
    }
    format!("shown at {percent} % of the page's size")
}

fn picture_ui(preview: &Preview, ui: &mut Ui) {
    let texture = match &preview.drawn {
        Ok(texture) => texture,
        Err(why) => {
            ui.colored_label(ui.visuals().error_fg_color, why);
            return;
        }
    };
    ScrollArea::both()
        .id_salt("export preview")
        .auto_shrink([false, false])
        .show(ui, |ui| {
            // Centred where it is smaller than its room.
            let room = ui.available_size();
            let size = egui::Vec2::from(preview.size_pt);
            let (area, response) = ui.allocate_exact_size(size.max(room), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, "Preview"));
            let rect = Rect::from_center_size(area.center(), size);
            if preview.is_transparent {
                squares_ui(rect, ui);
            }
            let whole = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
            ui.painter()
                .image(texture.id(), rect, whole, Color32::WHITE);
            let edge = ui.visuals().widgets.noninteractive.bg_stroke;
            ui.painter()
                .rect_stroke(rect, 0.0, edge, egui::StrokeKind::Outside);
        });
}

/// The pattern that shows through where the picture is transparent.
fn squares_ui(rect: Rect, ui: &Ui) {
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, Color32::from_gray(0xff));
    let [columns, rows] =
        [rect.width(), rect.height()].map(|side| (side / SQUARE_PT).ceil() as u32);
    for row in 0..rows {
        for column in (row % 2..columns).step_by(2) {
            let corner = egui::vec2(column as f32, row as f32) * SQUARE_PT;
            let square = Rect::from_min_size(rect.min + corner, egui::Vec2::splat(SQUARE_PT));
            painter.rect_filled(square, 0.0, Color32::from_gray(0xe0));
        }
    }
}
