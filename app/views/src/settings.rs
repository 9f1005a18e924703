use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use trainscape_compute::{InterpolationMethod, projection};
use trainscape_scene::colour::ColourMap;

/// What stands along the x axis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum XAxis {
    /// The logger's step, unless the run declares another series for a key.
    #[default]
    Step,
    /// Wall time as a date.
    WallTime,
    /// The values of another series (tokens, samples, epochs), matched by step.
    Series(String),
}

/// What a user can set about a view. `None` and empty mean: the view's own choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewSettings {
    /// Ids of the runs drawn; `None`: all.
    pub runs: Option<BTreeSet<String>>,
    /// Smallest and largest step drawn.
    pub steps: Option<(f64, f64)>,
    /// What stands along the x axis.
    pub x: XAxis,
    /// Second coordinate of the loss surface: a configuration value or a series.
    pub second: Option<String>,
    /// How scattered samples become a surface.
    #[serde(skip)]
    pub method: Option<InterpolationMethod>,
    /// Points in the moving average; 1 draws the values as they are.
    pub smoothing: Option<usize>,
    /// Logarithmic x, y and z axes.
    pub log: [Option<bool>; 3],
    /// Smallest and largest value on the x, y and z axes; `None`: what the data need.
    pub ranges: [Option<[f64; 2]>; 3],
    /// Runs that differ in nothing but their seed are drawn as their mean with its standard deviation.
    pub group_seeds: bool,
    /// Colours of surfaces.
    pub map: Option<ColourMap>,
    /// How strongly the light's direction shows, 0 to 1.
    pub shading: f32,
    /// Contour lines.
    pub contours: bool,
    /// Lines along the measured nodes.
    pub wireframe: bool,
    /// Every sample as a dot.
    pub samples: bool,
    /// The surface's colours on the floor.
    pub floor_projection: Option<bool>,
    /// Gradient flow: a row for each parameter rather than for each layer.
    pub per_parameter: bool,
    /// Gradient flow: norms below this count as vanishing.
    pub vanishing_below: f64,
    /// Gradient flow: norms above this count as exploding.
    pub exploding_above: f64,
    /// Where time stands: snapshots show the last one at or before this step, paths end at it. `None`: at the
    /// end.
    pub at_step: Option<f64>,
    /// Opacity of surfaces, bars and clouds, 0 to 1.
    pub opacity: Option<f32>,
    /// Of the loss landscape.
    pub landscape: LandscapeSettings,
    /// Of the reward landscape.
    pub reward: TrajectorySettings,
    /// Of the training dynamics.
    pub dynamics: TrajectorySettings,
    /// Of the importance view.
    pub importance: ImportanceSettings,
    /// Of the custom view.
    pub custom: CustomSettings,
    /// Of the attention view.
    pub attention: AttentionSettings,
    /// Of the embedding view.
    pub embedding: EmbeddingSettings,
    /// Of the weights view.
    pub weights: WeightsSettings,
    /// Of the activations view.
    pub activations: ActivationsSettings,
    /// Of the media view.
    pub media: MediaSettings,
}

/// Which heads the attention view draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heads {
    /// One head of one layer.
    One,
    /// All heads of one layer, side by side.
    #[default]
    Layer,
    /// All heads of all layers.
    All,
}

/// What can be set about the attention view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttentionSettings {
    /// Key of the tensor; `None`: the first that has a query and a key axis.
    pub tensor: Option<String>,
    /// Which heads are drawn.
    pub heads: Heads,
    /// The layer of [`Heads::One`] and [`Heads::Layer`]; `None`: the last.
    pub layer: Option<usize>,
    /// The head of [`Heads::One`].
    pub head: usize,
    /// Weights that are not above it are left out.
    pub threshold: f64,
}

impl Default for AttentionSettings {
    fn default() -> Self {
        Self {
            tensor: None,
            heads: Heads::default(),
            layer: None,
            head: 0,
            threshold: 0.01,
        }
    }
}

/// What the colours of the embedding view mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingColour {
    /// Time where there are snapshots, a label that groups rows where there is one, otherwise the norm.
    #[default]
    Auto,
    /// The snapshot's step.
    Time,
    /// The Euclidean norm of each row.
    Norm,
    /// A column of the labels.
    Label(String),
}

