//! The layout of a figure: camera and labels depend on each other.

use glam::{Mat4, Vec3};

use super::{
    axes::{self, Axes},
    callouts,
    insets::Insets,
    laid_out::Figure,
    overlay::{Overlay, Rect},
    page_elements,
    spec::{FigureCamera, FigureSpec},
};
use crate::{camera::Camera, scene::Scene, theme::Theme};

/// Iterations in which the space for labels and the camera converge.
const CONVERGENCE_ROUNDS: usize = 7;

/// Iterations in which the box shrinks until its labels fit.
const SHRINKING_ROUNDS: usize = 16;

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
