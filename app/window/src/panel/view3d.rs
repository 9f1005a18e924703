//! A tile's figure: orbit, pan, zoom, hover, pin, select.

use egui::{Color32, CursorIcon, PointerButton, Pos2, Rect, Response, Sense, Shape, Stroke, Vec2};
use trainscape_scene::{
    Scene,
    camera::{Camera, world_from_unit},
    figure::{Figure, overlay},
    scene::Picked,
};

use super::{caption, gizmo, record_card, remedy};
use crate::{
    camera::{figure_spec, orbit},
    camera_animation::ORBIT_PER_PT,
    command::Command,
    graphics::Graphics,
    overlay::paint as paint_overlay,
    pane::{Pane, PaneFrame},
    selection::{self, Tool},
    state::State,
    style::color32,
    worker::BuiltScene,
};

/// How far from the cursor a record may be to be found.
const REACH_PT: f32 = 14.0;
/// A pointer that moved less between press and release has clicked.
const CLICK_PT: f32 = 6.0;
/// Points of a line that is lit up.
const MOST_LIT_POINTS: usize = 2_000;

/// A tile and where it is shown.
pub(super) struct TileView<'a> {
    pub(super) state: &'a State,
    pub(super) pane: &'a Pane,
    pub(super) rect: Rect,
}