/// What can be set about the embedding view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmbeddingSettings {
    /// Key of the tensor; `None`: the first that has rows and dimensions.
    pub tensor: Option<String>,
    /// How it is projected.
    pub method: projection::ProjectionMethod,
    /// Dimensions of the projection, 2 or 3.
    pub dims: usize,
    /// What colours mean.
    pub colour: EmbeddingColour,
    /// Texts at the points.
    pub labels: bool,
    /// The row whose neighbours are shown.
    pub focus: Option<usize>,
    /// How many of its neighbours, measured in the original space.
    pub neighbours: usize,
    /// Rows whose labels hold this text are marked.
    pub search: String,
}

impl Default for EmbeddingSettings {
    fn default() -> Self {
        Self {
            tensor: None,
            method: projection::ProjectionMethod::Pca,
            dims: 3,
            colour: EmbeddingColour::Auto,
            labels: true,
            focus: None,
            neighbours: 10,
            search: String::new(),
        }
    }
}

/// What can be set about the weights view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WeightsSettings {
    /// Key of the tensor; `None`: all tensors of the run's checkpoints together.
    pub tensor: Option<String>,
    /// The third component as height, also where there is a loss.
    pub third_component: bool,
}

/// What the activations view draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationsShow {
    /// Each value of a snapshot: layer x position x channel.
    #[default]
    Values,
    /// How the values of each layer are distributed, over training.
    Distribution,
}

/// What can be set about the activations view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivationsSettings {
    /// Key of the tensor; `None`: the first that has layers, positions and channels.
    pub tensor: Option<String>,
    /// What is drawn.
    pub show: ActivationsShow,
}

/// What can be set about the media view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaSettings {
    /// Key of the figure; `None`: the first.
    pub key: Option<String>,
}

/// What a view of a trajectory draws along its axes: keys of series; `None`: the view's own choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrajectorySettings {
    /// Along x.
    pub x: Option<String>,
    /// Along y.
    pub y: Option<String>,
    /// As height.
    pub z: Option<String>,
    /// As colour.
    pub colour: Option<String>,
    /// The surface interpolated through the samples.
    pub surface: bool,
    /// Arrows in the direction of time.
    pub arrows: bool,
}

impl Default for TrajectorySettings {
    fn default() -> Self {
        Self {
            x: None,
            y: None,
            z: None,
            colour: None,
            surface: true,
            arrows: true,
        }
    }
}

/// What can be set about the loss landscape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LandscapeSettings {
    /// Key of the grid of losses; `None`: the first.
    pub grid: Option<String>,
}

/// What can be set about the importance view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportanceSettings {
    /// Keys of the metrics that are explained; empty: the view's own choice.
    pub metrics: Vec<String>,
}

/// What can be set about the custom view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomSettings {
    /// Name of the view in its file; `None`: the first.
    pub name: Option<String>,
}

impl Default for ViewSettings {
    fn default() -> Self {
        Self {
            runs: None,
            steps: None,
            x: XAxis::Step,
            second: None,
            method: None,
            smoothing: None,
            log: [None; 3],
            ranges: [None; 3],
            group_seeds: false,
            map: None,
            shading: 0.7,
            contours: true,
            wireframe: false,
            samples: false,
            floor_projection: None,
            per_parameter: false,
            vanishing_below: 1e-6,
            exploding_above: 100.0,
            at_step: None,
            opacity: None,
            landscape: LandscapeSettings::default(),
            reward: TrajectorySettings::default(),
            dynamics: TrajectorySettings {
                // Its axes are no function of each other.
                surface: false,
                ..TrajectorySettings::default()
            },
            importance: ImportanceSettings::default(),
            custom: CustomSettings::default(),
            attention: AttentionSettings::default(),
            embedding: EmbeddingSettings::default(),
            weights: WeightsSettings::default(),
            activations: ActivationsSettings::default(),
            media: MediaSettings::default(),
        }
    }
}

impl ViewSettings {
    pub(super) fn draws_run(&self, id: &str) -> bool {
        self.runs.as_ref().is_none_or(|runs| runs.contains(id))
    }

    pub(super) fn draws_step(&self, step: f64) -> bool {
        self.steps
            .is_none_or(|(first, last)| step >= first && step <= last)
    }
}
