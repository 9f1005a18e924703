//! Which ticks of an axis are drawn, and where their labels stand.

use glam::Vec2;

use super::{
    overlay::{Label, Rect},
    short_names::short_names,
};
use crate::{
    axis::{Axis, Scale},
    font::{self, Weight},
    ticks::{Tick, compact_numbers},
};

/// Most labels of an axis of numbers, and of names.
const MAX_NUMBERS: usize = 7;
const MAX_NAMES: usize = 64;
/// Part of the page's width that a name at an axis takes at most.
pub(super) const NAME_SHARE: f32 = 0.18;
/// How many more ticks than fit are tried until two of their labels are free.
const MORE_TICKS: usize = 8;

/// A tick with its label, for programs that lay out an axis themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisTick {
    /// Position on the axis, 0 to 1.
    pub unit: f32,
    /// The label; empty for a minor tick.
    pub label: String,
    /// Superscript after the label; may be empty.
    pub superscript: String,
}

/// The ticks of an axis for every number of labels that a layout may ask for, from one on; labels have a size in points
/// on a page of a width in points. In panels, large numbers are compact.
#[must_use]
pub fn axis_ticks(
    axis: &Axis,
    font_pt: f32,
    page_width_pt: f32,
    is_compact: bool,
) -> Vec<Vec<AxisTick>> {
    let names = Names::new(axis, font_pt, page_width_pt * NAME_SHARE);
    let most = match axis.scale {
        Scale::Category(_) => MAX_NAMES,
        _ => MAX_NUMBERS,
    };
    let ticks_of = |count| {
        let ticks = axis.labelled_ticks(count);
        let labels = texts(axis, &names, is_compact, &ticks);
        let with_labels = ticks.iter().zip(labels);
        let placed = with_labels.filter_map(|(tick, (label, superscript))| {
            Some(AxisTick {
                unit: axis.unit_from_value(tick.value)? as f32,
                label,
                superscript,
            })
        });
        placed.collect()
    };
    (1..=most + MORE_TICKS).map(ticks_of).collect()
}

/// The label of each tick and its superscript; a minor tick has none.
fn texts(axis: &Axis, names: &Names, is_compact: bool, ticks: &[Tick]) -> Vec<(String, String)> {
    let labelled = ticks.iter().filter(|tick| !tick.is_minor());
    let values: Vec<f64> = labelled.map(|tick| tick.value).collect();
    let compact = match axis.scale {
        Scale::Linear if is_compact => compact_numbers(&values),
        _ => None,
    };
    let mut compact = compact.map(Vec::into_iter);
    let text = |tick: &Tick| match &mut compact {
        _ if tick.is_minor() => (String::new(), String::new()),
        Some(texts) => (texts.next().unwrap_or_default(), String::new()),
        None => (names.label_of(tick), tick.superscript.clone()),
    };
    ticks.iter().map(text).collect()
}

/// A label, and the point that it is centred on.
type Placed = (Label, Vec2);

/// An axis whose ticks are chosen.
pub(super) struct TickLabels<'a> {
    pub(super) axis: &'a Axis,
    /// Size of the labels in points.
    pub(super) font: f32,
    /// Unit vector from the axis line to the labels.
    pub(super) outward: Vec2,
    pub(super) names: Names,
    /// Large numbers are written as `20k` and `1.5M`.
    pub(super) is_compact: bool,
    /// The point of a tick on the axis line.
    pub(super) place: &'a dyn Fn(&Tick) -> Option<Vec2>,
    /// Whether nothing else stands in a rectangle.
    pub(super) is_free: &'a dyn Fn(&Rect) -> bool,
}

