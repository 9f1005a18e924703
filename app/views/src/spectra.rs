//! Spectra: the singular values of every weight matrix of a checkpoint, layer x rank x singular value, over snapshots.

mod decomposition;
mod layer;
mod matrices;
mod ridges;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use trainscape_compute::projection::Projector;
use trainscape_run::Run;
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{ColourBar, Scene},
    ticks::{format_value, group_thousands},
};

use self::{
    decomposition::{LARGEST, Spectrum, SpectrumError},
    layer::{LayerSpectrum, Values, rounded},
    matrices::{Checkpoint, LAYERS},
    ridges::Ridges,
};
use crate::{
    Choices, Control, NotAvailable, Time, View, ViewSettings,
    caption::Caption,
    common::{COLOURS, LOG_XZ, OPACITY, RANGE, SHADING},
    samples::{counted, counted_are, verb},
    symbol::Symbol,
    tensors::step_text,
};

/// The share of the squared Frobenius norm of which the caption counts the values that hold it.
const SHARE: f64 = 0.9;
/// Matrices that a caption names; of more it gives the number.
const NAMED: usize = 3;

/// Layer x rank x singular value.
pub(crate) struct Spectra;

impl View for Spectra {
    fn name(&self) -> &'static str {
        "spectra"
    }

    fn title(&self) -> &'static str {
        "Spectra"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Spectrum
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[&LAYERS, &LOG_XZ, &RANGE, &COLOURS, &SHADING, &OPACITY]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Viridis
    }

    fn time(&self) -> Time {
        Time::Selects
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        Checkpoint::select(runs, settings).map(|_| ())
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        let decomposed = Decomposed::of(Checkpoint::select(runs, settings)?, settings)?;
        Ok(decomposed.scene(settings, self.default_colours(settings)))
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        let (steps, unnamed) = match Checkpoint::select(runs, settings) {
            Ok(checkpoint) => (checkpoint.steps, Vec::new()),
            Err(_) => (Vec::new(), matrices::unnamed(runs, settings)),
        };
        Choices {
            steps,
            unnamed,
            ..Choices::default()
        }
    }
}

/// The singular values of a checkpoint's matrices, and what has none.
struct Decomposed {
    checkpoint: Checkpoint,
    layers: Vec<Arc<LayerSpectrum>>,
    /// Matrices with a value that is not finite.
    not_finite: Vec<String>,
    /// Matrices that could not be read, with the reason.
    unreadable: Vec<String>,
}

