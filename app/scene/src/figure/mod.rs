//! The layout of a figure: positions of the axis box, its ticks and all text, in points. The window and all exporters
//! draw the same layout.

mod axes;
mod callouts;
pub mod overlay;
mod page_elements;

use glam::{Mat4, Vec2, Vec3};

use self::{
    axes::Axes,
    overlay::{Overlay, Rect},
};
use crate::{
    camera::{Camera, Projection, world_from_unit},
    colour::Colour,
    scene::Scene,
    theme::{Theme, ThemeName},
};

/// Points per inch.
pub const POINTS_PER_INCH: f32 = 72.0;

/// Iterations in which the space for labels and the camera converge.
const CONVERGENCE_ROUNDS: usize = 7;
/// Iterations in which the box shrinks until its labels fit.
const SHRINKING_ROUNDS: usize = 16;
/// Minimum fraction of the page, in each direction, that the box keeps.
const MIN_BOX_FRACTION: f32 = 0.2;
/// Tolerated overhang: a fraction of a pixel.
const OVERHANG_PT: f32 = 0.5;

/// How the camera of a figure is determined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FigureCamera {
    /// Frames the box with its labels.
    Fit {
        /// Radians around z; `None`: the scene's default.
        azimuth: Option<f32>,
        /// Radians above the floor; `None`: the scene's default.
        elevation: Option<f32>,
        /// Radians around the line of sight.
        roll: f32,
        /// 1 fills the figure.
        zoom: f32,
        /// Perspective or orthographic.
        projection: Projection,
    },
    /// A given camera; labels outside of the page are omitted.
    Fixed(Camera),
}

impl Default for FigureCamera {
    fn default() -> Self {
        Self::Fit {
            azimuth: None,
            elevation: None,
            roll: 0.0,
            zoom: 1.0,
            projection: Projection::default(),
        }
    }
}

/// Size and style of a figure.
#[derive(Clone, Debug)]
pub struct FigureSpec {
    /// Width and height in points.
    pub size_pt: [f32; 2],
    /// Size of tick labels in points.
    pub font_pt: f32,
    /// The theme.
    pub theme: ThemeName,
    /// The camera.
    pub view: FigureCamera,
    /// Grid lines on the walls.
    pub grid: bool,
    /// The caption below the figure.
    pub caption: bool,
    /// Callouts at points of the data.
    pub callouts: Vec<Callout>,
}

/// A text box with a leader line to a point of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Callout {
    /// The point in the unit box.
    pub position_unit: [f32; 3],
    /// The lines of text.
    pub lines: Vec<String>,
}

impl FigureSpec {
    /// A figure of `size_pt` with the font size that journals require: 7 points in a column of 89 mm, growing slowly
    /// with the width.
    #[must_use]
    pub fn new(size_pt: [f32; 2]) -> Self {
        let font_pt = (7.0 + (size_pt[0] - 252.0) * 0.0065).clamp(5.5, 12.0);
        Self {
            size_pt,
            font_pt,
            theme: ThemeName::Paper,
            view: FigureCamera::default(),
            grid: true,
            caption: true,
            callouts: Vec::new(),
        }
    }
}

/// A line of the axis box, drawn with depth test so that surfaces hide it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameLine {
    /// Ends in the unit box.
    pub ends_unit: [[f32; 3]; 2],
    /// Width in points.
    pub width_pt: f32,
    /// Colour.
    pub colour: Colour,
}

/// A wall of the axis box behind the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    /// Corners in the unit box, in order around the wall.
    pub corners_unit: [[f32; 3]; 4],
    /// Colour.
    pub colour: Colour,
}

/// A laid-out figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Width and height in points.
    pub size_pt: [f32; 2],
    /// The camera that was used.
    pub camera: Camera,
    /// The rectangle the camera's normalised device coordinates refer to.
    pub plot_rect: Rect,
    /// Data outside this rectangle are clipped.
    pub clip_rect: Rect,
    /// Clip space of the whole figure from world space.
    pub clip_from_world: Mat4,
    /// Lines of the axis box.
    pub frame: Vec<FrameLine>,
    /// Walls of the axis box; empty where the theme's walls are the background.
    pub walls: Vec<Wall>,
    /// Text, ticks, colour bar and legend.
    pub overlay: Overlay,
    /// The box of each of [`FigureSpec::callouts`], in points, in order; of size zero if it is not drawn because
    /// its point is not visible.
    pub callout_rects: Vec<Rect>,
    /// The colours used.
    pub theme: Theme,
    box_aspect: [f32; 3],
}