impl TickLabels<'_> {
    /// As many ticks as fit on a line of a length in points without overlapping labels, with two labels wherever there is
    /// room for two.
    pub(super) fn that_fit(&self, length: f32) -> (Vec<Placed>, Vec<Tick>) {
        let (spacing, most) = match self.axis.scale {
            Scale::Category(_) => (self.font * 1.25, MAX_NAMES),
            _ if self.outward.y.abs() > 0.8 => (self.font * 3.4, MAX_NUMBERS),
            _ => (self.font * 2.4, MAX_NUMBERS),
        };
        let count = ((length / spacing) as usize).clamp(2, most);
        for count in (1..=count).rev() {
            let ticks = self.axis.labelled_ticks(count);
            let labels = self.labels(&ticks);
            if self.are_apart(&labels) {
                let free = self.free(labels);
                if free.len() >= 2 {
                    return (free, ticks);
                }
                break;
            }
        }
        self.first_and_last(count)
    }

    /// The first and the last free label of the coarsest ticks of which two are free and apart.
    fn first_and_last(&self, count: usize) -> (Vec<Placed>, Vec<Tick>) {
        for count in 2..=count + MORE_TICKS {
            let ticks = self.axis.labelled_ticks(count);
            let mut free = self.free(self.labels(&ticks));
            if free.len() >= 2 {
                free.drain(1..free.len() - 1);
                if self.are_apart(&free) {
                    return (free, ticks);
                }
            }
        }
        let ticks = self.axis.labelled_ticks(2);
        let mut free = self.free(self.labels(&ticks));
        free.truncate(1);
        (free, ticks)
    }

    fn labels(&self, ticks: &[Tick]) -> Vec<Placed> {
        let texts = texts(self.axis, &self.names, self.is_compact, ticks);
        let labelled = ticks.iter().zip(texts);
        labelled
            .filter(|(tick, _)| !tick.is_minor())
            .filter_map(|(tick, (text, superscript))| {
                let at = (self.place)(tick)?;
                let label = Label {
                    text,
                    superscript,
                    size: self.font,
                    weight: Weight::Regular,
                };
                let half = Vec2::new(label.width(), label.height()) / 2.0;
                Some((label, at + self.offset(half)))
            })
            .collect()
    }

    /// From a tick to the centre of a label of half a size. A name begins beside its tick, so that a long one does not
    /// move into the row of the next.
    fn offset(&self, half: Vec2) -> Vec2 {
        let gap = self.font * 0.75;
        match self.axis.scale {
            Scale::Category(_) => {
                let side = (self.outward * 2.0).clamp(Vec2::NEG_ONE, Vec2::ONE);
                self.outward * gap + half * side
            }
            _ => self.outward * (gap + half.dot(self.outward.abs())),
        }
    }

    fn free(&self, mut labels: Vec<Placed>) -> Vec<Placed> {
        labels.retain(|(label, centre)| (self.is_free)(&label.bounds((*centre).into(), 0.0)));
        labels
    }

    fn are_apart(&self, labels: &[Placed]) -> bool {
        labels.windows(2).all(|pair| {
            let [a, b] = [&pair[0], &pair[1]]
                .map(|(label, centre)| label.bounds((*centre).into(), 0.0).grown(self.font * 0.12));
            !a.overlaps(&b)
        })
    }
}

/// Names at the ticks of a categorical axis, without what all of them share, and no longer than a width.
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn new(axis: &Axis, font: f32, width: f32) -> Self {
        let Scale::Category(names) = &axis.scale else {
            return Self(Vec::new());
        };
        let names = short_names(names);
        Self(
            names
                .iter()
                .map(|name| font::elide_middle(name, font, Weight::Regular, width))
                .collect(),
        )
    }

    /// The width of the widest name.
    pub(super) fn width(&self, font: f32) -> f32 {
        let widths = self.0.iter();
        widths
            .map(|name| font::text_width(name, font, Weight::Regular))
            .fold(0.0, f32::max)
    }

    /// The label of a tick: the short name at its position, or the tick's own.
    fn label_of(&self, tick: &Tick) -> String {
        let name = self.0.get(tick.value.round() as usize);
        name.unwrap_or(&tick.label).clone()
    }
}
