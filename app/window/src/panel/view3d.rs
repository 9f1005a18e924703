//! A tile's figure: orbit, pan, zoom, hover, pin, select.

use std::{sync::Arc, time::Duration};

use egui::{Color32, CursorIcon, PointerButton, Pos2, Rect, Response, Sense, Shape, Stroke, Vec2};
use trainscape_scene::{
    Scene,
    camera::{Camera, world_from_unit},
    figure::{Figure, FigureSpec, View},
    scene::Picked,
};

use crate::{
    app::ViewerApp,
    motion::Motion,
    overlay,
    selection::{self, Tool},
    style::color32,
};

/// Size of tick labels in the window.
const FONT_PT: f32 = 12.0;
/// How far from the cursor a record may lie to be read.
const REACH_PT: f32 = 14.0;
/// Radians of orbit for a point of drag.
const ORBIT_PER_PT: f32 = 0.0075;
/// When to see whether a picture with translucent parts is whole.
const CHECKED_AFTER: Duration = Duration::from_millis(40);
/// Width below which a tile's figure has no caption.
const CAPTION_FROM_PT: f32 = 420.0;

/// Shows the tile at hand in `rect`; `name` is what a screen reader calls it.
pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui, rect: Rect, name: &str) {
    ui.set_clip_rect(rect.intersect(ui.clip_rect()));
    let response = ui.allocate_rect(rect, Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
    if rect.width() < 32.0 || rect.height() < 32.0 {
        return;
    }
    if app.pane.scene().is_none() {
        app.pane.figure = None;
        super::remedy::show(app, ui, rect);
        return;
    }
    figure_ui(app, ui, rect, &response);
}

/// How the figure of the tile at hand is laid out: framed by itself, or from `camera`.
pub(crate) fn spec(app: &ViewerApp, size_pt: [f32; 2], camera: Option<Camera>) -> FigureSpec {
    let view = match camera {
        Some(camera) => View::Fixed(camera),
        None => View::Fit {
            azimuth: None,
            elevation: None,
            roll: 0.0,
            zoom: 1.0,
            projection: app.shared.projection,
        },
    };
    // A small tile needs its room for the data.
    let small = (size_pt[0].min(size_pt[1] * 1.4) / 700.0).clamp(0.8, 1.0);
    FigureSpec {
        font_pt: FONT_PT * small,
        theme: app.theme,
        view,
        caption: size_pt[0] >= CAPTION_FROM_PT && size_pt[1] >= 0.7 * CAPTION_FROM_PT,
        callouts: app.pane.callouts(),
        ..FigureSpec::new(size_pt)
    }
}

fn figure_ui(app: &mut ViewerApp, ui: &egui::Ui, rect: Rect, response: &Response) {
    let Some(built) = &app.pane.built else { return };
    let (scene, gpu) = (Arc::clone(&built.scene), built.gpu.clone());
    let size_pt = [rect.width(), rect.height()];
    let lay_out = |app: &ViewerApp| {
        let camera = app.pane.cameras.get(&app.pane.view).copied();
        Figure::lay_out(&scene, &spec(app, size_pt, camera))
    };
    let flew = app.advance_motion(ui.ctx(), ORBIT_PER_PT);
    let mut figure = lay_out(app);
    let selecting = stroke(app, ui, rect, response, &figure);
    let turned = !selecting && turn(app, ui, rect, response, &figure, scene.box_aspect);
    let by_key = std::mem::take(&mut app.pane.turned_by_key);
    let moving = flew || turned || by_key || app.player.is_playing();
    if turned {
        figure = lay_out(app);
    }
    read_record(app, rect, response, &figure, &scene, moving || selecting);
    app.update_highlight();

    let painter = ui.painter_at(rect);
    if let (Some(graphics), Some(gpu)) = (&mut app.graphics, &gpu) {
        let pixels = (rect.size() * ui.ctx().pixels_per_point()).round();
        let size = [pixels.x.max(1.0) as u32, pixels.y.max(1.0) as u32];
        match graphics.draw(app.pane.id, gpu, &figure, size, moving) {
            Ok(picture) => {
                if picture.is_settling {
                    ui.ctx().request_repaint_after(CHECKED_AFTER);
                }
                let all = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
                painter.image(picture.texture, rect, all, Color32::WHITE);
            }
            Err(error) => app.message = Some((error.to_string(), true)),
        }
    }
    overlay::paint(&painter, rect.min, &figure);
    marks(app, &painter, rect, &figure, &scene);
    if let Some(picked) = &app.pane.hovered {
        card(&painter, rect, &figure, picked);
    }
    if moving {
        // One more frame draws what was left out in motion.
        ui.ctx().request_repaint();
    }
    app.pane.figure = Some(figure);
}

/// The selected records, and the record that another tile points at.
fn marks(app: &ViewerApp, painter: &egui::Painter, rect: Rect, figure: &Figure, scene: &Scene) {
    let theme = &figure.theme;
    let accent = Color32::from_rgb(0xe6, 0x7e, 0x00);
    let place = |position: [f32; 3]| {
        let (at, _) = figure.point_from_unit(position)?;
        Some(rect.min + Vec2::new(at.x, at.y))
    };
    for at in app
        .pane
        .highlight
        .places_unit
        .iter()
        .filter_map(|at| place(*at))
    {
        painter.circle_stroke(at, 3.4, Stroke::new(1.4, accent));
    }
    if let Some((pane, mark)) = &app.pointed_at
        && *pane != app.pane.id
    {
        for at in scene.find(mark).into_iter().filter_map(place) {
            painter.circle_stroke(at, 6.0, Stroke::new(4.0, color32(theme.background)));
            painter.circle_stroke(at, 6.0, Stroke::new(2.0, accent));
        }
    }
    let line: Vec<Pos2> = selection::outline(app.tool, &app.pane.stroke)
        .into_iter()
        .flatten()
        .map(|[x, y]| rect.min + Vec2::new(x, y))
        .collect();
    if !line.is_empty() {
        let mut closed = line.clone();
        closed.extend(line.first());
        painter.add(Shape::line(closed, Stroke::new(1.5, accent)));
    }
}

/// Draws the box or the lasso; true while the pointer selects.
fn stroke(
    app: &mut ViewerApp,
    ui: &egui::Ui,
    rect: Rect,
    response: &Response,
    figure: &Figure,
) -> bool {
    if app.tool == Tool::Turn {
        return false;
    }
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
    }
    let local = |at: Pos2| [at.x - rect.min.x, at.y - rect.min.y];
    if response.drag_started_by(PointerButton::Primary) {
        let origin = ui.input(|input| input.pointer.press_origin());
        app.pane.stroke = origin.map(local).into_iter().collect();
    }
    if response.dragged_by(PointerButton::Primary)
        && let Some(at) = response.interact_pointer_pos().map(local)
    {
        if app.pane.stroke.last() != Some(&at) {
            app.pane.stroke.push(at);
        }
        return true;
    }
    if response.drag_stopped() {
        let stroke = std::mem::take(&mut app.pane.stroke);
        if let Some(line) = selection::outline(app.tool, &stroke) {
            let add = ui.input(|input| input.modifiers.shift);
            app.select_inside(&line, figure, add);
        }
        return true;
    }
    false
}

