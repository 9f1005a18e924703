//! The middle of the window: tiles that are split, dragged, resized and closed.

use egui::{ComboBox, CornerRadius, Rect, RichText, Sense, Stroke, Ui, UiBuilder, WidgetText};
use egui_tiles::{Behavior, SimplificationOptions, TileId, Tree, UiResponse};
use trainscape_views::VIEWS;

use super::tile_view::TileView;
use crate::{
    command::Command,
    graphics::Graphics,
    pane::{Pane, PaneFrame},
    pane_id::PaneId,
    state::State,
    style::color32,
    workspace::Arrangement,
};

/// Height of a tile's heading where there are several.
const HEADING_PT: f32 = 26.0;

/// Shows all tiles; returns what the frame of each found out.
pub(crate) fn show(
    state: &State,
    tree: &mut Tree<PaneId>,
    graphics: Option<&mut Graphics>,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) -> Vec<(PaneId, PaneFrame)> {
    let frame = egui::Frame::NONE.fill(color32(state.theme.theme().background));
    let panel = egui::CentralPanel::default().frame(frame);
    let shown = panel.show(ui, |ui| {
        let has_pointer = ui.ctx().input(|input| input.pointer.has_pointer());
        if !has_pointer && state.pointed_at.is_some() {
            commands.push(Command::PointAt(None));
        }
        let mut behavior = TileBehavior {
            state,
            graphics,
            commands,
            frames: Vec::new(),
            has_headings: state.panes.count() > 1,
        };
        tree.ui(&mut behavior, ui);
        behavior.frames
    });
    shown.inner
}

struct TileBehavior<'a> {
    state: &'a State,
    graphics: Option<&'a mut Graphics>,
    commands: &'a mut Vec<Command>,
    frames: Vec<(PaneId, PaneFrame)>,
    has_headings: bool,
}

impl Behavior<PaneId> for TileBehavior<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _: TileId, id: &mut PaneId) -> UiResponse {
        let Some(pane) = self.state.panes.get(*id) else {
            return UiResponse::None;
        };
        let rect = ui.max_rect();
        let is_focused = self.state.panes.focused_id() == *id;
        let mut response = UiResponse::None;
        let mut body = rect;
        if self.has_headings {
            let heading = Rect::from_min_size(rect.min, egui::vec2(rect.width(), HEADING_PT));
            body.min.y = heading.bottom();
            if heading_ui(self.state, pane, ui, heading, self.commands) {
                response = UiResponse::DragStarted;
            }
        }
        let is_pressed = ui.input(|input| {
            let pointer = &input.pointer;
            pointer.any_pressed() && pointer.interact_pos().is_some_and(|at| rect.contains(at))
        });
        if is_pressed && !is_focused && ui.rect_contains_pointer(rect) {
            self.commands.push(Command::FocusTile(*id));
        }
        let name = if self.has_headings {
            format!("3D view of tile {}", id.0 + 1)
        } else {
            "3D view".to_owned()
        };
        let mut inner = ui.new_child(UiBuilder::new().max_rect(body).id_salt(("tile", id.0)));
        let graphics = self.graphics.as_deref_mut();
        let tile = TileView {
            state: self.state,
            pane,
            rect: body,
        };
        let frame = tile.show(graphics, &mut inner, &name, self.commands);
        self.frames.push((*id, frame));
        if self.has_headings && is_focused {
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
        let pane = self.state.panes.get(*id);
        pane.map_or("Tile", |pane| pane.view.title()).into()
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

/// The view's title, to choose another and to drag the tile by; true where a drag begins.
fn heading_ui(
    state: &State,
    pane: &Pane,
    ui: &mut Ui,
    rect: Rect,
    commands: &mut Vec<Command>,
) -> bool {
    let id = pane.id;
    ui.painter().rect_filled(rect, 0.0, ui.visuals().panel_fill);
    let handle = ui.interact(
        rect,
        ui.scope_id().with(("heading", id.0)),
        Sense::click_and_drag(),
    );
    if handle.clicked() {
        commands.push(Command::FocusTile(id));
    }
    let mut heading = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink2(egui::vec2(6.0, 2.0)))
            .layout(egui::Layout::left_to_right(egui::Align::Center))
            .id_salt(("heading", id.0)),
    );
    view_ui(state, pane, &mut heading, commands);
    let right_to_left = egui::Layout::right_to_left(egui::Align::Center);
    heading.with_layout(right_to_left, |ui| {
        for (text, command) in [
            ("Close", Command::CloseTile),
            ("Only", Command::Arrange(Arrangement::One)),
        ] {
            let button = ui.small_button(text).on_hover_text(command.tooltip());
            button.widget_info(|| {
                let name = format!("{text} tile {}", id.0 + 1);
                egui::WidgetInfo::labeled(egui::Role::Button, true, name)
            });
            if button.clicked() {
                commands.extend([Command::FocusTile(id), command]);
            }
        }
    });
    handle.drag_started()
}

fn view_ui(state: &State, pane: &Pane, ui: &mut Ui, commands: &mut Vec<Command>) {
    let (id, shown) = (pane.id, pane.view);
    let combo = ComboBox::from_id_salt(("view of tile", id.0))
        .width(130.0)
        .selected_text(shown.title())
        .show_ui(ui, |ui| {
            for view in VIEWS {
                let mut title = RichText::new(view.title());
                if state.unavailable.contains_key(&view) {
                    title = title.weak();
                }
                if ui.selectable_label(view == shown, title).clicked() {
                    commands.push(Command::ShowViewIn(id, view));
                }
            }
        });
    combo.response.widget_info(|| {
        let name = format!("View of tile {}", id.0 + 1);
        let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name);
        info.current_text_value = Some(shown.title().to_owned());
        info
    });
}
