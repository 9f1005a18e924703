//! What the export dialog offers: theme, page, and what moves in an animation, as the flags of `render` do.

use trainscape_export::{PRESETS, PictureOptions};
use trainscape_gpu::Background;
use trainscape_scene::{
    camera::Camera,
    figure::{Callout, FigureCamera, FigureSpec, POINTS_PER_INCH},
    theme::ThemeName,
};
use trainscape_views::figure_file::Page;

/// The usual page: eight by six inches.
const SIZE_PT: [f32; 2] = [576.0, 432.0];
const DOTS_PER_INCH: f32 = 300.0;
/// The usual page of an animation: a picture's size would take minutes.
const ANIMATION_SIZE_IN_PIXEL: [u32; 2] = [960, 720];
const ANIMATION_DOTS_PER_INCH: f32 = 120.0;

/// What is exported from the dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ExportKind {
    #[default]
    Picture,
    Animation,
}

/// What moves in an animation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MotionChoice {
    /// The camera goes once around the figure.
    #[default]
    Turn,
    /// The current step goes from the first to the last.
    Steps,
    /// The camera goes from here to each bookmark of the view.
    Bookmarks,
}

/// The choices of the dialog; they stay while the window is open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExportChoices {
    pub(crate) theme: ThemeName,
    /// The page of a picture.
    pub(crate) page: Page,
    /// The page of an animation.
    pub(crate) animation_page: Page,
    pub(crate) motion: MotionChoice,
    pub(crate) seconds: f64,
    pub(crate) frames_per_second: u32,
}

impl Default for ExportChoices {
    fn default() -> Self {
        Self {
            theme: ThemeName::Paper,
            page: Page::new(pixels(SIZE_PT, DOTS_PER_INCH), DOTS_PER_INCH),
            animation_page: Page::new(ANIMATION_SIZE_IN_PIXEL, ANIMATION_DOTS_PER_INCH),
            motion: MotionChoice::default(),
            seconds: 10.0,
            frames_per_second: 20,
        }
    }
}

impl ExportChoices {
    pub(crate) fn page_of(&self, kind: ExportKind) -> &Page {
        match kind {
            ExportKind::Picture => &self.page,
            ExportKind::Animation => &self.animation_page,
        }
    }

    pub(crate) fn page_of_mut(&mut self, kind: ExportKind) -> &mut Page {
        match kind {
            ExportKind::Picture => &mut self.page,
            ExportKind::Animation => &mut self.animation_page,
        }
    }

    /// Number of frames of the animation.
    pub(crate) fn frames(&self) -> u32 {
        (self.seconds * f64::from(self.frames_per_second))
            .round()
            .max(2.0) as u32
    }

    /// The layout of what is exported, seen from the direction of `camera`.
    pub(crate) fn spec(
        &self,
        kind: ExportKind,
        camera: &Camera,
        callouts: Vec<Callout>,
    ) -> FigureSpec {
        let page = self.page_of(kind);
        let usual = FigureSpec::new(page.size_pt());
        FigureSpec {
            theme: self.theme,
            font_pt: page.font_pt.unwrap_or(usual.font_pt),
            line_scale: page.line_scale,
            grid: page.grid,
            caption: page.caption,
            view: FigureCamera::Fit {
                azimuth: Some(camera.azimuth),
                elevation: Some(camera.elevation),
                roll: camera.roll,
                zoom: 1.0,
                projection: camera.projection,
            },
            callouts,
            ..usual
        }
    }
}

/// How the picture of a page is drawn.
pub(crate) fn picture_options(page: &Page) -> PictureOptions {
    PictureOptions {
        size_in_pixel: page.size_in_pixel,
        dots_per_inch: page.dots_per_inch,
        background: match page.transparent {
            true => Background::Transparent,
            false => Background::Theme,
        },
        data_layer: page.data_layer,
        software: None,
    }
}

/// The pages to choose from: the usual one and those of publishers, each with its name.
pub(crate) fn presets(kind: ExportKind) -> Vec<(String, Page)> {
    let usual = ExportChoices::default();
    let first = ("Usual".to_owned(), *usual.page_of(kind));
    let of_publishers = PRESETS.iter().map(|preset| {
        let dots_per_inch = preset.dots_per_inch;
        let page = Page {
            font_pt: Some(preset.font_pt),
            line_scale: preset.line_scale,
            ..Page::new(pixels(preset.size_pt, dots_per_inch), dots_per_inch)
        };
        (format!("{}: {}", preset.name, preset.purpose), page)
    });
    std::iter::once(first).chain(of_publishers).collect()
}

fn pixels(size_pt: [f32; 2], dots_per_inch: f32) -> [u32; 2] {
    size_pt.map(|points| (points / POINTS_PER_INCH * dots_per_inch).round().max(1.0) as u32)
}