/// Turns mouse and wheel into camera moves; true where the camera moved.
fn turn(
    app: &mut ViewerApp,
    ui: &egui::Ui,
    rect: Rect,
    response: &Response,
    figure: &Figure,
    box_aspect: [f32; 3],
) -> bool {
    let view = app.pane.view;
    let mut camera = app.pane.cameras.get(&view).copied();
    let mut camera = *camera.get_or_insert_with(|| figure.fixed_camera());
    let before = camera;
    let page = &figure.clip_rect;
    let ndc_of = |at: Pos2| {
        let local = at - rect.min;
        glam::Vec2::new(
            (local.x - page.x) / page.width * 2.0 - 1.0,
            1.0 - (local.y - page.y) / page.height * 2.0,
        )
    };
    let drag = response.drag_delta();
    let shift = ui.input(|input| input.modifiers.shift);
    let pans = shift
        || response.dragged_by(PointerButton::Secondary)
        || response.dragged_by(PointerButton::Middle);
    if response.drag_started() {
        app.pane.motion = None;
    }
    if drag != Vec2::ZERO {
        if pans {
            camera.pan(glam::Vec2::new(drag.x / page.width, -drag.y / page.height) * 2.0);
        } else {
            app.turn_camera(&mut camera, drag * ORBIT_PER_PT);
        }
    }
    if response.drag_stopped() && !pans && app.preferences.inertia {
        let velocity = ui.input(|input| input.pointer.velocity());
        app.pane.motion = Some(Motion::Coast(velocity));
    }
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = (scroll * 0.0035).exp() * pinch;
        if (factor - 1.0).abs() > 1e-4 {
            app.pane.motion = None;
            camera.zoom_towards(factor, ndc_of(at));
        }
    }
    if response.double_clicked() {
        match &app.pane.hovered {
            Some(picked) => {
                camera.focus(world_from_unit(picked.position_unit, box_aspect));
                app.fly_to(camera, false, ui.ctx());
            }
            None => app.reset_camera(ui.ctx()),
        }
        return true;
    }
    if camera == before {
        return false;
    }
    app.pane.cameras.insert(view, camera);
    app.follow_camera(&before, &camera);
    true
}

