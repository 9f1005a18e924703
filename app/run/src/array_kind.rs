/// What an array holds, as the user says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArrayKind {
    /// Attention weights.
    Attention,
    /// A matrix of embeddings, or one a snapshot.
    Embeddings,
    /// All parameters at several snapshots.
    Weights,
    /// Activations by layer, position and channel.
    Activations,
    /// Losses on a grid around trained weights.
    Landscape,
    /// Norms of gradients by snapshot and layer.
    Gradients,
    /// Training steps of the snapshots of other arrays.
    Steps,
    /// Coordinates of the columns of a landscape.
    X,
    /// Coordinates of the rows of a landscape.
    Y,
    /// The optimiser's path across a landscape.
    Trajectory,
}

impl ArrayKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Attention,
        Self::Embeddings,
        Self::Weights,
        Self::Activations,
        Self::Landscape,
        Self::Gradients,
        Self::Steps,
        Self::X,
        Self::Y,
        Self::Trajectory,
    ];

    /// The name in a mapping file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Embeddings => "embeddings",
            Self::Weights => "weights",
            Self::Activations => "activations",
            Self::Landscape => "landscape",
            Self::Gradients => "gradients",
            Self::Steps => "steps",
            Self::X => "x",
            Self::Y => "y",
            Self::Trajectory => "trajectory",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
