//! The middle of the window: tiles that are split, dragged, resized and closed.

use egui::{ComboBox, CornerRadius, Rect, RichText, Sense, Stroke, Ui, UiBuilder, WidgetText};
use egui_tiles::{Behavior, SimplificationOptions, TileId, Tree, UiResponse};
use trainscape_views::ViewKind;

use super::view3d;
use crate::{app::ViewerApp, desk::Arrangement, pane::PaneId, style::color32};

/// Height of a tile's heading where there are several.
const HEADING_PT: f32 = 26.0;

pub(crate) fn show(app: &mut ViewerApp, ui: &mut Ui) {
    let frame = egui::Frame::NONE.fill(color32(app.theme.theme().background));
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        let has_pointer = ui.ctx().input(|input| input.pointer.has_pointer());
        if !has_pointer && app.pointed_at.take().is_some() {
            // The timeline, painted before, shows it still.
            ui.ctx().request_repaint();
        }
        let (pane, panes) = (app.pane.id, app.pane_ids());
        if let Some(graphics) = &mut app.graphics {
            graphics.keep(&panes);
        }
        let mut tree = std::mem::replace(&mut app.tree, Tree::empty(egui::Id::unique("no tiles")));
        let mut tiler = Tiler {
            several: !app.others.is_empty(),
            app,
            take: None,
            close: None,
            only: None,
        };
        tree.ui(&mut tiler, ui);
        let (take, close, only) = (tiler.take, tiler.close, tiler.only);
        // A split during the frame put its own tree there.
        app.tree = tree;
        if let Some(id) = take.filter(|id| *id != pane) {
            app.take(id);
        }
        if let Some(id) = close {
            app.take(id);
            app.close_tile();
        }
        if let Some(id) = only {
            app.take(id);
            app.arrange(Arrangement::One);
        }
    });
}

struct Tiler<'a> {
    app: &'a mut ViewerApp,
    several: bool,
    /// The tile that was clicked into.
    take: Option<PaneId>,
    close: Option<PaneId>,
    only: Option<PaneId>,
}

impl Behavior<PaneId> for Tiler<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _: TileId, id: &mut PaneId) -> UiResponse {
        let rect = ui.max_rect();
        let at_hand = self.app.pane.id == *id;
        let mut response = UiResponse::None;
        let mut body = rect;
        if self.several {
            let heading = Rect::from_min_size(rect.min, egui::vec2(rect.width(), HEADING_PT));
            body.min.y = heading.bottom();
            if self.heading_ui(ui, heading, *id) {
                response = UiResponse::DragStarted;
            }
        }
        let pressed = ui.input(|input| {
            let begun = input.pointer.any_pressed();
            begun
                && input
                    .pointer
                    .interact_pos()
                    .is_some_and(|at| rect.contains(at))
        });
        if pressed && !at_hand && ui.rect_contains_pointer(rect) {
            self.take = Some(*id);
        }
        let name = if self.several {
            format!("3D view of tile {}", id.0 + 1)
        } else {
            "3D view".to_owned()
        };
        let mut inner = ui.new_child(UiBuilder::new().max_rect(body).id_salt(("tile", id.0)));
        self.app
            .with_pane(*id, |app| view3d::show(app, &mut inner, body, &name));
        if self.several && at_hand {
            let line = Stroke::new(2.0, ui.visuals().selection.bg_fill);
            ui.painter().rect_stroke(
                rect.shrink(1.0),
                CornerRadius::ZERO,
                line,
                egui::StrokeKind::Inside,
            );
        }
        response
    }

    fn tab_title_for_pane(&mut self, id: &PaneId) -> WidgetText {
        let title = self.app.with_pane(*id, |app| app.pane.view.title());
        title.unwrap_or("Tile").into()
    }

    fn gap_width(&self, _: &egui::Style) -> f32 {
        3.0
    }

    fn min_size(&self) -> f32 {
        120.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions {
            all_panes_must_have_tabs: false,
            ..SimplificationOptions::default()
        }
    }
}

impl Tiler<'_> {
    /// The view's name, to choose another and to drag the tile by; true where a drag begins.
    fn heading_ui(&mut self, ui: &mut Ui, rect: Rect, id: PaneId) -> bool {
        ui.painter().rect_filled(rect, 0.0, ui.visuals().panel_fill);
        let handle = ui.interact(
            rect,
            ui.scope_id().with(("heading", id.0)),
            Sense::click_and_drag(),
        );
        if handle.clicked() {
            self.take = Some(id);
        }
        let mut heading = ui.new_child(
            UiBuilder::new()
                .max_rect(rect.shrink2(egui::vec2(6.0, 2.0)))
                .layout(egui::Layout::left_to_right(egui::Align::Center))
                .id_salt(("heading", id.0)),
        );
        let number = id.0 + 1;
        let (close, only) = (&mut self.close, &mut self.only);
        self.app.with_pane(id, |app| {
            let shown = app.pane.view;
            let combo = ComboBox::from_id_salt(("view of tile", id.0))
                .width(130.0)
                .selected_text(shown.title())
                .show_ui(&mut heading, |ui| {
                    for view in ViewKind::ALL {
                        let title = match app.unavailable.contains_key(&view) {
                            true => RichText::new(view.title()).weak(),
                            false => RichText::new(view.title()),
                        };
                        ui.selectable_value(&mut app.pane.view, view, title);
                    }
                });
            combo.response.widget_info(|| {
                let name = format!("View of tile {number}");
                let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name);
                info.current_text_value = Some(shown.title().to_owned());
                info
            });
            heading.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let button = ui
                    .small_button("Close")
                    .on_hover_text("Close this tile (Ctrl+W)");
                button.widget_info(|| {
                    let name = format!("Close tile {number}");
                    egui::WidgetInfo::labeled(egui::Role::Button, true, name)
                });
                if button.clicked() {
                    *close = Some(id);
                }
                let alone = ui
                    .small_button("Only")
                    .on_hover_text("Close the other tiles (Ctrl+0)");
                alone.widget_info(|| {
                    let name = format!("Only tile {number}");
                    egui::WidgetInfo::labeled(egui::Role::Button, true, name)
                });
                if alone.clicked() {
                    *only = Some(id);
                }
            });
        });
        handle.drag_started()
    }
}
