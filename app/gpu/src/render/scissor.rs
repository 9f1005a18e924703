//! The part of a picture that the 3D layer may cover.

use trainscape_scene::figure::Figure;

/// Pixels that may be drawn: left, top, width and height, none of them empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scissor([u32; 4]);

impl Scissor {
    pub(super) fn of_figure(figure: &Figure, size_in_pixel: [u32; 2]) -> Option<Self> {
        let scale = size_in_pixel[0] as f32 / figure.size_pt[0];
        let clip = &figure.clip_rect;
        let edge = |at: f32, limit: u32| ((at * scale).round().max(0.0) as u32).min(limit);
        let [width, height] = size_in_pixel;
        let (left, right) = (edge(clip.x, width), edge(clip.right(), width));
        let (top, bottom) = (edge(clip.y, height), edge(clip.bottom(), height));
        (left < right && top < bottom).then(|| Self([left, top, right - left, bottom - top]))
    }

    /// The part within a tile of the picture, from the tile's upper left pixel.
    pub(super) fn in_tile(self, origin: [u32; 2], size: [u32; 2]) -> Option<Self> {
        let Self([left, top, width, height]) = self;
        let part = |first: u32, count: u32, origin: u32, size: u32| {
            let start = first.max(origin);
            let end = (first + count).min(origin + size);
            (start < end).then(|| (start - origin, end - start))
        };
        let (left, width) = part(left, width, origin[0], size[0])?;
        let (top, height) = part(top, height, origin[1], size[1])?;
        Some(Self([left, top, width, height]))
    }

    /// The part within a band of rows.
    pub(super) fn within(self, first: u32, rows: u32) -> Option<Self> {
        let Self([left, top, width, height]) = self;
        let (start, end) = (top.max(first), (top + height).min(first + rows));
        (start < end).then(|| Self([left, start, width, end - start]))
    }

    pub(super) fn set(self, pass: &mut wgpu::RenderPass<'_>) {
        let Self([left, top, width, height]) = self;
        pass.set_scissor_rect(left, top, width, height);
    }
}
