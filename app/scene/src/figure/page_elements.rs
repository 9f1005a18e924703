//! The elements of the page around the axis box: title, caption, colour bar, legend.

use super::{FigureSpec, colour_bar, legend::Legend, overlay::Rect, overlay::Shape, page::Page};
use crate::{
    font::{self, Weight},
    scene::Scene,
    theme::Theme,
};

pub(super) struct PageElements {
    pub(super) shapes: Vec<Shape>,
    pub(super) legend_rects: Vec<Rect>,
    pub(super) caption_rect: Option<Rect>,
    /// The space that remains for the box and its labels.
    pub(super) free_rect: Rect,
}

/// Text is not drawn smaller than this: below, it cannot be read in print.
const MIN_TEXT_PT: f32 = 4.5;
/// Part of the height that a caption takes before it is drawn smaller, and at most.
const CAPTION_SHARES: [f32; 2] = [0.22, 0.45];
/// Sizes of a caption that are tried, as parts of the size of labels.
const CAPTION_SIZES: [f32; 4] = [0.88, 0.82, 0.76, 0.7];
/// On a page that is narrower than this part of its height, the keys stand below the box instead of beside it.
const PORTRAIT: f32 = 0.85;
/// A page of fewer widths of its text's size is narrow.
const NARROW: f32 = 46.0;
/// The largest number of columns of a legend above the box, and its height in sizes of the text.
const ABOVE_COLUMNS: usize = 4;
const SHARED_COLUMNS: usize = 8;
const ABOVE_HEIGHT: f32 = 3.2;
/// ... or this part of the height, if that is more; in one of these sizes of the text.
const ABOVE_SHARE: f32 = 0.2;
const LEGEND_SIZES: [f32; 2] = [1.0, 0.85];
/// On a page that is wider than this part of its height, the text stands beside the box instead of around it.
const LANDSCAPE: f32 = 2.2;
/// Part of such a page's width that text takes.
const TEXT_SHARE: f32 = 0.3;
/// Part of the page's width or height that colour bar and legend take at most.
const KEYS_SHARE: f32 = 0.26;
const WIDE_KEYS_SHARE: f32 = 0.3;
const NARROW_KEYS_SHARE: f32 = 0.38;

pub(super) fn lay_out(scene: &Scene, spec: &FigureSpec, theme: &Theme) -> PageElements {
    let font = spec.font_pt;
    let [width, height] = spec.size_pt;
    let margin = font * 1.1;
    let mut page = Page {
        shapes: Vec::new(),
        legend_rects: Vec::new(),
        caption_rect: None,
        font,
        theme: *theme,
    };
    let mut free = Rect {
        x: margin,
        y: margin,
        width: (width - 2.0 * margin).max(1.0),
        height: (height - 2.0 * margin).max(1.0),
    };
    let caption_text = if spec.caption { &*scene.caption } else { "" };
    let is_folded = spec.caption_lines.is_some();
    // A flat box takes the whole width.
    let leaves_space = !(scene.flat && scene.fills_page);
    if width > height * LANDSCAPE && leaves_space && !caption_text.is_empty() && !is_folded {
        text_beside(&mut page, &scene.title, caption_text, &mut free);
    } else {
        title(&mut page, &scene.title, &mut free);
        caption(&mut page, caption_text, spec.caption_lines, &mut free);
    }
    if free.width < free.height * PORTRAIT {
        keys_below(&mut page, scene, &mut free);
    } else if !legend_above(&mut page, scene, &mut free) {
        keys_beside(&mut page, scene, &mut free);
    }
    free.width = free.width.max(1.0);
    free.height = free.height.max(1.0);
    PageElements {
        shapes: page.shapes,
        legend_rects: page.legend_rects,
        caption_rect: page.caption_rect,
        free_rect: free,
    }
}

/// Title and caption in a column at the right, so that the box has the whole height of a wide page.
fn text_beside(page: &mut Page, title_text: &str, caption_text: &str, free: &mut Rect) {
    let mut column = *free;
    column.width = free.width * TEXT_SHARE;
    column.x = free.right() - column.width;
    title(page, title_text, &mut column);
    column.y += page.font * 0.4;
    column.height -= page.font * 0.4;
    let (size, lines) = caption_lines(page, caption_text, &column, [1.0; 2]);
    for (row, line) in lines.into_iter().enumerate() {
        let baseline = column.y + size + row as f32 * line_height(size);
        let colour = page.theme.muted_text;
        page.text([column.x, baseline], size, Weight::Regular, colour, line);
    }
    free.width -= column.width + page.font * 2.0;
}

