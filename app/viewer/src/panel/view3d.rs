//! The figure: orbit, pan, zoom, hover, pin.

use std::sync::Arc;

use egui::{Align2, Color32, PointerButton, Pos2, Rect, Response, Sense, Stroke, Vec2};
use trainscape_scene::{
    camera::world_from_unit,
    figure::{Figure, FigureSpec, View},
    scene::Picked,
    view::ViewKind,
};

use crate::{app::ViewerApp, overlay, style::color32};

/// Size of tick labels in the window.
const FONT_PT: f32 = 12.0;
/// How far from the cursor a record may lie to be read.
const REACH_PT: f32 = 14.0;
/// Radians of orbit for a point of drag.
const ORBIT_PER_PT: f32 = 0.0075;

pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let frame = egui::Frame::NONE.fill(color32(app.theme.theme().background));
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "3D view"));
        if rect.width() < 32.0 || rect.height() < 32.0 {
            return;
        }
        if !matches!(&app.built, Some(built) if built.view == app.view) {
            app.figure = None;
            empty_ui(app, ui, rect);
            return;
        }
        figure_ui(app, ui, rect, &response);
    });
}

/// What stands there when there is nothing to draw: why, and what would help.
fn empty_ui(app: &ViewerApp, ui: &mut egui::Ui, rect: Rect) {
    let text = if let Some(problem) = &app.problem {
        let title = app.view.title();
        if problem.starts_with("needs ") {
            format!("{title} {problem}.")
        } else {
            format!("{title} cannot be drawn: {problem}.")
        }
    } else if app.session.is_none() {
        "Open a run folder (Ctrl+O) or drop one here.".to_owned()
    } else if app.snapshot.runs.is_empty() && app.snapshot.progress.caught_up {
        "Nothing is logged here yet. The window keeps watching.".to_owned()
    } else {
        "Reading…".to_owned()
    };
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width = (rect.width() - 40.0).clamp(100.0, 460.0);
    let galley = ui
        .painter()
        .layout(text, font, ui.visuals().text_color(), width);
    // A label, not only paint: screen readers say it.
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
    ui.put(at, egui::Label::new(galley));
}

fn figure_ui(app: &mut ViewerApp, ui: &egui::Ui, rect: Rect, response: &Response) {
    let Some(built) = &app.built else { return };
    let (scene, gpu) = (Arc::clone(&built.scene), built.gpu.clone());
    let lay_out = |app: &ViewerApp| {
        let view = match app.cameras.get(&app.view) {
            Some(camera) => View::Fixed(*camera),
            None => View::Fit {
                azimuth: None,
                elevation: None,
                roll: 0.0,
                zoom: 1.0,
                projection: app.projection,
            },
        };
        let spec = FigureSpec {
            font_pt: FONT_PT,
            theme: app.theme,
            view,
            ..FigureSpec::new([rect.width(), rect.height()])
        };
        Figure::lay_out(&scene, &spec)
    };
    let mut figure = lay_out(app);
    let moving = turn(app, ui, rect, response, &figure, scene.box_aspect);
    if moving {
        figure = lay_out(app);
    }
    read_record(app, rect, response, &figure, &scene, moving);

    let painter = ui.painter_at(rect);
    if let (Some(graphics), Some(gpu)) = (&mut app.graphics, &gpu) {
        let pixels = (rect.size() * ui.ctx().pixels_per_point()).round();
        let size = [pixels.x.max(1.0) as u32, pixels.y.max(1.0) as u32];
        match graphics.draw(gpu, &figure, size, moving) {
            Ok(texture) => {
                let all = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
                painter.image(texture, rect, all, Color32::WHITE);
                if graphics.is_settling(gpu) {
                    ui.ctx().request_repaint();
                }
            }
            Err(error) => app.message = Some((error.to_string(), true)),
        }
    }
    overlay::paint(&painter, rect.min, &figure);
    if let Some(picked) = app.pinned.as_ref().or(app.hovered.as_ref()) {
        let pinned = app.pinned.is_some();
        callout(&painter, ui, rect, &figure, picked, pinned);
    }
    if moving {
        // One more frame draws what was left out in motion.
        ui.ctx().request_repaint();
    }
    app.figure = Some(figure);
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
    let mut camera = app
        .cameras
        .get(&app.view)
        .copied()
        .unwrap_or_else(|| figure.fixed_camera());
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
    if drag != Vec2::ZERO {
        let shift = ui.input(|input| input.modifiers.shift);
        let pans = shift
            || response.dragged_by(PointerButton::Secondary)
            || response.dragged_by(PointerButton::Middle);
        if pans {
            camera.pan(glam::Vec2::new(drag.x / page.width, -drag.y / page.height) * 2.0);
        } else {
            camera.orbit(-drag.x * ORBIT_PER_PT, drag.y * ORBIT_PER_PT);
        }
    }
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = (scroll * 0.0035).exp() * pinch;
        if (factor - 1.0).abs() > 1e-4 {
            camera.zoom_towards(factor, ndc_of(at));
        }
    }
    if response.double_clicked() {
        match &app.hovered {
            Some(picked) => camera.focus(world_from_unit(picked.position_unit, box_aspect)),
            None => {
                app.cameras.remove(&app.view);
                return true;
            }
        }
    }
    if camera == before {
        return false;
    }
    app.cameras.insert(app.view, camera);
    true
}

fn read_record(
    app: &mut ViewerApp,
    rect: Rect,
    response: &Response,
    figure: &Figure,
    scene: &trainscape_scene::Scene,
    moving: bool,
) {
    let pointer = response
        .hover_pos()
        .filter(|_| !response.dragged() && !moving);
    let picked = pointer.and_then(|at| {
        let at = glam::Vec2::new(at.x - rect.min.x, at.y - rect.min.y);
        scene.pick(REACH_PT, |position| {
            let (point, depth) = figure.point_from_unit(position)?;
            // Depth runs from about 0.25 (far) to 0.4 (near).
            Some((point.distance(at), (0.4 - depth) * 8.0))
        })
    });
    if response.clicked() && !response.double_clicked() {
        app.pinned = picked.clone();
        if app.view == ViewKind::Embedding {
            app.settings.embedding.focus = picked.as_ref().and_then(|picked| picked.row);
        }
    }
    app.hovered = picked;
}

/// A ring around the record and a card that says what it is.
fn callout(
    painter: &egui::Painter,
    ui: &egui::Ui,
    rect: Rect,
    figure: &Figure,
    picked: &Picked,
    pinned: bool,
) {
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
    let border = if pinned {
        ui.visuals().selection.bg_fill
    } else {
        color32(theme.grid)
    };
    painter.rect(
        card,
        4.0,
        color32(theme.wall).gamma_multiply(0.96),
        Stroke::new(if pinned { 1.5 } else { 1.0 }, border),
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