impl Figure {
    /// Lays out `scene`. With [`FigureCamera::Fit`] and a zoom of at most 1, the axis box and every text are inside the
    /// page.
    #[must_use]
    pub fn lay_out(scene: &Scene, spec: &FigureSpec) -> Self {
        let theme = spec.theme.theme();
        let furniture = page_elements::lay_out(scene, spec, &theme);
        let (mut figure, axes) = Self::fitted(scene, spec, theme, furniture.free_rect);
        figure.frame = axes.frame;
        figure.walls = axes.walls;
        figure.overlay.shapes = axes.shapes;
        figure.overlay.shapes.extend(furniture.shapes);
        let callouts = callouts::lay_out(spec, &figure, &axes.placed);
        figure.overlay.shapes.extend(callouts.shapes);
        figure.callout_rects = callouts.rects;
        figure
    }

    /// The box with its labels. The labels depend on the camera and the camera on the space that labels leave, so both are
    /// iterated; if they do not converge, the box shrinks until everything fits.
    fn fitted(scene: &Scene, spec: &FigureSpec, theme: Theme, clip_rect: Rect) -> (Self, Axes) {
        let attempt = |insets: Insets, zoom: f32, keeps_all_labels: bool| {
            let figure = Self::with_insets(scene, spec, theme, clip_rect, insets, zoom);
            let axes = axes::lay_out(scene, spec, &figure, keeps_all_labels);
            (figure, axes)
        };
        let FigureCamera::Fit { zoom, .. } = spec.view else {
            return attempt(Insets::all(0.0), 1.0, false);
        };
        let mut insets = Insets::all(spec.font_pt * 3.0);
        let mut laid = attempt(insets, 1.0, true);
        for _ in 0..CONVERGENCE_ROUNDS {
            if !insets.adjust(clip_rect, laid.1.bounds, laid.0.plot_rect) {
                break;
            }
            laid = attempt(insets, 1.0, true);
        }
        let mut fits = false;
        for _ in 0..SHRINKING_ROUNDS {
            fits = !insets.grow_by_overhang(clip_rect, laid.1.bounds);
            if fits {
                break;
            }
            laid = attempt(insets, 1.0, true);
        }
        if zoom != 1.0 || !fits {
            // If the page is too small for all labels or shows a part of the box, only the labels that fit are drawn.
            laid = attempt(insets, zoom, false);
        }
        laid
    }

    /// The figure with its camera and without text.
    fn with_insets(
        scene: &Scene,
        spec: &FigureSpec,
        theme: Theme,
        clip_rect: Rect,
        insets: Insets,
        zoom: f32,
    ) -> Self {
        let plot_rect = insets.within(clip_rect);
        let ratio = plot_rect.width / plot_rect.height;
        let camera = match spec.view {
            FigureCamera::Fixed(camera) => camera,
            FigureCamera::Fit {
                azimuth,
                elevation,
                roll,
                projection,
                ..
            } => Camera::rolled(
                azimuth.unwrap_or(scene.default_view[0]),
                elevation.unwrap_or(scene.default_view[1]),
                roll,
                projection,
            )
            .framing(scene.box_aspect, ratio, zoom),
        };
        Self {
            size_pt: spec.size_pt,
            camera,
            plot_rect,
            clip_rect,
            clip_from_world: clip_of_figure(spec.size_pt, plot_rect)
                * camera.clip_from_world(scene.box_aspect, ratio),
            frame: Vec::new(),
            walls: Vec::new(),
            overlay: Overlay::default(),
            callout_rects: Vec::new(),
            theme,
            box_aspect: scene.box_aspect,
        }
    }

    /// Projects a world position: point in the figure (points, y down) and depth in (0, 1), larger is nearer. `None` behind
    /// the camera.
    #[must_use]
    pub fn point_from_world(&self, position_in_world: Vec3) -> Option<(Vec2, f32)> {
        let clip = self.clip_from_world * position_in_world.extend(1.0);
        if clip.w <= 1e-6 {
            return None;
        }
        let ndc = clip.truncate() / clip.w;
        let at = Vec2::new(ndc.x + 1.0, 1.0 - ndc.y) / 2.0 * Vec2::from(self.size_pt);
        at.is_finite().then_some((at, ndc.z))
    }

