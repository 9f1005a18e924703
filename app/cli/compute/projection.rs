//! `compute pca|tsne|umap`: a matrix in few dimensions.

use std::{path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context as _, bail};
use ndarray::ArrayView2;
use ndarray_npy::WriteNpyExt as _;
use serde_json::json;
use trainscape_compute::projection::{
    Metric, ProjectionMethod, Projector as _, Rows, Start, Tsne, Umap,
};
use trainscape_export::write_atomically;
use trainscape_gpu::{AdapterChoice, BlockingProjector, GpuContext, GpuError, Projections};
use trainscape_run::Tensor;
use trainscape_source::open_array;
use trainscape_views::TensorRows;

use crate::cli::{
    args::Adapter,
    common,
    outcome::{Outcome, UsageError},
    progress::StepBar,
};

/// What every projection is told.
#[derive(Debug, clap::Args)]
pub(super) struct ProjectArgs {
    /// npy, npz or safetensors: rows are samples; all axes but the last count rows.
    matrix: PathBuf,
    /// File to write: float32, rows x dimensions.
    #[arg(short, value_name = "Y.npy")]
    output: PathBuf,
    /// Which array, where the file holds several.
    #[arg(long)]
    key: Option<String>,
    /// Dimensions of the result.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    dims: u8,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Which adapter computes.
    #[arg(long, value_enum, default_value = "auto")]
    adapter: Adapter,
    /// Print facts and timings as JSON.
    #[arg(long)]
    json: bool,
    /// No progress.
    #[arg(short, long)]
    quiet: bool,
}

/// What t-SNE and UMAP are told.
#[derive(Debug, clap::Args)]
pub(super) struct LayoutArgs {
    /// How rows are compared: euclidean or cosine.
    #[arg(long, default_value = "euclidean", value_parser = parse_metric)]
    metric: Metric,
    /// Where points start: pca or random.
    #[arg(long, default_value = "pca", value_parser = parse_start)]
    start: Start,
}

#[derive(Debug, clap::Args)]
pub(super) struct TsneArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    layout: LayoutArgs,
    /// About how many neighbours each point has.
    #[arg(long, default_value_t = 30.0)]
    perplexity: f32,
    /// Steps of the optimisation.
    #[arg(long, default_value_t = 1000)]
    iterations: u32,
}

#[derive(Debug, clap::Args)]
pub(super) struct UmapArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    layout: LayoutArgs,
    /// Neighbours that make up a point's surroundings.
    #[arg(long, default_value_t = 15)]
    neighbours: u32,
    /// How near points may come to each other.
    #[arg(long, default_value_t = 0.1)]
    min_distance: f32,
    /// Steps of the optimisation; by the number of rows without it.
    #[arg(long)]
    epochs: Option<u32>,
}

pub(super) fn pca(args: &ProjectArgs) -> anyhow::Result<Outcome> {
    project(args, ProjectionMethod::Pca)
}

pub(super) fn tsne(args: &TsneArgs) -> anyhow::Result<Outcome> {
    let settings = Tsne {
        perplexity: args.perplexity,
        iterations: args.iterations,
        metric: args.layout.metric,
        start: args.layout.start,
        seed: args.project.seed,
    };
    project(&args.project, ProjectionMethod::Tsne(settings))
}

pub(super) fn umap(args: &UmapArgs) -> anyhow::Result<Outcome> {
    let settings = Umap {
        neighbours: args.neighbours,
        min_distance: args.min_distance,
        epochs: args.epochs,
        metric: args.layout.metric,
        start: args.layout.start,
        seed: args.project.seed,
    };
    project(&args.project, ProjectionMethod::Umap(settings))
}

