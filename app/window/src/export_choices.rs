//! What the export dialog offers: theme, page, and what moves in an animation, as the flags of `render` do.

use trainscape_export::{PRESETS, PictureOptions};
use trainscape_gpu::Background;
use trainscape_scene::{
    camera::Camera,
    figure::{Callout, FigureCamera, FigureSpec, POINTS_PER_INCH},
    theme::ThemeName,
};
use trainscape_views::figure_file::Page;

use crate::{
    export_formats::{Format, formats},
    export_kind::ExportKind,
};

/// The usual page: eight by six inches.
const SIZE_PT: [f32; 2] = [576.0, 432.0];
const DOTS_PER_INCH: f32 = 300.0;
/// Sides of a picture.
pub(crate) const SIDES_IN_PIXEL: std::ops::RangeInclusive<u32> = 64..=16_384;
const MILLIMETRES_PER_INCH: f32 = 25.4;
/// The usual page of an animation: a picture's size would take minutes.
const ANIMATION_SIZE_IN_PIXEL: [u32; 2] = [960, 720];
const ANIMATION_DOTS_PER_INCH: f32 = 120.0;

/// In what the size of a page is shown and changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SizeUnit {
    #[default]
    Pixels,
    Millimetres,
    Inches,
}

impl SizeUnit {
    pub(crate) const ALL: [Self; 3] = [Self::Pixels, Self::Millimetres, Self::Inches];

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Pixels => "px",
            Self::Millimetres => "mm",
            Self::Inches => "in",
        }
    }

    /// Pixels of one unit at a resolution.
    pub(crate) fn in_pixel(self, dots_per_inch: f32) -> f32 {
        match self {
            Self::Pixels => 1.0,
            Self::Millimetres => dots_per_inch / MILLIMETRES_PER_INCH,
            Self::Inches => dots_per_inch,
        }
    }
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

/// How large the preview of the dialog is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PreviewSize {
    /// As large as the page, or smaller where the dialog has no room for it.
    #[default]
    Fit,
    /// As large as the page.
    Actual,
}

/// The choices of the dialog; they stay while the window is open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExportChoices {
    pub(crate) theme: ThemeName,
    /// The page of a picture.
    pub(crate) page: Page,
    /// The page of an animation.
    pub(crate) animation_page: Page,
    pub(crate) unit: SizeUnit,
    /// The ending of the chosen format of each kind, without the dot; `None`: the default.
    endings: [Option<&'static str>; 3],
    pub(crate) preview: PreviewSize,
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
            unit: SizeUnit::default(),
            endings: [None; 3],
            preview: PreviewSize::default(),
            motion: MotionChoice::default(),
            seconds: 10.0,
            frames_per_second: 20,
        }
    }
}

impl ExportChoices {
    pub(crate) fn page_of(&self, kind: ExportKind) -> &Page {
        match kind {
            ExportKind::Picture | ExportKind::Model => &self.page,
            ExportKind::Animation => &self.animation_page,
        }
    }

    pub(crate) fn page_of_mut(&mut self, kind: ExportKind) -> &mut Page {
        match kind {
            ExportKind::Picture | ExportKind::Model => &mut self.page,
            ExportKind::Animation => &mut self.animation_page,
        }
    }

    /// The format of a kind of export.
    pub(crate) fn format(&self, kind: ExportKind) -> Format {
        let formats = formats(kind);
        let chosen = self.endings[kind as usize];
        let found = formats
            .iter()
            .find(|format| Some(format.ending()) == chosen);
        let first = || formats.first().expect("invariant: each kind has a format");
        found.unwrap_or_else(first).clone()
    }

    pub(crate) fn set_format(&mut self, kind: ExportKind, format: &Format) {
        self.endings[kind as usize] = Some(format.ending());
    }

    /// Another resolution; a page whose size is shown in a physical unit keeps it.
    pub(crate) fn set_dots_per_inch(&mut self, kind: ExportKind, dots_per_inch: f32) {
        let unit = self.unit;
        let page = self.page_of_mut(kind);
        if unit != SizeUnit::Pixels {
            let factor = dots_per_inch / page.dots_per_inch;
            page.size_in_pixel = page.size_in_pixel.map(|side| scaled(side, factor));
        }
        page.dots_per_inch = dots_per_inch;
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
    let first = ("Default".to_owned(), *usual.page_of(kind));
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

/// A side of a picture by a factor, within what can be drawn.
fn scaled(side: u32, factor: f32) -> u32 {
    let scaled = (side as f32 * factor).round() as u32;
    scaled.clamp(*SIDES_IN_PIXEL.start(), *SIDES_IN_PIXEL.end())
}

fn pixels(size_pt: [f32; 2], dots_per_inch: f32) -> [u32; 2] {
    size_pt.map(|points| (points / POINTS_PER_INCH * dots_per_inch).round().max(1.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_millimetres_keeps_its_size_at_another_resolution() {
        let kind = ExportKind::Picture;
        let mut choices = ExportChoices::default();
        choices.set_dots_per_inch(kind, 600.0);
        assert_eq!(choices.page.size_in_pixel, [2400, 1800]);
        assert_eq!(choices.page.size_pt(), [288.0, 216.0]);
        choices.unit = SizeUnit::Millimetres;
        choices.set_dots_per_inch(kind, 300.0);
        assert_eq!(choices.page.size_in_pixel, [1200, 900]);
        assert_eq!(choices.page.size_pt(), [288.0, 216.0]);
        let millimetres = 1200.0 / choices.unit.in_pixel(300.0);
        assert!((millimetres - 101.6).abs() < 1e-3);
    }

    #[test]
    fn a_format_is_chosen_for_each_kind() {
        let mut choices = ExportChoices::default();
        let ending = |choices: &ExportChoices, kind| choices.format(kind).ending();
        let [picture, model, animation] = ExportKind::ALL;
        assert_eq!(ending(&choices, picture), "png");
        let html = formats(model)
            .into_iter()
            .find(|format| format.ending() == "html");
        choices.set_format(model, &html.expect("a page"));
        assert_eq!(ending(&choices, picture), "png");
        assert_eq!(ending(&choices, model), "html");
        assert_eq!(ending(&choices, animation), "gif");
    }
}
