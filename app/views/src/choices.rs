//! What a user can choose in the views of tensors and figures, given the runs at hand.

use std::{collections::BTreeSet, sync::Arc};

use trainscape_run::{Run, Tensor, natural_cmp};

use super::{
    ViewKind, ViewSettings, activations, attention, custom, embedding, importance, loss_landscape,
    tensors, weights,
};

/// What there is to choose from; empty where a view has no such choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Keys of the tensors or figures that the view can draw.
    pub keys: Vec<String>,
    /// Steps of the snapshots, ascending.
    pub steps: Vec<f64>,
    /// Layers of the attention tensor.
    pub layers: usize,
    /// Heads of the attention tensor.
    pub heads: usize,
    /// Columns of labels.
    pub columns: Vec<String>,
    /// Names of the views in the user's own files.
    pub custom: Vec<String>,
    /// Arrays whose axes nobody has named, and that would suit the view if they were: key, shape, and names
    /// that would do.
    pub unnamed: Vec<(String, Vec<usize>, String)>,
    /// Keys of series that can take an axis, in natural order.
    pub series: Vec<String>,
}

impl ViewKind {
    /// What can be chosen in this view.
    #[must_use]
    pub fn choices(self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        let drawn: Vec<&Arc<Run>> = runs
            .iter()
            .filter(|run| settings.draws_run(&run.id))
            .collect();
        let (suits, axes): (&dyn Fn(&Tensor) -> bool, &str) = match self {
            Self::Attention => (&attention::suits, "layer,head,query,key"),
            Self::Embedding => (&|tensor| embedding::suits(tensor, false), "row,dimension"),
            Self::Weights => (&weights::suits, "snapshot,parameter"),
            Self::Activations => (&activations::suits, "layer,position,channel"),
            Self::Media => return of_media(&drawn, settings),
            Self::LossLandscape => return loss_landscape::choices(runs, settings),
            Self::RewardLandscape | Self::TrainingDynamics => return of_series(&drawn),
            Self::Importance => return importance::choices(runs, settings),
            Self::Custom => return custom::choices(runs),
            Self::LossSurface | Self::GradientFlow => return Choices::default(),
        };
        let mut choices = Choices::default();
        let all = || drawn.iter().flat_map(|run| run.tensors.values());
        let keys: BTreeSet<&str> = all()
            .filter(|tensor| suits(tensor))
            .map(|tensor| &*tensor.key)
            .collect();
        choices.keys = keys.into_iter().map(str::to_owned).collect();
        let ranks = axes.split(',').count() - 1..=axes.split(',').count() + 1;
        choices.unnamed = all()
            .filter(|tensor| tensor.axes.is_none() && ranks.contains(&tensor.shape.len()))
            .map(|tensor| {
                let names = axes_of_rank(axes, tensor.shape.len());
                (tensor.key.to_string(), tensor.shape.to_vec(), names)
            })
            .collect();
        let wanted = match self {
            Self::Attention => &settings.attention.tensor,
            Self::Embedding => &settings.embedding.tensor,
            Self::Weights => &settings.weights.tensor,
            _ => &settings.activations.tensor,
        };
        let chosen = all().find(|tensor| match wanted {
            Some(key) => *tensor.key == **key,
            None => suits(tensor),
        });
        if let Some(tensor) = chosen {
            if let Some(count) = tensor.len_of("snapshot") {
                let step = |index| tensors::step_of_snapshot(tensor, index);
                choices.steps = (0..count).map(step).collect();
            }
            choices.layers = tensor.len_of("layer").unwrap_or(1);
            choices.heads = tensor.len_of("head").unwrap_or(1);
            if let Some(labels) = &tensor.labels {
                choices.columns = labels.columns.iter().map(ToString::to_string).collect();
            }
        }
        choices
    }
}

/// Names for another number of axes than the view's own: a snapshot axis in front, or the first left out.
fn axes_of_rank(axes: &str, rank: usize) -> String {
    let names: Vec<&str> = axes.split(',').collect();
    if rank > names.len() {
        return format!("snapshot,{axes}");
    }
    names[names.len() - rank..].join(",")
}

/// The keys of all series of the runs that are drawn.
fn of_series(drawn: &[&Arc<Run>]) -> Choices {
    let keys: BTreeSet<&Arc<str>> = drawn.iter().flat_map(|run| run.series.keys()).collect();
    let mut series: Vec<String> = keys.into_iter().map(ToString::to_string).collect();
    series.sort_by(|a, b| natural_cmp(a, b));
    Choices {
        series,
        ..Choices::default()
    }
}

fn of_media(drawn: &[&Arc<Run>], settings: &ViewSettings) -> Choices {
    let mut keys: Vec<String> = Vec::new();
    for plot in drawn.iter().flat_map(|run| &run.plots) {
        if !keys.iter().any(|key| **key == *plot.key) {
            keys.push(plot.key.to_string());
        }
    }
    let wanted = settings.media.key.as_ref().or(keys.first());
    let run = drawn.iter().find(|run| {
        run.plots
            .iter()
            .any(|plot| Some(&*plot.key) == wanted.map(|key| &**key))
    });
    let mut steps: Vec<f64> = run
        .into_iter()
        .flat_map(|run| &run.plots)
        .filter(|plot| Some(&*plot.key) == wanted.map(|key| &**key))
        .filter_map(|plot| plot.step)
        .map(|step| step as f64)
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    Choices {
        keys,
        steps,
        ..Choices::default()
    }
}