fn project(args: &ProjectArgs, method: ProjectionMethod) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let mut lap = start;
    let matrix: Arc<dyn Rows> = Arc::new(TensorRows(Arc::new(open(args)?)));
    let [rows, columns] = matrix.shape();
    let open_ms = common::lap_ms(&mut lap);

    let (projections, adapter) = engine(args.adapter.into())?;
    let bar = StepBar::new(args.quiet);
    let watch = |progress| bar.update(progress);
    let dims = usize::from(args.dims);
    let projection = BlockingProjector::new(projections, &watch)
        .project("", &matrix, dims, method)
        .with_context(|| format!("cannot project {}", args.matrix.display()))?;
    drop(bar);
    let compute_ms = common::lap_ms(&mut lap);

    let scores = ArrayView2::from_shape((rows, dims), &projection.scores)
        .context("the projection has not as many coordinates as rows and dimensions")?;
    let mut bytes = Vec::with_capacity(4 * scores.len() + 128);
    scores
        .write_npy(&mut bytes)
        .context("cannot encode the result")?;
    write_atomically(&args.output, &bytes)?;
    let encode_ms = common::lap_ms(&mut lap);
    if args.json {
        let mut facts = json!({
            "adapter": adapter,
            "method": method.title(),
            "rows": rows,
            "columns": columns,
            "dims": dims,
            "ms": {
                "open": open_ms,
                "compute": compute_ms,
                "encode": encode_ms,
                "total": (start.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            },
            "out": [args.output],
        });
        if method == ProjectionMethod::Pca {
            facts["explained_variance_ratio"] = json!(projection.explained_variance_ratio);
        }
        println!("{facts}");
    }
    Ok(Outcome::Done)
}

/// The array that was asked for, or the only one there is.
fn open(args: &ProjectArgs) -> anyhow::Result<Tensor> {
    let file = args.matrix.display();
    let mut tensors = open_array(&args.matrix)?;
    let keys = || {
        let keys: Vec<&str> = tensors.iter().map(|tensor| tensor.key.as_ref()).collect();
        keys.join(", ")
    };
    let at = match &args.key {
        Some(key) => tensors.iter().position(|tensor| *tensor.key == **key),
        None if tensors.len() == 1 => Some(0),
        None => {
            let matrices = || {
                tensors
                    .iter()
                    .enumerate()
                    .filter(|(_, tensor)| tensor.shape.len() >= 2)
            };
            // One matrix beside vectors of labels or steps is what is meant.
            let only = matrices().next().filter(|_| matrices().count() == 1);
            match only {
                Some((at, _)) => Some(at),
                None => {
                    let message = format!(
                        "{file} holds several arrays, choose one by --key: {}",
                        keys()
                    );
                    return Err(UsageError(message).into());
                }
            }
        }
    };
    let Some(at) = at else {
        let key = args.key.as_deref().unwrap_or_default();
        return Err(
            UsageError(format!("{file} has no array `{key}`; it holds: {}", keys())).into(),
        );
    };
    let tensor = tensors.swap_remove(at);
    match tensor.shape.len() {
        0 | 1 => bail!(
            "{file}: `{}` has {} axes, and a projection needs rows and columns",
            tensor.key,
            tensor.shape.len()
        ),
        2 => {}
        _ => {
            if !args.quiet {
                let [rows, columns] = TensorRows(&tensor).shape();
                let shape = &tensor.shape;
                eprintln!(
                    "trainscape: `{}` of shape {shape:?} is taken as {rows} rows of {columns} columns",
                    tensor.key
                );
            }
        }
    }
    Ok(tensor)
}

/// What computes, and its name.
fn engine(choice: AdapterChoice) -> anyhow::Result<(Projections, String)> {
    let twins = || (Projections::fastest(None), "none (CPU twin)".to_owned());
    if choice == AdapterChoice::Cpu {
        // The software adapter would only play the GPU on the same cores: it is not even started.
        return Ok(twins());
    }
    match GpuContext::new(choice) {
        Ok(context) if context.is_cpu() => Ok(twins()),
        Ok(context) => {
            let projections = Projections::fastest(Some(&context));
            Ok((projections, context.adapter_name()))
        }
        Err(error @ (GpuError::NoLoader | GpuError::NoDriver)) if choice == AdapterChoice::Auto => {
            eprintln!("trainscape: {error}; computing without an adapter");
            Ok(twins())
        }
        Err(error) => Err(error.into()),
    }
}

fn parse_metric(text: &str) -> Result<Metric, String> {
    [Metric::Euclidean, Metric::Cosine]
        .into_iter()
        .find(|metric| metric.name() == text)
        .ok_or_else(|| "no such metric; there are: euclidean, cosine".to_owned())
}

fn parse_start(text: &str) -> Result<Start, String> {
    match text {
        "pca" => Ok(Start::Pca),
        "random" => Ok(Start::Random),
        _ => Err("write pca or random".to_owned()),
    }
}