/// The title at the top: on one line, in a smaller size if that fits, else on two.
fn title(page: &mut Page, title: &str, free: &mut Rect) {
    if title.is_empty() {
        return;
    }
    let sizes = [1.35, 1.2, 1.05].map(|factor| page.font * factor);
    let fits = |size: &f32| font::text_width(title, *size, Weight::SemiBold) <= free.width;
    let size = sizes.into_iter().find(fits).unwrap_or(sizes[2]);
    let mut lines = font::wrap(title, size, Weight::SemiBold, free.width);
    if lines.len() > 2 {
        let rest = lines.split_off(1).join(" ");
        lines.push(font::elide(&rest, size, Weight::SemiBold, free.width));
    }
    for line in lines {
        page.text(
            [free.x, free.y + font::cap_height(size)],
            size,
            Weight::SemiBold,
            page.theme.text,
            line,
        );
        free.y += size * 1.2;
        free.height -= size * 1.2;
    }
}

/// The caption at the bottom: a long one is drawn smaller before it takes space from the box.
fn caption(page: &mut Page, caption: &str, most_lines: Option<usize>, free: &mut Rect) {
    if caption.is_empty() {
        return;
    }
    let (size, lines) = match most_lines {
        None => caption_lines(page, caption, free, CAPTION_SHARES),
        Some(most) => {
            let size = page.font * CAPTION_SIZES[0];
            (size, cut_lines(caption, size, most, free.width))
        }
    };
    let block = lines.len() as f32 * line_height(size);
    let first = free.bottom() - block + line_height(size) - size * 0.25;
    for (row, line) in lines.into_iter().enumerate() {
        let baseline = first + row as f32 * line_height(size);
        let colour = page.theme.muted_text;
        page.text([free.x, baseline], size, Weight::Regular, colour, line);
    }
    page.caption_rect = Some(Rect {
        x: free.x,
        y: free.bottom() - block,
        width: free.width,
        height: block,
    });
    free.height -= block + page.font * 0.6;
}

/// At most `most` lines of text; the last one says where there would be more.
fn cut_lines(text: &str, size: f32, most: usize, width: f32) -> Vec<String> {
    let mut lines = font::wrap(text, size, Weight::Regular, width);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = font::elide(&format!("{last} …"), size, Weight::Regular, width);
        }
    }
    lines
}

fn line_height(size: f32) -> f32 {
    size * 1.35
}

/// Size and lines of a caption that is drawn smaller above the first part of the height, and cut above the second.
fn caption_lines(page: &Page, caption: &str, free: &Rect, shares: [f32; 2]) -> (f32, Vec<String>) {
    let lines_of = |size: f32| font::wrap(caption, size, Weight::Regular, free.width);
    let sizes = CAPTION_SIZES.map(|factor| (page.font * factor).max(MIN_TEXT_PT));
    let fits =
        |size: &f32| lines_of(*size).len() as f32 * line_height(*size) <= free.height * shares[0];
    let size = sizes.into_iter().find(fits).unwrap_or(sizes[3]);
    let most = (free.height * shares[1] / line_height(size)).max(1.0) as usize;
    (size, cut_lines(caption, size, most, free.width))
}

