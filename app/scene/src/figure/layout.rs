//! The layout of a figure: camera and labels depend on each other.

use glam::{Mat4, Vec2, Vec3};

use super::{
    axes::{self, Axes},
    box_aspect, callouts,
    insets::Insets,
    laid_out::Figure,
    overlay::{Overlay, Rect},
    page_elements,
    spec::{FigureCamera, FigureSpec},
};
use crate::{
    camera::{Camera, Projection},
    scene::Scene,
    theme::Theme,
};

/// Iterations in which the space for labels and the camera converge.
const CONVERGENCE_ROUNDS: usize = 7;

/// The axis box is the figure: it takes at least this part of the page's shorter side.
pub const MIN_BOX_SHARE: f32 = 0.45;

/// Sizes of the text that are tried, as parts of the given one, until the box is large enough.
const TEXT_SIZES: [f32; 5] = [0.92, 0.85, 0.78, 0.72, 0.66];

/// Tick labels are not drawn smaller: journals ask for at least 5 points.
const MIN_FONT_PT: f32 = 5.0;

/// Iterations in which the box shrinks until its labels fit.
const SHRINKING_ROUNDS: usize = 48;

impl Figure {
    /// Lays out `scene`. With [`FigureCamera::Fit`] and a zoom of at most 1, the axis box and every text are inside the
    /// page.
    ///
    /// If the axis box would be smaller than [`MIN_BOX_SHARE`] of the page's shorter side, all text is drawn smaller.
    #[must_use]
    pub fn lay_out(scene: &Scene, spec: &FigureSpec) -> Self {
        let mut best = Self::lay_out_once(scene, spec);
        if matches!(spec.view, FigureCamera::Fixed(_)) {
            return best;
        }
        for factor in TEXT_SIZES {
            if best.box_share() >= MIN_BOX_SHARE {
                break;
            }
            let smaller = FigureSpec {
                font_pt: (spec.font_pt * factor).max(MIN_FONT_PT.min(spec.font_pt)),
                ..spec.clone()
            };
            let figure = Self::lay_out_once(scene, &smaller);
            if figure.box_share() > best.box_share() {
                best = figure;
            }
        }
        best
    }

    /// The size of the axis box in the picture as a part of the page's shorter side: the square root of the area of the
    /// rectangle around it.
    #[must_use]
    pub fn box_share(&self) -> f32 {
        let corners = (0..8_u8).filter_map(|corner| {
            let unit = [0, 1, 2].map(|axis| f32::from(corner >> axis & 1));
            self.point_from_unit(unit).map(|(at, _)| at)
        });
        let (low, high) = corners.fold((Vec2::INFINITY, Vec2::NEG_INFINITY), |(low, high), at| {
            (low.min(at), high.max(at))
        });
        let size = (high - low).max(Vec2::ZERO);
        (size.x * size.y).sqrt() / self.size_pt[0].min(self.size_pt[1])
    }

    fn lay_out_once(scene: &Scene, spec: &FigureSpec) -> Self {
        let theme = spec.theme.theme();
        let furniture = page_elements::lay_out(scene, spec, &theme);
        let box_aspect =
            box_aspect::on_page(scene, &furniture.free_rect, spec.font_pt, spec.size_pt[0]);
        let page = BoxOnPage {
            clip_rect: furniture.free_rect,
            box_aspect,
        };
        let (mut figure, axes) = Self::fitted(scene, spec, theme, &page);
        figure.frame = axes.frame;
        figure.walls = axes.walls;
        figure.overlay.shapes = axes.shapes;
        let first = figure.overlay.shapes.len();
        figure.overlay.shapes.extend(furniture.shapes);
        figure.page_shapes = first..figure.overlay.shapes.len();
        figure.legend_rects = furniture.legend_rects;
        figure.caption_rect = furniture.caption_rect;
        let callouts = callouts::lay_out(spec, &figure, &axes.placed);
        figure.overlay.shapes.extend(callouts.shapes);
        figure.callout_rects = callouts.rects;
        figure.overlay.scale_lines(spec.line_scale);
        figure
    }

    /// The box with its labels. The labels depend on the camera and the camera on the space that labels leave, so both are
    /// iterated; if they do not converge, the box shrinks until everything fits.
    fn fitted(scene: &Scene, spec: &FigureSpec, theme: Theme, page: &BoxOnPage) -> (Self, Axes) {
        let clip_rect = page.clip_rect;
        let attempt = |insets: Insets, zoom: f32, keeps_all_labels: bool| {
            let figure = Self::with_insets(scene, spec, theme, page, insets, zoom);
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
        page: &BoxOnPage,
        insets: Insets,
        zoom: f32,
    ) -> Self {
        let BoxOnPage {
            clip_rect,
            box_aspect,
        } = *page;
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
                // A direction that the user chose shows a flat figure in space.
                if scene.flat && azimuth.is_none() && elevation.is_none() {
                    Projection::Orthographic
                } else {
                    projection
                },
            )
            .framing(box_aspect, ratio, zoom),
        };
        Self {
            size_pt: spec.size_pt,
            line_scale: spec.line_scale,
            camera,
            plot_rect,
            clip_rect,
            clip_from_world: clip_of_figure(spec.size_pt, plot_rect)
                * camera.clip_from_world(box_aspect, ratio),
            frame: Vec::new(),
            walls: Vec::new(),
            overlay: Overlay::default(),
            page_shapes: 0..0,
            legend_rects: Vec::new(),
            caption_rect: None,
            font_pt: spec.font_pt,
            grid: spec.grid,
            callout_rects: Vec::new(),
            theme,
            box_aspect,
        }
    }
}

/// The space for the axis box on a page, and the lengths of the box's edges there.
struct BoxOnPage {
    clip_rect: Rect,
    box_aspect: [f32; 3],
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
