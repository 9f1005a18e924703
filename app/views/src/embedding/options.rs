//! The controls of the embedding view.

use trainscape_compute::projection::{Metric, ProjectionMethod, Start, Tsne, Umap};

use crate::{
    common::FOCUSED_ROW,
    control::{Control, Kind, Number, OnlyWith, Section},
    settings::ViewSettings,
};

/// With t-SNE and UMAP.
const ITERATIVE: Option<OnlyWith> = Some(OnlyWith {
    control: "project",
    values: &["tsne", "umap"],
});
const TSNE: Option<OnlyWith> = Some(OnlyWith {
    control: "project",
    values: &["tsne"],
});
const UMAP: Option<OnlyWith> = Some(OnlyWith {
    control: "project",
    values: &["umap"],
});

const fn view_control(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    kind: Kind,
) -> Control {
    Control {
        name,
        label,
        help,
        kind,
        section: Section::View,
        names_data: false,
        only_with: None,
    }
}

pub(super) const PROJECT: Control = view_control(
    "project",
    "Projection",
    "How the rows are projected.",
    Kind::Choice {
        options: &[("pca", "PCA"), ("tsne", "t-SNE"), ("umap", "UMAP")],
        default: Some("pca"),
    },
);

pub(super) const DIMS: Control = view_control(
    "dims",
    "Dimensions",
    "Dimensions of the projection.",
    Kind::Choice {
        options: &[("2", "2"), ("3", "3")],
        default: Some("3"),
    },
);

pub(super) const COLOUR_BY: Control = Control {
    section: Section::Appearance,
    names_data: true,
    ..view_control(
        "colour-by",
        "Color by",
        "Quantity shown by colour: `time`, `norm`, or a column of the labels.",
        Kind::Key {
            fixed: &[("time", "Time"), ("norm", "Norm")],
        },
    )
};

pub(super) const LABELS: Control = view_control(
    "labels",
    "Labels",
    "Labels at the points.",
    Kind::Switch(Some(true)),
);

pub(super) const SEARCH: Control = Control {
    names_data: true,
    ..view_control(
        "search",
        "Search labels",
        "Mark the rows whose labels contain this text.",
        Kind::Text,
    )
};

pub(super) const FOCUS: Control = Control {
    names_data: true,
    ..view_control(
        FOCUSED_ROW,
        "Focused row",
        "Show the nearest neighbours of this row in the original space.",
        Kind::Number(Number::whole(None, [0.0, 1e9])),
    )
};

pub(super) const FOCUS_NEIGHBOURS: Control = view_control(
    "focus-neighbours",
    "Neighbours shown",
    "Number of displayed neighbours of the focused row.",
    Kind::Number(Number::whole(None, [1.0, 512.0]).logarithmic()),
);

pub(super) const PERPLEXITY: Control = Control {
    only_with: TSNE,
    ..view_control(
        "perplexity",
        "Perplexity",
        "t-SNE: the effective number of neighbours of each point.",
        Kind::Number(
            Number::real(Some(30.0), [1.0, 1000.0])
                .usually([2.0, 150.0])
                .logarithmic()
                .on_release(),
        ),
    )
};

pub(super) const NEIGHBOURS: Control = Control {
    only_with: UMAP,
    ..view_control(
        "neighbours",
        "Neighbours",
        "UMAP: neighbours of each point in the graph; with other projections, neighbours shown of the focused row.",
        Kind::Number(Number::whole(None, [1.0, 512.0]).logarithmic().on_release()),
    )
};

pub(super) const MIN_DISTANCE: Control = Control {
    only_with: UMAP,
    ..view_control(
        "min-distance",
        "Minimum distance",
        "UMAP: the smallest distance between points of the projection.",
        Kind::Number(
            Number::real(Some(0.1), [0.0, 3.0])
                .usually([0.0, 0.99])
                .on_release(),
        ),
    )
};

pub(super) const METRIC: Control = Control {
    only_with: ITERATIVE,
    ..view_control(
        "metric",
        "Metric",
        "t-SNE, UMAP: the distance between rows.",
        Kind::Choice {
            options: &[("euclidean", "Euclidean"), ("cosine", "Cosine")],
            default: Some("euclidean"),
        },
    )
};