fn read_record(
    app: &mut ViewerApp,
    rect: Rect,
    response: &Response,
    figure: &Figure,
    scene: &Scene,
    busy: bool,
) {
    let pointer = response
        .hover_pos()
        .filter(|_| !response.dragged() && !busy);
    let picked = pointer.and_then(|at| {
        let at = glam::Vec2::new(at.x - rect.min.x, at.y - rect.min.y);
        scene.pick(REACH_PT, |position| {
            let (point, depth) = figure.point_from_unit(position)?;
            // Depth runs from about 0.25 (far) to 0.4 (near).
            Some((point.distance(at), (0.4 - depth) * 8.0))
        })
    });
    if response.clicked() && !response.double_clicked() {
        let at = response.interact_pointer_pos().map(|at| at - rect.min);
        let note = at.and_then(|at| {
            let holds = |area: &trainscape_scene::figure::overlay::Rect| {
                (area.x..=area.right()).contains(&at.x)
                    && (area.y..=area.bottom()).contains(&at.y)
                    && area.width > 0.0
            };
            figure.callout_rects.iter().position(holds)
        });
        match note {
            Some(note) => app.pane.remove_note(note),
            None => app.click_record(picked.clone()),
        }
    }
    let id = app.pane.id;
    if let Some(mark) = picked.as_ref().and_then(|picked| picked.mark.clone()) {
        if app.pointed_at.as_ref() != Some(&(id, mark.clone())) {
            // Tiles that were painted before this one follow in the next frame.
            response.ctx.request_repaint();
        }
        app.pointed_at = Some((id, mark));
    } else if app.pointed_at.as_ref().is_some_and(|(pane, _)| *pane == id) {
        app.pointed_at = None;
        response.ctx.request_repaint();
    }
    app.pane.hovered = picked;
}

/// A ring around the record and a card that says what it is.
fn card(painter: &egui::Painter, rect: Rect, figure: &Figure, picked: &Picked) {
    let Some((at, _)) = figure.point_from_unit(picked.position_unit) else {
        return;
    };
    let at = rect.min + Vec2::new(at.x, at.y);
    let theme = &figure.theme;
    painter.circle_stroke(at, 5.0, Stroke::new(3.5, color32(theme.background)));
    painter.circle_stroke(at, 5.0, Stroke::new(1.8, color32(theme.text)));
    let small = egui::FontId::proportional(12.0);
    let rows: Vec<_> = picked
        .lines
        .iter()
        .map(|(name, value)| {
            let name =
                painter.layout_no_wrap(name.clone(), small.clone(), color32(theme.quiet_text));
            let value = painter.layout(value.clone(), small.clone(), color32(theme.text), 260.0);
            (name, value)
        })
        .collect();
    let names = rows
        .iter()
        .map(|(name, _)| name.size().x)
        .fold(0.0, f32::max);
    let values = rows
        .iter()
        .map(|(_, value)| value.size().x)
        .fold(0.0, f32::max);
    let height: f32 = rows.iter().map(|(_, value)| value.size().y + 3.0).sum();
    let size = Vec2::new(names + values + 28.0, height + 11.0);
    // To the right and above, unless the picture ends there.
    let mut card = Rect::from_min_size(at + Vec2::new(14.0, -size.y - 10.0), size);
    if card.right() > rect.right() - 4.0 {
        card = card.translate(Vec2::new(-size.x - 28.0, 0.0));
    }
    if card.top() < rect.top() + 4.0 {
        card = card.translate(Vec2::new(0.0, size.y + 24.0));
    }
    // In a small tile it may cover its point rather than be cut off.
    let room = rect.shrink(4.0);
    let into = |low: f32, high: f32, least: f32, most: f32| (most - high).min(0.0).max(least - low);
    card = card.translate(Vec2::new(
        into(card.left(), card.right(), room.left(), room.right()),
        into(card.top(), card.bottom(), room.top(), room.bottom()),
    ));
    painter.rect(
        card,
        4.0,
        color32(theme.wall).gamma_multiply(0.96),
        Stroke::new(1.0, color32(theme.grid)),
        egui::StrokeKind::Inside,
    );
    let mut y = card.top() + 6.0;
    for (name, value) in rows {
        let step = value.size().y + 3.0;
        painter.galley(
            Pos2::new(card.left() + 9.0, y),
            name,
            color32(theme.quiet_text),
        );
        painter.galley(
            Pos2::new(card.left() + names + 19.0, y),
            value,
            color32(theme.text),
        );
        y += step;
    }
}
