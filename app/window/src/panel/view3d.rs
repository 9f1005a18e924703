//! A tile's figure: orbit, pan, zoom, hover, pin, select.

use egui::{Color32, CursorIcon, PointerButton, Pos2, Rect, Response, Sense, Shape, Stroke, Vec2};
use trainscape_scene::{
    Scene,
    camera::Camera,
    figure::{Figure, overlay},
    scene::Picked,
};

use super::{caption, gizmo, record_card, remedy, tile_camera::Moved, tile_view::TileView};
use crate::{
    camera::figure_spec,
    command::Command,
    graphics::Graphics,
    overlay::paint as paint_overlay,
    pane::PaneFrame,
    selection::{self, Tool},
    style::color32,
    worker::BuiltScene,
};

/// How far from the cursor a record may be to be found.
const REACH_PT: f32 = 14.0;
/// Points of a line that is lit up.
const MOST_LIT_POINTS: usize = 2_000;

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
            match self.move_camera(ui, response, &figure, figure.box_aspect, commands) {
                Moved::No => {}
                Moved::To(camera) => {
                    figure = lay_out(Some(camera));
                    is_moving = true;
                }
                Moved::ByCommand => is_moving = true,
            }
        }
        let is_busy = is_moving || is_selecting;
        // A figure in a plane is not turned until its camera moves, and fills the tile.
        let turns = !scene.flat || pane.moved_camera().is_some();
        let gizmo = turns
            .then(|| gizmo::centre(ui, rect, &figure, is_moving))
            .flatten();
        let hovered = self.hovered_record(response, &figure, scene, (is_busy, gizmo));
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
        if let Some(centre) = gizmo {
            gizmo::show(ui, centre, &figure.camera, &figure.theme, commands);
        }
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

    fn hovered_record(
        &self,
        response: &Response,
        figure: &Figure,
        scene: &Scene,
        (is_busy, gizmo): (bool, Option<Pos2>),
    ) -> Option<Picked> {
        let pointer = response
            .hover_pos()
            .filter(|_| !response.dragged() && !is_busy)?;
        if gizmo.is_some_and(|centre| gizmo::contains(centre, pointer)) {
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