pub(super) const START: Control = Control {
    only_with: ITERATIVE,
    ..view_control(
        "start",
        "Initialization",
        "t-SNE, UMAP: the initial positions.",
        Kind::Choice {
            options: &[("pca", "From PCA"), ("random", "Random")],
            default: Some("pca"),
        },
    )
};

pub(super) const ITERATIONS: Control = Control {
    only_with: ITERATIVE,
    ..view_control(
        "iterations",
        "Iterations",
        "t-SNE, UMAP: iterations of the optimisation.",
        Kind::Number(
            Number::whole(None, [1.0, 100_000.0])
                .usually([50.0, 4000.0])
                .logarithmic()
                .on_release(),
        ),
    )
};

pub(super) const SEED: Control = Control {
    only_with: ITERATIVE,
    ..view_control(
        "seed",
        "Seed",
        "t-SNE, UMAP: seed of the random numbers.",
        Kind::Number(Number::whole(Some(0.0), [0.0, 9_007_199_254_740_992.0]).on_release()),
    )
};

/// What the colours of the points show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ColourBy {
    /// Time where there are snapshots, a label that groups rows where there is one, otherwise the norm.
    Auto,
    /// The snapshot's step.
    Time,
    /// The Euclidean norm of each row.
    Norm,
    /// A column of the labels.
    Label(String),
}

pub(super) struct EmbeddingOptions {
    pub(super) method: ProjectionMethod,
    pub(super) dims: usize,
    pub(super) colour: ColourBy,
    pub(super) labels: bool,
    pub(super) focus: Option<usize>,
    pub(super) focus_neighbours: usize,
    pub(super) search: String,
}

impl EmbeddingOptions {
    pub(super) fn of(settings: &ViewSettings) -> Self {
        let count = |control| settings.chosen_number(control).map(|count| count as usize);
        Self {
            method: method(settings),
            dims: if settings.text(&DIMS) == Some("2") {
                2
            } else {
                3
            },
            colour: match settings.text(&COLOUR_BY) {
                None => ColourBy::Auto,
                Some("time") => ColourBy::Time,
                Some("norm") => ColourBy::Norm,
                Some(column) => ColourBy::Label(column.to_owned()),
            },
            labels: settings.switch(&LABELS),
            focus: count(&FOCUS),
            focus_neighbours: count(&FOCUS_NEIGHBOURS)
                .or_else(|| count(&NEIGHBOURS))
                .unwrap_or(10),
            search: settings.text(&SEARCH).unwrap_or_default().to_owned(),
        }
    }
}

/// The name of a metric in a caption.
pub(super) fn metric_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Euclidean => "Euclidean",
        Metric::Cosine => "cosine",
    }
}

/// The chosen projection.
fn method(settings: &ViewSettings) -> ProjectionMethod {
    let metric = match settings.text(&METRIC) {
        Some("cosine") => Metric::Cosine,
        _ => Metric::Euclidean,
    };
    let start = match settings.text(&START) {
        Some("random") => Start::Random,
        _ => Start::Pca,
    };
    let seed = settings.number(&SEED) as u64;
    let iterations = settings
        .chosen_number(&ITERATIONS)
        .map(|iterations| iterations as u32);
    match settings.text(&PROJECT) {
        Some("tsne") => {
            let default = Tsne::default();
            ProjectionMethod::Tsne(Tsne {
                perplexity: settings.number(&PERPLEXITY) as f32,
                iterations: iterations.unwrap_or(default.iterations),
                metric,
                start,
                seed,
            })
        }
        Some("umap") => {
            let default = Umap::default();
            ProjectionMethod::Umap(Umap {
                neighbours: settings
                    .chosen_number(&NEIGHBOURS)
                    .map_or(default.neighbours, |count| count as u32),
                min_distance: settings.number(&MIN_DISTANCE) as f32,
                epochs: iterations,
                metric,
                start,
                seed,
            })
        }
        _ => ProjectionMethod::Pca,
    }
}
