//! What the views of tensors and figures can be told.

use trainscape_compute::projection::{Metric, ProjectionMethod, Start, Tsne, Umap};
use trainscape_views::{
    ActivationsSettings, ActivationsShow, AttentionSettings, EmbeddingColour, EmbeddingSettings,
    Heads, MediaSettings, ViewSettings, WeightsSettings,
};

#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Tensors and figures")]
pub(super) struct TensorArgs {
    /// The tensor (or, for media, the figure) to draw.
    #[arg(long, value_name = "KEY")]
    pub(super) tensor: Option<String>,
    /// Where time stands: paths end at this step, snapshots are the last one at or before it.
    #[arg(long, value_name = "STEP")]
    pub(super) at: Option<f64>,
    /// Attention: one head, all heads of a layer, or all.
    #[arg(long, value_name = "one|layer|all", value_parser = parse_heads)]
    pub(super) heads: Option<Heads>,
    /// Attention: the layer, counted from 0; the last without it.
    #[arg(long, value_name = "N")]
    pub(super) layer: Option<usize>,
    /// Attention: the head, counted from 0; alone it means `--heads one`.
    #[arg(long, value_name = "N")]
    pub(super) head: Option<usize>,
    /// Attention: weights that are not above it are left out.
    #[arg(long, value_name = "W", default_value_t = 0.01)]
    pub(super) threshold: f64,
    /// Embedding: how it is projected.
    #[arg(long, value_name = "pca|tsne|umap", value_parser = parse_projection)]
    pub(super) project: Option<ProjectionMethod>,
    /// Embedding: dimensions, 2 or 3.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = parse_dims)]
    pub(super) dims: usize,
    /// Embedding: `time`, `norm`, or the name of a column of labels. Reward landscape, training dynamics: `step`,
    /// `wall_time`, a series or a number of the configuration.
    #[arg(long, value_name = "WHAT")]
    pub(super) colour_by: Option<String>,
    /// Embedding: mark the rows whose labels hold this text.
    #[arg(long, value_name = "TEXT")]
    pub(super) search: Option<String>,
    /// Embedding: show a row's nearest neighbours in the original space.
    #[arg(long, value_name = "ROW")]
    pub(super) focus: Option<usize>,
    /// Embedding: no texts at the points.
    #[arg(long)]
    pub(super) no_labels: bool,
    #[command(flatten)]
    pub(super) projection: ProjectionArgs,
    /// Weights: the third component as height instead of the loss.
    #[arg(long)]
    pub(super) third_component: bool,
    /// Activations: their distribution over training instead of one snapshot's values.
    #[arg(long)]
    pub(super) distribution: bool,
}

/// Settings of t-SNE and UMAP.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct ProjectionArgs {
    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// t-SNE: about how many neighbours each point has.
    #[arg(long, value_name = "N")]
    pub(super) perplexity: Option<f32>,
    /// UMAP: neighbours that make up a point's surroundings; embedding: neighbours shown of `--focus`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=512))]
    pub(super) neighbours: Option<u32>,
    /// UMAP: how near points may come to each other.
    #[arg(long, value_name = "D")]
    pub(super) min_distance: Option<f32>,
    /// t-SNE, UMAP: euclidean or cosine.
    #[arg(long, value_name = "METRIC", value_parser = parse_metric)]
    pub(super) metric: Option<Metric>,
    /// t-SNE, UMAP: where points start, pca or random.
    #[arg(long, value_name = "START", value_parser = parse_start)]
    pub(super) start: Option<Start>,
    /// t-SNE, UMAP: steps of the optimisation.
    #[arg(long, visible_alias = "epochs", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) iterations: Option<u32>,
}