    /// Projects a unit-box position; see [`Figure::point_from_world`].
    #[must_use]
    pub fn point_from_unit(&self, position_unit: [f32; 3]) -> Option<(Vec2, f32)> {
        self.point_from_world(world_from_unit(position_unit, self.box_aspect))
    }

    /// The camera that gives the same image with [`FigureCamera::Fixed`].
    #[must_use]
    pub fn fixed_camera(&self) -> Camera {
        let (plot, page) = (&self.plot_rect, &self.clip_rect);
        let centre = |rect: &Rect| Vec2::new(rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
        let half = |rect: &Rect| Vec2::new(rect.width, -rect.height) / 2.0;
        let target = centre(plot) + self.camera.offset_in_ndc * half(plot);
        Camera {
            scale: self.camera.scale * plot.height / page.height,
            offset_in_ndc: (target - centre(page)) / half(page),
            ..self.camera
        }
    }

    /// A point of the figure (in points) in the camera's normalised device coordinates.
    #[must_use]
    pub fn plot_ndc_from_point(&self, point: Vec2) -> Vec2 {
        let rect = &self.plot_rect;
        Vec2::new(
            (point.x - rect.x) / rect.width * 2.0 - 1.0,
            1.0 - (point.y - rect.y) / rect.height * 2.0,
        )
    }
}

/// Maps the plot rectangle's clip space into the whole figure's.
fn clip_of_figure(size_pt: [f32; 2], plot: Rect) -> Mat4 {
    let scale = Vec3::new(plot.width / size_pt[0], plot.height / size_pt[1], 1.0);
    let centre = Vec3::new(
        (plot.x + plot.width / 2.0) / size_pt[0] * 2.0 - 1.0,
        1.0 - (plot.y + plot.height / 2.0) / size_pt[1] * 2.0,
        0.0,
    );
    Mat4::from_translation(centre) * Mat4::from_scale(scale)
}

/// Space reserved around the box for its labels.
#[derive(Clone, Copy, Debug)]
struct Insets {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Insets {
    fn all(inset: f32) -> Self {
        Self {
            left: inset,
            top: inset,
            right: inset,
            bottom: inset,
        }
    }

    /// The rectangle inside `outer`; at least [`MIN_BOX_FRACTION`] of it.
    fn within(&self, outer: Rect) -> Rect {
        let [left, width] = between(self.left, self.right, outer.width);
        let [top, height] = between(self.top, self.bottom, outer.height);
        Rect {
            x: outer.x + left,
            y: outer.y + top,
            width,
            height,
        }
    }

    /// Widens each inset by the overhang beyond `outer` on its side; returns whether there was any.
    fn grow_by_overhang(&mut self, outer: Rect, bounds: Rect) -> bool {
        let mut sticks_out = false;
        for (inset, overhang) in [
            (&mut self.left, outer.x - bounds.x),
            (&mut self.top, outer.y - bounds.y),
            (&mut self.right, bounds.right() - outer.right()),
            (&mut self.bottom, bounds.bottom() - outer.bottom()),
        ] {
            if overhang > OVERHANG_PT {
                sticks_out = true;
                *inset = inset.max(0.0) + overhang + OVERHANG_PT;
            }
        }
        sticks_out
    }

    /// Sets each inset to the space that the box and its labels (`bounds`) needed; returns whether the change requires
    /// another iteration.
    fn adjust(&mut self, outer: Rect, bounds: Rect, plot: Rect) -> bool {
        let wanted = Self {
            left: self.left + outer.x - bounds.x,
            top: self.top + outer.y - bounds.y,
            right: self.right + bounds.right() - outer.right(),
            bottom: self.bottom + bounds.bottom() - outer.bottom(),
        };
        let max_inset = plot.width.min(plot.height);
        let change = (wanted.left - self.left)
            .abs()
            .max((wanted.top - self.top).abs())
            .max((wanted.right - self.right).abs())
            .max((wanted.bottom - self.bottom).abs());
        let limit = |inset: f32| inset.clamp(-max_inset, max_inset);
        *self = Self {
            left: limit(wanted.left),
            top: limit(wanted.top),
            right: limit(wanted.right),
            bottom: limit(wanted.bottom),
        };
        change > 0.5
    }
}

/// Start and length of a length reduced by two insets.
fn between(before: f32, after: f32, length: f32) -> [f32; 2] {
    let least = (length * MIN_BOX_FRACTION).max(1.0);
    let left = length - before - after;
    if left >= least {
        return [before, left];
    }
    let share = (length - least).max(0.0) / (before + after);
    [before * share, least]
}
