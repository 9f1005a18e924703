//! `compute pca|tsne|umap`: dimensionality reduction of a matrix.

use std::{path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context as _, bail};
use ndarray::ArrayView2;
use ndarray_npy::WriteNpyExt as _;
use serde_json::json;
use trainscape_compute::projection::{
    Metric, ProjectionMethod, Projector as _, Rows, Start, Tsne, Umap,
};
use trainscape_export::write_output;
use trainscape_gpu::{AdapterChoice, BlockingProjector, GpuContext, GpuError, Projections};
use trainscape_run::Tensor;
use trainscape_source::open_array;
use trainscape_views::TensorRows;

use crate::cli::{
    args::Adapter,
    common, console,
    input_files::InputFiles,
    outcome::{Outcome, UsageError},
    output,
    progress::StepBar,
};

/// Rows at most: the coordinates of all are held in memory.
const MOST_ROWS: usize = 1 << 24;

/// Options of all projections.
#[derive(Debug, clap::Args)]
pub(super) struct ProjectArgs {
    /// npy, npz or safetensors file. Rows are samples; all axes except the last are flattened into rows.
    matrix: PathBuf,
    /// Output file: float32, rows x dimensions.
    #[arg(short, value_name = "Y.npy")]
    output: PathBuf,
    /// Name of the array, if the file contains several.
    #[arg(long)]
    key: Option<String>,
    /// Number of output dimensions.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    dims: u8,
    /// Random seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Adapter for computing.
    #[arg(long, value_enum, default_value = "auto")]
    adapter: Adapter,
    /// Print metadata and timings as JSON.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(short, long)]
    quiet: bool,
}

/// Options of t-SNE and UMAP.
#[derive(Debug, clap::Args)]
pub(super) struct LayoutArgs {
    /// Distance metric: euclidean or cosine.
    #[arg(long, default_value = "euclidean", value_parser = parse_metric)]
    metric: Metric,
    /// Initialisation: pca or random.
    #[arg(long, default_value = "pca", value_parser = parse_start)]
    start: Start,
}

#[derive(Debug, clap::Args)]
pub(super) struct TsneArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    layout: LayoutArgs,
    /// Perplexity: effective number of neighbours per point.
    #[arg(long, default_value_t = 30.0)]
    perplexity: f32,
    /// Iterations of the optimisation.
    #[arg(long, default_value_t = 1000)]
    iterations: u32,
}

#[derive(Debug, clap::Args)]
pub(super) struct UmapArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    layout: LayoutArgs,
    /// Number of nearest neighbours.
    #[arg(long, default_value_t = 15)]
    neighbours: u32,
    /// Minimum distance between embedded points.
    #[arg(long, default_value_t = 0.1)]
    min_distance: f32,
    /// Epochs of the optimisation; by default depends on the number of rows.
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
    InputFiles::refuse_the_same(&args.output, &args.matrix)?;
    let [rows, columns] = matrix.shape();
    if rows > MOST_ROWS {
        bail!(
            "{} has {rows} rows, of which at most {MOST_ROWS} can be projected",
            args.matrix.display()
        );
    }
    let open_ms = common::lap_ms(&mut lap);

    let (projections, adapter) = backend(args.adapter.into())?;
    let bar = StepBar::new("projecting", args.quiet);
    let report = |progress| bar.update(progress);
    let dims = usize::from(args.dims);
    let projection = BlockingProjector::new(projections, &report)
        .project("", &matrix, dims, method)
        .with_context(|| format!("cannot project {}", args.matrix.display()))?;
    drop(bar);
    let compute_ms = common::lap_ms(&mut lap);

    let scores = ArrayView2::from_shape((rows, dims), &projection.scores)
        .context("the projection has the wrong number of coordinates")?;
    let mut bytes = Vec::with_capacity(4 * scores.len() + 128);
    scores
        .write_npy(&mut bytes)
        .context("cannot encode the result")?;
    write_output(&args.output, &bytes)?;
    let encode_ms = common::lap_ms(&mut lap);
    if args.json {
        let mut metadata = json!({
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
            "out": output::names([&args.output]),
        });
        if method == ProjectionMethod::Pca {
            metadata["explained_variance_ratio"] = json!(projection.explained_variance_ratio);
        }
        console::print_json(&metadata)?;
    }
    Ok(Outcome::Done)
}

/// The array with the given key, or the only one.
fn open(args: &ProjectArgs) -> anyhow::Result<Tensor> {
    let file = args.matrix.display();
    let mut tensors = open_array(&args.matrix)?;
    let keys = || common::some_of(tensors.iter().map(|tensor| tensor.key.as_ref()));
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
            // A single matrix among vectors of labels or steps is the default.
            let only = matrices().next().filter(|_| matrices().count() == 1);
            match only {
                Some((at, _)) => Some(at),
                None => {
                    let message = format!(
                        "{file} contains several arrays; choose one with --key: {}",
                        keys()
                    );
                    return Err(UsageError(message).into());
                }
            }
        }
    };
    let Some(at) = at else {
        let key = args.key.as_deref().unwrap_or_default();
        return Err(UsageError(format!(
            "{file} has no array `{key}`; available: {}",
            keys()
        ))
        .into());
    };
    let tensor = tensors.swap_remove(at);
    match tensor.shape.len() {
        0 | 1 => bail!(
            "{file}: `{}` has {} axes; a projection needs rows and columns",
            tensor.key,
            tensor.shape.len()
        ),
        2 => {}
        _ => {
            if !args.quiet {
                let [rows, columns] = TensorRows(&tensor).shape();
                let shape = &tensor.shape;
                console::note(format!(
                    "`{}` of shape {shape:?} is flattened into {rows} rows of {columns} columns",
                    tensor.key
                ));
            }
        }
    }
    Ok(tensor)
}

/// The implementation that computes, and the name of its adapter.
fn backend(choice: AdapterChoice) -> anyhow::Result<(Projections, String)> {
    let on_cpu = || (Projections::fastest(None), "none (CPU twin)".to_owned());
    if choice == AdapterChoice::Cpu {
        // A software adapter would emulate the GPU on the same cores, so it is not started.
        return Ok(on_cpu());
    }
    match GpuContext::new(choice) {
        Ok(context) if context.is_cpu() => Ok(on_cpu()),
        Ok(context) => {
            let projections = Projections::fastest(Some(&context));
            Ok((projections, context.adapter_name()))
        }
        Err(error @ (GpuError::NoLoader | GpuError::NoDriver)) if choice == AdapterChoice::Auto => {
            console::note(format!("{error}; computing without an adapter"));
            Ok(on_cpu())
        }
        Err(error) => Err(error.into()),
    }
}

fn parse_metric(text: &str) -> Result<Metric, String> {
    [Metric::Euclidean, Metric::Cosine]
        .into_iter()
        .find(|metric| metric.name() == text)
        .ok_or_else(|| "unknown metric; available: euclidean, cosine".to_owned())
}

fn parse_start(text: &str) -> Result<Start, String> {
    match text {
        "pca" => Ok(Start::Pca),
        "random" => Ok(Start::Random),
        _ => Err("write pca or random".to_owned()),
    }
}