impl TileView<'_> {
    /// Shows the tile; `name` is its accessible name.
    pub(super) fn show(
        &self,
        graphics: Option<&mut Graphics>,
        ui: &mut egui::Ui,
        name: &str,
        commands: &mut Vec<Command>,
    ) -> PaneFrame {
        let (pane, rect) = (self.pane, self.rect);
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
        let is_too_small = rect.width() < 32.0 || rect.height() < 32.0;
        match &pane.built {
            Some(built) if pane.scene().is_some() && !is_too_small => {
                self.figure_ui(built, graphics, ui, &response, commands)
            }
            _ => {
                if !is_too_small {
                    remedy::show(self.state, pane, ui, rect, commands);
                }
                PaneFrame {
                    figure: pane.figure.clone().filter(|_| is_too_small),
                    hovered: pane.hovered.clone(),
                    stroke: Vec::new(),
                }
            }
        }
    }

    fn figure_ui(
        &self,
        built: &BuiltScene,
        graphics: Option<&mut Graphics>,
        ui: &egui::Ui,
        response: &Response,
        commands: &mut Vec<Command>,
    ) -> PaneFrame {
        let (pane, rect, scene) = (self.pane, self.rect, built.scene.as_ref());
        let size_pt = [rect.width(), rect.height()];
        let lay_out = |camera: Option<Camera>| {
            Figure::lay_out(scene, &figure_spec(self.state, pane, size_pt, camera))
        };
        let mut figure = lay_out(pane.moved_camera());
        let (stroke, is_selecting) = self.select(ui, response, commands);
        let mut is_moving = pane.camera_moved || self.state.playback.is_playing();
        if !is_selecting {
            match self.move_camera(ui, response, &figure, scene.box_aspect, commands) {
                Moved::No => {}
                Moved::To(camera) => {
                    figure = lay_out(Some(camera));
                    is_moving = true;
                }
                Moved::ByCommand => is_moving = true,
            }
        }
        let is_busy = is_moving || is_selecting;
        let hovered = self.hovered_record(response, &figure, scene, is_busy);
        if response
            .hover_pos()
            .is_some_and(|at| is_in_caption(&figure, at - rect.min))
        {
            ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
        }
        self.click(response, &figure, hovered.as_ref(), commands);
        self.point_at(hovered.as_ref(), commands);

        if let (Some(graphics), Some(_)) = (graphics, &built.gpu) {
            self.draw(graphics, built, &figure, is_moving, ui, commands);
        }
        let painter = ui.painter_at(rect);
        paint_overlay(&painter, rect.min, &figure);
        self.paint_marks(&painter, &figure, scene, &stroke);
        if let Some(picked) = &hovered {
            record_card::paint(&painter, rect, &figure, picked);
        }
        gizmo::show(
            ui,
            self.gizmo_room(&figure),
            &figure.camera,
            &figure.theme,
            commands,
        );
        if self.state.panels.caption && self.state.panes.focused_id() == pane.id {
            caption::show(ui, rect, &scene.caption, commands);
        }
        if is_moving {
            // One more frame draws what was left out in motion.
            ui.ctx().request_repaint();
        }
        PaneFrame {
            figure: Some(figure),
            hovered,
            stroke,
        }
    }

    /// The room above the caption, in the corner of which the gizmo is.
    fn gizmo_room(&self, figure: &Figure) -> Rect {
        let caption = figure
            .caption_rect
            .map_or(0.0, |caption| self.rect.height() - caption.y);
        Rect::from_min_max(self.rect.min, self.rect.max - Vec2::new(0.0, caption))
    }

    /// Draws the scene into the tile's texture and paints it.
    fn draw(
        &self,
        graphics: &mut Graphics,
        built: &BuiltScene,
        figure: &Figure,
        is_moving: bool,
        ui: &egui::Ui,
        commands: &mut Vec<Command>,
    ) {
        let Some(gpu) = &built.gpu else { return };
        let pixels = (self.rect.size() * ui.ctx().pixels_per_point()).round();
        let size = [pixels.x.max(1.0) as u32, pixels.y.max(1.0) as u32];
        match graphics.draw(self.pane.id, gpu, figure, size, is_moving) {
            Ok(drawn) => {
                if let Some(after) = drawn.check_after {
                    ui.ctx().request_repaint_after(after);
                }
                let all = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
                let painter = ui.painter_at(self.rect);
                painter.image(drawn.texture, self.rect, all, Color32::WHITE);
            }
            Err(error) => commands.push(Command::ReportError(error.to_string())),
        }
    }

    /// Paints the selected records, the record that another tile points at, and the outline being drawn.
    fn paint_marks(
        &self,
        painter: &egui::Painter,
        figure: &Figure,
        scene: &Scene,
        stroke: &[[f32; 2]],
    ) {
        let theme = &figure.theme;
        let accent = Color32::from_rgb(0xe6, 0x7e, 0x00);
        let place = |position: [f32; 3]| {
            let (at, _) = figure.point_from_unit(position)?;
            Some(self.rect.min + Vec2::new(at.x, at.y))
        };
        let highlighted = self.pane.highlight.places_unit.iter();
        for at in highlighted.filter_map(|at| place(*at)) {
            painter.circle_stroke(at, 3.4, Stroke::new(1.4, accent));
        }
        if let Some((pane, mark)) = &self.state.pointed_at
            && *pane != self.pane.id
        {
            for at in scene.find(mark).into_iter().filter_map(place) {
                painter.circle_stroke(at, 6.0, Stroke::new(4.0, color32(theme.background)));
                painter.circle_stroke(at, 6.0, Stroke::new(2.0, accent));
            }
        }
        if let Some(run) = &self.state.hovered_run {
            paint_run(painter, scene, run, place, color32(theme.text));
        }
        if let Some(picked) = self.state.marked_in(scene) {
            record_card::paint(painter, self.rect, figure, &picked);
        }
        if let Some(outline) = selection::outline(self.state.tool, stroke) {
            let closed = outline.iter().chain(outline.first());
            let line: Vec<Pos2> = closed
                .map(|[x, y]| self.rect.min + Vec2::new(*x, *y))
                .collect();
            painter.add(Shape::line(line, Stroke::new(1.5, accent)));
        }
    }

    /// Draws a box or a lasso; returns the stroke so far, and whether the pointer selects.
    fn select(
        &self,
        ui: &egui::Ui,
        response: &Response,
        commands: &mut Vec<Command>,
    ) -> (Vec<[f32; 2]>, bool) {
        if self.state.tool == Tool::Orbit {
            return (Vec::new(), false);
        }
        if response.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        }
        let local = |at: Pos2| [at.x - self.rect.min.x, at.y - self.rect.min.y];
        let mut stroke = self.pane.stroke.clone();
        if response.drag_started_by(PointerButton::Primary) {
            let origin = ui.input(|input| input.pointer.press_origin());
            stroke = origin.map(local).into_iter().collect();
        }
        if response.dragged_by(PointerButton::Primary)
            && let Some(at) = response.interact_pointer_pos().map(local)
        {
            if stroke.last() != Some(&at) {
                stroke.push(at);
            }
            return (stroke, true);
        }
        if !response.drag_stopped() {
            return (stroke, false);
        }
        if let Some(outline) = selection::outline(self.state.tool, &stroke) {
            commands.push(Command::SelectInside {
                pane: self.pane.id,
                outline,
                add: ui.input(|input| input.modifiers.shift),
            });
        }
        (Vec::new(), true)
    }

    /// Turns mouse and wheel into camera moves.
    fn move_camera(
        &self,
        ui: &egui::Ui,
        response: &Response,
        figure: &Figure,
        box_aspect: [f32; 3],
        commands: &mut Vec<Command>,
    ) -> Moved {
        let id = self.pane.id;
        let before = self
            .pane
            .moved_camera()
            .unwrap_or_else(|| figure.fixed_camera());
        let mut camera = before;
        if response.drag_started() {
            commands.push(Command::StopCamera(id));
        }
        let pans = self.drag(ui, response, figure, &mut camera);
        if let Some(at) = response.hover_pos() {
            let (scroll, pinch) =
                ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            let factor = (scroll * 0.0035).exp() * pinch;
            if (factor - 1.0).abs() > 1e-4 {
                camera.zoom_towards(factor, self.ndc(figure, at));
            }
        }
        if response.double_clicked() {
            commands.push(match &self.pane.hovered {
                Some(picked) => {
                    camera.focus(world_from_unit(picked.position_unit, box_aspect));
                    Command::MoveCamera(id, camera)
                }
                None => Command::ResetCamera,
            });
            return Moved::ByCommand;
        }
        if camera != before {
            commands.push(Command::SetCamera(id, camera));
        }
        if response.drag_stopped() && !pans && self.state.preferences.inertia {
            let velocity = ui.input(|input| input.pointer.velocity());
            commands.push(Command::StartInertia(id, velocity));
        }
        if camera == before {
            Moved::No
        } else {
            Moved::To(camera)
        }
    }

    /// Orbits or pans `camera` by the drag; true where the drag pans.
    fn drag(
        &self,
        ui: &egui::Ui,
        response: &Response,
        figure: &Figure,
        camera: &mut Camera,
    ) -> bool {
        let pans = ui.input(|input| input.modifiers.shift)
            || response.dragged_by(PointerButton::Secondary)
            || response.dragged_by(PointerButton::Middle);
        let drag = self.drag_delta(ui, response);
        if drag != Vec2::ZERO {
            if pans {
                let page = &figure.clip_rect;
                camera.pan(glam::Vec2::new(drag.x / page.width, -drag.y / page.height) * 2.0);
            } else {
                orbit(self.state, camera, drag * ORBIT_PER_PT);
            }
        }
        pans
    }

    /// How far the pointer was dragged since the last frame, with what moved in the frame in which the button went up,
    /// which egui leaves out: where frames are slow, that is most of a drag or all of it.
    fn drag_delta(&self, ui: &egui::Ui, response: &Response) -> Vec2 {
        if response.dragged() {
            return response.drag_delta();
        }
        if !response.drag_stopped() && !response.contains_pointer() {
            return Vec2::ZERO;
        }
        ui.input(|input| {
            if response.drag_stopped() {
                return input.pointer.delta();
            }
            // Pressed, moved and released within one frame.
            let (mut from, mut total) = (None, Vec2::ZERO);
            for event in &input.events {
                let egui::Event::PointerButton {
                    pos,
                    button: PointerButton::Primary,
                    pressed,
                    ..
                } = event
                else {
                    continue;
                };
                match (pressed, from.take()) {
                    (true, _) if self.rect.contains(*pos) => from = Some(*pos),
                    (false, Some(start)) => total += *pos - start,
                    _ => {}
                }
            }
            // A click may tremble.
            if total.length() < CLICK_PT {
                Vec2::ZERO
            } else {
                total
            }
        })
    }

    /// A position on screen in normalised device coordinates.
    fn ndc(&self, figure: &Figure, at: Pos2) -> glam::Vec2 {
        let (page, local) = (&figure.clip_rect, at - self.rect.min);
        glam::Vec2::new(
            (local.x - page.x) / page.width * 2.0 - 1.0,
            1.0 - (local.y - page.y) / page.height * 2.0,
        )
    }

    fn hovered_record(
        &self,
        response: &Response,
        figure: &Figure,
        scene: &Scene,
        is_busy: bool,
    ) -> Option<Picked> {
        let pointer = response
            .hover_pos()
            .filter(|_| !response.dragged() && !is_busy)?;
        if gizmo::contains(self.gizmo_room(figure), pointer) {
            return None;
        }
        let at = pointer - self.rect.min;
        let at = glam::Vec2::new(at.x, at.y);
        scene.pick(REACH_PT, |position| {
            let (point, depth) = figure.point_from_unit(position)?;
            // Depth runs from about 0.25 (far) to 0.4 (near).
            Some((point.distance(at), (0.4 - depth) * 8.0))
        })
    }

    /// A click on a note removes it, a click on a record pins it.
    fn click(
        &self,
        response: &Response,
        figure: &Figure,
        picked: Option<&Picked>,
        commands: &mut Vec<Command>,
    ) {
        if !response.clicked() || response.double_clicked() {
            return;
        }
        let id = self.pane.id;
        let at = response.interact_pointer_pos().map(|at| at - self.rect.min);
        let note = at.and_then(|at| {
            let mut notes = figure.callout_rects.iter();
            notes.position(|area| contains(area, at))
        });
        if at.is_some_and(|at| is_in_caption(figure, at)) {
            commands.push(Command::ToggleCaption);
            return;
        }
        commands.push(match note {
            Some(note) => Command::RemoveNote(id, note),
            None => Command::ClickRecord(id, picked.cloned()),
        });
    }

    /// Other tiles and the timeline mark the record too.
    fn point_at(&self, picked: Option<&Picked>, commands: &mut Vec<Command>) {
        let id = self.pane.id;
        let before = self.state.pointed_at.as_ref();
        match picked.and_then(|picked| picked.mark.clone()) {
            Some(mark) => {
                let after = Some((id, mark));
                if before != after.as_ref() {
                    commands.push(Command::PointAt(after));
                }
            }
            None if before.is_some_and(|(pane, _)| *pane == id) => {
                commands.push(Command::PointAt(None));
            }
            None => {}
        }
    }
}

