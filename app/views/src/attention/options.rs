//! The controls of the attention view.

use crate::{
    control::{Control, Kind, Number, Section},
    settings::ViewSettings,
};

pub(super) const HEADS: Control = Control {
    name: "heads",
    label: "Heads",
    help: "One head, all heads of a layer, or all heads of all layers.",
    kind: Kind::Choice {
        options: &[
            ("one", "One head"),
            ("layer", "One layer"),
            ("all", "All layers"),
        ],
        default: Some("layer"),
    },
    section: Section::View,
    names_data: false,
    only_with: None,
};

pub(super) const LAYER: Control = Control {
    name: "layer",
    label: "Layer",
    help: "The layer, counted from 0; the last by default.",
    kind: Kind::Number(Number::whole(None, [0.0, 100_000.0])),
    section: Section::View,
    names_data: true,
    only_with: None,
};

pub(super) const HEAD: Control = Control {
    name: "head",
    label: "Head",
    help: "The head, counted from 0; set alone it shows one head.",
    kind: Kind::Number(Number::whole(None, [0.0, 100_000.0])),
    section: Section::View,
    names_data: true,
    only_with: None,
};

pub(super) const BATCH: Control = Control {
    name: "batch",
    label: "Batch entry",
    help: "The entry of the batch, counted from 0.",
    kind: Kind::Number(Number::whole(None, [0.0, 1_000_000.0])),
    section: Section::View,
    names_data: true,
    only_with: None,
};

pub(super) const THRESHOLD: Control = Control {
    name: "threshold",
    label: "Threshold",
    help: "Only weights above this threshold are drawn.",
    kind: Kind::Number(
        Number::real(Some(0.01), [-1e300, 1e300])
            .usually([1e-5, 0.9])
            .logarithmic(),
    ),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// Which heads are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heads {
    /// One head of one layer.
    One,
    /// All heads of one layer, side by side.
    Layer,
    /// All heads of all layers.
    All,
}

pub(super) struct AttentionOptions {
    pub(super) heads: Heads,
    /// `None`: the last.
    pub(super) layer: Option<usize>,
    pub(super) head: usize,
    pub(super) batch: usize,
    pub(super) threshold: f64,
}

impl AttentionOptions {
    pub(super) fn of(settings: &ViewSettings) -> Self {
        let index = |control| settings.chosen_number(control).map(|index| index as usize);
        let head = index(&HEAD);
        Self {
            heads: match settings.chosen_text(&HEADS) {
                Some("one") => Heads::One,
                Some("all") => Heads::All,
                None if head.is_some() => Heads::One,
                _ => Heads::Layer,
            },
            layer: index(&LAYER),
            head: head.unwrap_or(0),
            batch: index(&BATCH).unwrap_or(0),
            threshold: settings.number(&THRESHOLD),
        }
    }
}