impl Decomposed {
    fn of(mut checkpoint: Checkpoint, settings: &ViewSettings) -> Result<Self, NotAvailable> {
        let matrices = std::mem::take(&mut checkpoint.matrices);
        let spectra: Vec<_> = matrices
            .into_par_iter()
            .filter_map(|matrix| {
                let snapshot = matrix.snapshot(settings)?;
                let spectrum = Spectrum::of(&matrix.at(snapshot.map(|(index, _)| index)));
                Some((matrix, snapshot, spectrum))
            })
            .collect();
        if spectra.is_empty() {
            return Err(NotAvailable::new(
                "no snapshot of the weight matrices is within the chosen steps",
            ));
        }
        let (mut layers, mut not_finite, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        for (matrix, snapshot, spectrum) in spectra {
            match spectrum {
                Ok(spectrum) => layers.push(Arc::new(LayerSpectrum {
                    matrix,
                    snapshot,
                    spectrum,
                })),
                Err(SpectrumError::NotFinite) => not_finite.push(matrix.name()),
                Err(SpectrumError::Unreadable(reason)) => {
                    unreadable.push(format!("{} ({reason})", matrix.name()));
                }
            }
        }
        if layers.iter().all(|layer| layer.spectrum.rank() == 0) {
            let all = "needs a weight matrix with finite values that are not all zero";
            return Err(NotAvailable::new(match unreadable.first() {
                Some(first) => format!("{all}; not read: {first}"),
                None => all.to_owned(),
            }));
        }
        Ok(Self {
            checkpoint,
            layers,
            not_finite,
            unreadable,
        })
    }

    /// The latest step among the layers.
    fn step(&self) -> Option<f64> {
        let steps = self.layers.iter().filter_map(|layer| layer.snapshot);
        steps.map(|(_, step)| step).max_by(f64::total_cmp)
    }

    fn scene(self, settings: &ViewSettings, default_colours: ColourMap) -> Scene {
        let ridges = Ridges::of(&self.layers, settings);
        let map = settings.colours(default_colours);
        let z_axis = &ridges.axes[2];
        let bar_axis = Axis {
            title: z_axis.title.clone(),
            scale: z_axis.scale.clone(),
            low: z_axis.value_from_unit(f64::from(ridges.colour_range[0])),
            high: z_axis.value_from_unit(f64::from(ridges.colour_range[1])),
        };
        let title = match self.step() {
            Some(step) => format!(
                "Singular values by layer and rank, step {}",
                step_text(step)
            ),
            None => "Singular values by layer and rank".to_owned(),
        };
        let key = match self.layers.as_slice() {
            [only] => only.matrix.tensor.key.to_string(),
            several => format!("{} matrices of {}", several.len(), self.file_text()),
        };
        Scene {
            title,
            caption: self.caption(&ridges),
            box_aspect: [1.45, 1.15, 0.66],
            default_view: [(-56.0_f32).to_radians(), 33.0_f32.to_radians()],
            meshes: vec![ridges.mesh(map, settings)],
            paths: ridges.paths(|layer, positions| {
                Arc::new(Values {
                    run: Arc::clone(&self.checkpoint.run),
                    layer: Arc::clone(&self.layers[layer]),
                    positions: positions.into(),
                })
            }),
            colour_bar: Some(ColourBar {
                axis: bar_axis,
                map,
            }),
            keys: BTreeMap::from([("weights".to_owned(), key)]),
            runs: vec![Arc::clone(&self.checkpoint.run)],
            ..Scene::new(ridges.axes)
        }
    }

    /// The file of the first layer.
    fn file_text(&self) -> String {
        let first = &self.layers[0];
        first.matrix.file_text(&self.checkpoint.run, first.snapshot)
    }

    fn caption(&self, ridges: &Ridges) -> String {
        let Checkpoint {
            run,
            not_matrices,
            beyond_limit,
            other_files,
            other_runs,
            ..
        } = &self.checkpoint;
        let layers = &self.layers;
        let flattened = || layers.iter().filter(|layer| layer.matrix.flattened);
        let randomised = || layers.iter().filter(|layer| layer.spectrum.randomised);
        let rank_zero = layers.iter().filter(|layer| layer.spectrum.rank() == 0);
        Caption::new(format!(
            "Singular values of {} of run {}, from {}{}",
            counted_matrices(layers.len()),
            run.name,
            self.file_text(),
            self.snapshot_text(),
        ))
        .sentence(self.stable_rank_text())
        .sentence(self.shares_text())
        .sentence_if(flattened().count() > 0, || {
            format!(
                "{} flattened to outputs × (inputs · height · width)",
                match flattened().count() {
                    1 => "1 convolution kernel is".to_owned(),
                    kernels => format!("{kernels} convolution kernels are"),
                }
            )
        })
        .sentences(randomised_texts(randomised().map(|layer| &layer.spectrum)))
        .sentence_if(ridges.zeros > 0, || {
            format!(
                "{} not shown: zero to rounding on a logarithmic axis",
                counted_are(ridges.zeros, "value")
            )
        })
        .sentence(named(
            "All zero",
            &rank_zero
                .map(|layer| layer.matrix.name())
                .collect::<Vec<_>>(),
        ))
        .sentence(named(
            "Left out for values that are NaN or infinite",
            &self.not_finite,
        ))
        .sentence(named("Not read", &self.unreadable))
        .sentence_if(*not_matrices > 0, || {
            let what = "left out because they are not weight matrices (biases, norms)";
            match not_matrices {
                1 => "1 tensor is left out because it is not a weight matrix".to_owned(),
                several => format!("{several} tensors are {what}"),
            }
        })
        .sentence_if(*beyond_limit > 0, || {
            format!(
                "{} beyond the limit {} not drawn; `layers` chooses by name",
                counted_matrices(*beyond_limit),
                verb(*beyond_limit)
            )
        })
        .sentence_if(*other_files > 0, || {
            format!(
                "{} of other files {} not shown",
                counted_matrices(*other_files),
                verb(*other_files)
            )
        })
        .sentence_if(*other_runs > 0, || {
            format!(
                "{} with weight matrices {} not shown",
                counted(*other_runs, "other run"),
                verb(*other_runs)
            )
        })
        .into_text()
    }

    /// Which snapshot is shown, where there are several.
    fn snapshot_text(&self) -> String {
        let steps = &self.checkpoint.steps;
        match self.step() {
            Some(step) if steps.len() > 1 => format!(
                " (snapshot {} of {})",
                steps.partition_point(|other| *other <= step),
                steps.len()
            ),
            _ => String::new(),
        }
    }

    fn stable_rank_text(&self) -> String {
        let stable_ranks = self.of_layers(Spectrum::stable_rank);
        let what = "Stable rank (squared Frobenius norm over the squared largest value)";
        match stable_ranks.as_slice() {
            [] => String::new(),
            [(only, _)] => format!("{what}: {}", format_value(rounded(*only))),
            [(low, low_name), .., (high, high_name)] => format!(
                "{what}: {} ({low_name}) to {} ({high_name})",
                format_value(rounded(*low)),
                format_value(rounded(*high)),
            ),
        }
    }

    /// What the largest values hold of the squared Frobenius norm.
    fn shares_text(&self) -> String {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let between = |texts: [String; 2]| match texts {
            [low, high] if low == high => low,
            [low, high] => format!("{low} to {high}"),
        };
        let shares = self.of_layers(Spectrum::share_of_largest);
        let (Some((low, _)), Some((high, _))) = (shares.first(), shares.last()) else {
            return String::new();
        };
        let largest = between([percent(*low), percent(*high)]);
        let beyond = |spectrum: &&Spectrum| spectrum.count_holding(SHARE).is_none();
        let spectra = || self.layers.iter().map(|layer| &layer.spectrum);
        let drawn = || spectra().filter(|spectrum| spectrum.rank() > 0);
        let counts = || drawn().filter_map(|spectrum| spectrum.count_holding(SHARE));
        let mut text = format!("The largest value holds {largest} of the squared Frobenius norm");
        // One value that holds the share by itself has been told.
        if let (Some(least), Some(most @ 2..)) = (counts().min(), counts().max()) {
            let counts = between([least.to_string(), most.to_string()]);
            text += &format!(", the largest {counts} hold {:.0} %", SHARE * 100.0);
        }
        let beyond = drawn().filter(beyond).count();
        if beyond > 0 {
            text += &format!(
                "; in {} the computed values hold less than {:.0} %",
                counted_matrices(beyond),
                SHARE * 100.0
            );
        }
        text
    }

    /// A number of each layer that is not zero, ascending, with the layer's name.
    fn of_layers(&self, number: impl Fn(&Spectrum) -> f64) -> Vec<(f64, String)> {
        let layers = self.layers.iter();
        let mut numbers: Vec<(f64, String)> = layers
            .filter(|layer| layer.spectrum.rank() > 0)
            .map(|layer| (number(&layer.spectrum), layer.matrix.name()))
            .collect();
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        numbers
    }
}

fn counted_matrices(count: usize) -> String {
    match count {
        1 => "1 weight matrix".to_owned(),
        count => format!("{} weight matrices", group_thousands(&count.to_string())),
    }
}

/// `what: a, b and 3 more`; empty where there are none.
fn named(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let shown = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => format!("{what}: {shown}"),
        more => format!("{what}: {shown} and {more} more"),
    }
}

/// A sentence for each size of the matrices that were decomposed by the randomised method.
fn randomised_texts<'a>(spectra: impl Iterator<Item = &'a Spectrum>) -> Vec<String> {
    let mut by_size: BTreeMap<usize, usize> = BTreeMap::new();
    for spectrum in spectra {
        *by_size.entry(spectrum.size).or_default() += 1;
    }
    let sentence = |(size, count): (usize, usize)| {
        format!(
            "Of {}: the largest {LARGEST} of {} values, randomised (block Krylov iteration)",
            counted_matrices(count),
            group_thousands(&size.to_string()),
        )
    };
    by_size.into_iter().map(sentence).collect()
}
