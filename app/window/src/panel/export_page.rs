//! The rows of the export dialog about the page.

use egui::{ComboBox, DragValue, Ui, WidgetInfo};
use trainscape_scene::figure::DataLayer;
use trainscape_views::figure_file::Page;

use crate::{
    export_choices::{ExportChoices, SIDES_IN_PIXEL, SizeUnit, presets},
    export_kind::ExportKind,
};

/// How SVG and PDF hold the data.
const DATA_LAYERS: [(DataLayer, &str, &str); 3] = [
    (
        DataLayer::Auto,
        "Auto",
        "Lines and points as vectors, surfaces as an image",
    ),
    (
        DataLayer::Vector,
        "Vectors",
        "Sharp at any size, and each line can be edited",
    ),
    (
        DataLayer::Picture,
        "Image",
        "Small where there are many lines and points",
    ),
];

/// The rows of the page.
pub(crate) fn show(kind: ExportKind, choices: &mut ExportChoices, ui: &mut Ui) {
    let page = choices.page_of_mut(kind);
    let presets = presets(kind);
    let same = |preset: &Page| {
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
                    *page = Page {
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
    size_ui(kind, choices, ui);
    let page = choices.page_of_mut(kind);
    ui.label("Show");
    ui.horizontal(|ui| {
        ui.checkbox(&mut page.caption, "Caption");
        ui.checkbox(&mut page.grid, "Grid");
        if kind != ExportKind::Model {
            ui.checkbox(&mut page.transparent, "Transparent background");
        }
    });
    ui.end_row();
    if ["svg", "pdf"].contains(&choices.format(kind).ending()) {
        let page = choices.page_of_mut(kind);
        ui.label("Data");
        ui.horizontal(|ui| {
            for (layer, name, hint) in DATA_LAYERS {
                ui.selectable_value(&mut page.data_layer, layer, name)
                    .on_hover_text(hint);
            }
        });
        ui.end_row();
    }
}

/// Width, height and resolution.
fn size_ui(kind: ExportKind, choices: &mut ExportChoices, ui: &mut Ui) {
    ui.label("Size");
    ui.horizontal(|ui| {
        let unit = choices.unit;
        let page = choices.page_of_mut(kind);
        let in_pixel = unit.in_pixel(page.dots_per_inch);
        for (side, name) in page.size_in_pixel.iter_mut().zip(["Width", "Height"]) {
            let mut shown = *side as f32 / in_pixel;
            let [low, high] = [SIDES_IN_PIXEL.start(), SIDES_IN_PIXEL.end()]
                .map(|pixels| *pixels as f32 / in_pixel);
            let decimals = match unit {
                SizeUnit::Pixels => 0,
                SizeUnit::Millimetres => 1,
                SizeUnit::Inches => 2,
            };
            let value = DragValue::new(&mut shown)
                .range(low..=high)
                .speed(1.0 / in_pixel)
                .max_decimals(decimals);
            let value = ui.add(value);
            value.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, name));
            if value.changed() {
                *side = (shown * in_pixel).round().max(1.0) as u32;
            }
        }
        let list = ComboBox::from_id_salt("unit")
            .width(44.0)
            .selected_text(unit.symbol())
            .show_ui(ui, |ui| {
                for other in SizeUnit::ALL {
                    ui.selectable_value(&mut choices.unit, other, other.symbol());
                }
            });
        let name = || WidgetInfo::labeled(egui::Role::ComboBox, true, "Unit");
        list.response.widget_info(name);
        let mut dots_per_inch = choices.page_of(kind).dots_per_inch;
        let dots = DragValue::new(&mut dots_per_inch)
            .range(20.0..=2400.0)
            .max_decimals(0)
            .suffix(" dpi");
        let dots = ui.add(dots);
        dots.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, "Resolution"));
        if dots.changed() {
            choices.set_dots_per_inch(kind, dots_per_inch);
        }
    });
    ui.end_row();
    if choices.unit != SizeUnit::Pixels {
        let [width, height] = choices.page_of(kind).size_in_pixel;
        ui.label("");
        ui.weak(format!("{width} × {height} pixels"));
        ui.end_row();
    }
}
