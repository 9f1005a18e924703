//! The gizmo in the corner of a tile: the directions of the axes as the camera sees them; its ends look along them.

use egui::{Align2, Color32, FontId, Pos2, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo};
use glam::Vec3;
use trainscape_scene::{
    camera::Camera,
    figure::{Figure, overlay::Shape},
    font,
    theme::Theme,
};

use crate::{
    command::{Command, Direction},
    style::{self, color32},
};

/// Length of the arms.
const ARM_PT: f32 = 25.0;
/// Radius of the ends.
const END_PT: f32 = 8.0;
/// Distance of the centre from the edges of the room.
const FROM_CORNER_PT: f32 = 42.0;
/// A smaller tile has no gizmo.
const LEAST_TILE_PT: f32 = 300.0;

/// An end of an axis.
struct End {
    direction: Vec3,
    name: &'static str,
    /// Empty at the negative ends.
    letter: &'static str,
    /// Looking from there.
    command: Command,
    colour: [u8; 3],
}

/// Red, green and blue of x, y and z, as graphics programs have them; legible on both backgrounds.
const COLOURS: [[u8; 3]; 3] = [[0xe0, 0x52, 0x4c], [0x3f, 0xa3, 0x4d], [0x3d, 0x7f, 0xd9]];

fn ends() -> [End; 6] {
    let end = |axis: usize, sign: f32, name, letter, from| End {
        direction: Vec3::AXES[axis] * sign,
        name,
        letter,
        command: Command::LookFrom(from),
        colour: COLOURS[axis],
    };
    [
        end(0, 1.0, "View from +x", "x", Direction::Side),
        end(0, -1.0, "View from −x", "", Direction::OtherSide),
        end(1, 1.0, "View from +y", "y", Direction::Back),
        end(1, -1.0, "View from −y", "", Direction::Front),
        end(2, 1.0, "View from +z", "z", Direction::Top),
        end(2, -1.0, "View from −z", "", Direction::Below),
    ]
}

/// The places that the gizmo can have, the usual one first: corners of the tile above the caption, and of the room of
/// the axis box.
fn places(tile: Rect, figure: &Figure) -> [Pos2; 5] {
    let caption = figure
        .caption_rect
        .map_or(0.0, |caption| tile.height() - caption.y);
    let above_caption = Rect::from_min_max(tile.min, tile.max - Vec2::new(0.0, caption));
    let clip = &figure.clip_rect;
    let inner = Rect::from_min_size(
        tile.min + Vec2::new(clip.x, clip.y),
        Vec2::new(clip.width, clip.height),
    )
    .shrink(FROM_CORNER_PT);
    [
        above_caption.right_bottom() - Vec2::splat(FROM_CORNER_PT),
        inner.right_bottom(),
        inner.left_bottom(),
        inner.right_top(),
        inner.left_top(),
    ]
}

/// Where the figure has text and keys, in points of the window.
fn taken(tile: Rect, figure: &Figure) -> Vec<Rect> {
    let at = |[x, y]: [f32; 2]| tile.min + Vec2::new(x, y);
    let shapes = figure.overlay.shapes.iter();
    shapes
        .filter_map(|shape| match shape {
            Shape::Text(text) => {
                let width = font::text_width(&text.text, text.size, text.weight);
                let (sin, cos) = text.angle.sin_cos();
                let [x, y] = text.baseline_start;
                let ends = [[x, y], [x + width * cos, y + width * sin]].map(at);
                let line = Rect::from_two_pos(ends[0], ends[1]);
                Some(line.expand(text.size * 0.6))
            }
            Shape::Ramp { rect, .. } => Some(Rect::from_min_size(
                at([rect.x, rect.y]),
                Vec2::new(rect.width, rect.height),
            )),
            _ => None,
        })
        .collect()
}

/// The centre of the gizmo: at the first place that has no text, or where it was while the camera moves. `None` in a
/// small tile.
pub(super) fn centre(ui: &Ui, tile: Rect, figure: &Figure, is_moving: bool) -> Option<Pos2> {
    if tile.width() < LEAST_TILE_PT || tile.height() < LEAST_TILE_PT {
        return None;
    }
    let places = places(tile, figure);
    let id = ui.scope_id().with("place of the gizmo");
    let before: Option<usize> = ui.data(|data| data.get_temp(id));
    if let Some(before) = before.filter(|_| is_moving) {
        return places.get(before).copied();
    }
    let taken = taken(tile, figure);
    let is_free = |place: &Pos2| {
        let area = Rect::from_center_size(*place, Vec2::splat(2.0 * (ARM_PT + END_PT)));
        !taken.iter().any(|rect| rect.intersects(area))
    };
    let chosen = places.iter().position(is_free).unwrap_or(0);
    if before != Some(chosen) {
        ui.data_mut(|data| data.insert_temp(id, chosen));
    }
    Some(places[chosen])
}

/// Shows the gizmo around `centre`.
pub(super) fn show(
    ui: &Ui,
    centre: Pos2,
    camera: &Camera,
    theme: &Theme,
    commands: &mut Vec<Command>,
) {
    let [right, up, towards_eye] = camera.axes_in_world();
    let place = |direction: Vec3| {
        let at = Vec2::new(direction.dot(right), -direction.dot(up));
        centre + at * ARM_PT
    };
    let painter = ui.painter();
    let whole = Rect::from_center_size(centre, Vec2::splat(2.0 * (ARM_PT + END_PT) + 2.0));
    let is_near = ui.rect_contains_pointer(whole);
    if is_near {
        let ground = color32(theme.wall).gamma_multiply(0.85);
        painter.circle_filled(centre, ARM_PT + END_PT + 2.0, ground);
    }
    let mut ends = ends();
    // The nearer ends cover the farther ones.
    let depth = |end: &End| end.direction.dot(towards_eye);
    ends.sort_by(|a, b| depth(a).total_cmp(&depth(b)));
    for end in ends {
        let at = place(end.direction);
        let area = Rect::from_center_size(at, Vec2::splat(2.0 * END_PT));
        let id = ui.scope_id().with(("gizmo", end.name));
        let response = ui.interact(area, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, end.name));
        let [r, g, b] = end.colour;
        let shade = 0.55 + 0.45 * (depth(&end) * 0.5 + 0.5);
        let colour = Color32::from_rgb(r, g, b).gamma_multiply(shade);
        let is_hot = response.hovered() || response.has_focus();
        if end.letter.is_empty() {
            // The ends without a letter are quiet until the pointer is near.
            if is_near || is_hot {
                painter.circle_stroke(at, END_PT - 2.5, Stroke::new(1.5, colour));
            }
        } else {
            painter.line_segment([centre, at], Stroke::new(2.0, colour));
            painter.circle_filled(at, END_PT, colour);
            let font = FontId::new(11.0, style::semi_bold());
            painter.text(at, Align2::CENTER_CENTER, end.letter, font, Color32::WHITE);
        }
        if is_hot {
            painter.circle_stroke(at, END_PT + 1.0, Stroke::new(1.5, color32(theme.text)));
        }
        if response.on_hover_text(end.command.tooltip()).clicked() {
            commands.push(end.command);
        }
    }
}

/// Whether a place of the tile belongs to the gizmo around `centre`.
pub(super) fn contains(centre: Pos2, at: Pos2) -> bool {
    centre.distance(at) <= ARM_PT + END_PT
}
