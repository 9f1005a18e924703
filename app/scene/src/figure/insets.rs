//! The space around the box for its labels.

use super::overlay::Rect;

/// Minimum fraction of the page, in each direction, that the box keeps.
const MIN_BOX_FRACTION: f32 = 0.2;

/// Tolerated overhang: a fraction of a pixel.
const OVERHANG_PT: f32 = 0.5;

/// Space reserved around the box for its labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Insets {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Insets {
    pub(super) fn all(inset: f32) -> Self {
        Self {
            left: inset,
            top: inset,
            right: inset,
            bottom: inset,
        }
    }

    /// The rectangle inside `outer`; at least [`MIN_BOX_FRACTION`] of it.
    pub(super) fn within(&self, outer: Rect) -> Rect {
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
    pub(super) fn grow_by_overhang(&mut self, outer: Rect, bounds: Rect) -> bool {
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
    pub(super) fn adjust(&mut self, outer: Rect, bounds: Rect, plot: Rect) -> bool {
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
