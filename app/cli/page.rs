//! The flags for the page of a figure.

use trainscape_export::{PRESETS, PictureOptions, Preset};
use trainscape_gpu::Background;
use trainscape_scene::figure::{DataLayer, POINTS_PER_INCH};
use trainscape_views::figure_file::Page;

use super::args::{parse_length_pt, parse_size};

/// The program as files name it.
pub(super) const SOFTWARE: &str = concat!("Trainscape ", env!("CARGO_PKG_VERSION"));

/// Help section of the flags for the written file.
pub(super) const OUTPUT: &str = "Output";

#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct PageArgs {
    /// Size, text and line widths for a publisher: nature-1, nature-2, plos, ieee, neurips or slide.
    #[arg(help_heading = OUTPUT, long, value_name = "NAME", value_parser = parse_preset)]
    preset: Option<&'static Preset>,
    /// Size in pixels.
    #[arg(help_heading = OUTPUT, long, value_name = "WxH", value_parser = parse_size, conflicts_with = "width")]
    size: Option<[u32; 2]>,
    /// Printed width: 89mm, 3.5in or 252pt. The default height gives an aspect ratio of 4:3.
    #[arg(help_heading = OUTPUT, long, value_name = "LENGTH", value_parser = parse_length_pt)]
    width: Option<f32>,
    /// Printed height.
    #[arg(help_heading = OUTPUT, long, value_name = "LENGTH", value_parser = parse_length_pt, requires = "width")]
    height: Option<f32>,
    /// Resolution in pixels per inch.
    #[arg(help_heading = OUTPUT, long, value_parser = parse_dpi)]
    dpi: Option<f32>,
    /// Size of tick labels in points.
    #[arg(help_heading = OUTPUT, long = "font-size", value_name = "PT", value_parser = parse_font_pt)]
    font_pt: Option<f32>,
    /// Factor of the widths of lines and the diameters of points.
    #[arg(help_heading = OUTPUT, long, value_name = "FACTOR", value_parser = parse_line_scale)]
    line_scale: Option<f32>,
    /// Transparent background.
    #[arg(help_heading = OUTPUT, long)]
    transparent: bool,
    /// Data in SVG and PDF: auto, vector or picture; auto draws lines and points as vectors, surfaces as a picture.
    #[arg(help_heading = OUTPUT, long, value_name = "KIND", value_parser = parse_data_layer)]
    data_layer: Option<DataLayer>,
    /// Omit the caption below the figure.
    #[arg(help_heading = OUTPUT, long)]
    no_caption: bool,
    /// Omit the grid lines on the walls.
    #[arg(help_heading = OUTPUT, long)]
    no_grid: bool,
}

/// Default resolution of `--size`, which determines the size of text.
const SCREEN_DPI: f32 = 200.0;
const PRINT_DPI: f32 = 300.0;

impl PageArgs {
    /// Whether a flag decides about the number of pixels.
    pub(super) fn has_size(&self) -> bool {
        self.size.is_some() || self.has_resolution()
    }

    /// Whether a flag decides about the size of text in pixels.
    pub(super) fn has_resolution(&self) -> bool {
        self.preset.is_some() || self.width.is_some() || self.dpi.is_some()
    }

    /// The page that the flags describe; what they leave open is as in `before`, the page of a figure file.
    pub(super) fn page(&self, before: Option<&Page>) -> Page {
        let mut page = match (self.preset, before) {
            (Some(preset), _) => of_preset(preset),
            (None, Some(page)) => *page,
            (None, None) => Page::new([1600, 1200], SCREEN_DPI),
        };
        if let Some(width_pt) = self.width {
            page.dots_per_inch = match (self.preset, before) {
                (None, None) => PRINT_DPI,
                _ => page.dots_per_inch,
            };
            page.dots_per_inch = self.dpi.unwrap_or(page.dots_per_inch);
            let height_pt = self.height.unwrap_or(width_pt * 0.75);
            page.size_in_pixel = pixels([width_pt, height_pt], page.dots_per_inch);
        } else if let Some(size) = self.size {
            page.size_in_pixel = size;
            page.dots_per_inch = self.dpi.unwrap_or(page.dots_per_inch);
        } else if let Some(dpi) = self.dpi {
            if self.preset.is_some() || before.is_some() {
                // The printed size stays.
                page.size_in_pixel = pixels(page.size_pt(), dpi);
            }
            page.dots_per_inch = dpi;
        }
        page.font_pt = self.font_pt.or(page.font_pt);
        page.line_scale = self.line_scale.unwrap_or(page.line_scale);
        page.data_layer = self.data_layer.unwrap_or(page.data_layer);
        page.transparent |= self.transparent;
        page.caption &= !self.no_caption;
        page.grid &= !self.no_grid;
        page
    }
}

/// How the picture of a page is drawn.
pub(super) fn picture_options(page: &Page) -> PictureOptions {
    PictureOptions {
        size_in_pixel: page.size_in_pixel,
        dots_per_inch: page.dots_per_inch,
        background: if page.transparent {
            Background::Transparent
        } else {
            Background::Theme
        },
        data_layer: page.data_layer,
        software: Some(SOFTWARE),
    }
}

fn of_preset(preset: &Preset) -> Page {
    let dots_per_inch = preset.dots_per_inch;
    Page {
        font_pt: Some(preset.font_pt),
        line_scale: preset.line_scale,
        ..Page::new(pixels(preset.size_pt, dots_per_inch), dots_per_inch)
    }
}

fn pixels(size_pt: [f32; 2], dots_per_inch: f32) -> [u32; 2] {
    size_pt.map(|points| (points / POINTS_PER_INCH * dots_per_inch).round().max(1.0) as u32)
}

fn parse_preset(text: &str) -> Result<&'static Preset, String> {
    Preset::from_name(text).ok_or_else(|| {
        let presets = PRESETS.iter();
        let known: Vec<String> = presets
            .map(|preset| format!("{} ({})", preset.name, preset.purpose))
            .collect();
        format!("unknown preset; available: {}", known.join("; "))
    })
}

fn parse_data_layer(text: &str) -> Result<DataLayer, String> {
    DataLayer::from_name(text).ok_or_else(|| {
        let known = DataLayer::ALL.map(DataLayer::name).join(", ");
        format!("unknown kind; available: {known}")
    })
}

fn parse_between(text: &str, low: f32, high: f32) -> Result<f32, String> {
    let number = text.parse::<f32>().ok();
    let number = number.filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("write a number from {low} to {high}"))
}

fn parse_dpi(text: &str) -> Result<f32, String> {
    parse_between(text, 20.0, 2400.0)
}

fn parse_font_pt(text: &str) -> Result<f32, String> {
    parse_between(text, 3.0, 72.0)
}

fn parse_line_scale(text: &str) -> Result<f32, String> {
    parse_between(text, 0.1, 10.0)
}
