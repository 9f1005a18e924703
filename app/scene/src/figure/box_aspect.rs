//! The lengths of the box's edges on a page: where axes have different units, the first one is as long as the page is wide.

use super::{
    overlay::Rect,
    tick_labels::{NAME_SHARE, Names},
};
use crate::scene::Scene;

/// Space for the labels beside and below a flat box, in sizes of the text.
const LABELS: [f32; 2] = [7.0, 5.0];
/// The least and the largest ratio of width and height of a flat box, and the largest one for each column of panels.
const FLAT_RATIOS: [f32; 2] = [0.6, 6.0];
/// In space, a page that is wider than this part of its height has a longer box, ...
const WIDE: f32 = 1.35;
/// ... by at most this factor.
const MOST_LONGER: f32 = 2.6;

/// Space beside names of categories for ticks and a title, in sizes of the text.
const BESIDE_NAMES: f32 = 3.5;

/// The lengths of the edges of a scene's box in the space that is free on a page of a width.
pub(super) fn on_page(scene: &Scene, free: &Rect, font: f32, page_width: f32) -> [f32; 3] {
    let [x, y, z] = scene.box_aspect;
    if !scene.fills_page {
        return [x, y, z];
    }
    if !scene.flat {
        let longer = (free.width / free.height / WIDE).clamp(1.0, MOST_LONGER);
        return [x * longer, y, z];
    }
    let stands = scene.default_view[1] == 0.0;
    let upward = &scene.axes[if stands { 2 } else { 1 }];
    let names = Names::new(upward, font, page_width * NAME_SHARE).width(font);
    let beside = (LABELS[0] * font).max(names + BESIDE_NAMES * font);
    let width = (free.width - beside).max(1.0);
    let height = (free.height - LABELS[1] * font).max(1.0);
    let most = FLAT_RATIOS[1] * columns(scene) as f32;
    let ratio = (width / height).clamp(FLAT_RATIOS[0], most);
    // The edge that is not seen keeps its length.
    if stands {
        [z * ratio, y, z]
    } else {
        [y * ratio, y, z]
    }
}

/// How many panels stand side by side; 1 without panels.
fn columns(scene: &Scene) -> usize {
    let lefts = scene.facets.iter();
    let mut lefts: Vec<f32> = lefts
        .map(|facet| facet.unit_from_panel([0.0; 3])[0])
        .collect();
    lefts.sort_by(f32::total_cmp);
    lefts.dedup_by(|a, b| (*a - *b).abs() < 1e-3);
    lefts.len().max(1)
}
