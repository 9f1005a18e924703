//! `compute interpolate`: scattered samples onto a grid.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context as _, ensure};
use ndarray::Array2;
use ndarray_npy::WriteNpyExt as _;
use serde_json::json;
use trainscape_compute::{self, GridSize, InterpolationMethod, MISSING, Scatter};
use trainscape_export::write_atomically;
use trainscape_gpu::{AdapterChoice, ComputePasses, GpuContext, GpuError};

use crate::cli::{
    args::{Adapter, parse_size},
    common,
    outcome::{Outcome, UsageError},
};

#[derive(Debug, clap::Args)]
pub(super) struct InterpolateArgs {
    /// CSV with columns x, y, z.
    samples: PathBuf,
    /// File to write: float64, rows along y, NaN where there is no surface.
    #[arg(short, value_name = "Z.npy")]
    output: PathBuf,
    /// Columns and rows, 2 to 2048 each.
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    grid: [u32; 2],
    /// linear, nearest or rbf.
    #[arg(long, value_parser = parse_method)]
    method: InterpolationMethod,
    /// rbf: samples that take part at each node.
    #[arg(long, default_value_t = InterpolationMethod::DEFAULT_NEIGHBOURS, value_parser = clap::value_parser!(u32).range(1..=256))]
    neighbours: u32,
    /// rbf: smoothing; 0 passes through every sample.
    #[arg(long, default_value_t = InterpolationMethod::DEFAULT_SMOOTHING)]
    smoothing: f32,
    /// Which adapter computes.
    #[arg(long, value_enum, default_value = "auto")]
    adapter: Adapter,
    /// Print facts and timings as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &InterpolateArgs) -> anyhow::Result<Outcome> {
    let [width, height] = args.grid;
    if !(2..=2048).contains(&width) || !(2..=2048).contains(&height) {
        return Err(UsageError("--grid: 2 to 2048 columns and rows".to_owned()).into());
    }
    let start = Instant::now();
    let mut lap = start;
    let (samples, skipped) = read_samples(&args.samples)
        .with_context(|| format!("cannot read samples from {}", args.samples.display()))?;
    let open_ms = common::lap_ms(&mut lap);

    // Each axis is scaled to [0, 1] by the samples' bounding box, as SciPy's `rescale` does.
    let bounds: [(f64, f64); 3] = [0, 1, 2].map(|axis| {
        let values = samples.iter().map(|sample| sample[axis]);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        })
    });
    let extent = bounds.map(|(low, high)| if high > low { high - low } else { 1.0 });
    let unit: Vec<[f32; 3]> = samples
        .iter()
        .map(|sample| [0, 1, 2].map(|axis| ((sample[axis] - bounds[axis].0) / extent[axis]) as f32))
        .collect();
    let method = match args.method {
        InterpolationMethod::Rbf { .. } => InterpolationMethod::Rbf {
            neighbours: args.neighbours,
            smoothing: args.smoothing,
        },
        method => method,
    };
    let size = GridSize { width, height };
    let scatter = Scatter {
        samples: unit.into(),
        method,
        size,
        support_radius: None,
    };
    let (field, indices, adapter) = compute_field(&scatter, args.adapter.into())?;
    let compute_ms = common::lap_ms(&mut lap);

    let grid = Array2::from_shape_fn((height as usize, width as usize), |(row, column)| {
        let node = row * width as usize + column;
        match &indices {
            // The nearest sample's own value, not what single precision made of it.
            Some(indices) => samples[indices[node] as usize][2],
            None if field.support[node] <= MISSING * 0.1 => f64::NAN,
            None => bounds[2].0 + f64::from(field.values[node]) * extent[2],
        }
    });
    let mut bytes = Vec::new();
    grid.write_npy(&mut bytes)
        .context("cannot encode the grid")?;
    write_atomically(&args.output, &bytes)?;
    let encode_ms = common::lap_ms(&mut lap);
    if args.json {
        let facts = json!({
            "adapter": adapter,
            "samples": samples.len(),
            "grid": args.grid,
            "ms": {
                "open": open_ms,
                "compute": compute_ms,
                "encode": encode_ms,
                "total": (start.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            },
            "out": [args.output],
        });
        println!("{facts}");
    }
    Ok(if skipped > 0 {
        Outcome::InputSkipped
    } else {
        Outcome::Done
    })
}

/// The field, for `nearest` the samples' indices, and what computed it.
fn compute_field(
    scatter: &Scatter,
    choice: AdapterChoice,
) -> anyhow::Result<(trainscape_compute::Field, Option<Vec<u32>>, String)> {
    let nearest = scatter.method == InterpolationMethod::Nearest;
    match GpuContext::new(choice) {
        Ok(context) => {
            let passes = ComputePasses::new(&context);
            let field = passes.read_back(&passes.interpolate_fastest(scatter)?)?;
            let indices = nearest
                .then(|| passes.nearest_indices(scatter))
                .transpose()?;
            Ok((field, indices, context.adapter_name()))
        }
        Err(error @ (GpuError::NoLoader | GpuError::NoDriver)) if choice == AdapterChoice::Auto => {
            eprintln!("trainscape: {error}; computing without an adapter");
            let field = trainscape_compute::interpolate(scatter)?;
            let indices = nearest
                .then(|| trainscape_compute::nearest_indices(scatter))
                .transpose()?;
            Ok((field, indices, "none (CPU twin)".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The samples, and how many rows were left out.
fn read_samples(path: &std::path::Path) -> anyhow::Result<(Vec<[f64; 3]>, usize)> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)?;
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|header| {
                header
                    .trim_start_matches('\u{feff}')
                    .eq_ignore_ascii_case(name)
            })
            .with_context(|| format!("no column `{name}`; the header must name x, y and z"))
    };
    let columns = [column("x")?, column("y")?, column("z")?];
    let mut samples = Vec::new();
    let mut skipped = 0_usize;
    for (row, record) in reader.records().enumerate() {
        let record = record.with_context(|| format!("row {}", row + 1))?;
        let cell = |axis: usize| -> anyhow::Result<f64> {
            let text = record.get(columns[axis]).unwrap_or_default();
            text.parse()
                .with_context(|| format!("row {}: `{text}` is no number", row + 1))
        };
        let sample = [cell(0)?, cell(1)?, cell(2)?];
        if sample.iter().all(|value| value.is_finite()) {
            samples.push(sample);
        } else {
            skipped += 1;
        }
    }
    ensure!(!samples.is_empty(), "it holds no row of finite numbers");
    if skipped > 0 {
        eprintln!(
            "trainscape: {}: {skipped} rows with NaN or infinity left out",
            path.display()
        );
    }
    Ok((samples, skipped))
}

fn parse_method(text: &str) -> Result<InterpolationMethod, String> {
    match text {
        "linear" => Ok(InterpolationMethod::Linear),
        "nearest" => Ok(InterpolationMethod::Nearest),
        "rbf" => Ok(InterpolationMethod::RBF),
        _ => Err("no such method; methods: linear, nearest, rbf".to_owned()),
    }
}
