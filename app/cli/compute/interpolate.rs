//! `compute interpolate`: interpolation of scattered samples onto a grid.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context as _, ensure};
use ndarray::Array2;
use ndarray_npy::WriteNpyExt as _;
use serde_json::json;
use trainscape_compute::{self, GridSize, InterpolationMethod, MISSING, Scatter};
use trainscape_export::write_output;
use trainscape_gpu::{AdapterChoice, ComputePasses, GpuContext, GpuError};

use crate::cli::{
    args::{Adapter, parse_size},
    common, console,
    input_files::InputFiles,
    outcome::{Outcome, UsageError},
    output,
};

#[derive(Debug, clap::Args)]
pub(super) struct InterpolateArgs {
    /// CSV file with columns x, y, z.
    samples: PathBuf,
    /// Output file: float64, rows along y, NaN where the surface is undefined.
    #[arg(short, value_name = "Z.npy")]
    output: PathBuf,
    /// Number of columns and rows, 2 to 2048 each.
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    grid: [u32; 2],
    /// Method: linear, nearest or rbf.
    #[arg(long, value_parser = parse_method)]
    method: InterpolationMethod,
    /// rbf: number of nearest samples used at each node.
    #[arg(long, default_value_t = InterpolationMethod::DEFAULT_NEIGHBOURS, value_parser = clap::value_parser!(u32).range(1..=256))]
    neighbours: u32,
    /// rbf: smoothing; 0 interpolates every sample exactly.
    #[arg(long, default_value_t = InterpolationMethod::DEFAULT_SMOOTHING)]
    smoothing: f32,
    /// Adapter for computing.
    #[arg(long, value_enum, default_value = "auto")]
    adapter: Adapter,
    /// Print metadata and timings as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &InterpolateArgs) -> anyhow::Result<Outcome> {
    let [width, height] = args.grid;
    if !(2..=2048).contains(&width) || !(2..=2048).contains(&height) {
        return Err(UsageError(
            "--grid: the number of columns and rows must be from 2 to 2048".to_owned(),
        )
        .into());
    }
    let start = Instant::now();
    let mut lap = start;
    let (samples, skipped) = read_samples(&args.samples)
        .with_context(|| format!("cannot read samples from {}", args.samples.display()))?;
    InputFiles::refuse_the_same(&args.output, &args.samples)?;
    let open_ms = common::lap_ms(&mut lap);

    let bounds = Bounds::of(&samples);
    let method = match args.method {
        InterpolationMethod::Rbf { .. } => InterpolationMethod::Rbf {
            neighbours: args.neighbours,
            smoothing: args.smoothing,
        },
        method => method,
    };
    let size = GridSize { width, height };
    let scatter = Scatter {
        samples: bounds.scaled(&samples).into(),
        method,
        size,
        support_radius: None,
    };
    let (field, indices, adapter) = compute_field(&scatter, args.adapter.into())?;
    let compute_ms = common::lap_ms(&mut lap);

    let grid = Array2::from_shape_fn((height as usize, width as usize), |(row, column)| {
        let node = row * width as usize + column;
        match &indices {
            // The exact value of the nearest sample, without rounding to single precision.
            Some(indices) => samples[indices[node] as usize][2],
            None if field.support[node] <= MISSING * 0.1 => f64::NAN,
            None => bounds.low[2] + f64::from(field.values[node]) * bounds.extent[2],
        }
    });
    let mut bytes = Vec::new();
    grid.write_npy(&mut bytes)
        .context("cannot encode the grid")?;
    write_output(&args.output, &bytes)?;
    let encode_ms = common::lap_ms(&mut lap);
    if args.json {
        let metadata = json!({
            "adapter": adapter,
            "samples": samples.len(),
            "grid": args.grid,
            "ms": {
                "open": open_ms,
                "compute": compute_ms,
                "encode": encode_ms,
                "total": (start.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            },
            "out": output::names([&args.output]),
        });
        console::print_json(&metadata)?;
    }
    Ok(if skipped > 0 {
        Outcome::InputSkipped
    } else {
        Outcome::Done
    })
}

/// The bounding box of the samples. Each axis is scaled to [0, 1] by it, as SciPy's `rescale` does.
struct Bounds {
    low: [f64; 3],
    /// Positive: 1 along an axis on which all samples are equal.
    extent: [f64; 3],
}

impl Bounds {
    fn of(samples: &[[f64; 3]]) -> Self {
        let ends: [(f64, f64); 3] = [0, 1, 2].map(|axis| {
            let values = samples.iter().map(|sample| sample[axis]);
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            })
        });
        Self {
            low: ends.map(|(low, _)| low),
            extent: ends.map(|(low, high)| if high > low { high - low } else { 1.0 }),
        }
    }

    fn scaled(&self, samples: &[[f64; 3]]) -> Vec<[f32; 3]> {
        let scale = |sample: &[f64; 3]| {
            [0, 1, 2].map(|axis| ((sample[axis] - self.low[axis]) / self.extent[axis]) as f32)
        };
        samples.iter().map(scale).collect()
    }
}

/// The interpolated field, for `nearest` the indices of the samples, and the name of the adapter.
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
            console::note(format!("{error}; computing without an adapter"));
            let field = trainscape_compute::interpolate(scatter)?;
            let indices = nearest
                .then(|| trainscape_compute::nearest_indices(scatter))
                .transpose()?;
            Ok((field, indices, "none (CPU twin)".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The samples, and the number of skipped rows.
fn read_samples(path: &std::path::Path) -> anyhow::Result<(Vec<[f64; 3]>, usize)> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(trainscape_source::open_regular_file(path)?);
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|header| {
                header
                    .trim_start_matches('\u{feff}')
                    .eq_ignore_ascii_case(name)
            })
            .with_context(|| format!("no column `{name}`; the header must have x, y and z"))
    };
    let columns = [column("x")?, column("y")?, column("z")?];
    let mut samples = Vec::new();
    let mut skipped = 0_usize;
    for (row, record) in reader.records().enumerate() {
        let record = record.with_context(|| format!("row {}", row + 1))?;
        let cell = |axis: usize| -> anyhow::Result<f64> {
            let text = record.get(columns[axis]).unwrap_or_default();
            text.parse()
                .with_context(|| format!("row {}: `{text}` is not a number", row + 1))
        };
        let sample = [cell(0)?, cell(1)?, cell(2)?];
        if sample.iter().all(|value| value.is_finite()) {
            samples.push(sample);
        } else {
            skipped += 1;
        }
    }
    ensure!(!samples.is_empty(), "no row has only finite numbers");
    if skipped > 0 {
        let rows = if skipped == 1 { "row" } else { "rows" };
        console::note(format!(
            "{}: skipped {skipped} {rows} with NaN or infinity",
            path.display()
        ));
    }
    Ok((samples, skipped))
}

fn parse_method(text: &str) -> Result<InterpolationMethod, String> {
    match text {
        "linear" => Ok(InterpolationMethod::Linear),
        "nearest" => Ok(InterpolationMethod::Nearest),
        "rbf" => Ok(InterpolationMethod::RBF),
        _ => Err("unknown method; available: linear, nearest, rbf".to_owned()),
    }
}