/// Whether an area that is not empty contains a place of the tile, in points from its upper left corner.
fn contains(area: &overlay::Rect, at: Vec2) -> bool {
    (area.x..=area.right()).contains(&at.x)
        && (area.y..=area.bottom()).contains(&at.y)
        && area.width > 0.0
}

fn is_in_caption(figure: &Figure, at: Vec2) -> bool {
    let caption = figure.caption_rect.as_ref();
    caption.is_some_and(|caption| contains(caption, at))
}

/// Paints the lines of a run over everything else.
fn paint_run(
    painter: &egui::Painter,
    scene: &Scene,
    run: &str,
    place: impl Fn([f32; 3]) -> Option<Pos2>,
    colour: Color32,
) {
    for path in scene
        .paths
        .iter()
        .filter(|path| scene.run_of_path(path) == Some(run))
    {
        for strip in &path.strips {
            let places = &path.positions_unit[strip.start as usize..strip.end as usize];
            // As many as the screen can show apart.
            let by = places.len().div_ceil(MOST_LIT_POINTS).max(1);
            let line: Vec<Pos2> = places
                .iter()
                .step_by(by)
                .filter_map(|at| place(*at))
                .collect();
            painter.add(Shape::line(
                line.clone(),
                Stroke::new(5.0, colour.gamma_multiply(0.25)),
            ));
            painter.add(Shape::line(line, Stroke::new(2.2, colour)));
        }
    }
}

/// What the mouse did to the camera.
enum Moved {
    No,
    To(Camera),
    /// A command moves it.
    ByCommand,
}
