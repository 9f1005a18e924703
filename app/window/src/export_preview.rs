//! The preview of the export dialog: what it depends on, and how large it is.

use std::sync::mpsc::Receiver;

use trainscape_export::raster::Raster;
use trainscape_scene::figure::FigureSpec;

use crate::export_choices::PreviewSize;

/// The most room for the preview in the dialog.
const MOST_ROOM_PT: [f32; 2] = [460.0, 400.0];
/// Room for all else in the dialog.
const OTHER_PT: [f32; 2] = [440.0, 110.0];
/// A narrower preview shows too little.
const LEAST_PT: f32 = 160.0;
/// Points of the screen per point of a page: 96 of the screen's are an inch.
const SCREEN_PT_PER_PAGE_PT: f32 = 96.0 / 72.0;
/// The longer side of a preview: of a larger page one as large as the page would take too long.
const LONGEST_IN_PIXEL: f32 = 4096.0;

/// A preview that is drawn.
#[derive(Clone)]
pub(crate) struct Preview {
    /// The picture, or why there is none.
    pub(crate) drawn: Result<egui::TextureHandle, String>,
    /// Its size on the screen.
    pub(crate) size_pt: [f32; 2],
    /// Its size by that of the page.
    pub(crate) scale: f32,
    pub(crate) is_transparent: bool,
}

/// What a preview depends on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PreviewOf {
    /// The address of the scene.
    pub(crate) scene: usize,
    pub(crate) spec: FigureSpec,
    pub(crate) size_pt: [f32; 2],
    pub(crate) scale: f32,
    pub(crate) size_in_pixel: [u32; 2],
    pub(crate) is_transparent: bool,
}

/// Draws previews, one at a time: the newest is what the dialog shows.
#[derive(Default)]
pub(crate) struct PreviewDrawing {
    pub(crate) requested: Option<PreviewOf>,
    pub(crate) result: Option<Receiver<Result<Raster, String>>>,
}

impl PreviewDrawing {
    /// Whether a preview is being drawn.
    pub(crate) fn is_drawing(&self) -> bool {
        self.result.is_some()
    }
}

/// The room for a preview in a window of this size; `None` where it is too small for one.
pub(crate) fn room_pt(window: egui::Vec2) -> Option<[f32; 2]> {
    let width = (window.x - OTHER_PT[0]).min(MOST_ROOM_PT[0]);
    let height = (window.y - OTHER_PT[1]).min(MOST_ROOM_PT[1]);
    (width >= LEAST_PT && height >= LEAST_PT).then_some([width, height])
}

/// The size of the preview of a page on the screen, and its size by that of the page.
pub(crate) fn preview_size(
    page_pt: [f32; 2],
    room_pt: [f32; 2],
    size: PreviewSize,
    pixels_per_point: f32,
) -> ([f32; 2], f32) {
    let actual = page_pt.map(|side| side * SCREEN_PT_PER_PAGE_PT);
    let longest = actual[0].max(actual[1]) * pixels_per_point;
    let mut scale = (LONGEST_IN_PIXEL / longest).min(1.0);
    if size == PreviewSize::Fit {
        let room = (room_pt[0] / actual[0]).min(room_pt[1] / actual[1]);
        scale = scale.min(room);
    }
    (actual.map(|side| side * scale), scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_shown_at_its_size_and_a_slide_fits_the_room() {
        // 72 points are an inch, which is 96 points of the screen.
        let room = [460.0, 400.0];
        let fit = |page, ppp| preview_size(page, room, PreviewSize::Fit, ppp);
        let actual = |page, ppp| preview_size(page, room, PreviewSize::Actual, ppp);
        assert_eq!(fit([216.0, 162.0], 2.0), ([288.0, 216.0], 1.0));
        let (size, scale) = fit([960.0, 540.0], 1.0);
        assert!((size[0] - 460.0).abs() < 1e-3 && size[1] < 400.0);
        assert!((scale - 460.0 / 1280.0).abs() < 1e-6);
        assert_eq!(actual([960.0, 540.0], 1.0), ([1280.0, 720.0], 1.0));
        let (size, _) = actual([72_000.0, 72.0], 2.0);
        assert!((size[0] * 2.0 - LONGEST_IN_PIXEL).abs() < 1e-2);
        assert_eq!(room_pt(egui::vec2(1360.0, 860.0)), Some(room));
        assert_eq!(room_pt(egui::vec2(560.0, 860.0)), None);
    }
}