impl ProjectionArgs {
    /// The method with these settings.
    pub(super) fn apply(&self, method: ProjectionMethod) -> ProjectionMethod {
        match method {
            ProjectionMethod::Pca => ProjectionMethod::Pca,
            ProjectionMethod::Tsne(tsne) => ProjectionMethod::Tsne(Tsne {
                perplexity: self.perplexity.unwrap_or(tsne.perplexity),
                iterations: self.iterations.unwrap_or(tsne.iterations),
                metric: self.metric.unwrap_or(tsne.metric),
                start: self.start.unwrap_or(tsne.start),
                seed: self.seed,
            }),
            ProjectionMethod::Umap(umap) => ProjectionMethod::Umap(Umap {
                neighbours: self.neighbours.unwrap_or(umap.neighbours),
                min_distance: self.min_distance.unwrap_or(umap.min_distance),
                epochs: self.iterations.or(umap.epochs),
                metric: self.metric.unwrap_or(umap.metric),
                start: self.start.unwrap_or(umap.start),
                seed: self.seed,
            }),
        }
    }
}

impl TensorArgs {
    /// Puts what was said into the settings.
    pub(super) fn apply(&self, settings: &mut ViewSettings) {
        settings.at_step = self.at;
        let attention = AttentionSettings::default();
        settings.attention = AttentionSettings {
            tensor: self.tensor.clone(),
            heads: match (self.heads, self.head) {
                (Some(heads), _) => heads,
                (None, Some(_)) => Heads::One,
                (None, None) => attention.heads,
            },
            layer: self.layer,
            head: self.head.unwrap_or(attention.head),
            threshold: self.threshold,
        };
        let embedding = EmbeddingSettings::default();
        settings.embedding = EmbeddingSettings {
            tensor: self.tensor.clone(),
            method: self
                .projection
                .apply(self.project.unwrap_or(ProjectionMethod::Pca)),
            dims: self.dims,
            colour: match self.colour_by.as_deref() {
                None => EmbeddingColour::Auto,
                Some("time") => EmbeddingColour::Time,
                Some("norm") => EmbeddingColour::Norm,
                Some(column) => EmbeddingColour::Label(column.to_owned()),
            },
            labels: !self.no_labels,
            focus: self.focus,
            neighbours: self
                .projection
                .neighbours
                .map_or(embedding.neighbours, |count| count as usize),
            search: self.search.clone().unwrap_or_default(),
        };
        settings.weights = WeightsSettings {
            tensor: self.tensor.clone(),
            third_component: self.third_component,
        };
        settings.activations = ActivationsSettings {
            tensor: self.tensor.clone(),
            show: if self.distribution {
                ActivationsShow::Distribution
            } else {
                ActivationsShow::Values
            },
        };
        settings.media = MediaSettings {
            key: self.tensor.clone(),
        };
    }
}

fn parse_heads(text: &str) -> Result<Heads, String> {
    match text {
        "one" => Ok(Heads::One),
        "layer" => Ok(Heads::Layer),
        "all" => Ok(Heads::All),
        _ => Err("write one, layer or all".to_owned()),
    }
}

fn parse_projection(text: &str) -> Result<ProjectionMethod, String> {
    match text {
        "pca" => Ok(ProjectionMethod::Pca),
        "tsne" | "t-sne" => Ok(ProjectionMethod::Tsne(Tsne::default())),
        "umap" => Ok(ProjectionMethod::Umap(Umap::default())),
        _ => Err("no such projection; there are: pca, tsne, umap".to_owned()),
    }
}

pub(super) fn parse_metric(text: &str) -> Result<Metric, String> {
    [Metric::Euclidean, Metric::Cosine]
        .into_iter()
        .find(|metric| metric.name() == text)
        .ok_or_else(|| "no such metric; there are: euclidean, cosine".to_owned())
}

pub(super) fn parse_start(text: &str) -> Result<Start, String> {
    match text {
        "pca" => Ok(Start::Pca),
        "random" => Ok(Start::Random),
        _ => Err("write pca or random".to_owned()),
    }
}

fn parse_dims(text: &str) -> Result<usize, String> {
    match text {
        "2" => Ok(2),
        "3" => Ok(3),
        _ => Err("2 or 3".to_owned()),
    }
}