/// The legend in columns below the title, where a narrow page has no room beside the box for its names and where panels
/// share it; `false` if it is not drawn.
fn legend_above(page: &mut Page, scene: &Scene, free: &mut Rect) -> bool {
    let font = page.font;
    let is_shared = !scene.facets.is_empty();
    if scene.colour_bar.is_some() || !is_shared && free.width > font * NARROW {
        return false;
    }
    let beside = Legend::new(
        &scene.legend,
        font,
        [free.width * KEYS_SHARE, free.height],
        1,
    );
    let has_room_beside = !is_shared && beside.is_whole();
    if beside.is_empty() || has_room_beside {
        return false;
    }
    let columns = if is_shared {
        SHARED_COLUMNS
    } else {
        ABOVE_COLUMNS
    };
    let height = (font * ABOVE_HEIGHT).max(free.height * ABOVE_SHARE);
    let of_size = |size: f32| {
        let font = (font * size).max(MIN_TEXT_PT);
        Legend::new(&scene.legend, font, [free.width, height], columns)
    };
    let mut above = LEGEND_SIZES.into_iter().map(of_size);
    let Some(above) = above.find(Legend::is_whole) else {
        return false;
    };
    above.draw(page, [free.x, free.y + font * 0.2]);
    let height = above.height() + font * 0.8;
    free.y += height;
    free.height -= height;
    true
}

/// The legend at the right edge; wider and in smaller text where names would lose their middle otherwise, most of all on a
/// narrow page.
fn legend_beside(scene: &Scene, free: &Rect, font: f32) -> Legend {
    let height = free.height - font * 0.8;
    let of_size = |size: f32, share: f32| {
        let font = (font * size).max(MIN_TEXT_PT);
        Legend::new(&scene.legend, font, [free.width * share, height], 1)
    };
    let is_narrow = free.width <= font * NARROW && scene.colour_bar.is_none();
    let share = if is_narrow {
        NARROW_KEYS_SHARE
    } else {
        WIDE_KEYS_SHARE
    };
    let legend = of_size(1.0, KEYS_SHARE);
    if legend.is_whole() {
        return legend;
    }
    let wider = LEGEND_SIZES.map(|size| of_size(size, share));
    let smallest = || of_size(LEGEND_SIZES[1], share);
    match is_narrow {
        true => smallest(),
        false => wider
            .into_iter()
            .find(Legend::is_whole)
            .unwrap_or_else(smallest),
    }
}

/// The colour bar, and the legend below it, at the right edge.
fn keys_beside(page: &mut Page, scene: &Scene, free: &mut Rect) {
    let font = page.font;
    let widest = free.width * KEYS_SHARE;
    let top = free.y + font * 0.8;
    let legend = legend_beside(scene, free, font);
    let bar_room = free.height
        - if legend.is_empty() {
            0.0
        } else {
            legend.height() + font * 2.0
        };
    let bar = scene
        .colour_bar
        .as_ref()
        .filter(|_| colour_bar::fits(font, bar_room));
    let bar_width = bar.map_or(0.0, |bar| {
        colour_bar::width(bar, font, bar_room).min(widest)
    });
    let column = legend.width().max(bar_width);
    if column == 0.0 {
        return;
    }
    let left = free.right() - column;
    let mut legend_top = top;
    if let Some(bar) = bar {
        let room = Rect {
            x: left,
            y: top,
            width: column,
            height: bar_room,
        };
        legend_top = colour_bar::draw(page, bar, room) + font * 1.6;
    }
    legend.draw(page, [left, legend_top]);
    free.width -= column + font * 1.2;
}

/// The colour bar, and the legend right of it, in a strip below the box.
fn keys_below(page: &mut Page, scene: &Scene, free: &mut Rect) {
    let font = page.font;
    let gap = font * 1.2;
    let tallest = free.height * KEYS_SHARE;
    let bar = scene
        .colour_bar
        .as_ref()
        .filter(|_| colour_bar::fits(font, tallest));
    let bar_room = tallest.min(font * 10.0);
    let bar_width = bar.map_or(0.0, |bar| {
        colour_bar::width(bar, font, bar_room).min(free.width * 0.5)
    });
    let legend_left = free.x + if bar.is_some() { bar_width + gap } else { 0.0 };
    let legend_room = [free.right() - legend_left, tallest];
    let legend = Legend::new(&scene.legend, font, legend_room, 3);
    let strip = legend
        .height()
        .max(if bar.is_some() { bar_room } else { 0.0 });
    if strip == 0.0 {
        return;
    }
    let top = free.bottom() - strip;
    if let Some(bar) = bar {
        let room = Rect {
            x: free.x,
            y: top,
            width: bar_width,
            height: bar_room - font * 0.6,
        };
        colour_bar::draw(page, bar, room);
    }
    legend.draw(page, [legend_left, top]);
    free.height -= strip + gap;
}
