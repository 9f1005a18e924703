//! Activations: every value of a snapshot as a cloud layer × position × channel, or how the values of each
//! layer are distributed over training.

mod distribution;
mod slice;
mod values;

use std::sync::Arc;

use trainscape_compute::projection::Projector;
use trainscape_run::{Run, Tensor};
use trainscape_scene::{colour::ColourMap, scene::Scene};

use crate::{
    Choices, Control, Kind, NotAvailable, OnlyWith, Section, Time, View, ViewSettings,
    common::{COLOURS, CONTOURS, FLOOR, LOG_Z, OPACITY, RANGE, SHADING, TENSOR, WIREFRAME},
    symbol::Symbol,
    tensors::{self, Chosen},
};

const NEEDS: &str =
    "needs activations: an array (npy, npz, safetensors) with layers, positions and channels";

/// Names that the axes of an array can have.
const AXES: &str = "layer,position,channel";

const DISTRIBUTION: Control = Control {
    name: "distribution",
    label: "Distribution over training",
    help: "Distribution of each layer's values over training, instead of the values of one snapshot.",
    kind: Kind::Switch(Some(false)),
    section: Section::View,
    names_data: false,
    only_with: None,
};

const WITH_DISTRIBUTION: OnlyWith = OnlyWith {
    control: "distribution",
    values: &["on"],
};
// The shared controls that act on distributions alone.
const RIDGE_LOG_Z: Control = LOG_Z.only_with(WITH_DISTRIBUTION);
const RIDGE_SHADING: Control = SHADING.only_with(WITH_DISTRIBUTION);
const RIDGE_CONTOURS: Control = CONTOURS.only_with(WITH_DISTRIBUTION);
const RIDGE_WIREFRAME: Control = WIREFRAME.only_with(WITH_DISTRIBUTION);

/// Layer × position × channel, or distributions over training.
pub(crate) struct Activations;

impl View for Activations {
    fn name(&self) -> &'static str {
        "activations"
    }

    fn title(&self) -> &'static str {
        "Activations"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Distribution
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &TENSOR,
            &DISTRIBUTION,
            &RIDGE_LOG_Z,
            &RANGE,
            &COLOURS,
            &RIDGE_SHADING,
            &OPACITY,
            &RIDGE_CONTOURS,
            &RIDGE_WIREFRAME,
            &FLOOR,
        ]
    }

    fn default_colours(&self, settings: &ViewSettings) -> ColourMap {
        if settings.switch(&DISTRIBUTION) {
            ColourMap::Viridis
        } else {
            ColourMap::Coolwarm
        }
    }

    fn time(&self) -> Time {
        Time::Selects
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        choose(runs, settings).map(|_| ())
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings)
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        tensors::choices(runs, settings, suits, AXES)
    }
}

fn choose(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Chosen, NotAvailable> {
    tensors::choose(runs, settings, settings.tensor(), suits, NEEDS, AXES)
}

fn suits(tensor: &Tensor) -> bool {
    tensor.axis("layer").is_some() && tensor.axis("channel").is_some() && tensor.elements() > 0
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let chosen = choose(runs, settings)?;
    if settings.switch(&DISTRIBUTION) {
        distribution::build(&chosen, settings)
    } else {
        values::build(&chosen, settings)
    }
}
