use std::{path::PathBuf, str::FromStr};

use clap::{Parser, Subcommand, ValueEnum};
use trainscape_compute::InterpolationMethod;
use trainscape_gpu::AdapterChoice;
use trainscape_run::Role;
use trainscape_scene::{colour::ColourMap, theme::ThemeName};
use trainscape_views::ViewKind;

use super::choice_args::ChoiceArgs;
use super::compute::{ProjectArgs, TsneArgs, UmapArgs};
use super::tensor_args::TensorArgs;
use super::trajectory_args::TrajectoryArgs;

/// Draws neural-network training in three dimensions: point it at the folder a run left behind.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    /// What to do; without a command the window opens.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) window: WindowArgs,
    /// Say more; twice, also what the graphics driver says.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(super) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What was found in folders or files.
    Inspect(InspectArgs),
    /// One series as CSV: step, wall time, value; every point.
    Series(SeriesArgs),
    /// One figure as PNG or SVG, without a window.
    Render(RenderArgs),
    /// A figure's geometry as GLB.
    Export(ExportArgs),
    /// Print each new record of a run while it trains.
    Follow(FollowArgs),
    /// Run one compute pass on a file.
    Compute(ComputeArgs),
}

/// Which adapter computes and draws.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Adapter {
    /// The best there is.
    Auto,
    /// A GPU, or fail.
    Gpu,
    /// The software adapter.
    Cpu,
}

impl From<Adapter> for AdapterChoice {
    fn from(adapter: Adapter) -> Self {
        match adapter {
            Adapter::Auto => Self::Auto,
            Adapter::Gpu => Self::Gpu,
            Adapter::Cpu => Self::Cpu,
        }
    }
}

/// How to read.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// What a key means, ahead of the built-in table: ROLE=KEY.
    #[arg(long = "role", value_name = "ROLE=KEY", value_parser = parse_role)]
    pub(super) roles: Vec<(Role, String)>,
    /// Names of an array's axes: KEY=snapshot,layer,head,query,key.
    #[arg(long = "axes", value_name = "KEY=AXIS,…", value_parser = parse_named_axes)]
    pub(super) axes: Vec<(String, Vec<String>)>,
    /// A file of views of your own (`[[view]]` tables in TOML), ahead of those in the folders.
    #[arg(long, value_name = "FILE")]
    pub(super) views: Vec<PathBuf>,
    /// Keep only about the last N points of each series.
    #[arg(long, value_name = "N")]
    pub(super) buffer: Option<usize>,
    /// No progress and no warnings.
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct WindowArgs {
    /// Run folders or log files; none opens the built-in demo run.
    pub(super) paths: Vec<PathBuf>,
    /// The view to start with.
    #[arg(long, value_parser = parse_view)]
    pub(super) view: Option<ViewKind>,
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Which adapter draws.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) adapter: Adapter,
}

#[derive(Debug, clap::Args)]
pub(super) struct InspectArgs {
    /// Run folders or log files.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) read: ReadArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct SeriesArgs {
    /// A run folder or a log file.
    pub(super) path: PathBuf,
    /// The series' key.
    #[arg(long)]
    pub(super) key: String,
    /// The run's id, where there are several.
    #[arg(long, value_name = "ID")]
    pub(super) run: Option<String>,
    /// File to write; standard output without it.
    #[arg(short, value_name = "F.csv")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) read: ReadArgs,
}

/// What to draw.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ViewArgs {
    /// Run folders or log files; none draws the built-in demo run.
    pub(super) paths: Vec<PathBuf>,
    /// The view: loss-surface, loss-landscape, gradient-flow, reward-landscape, training-dynamics, attention,
    /// embedding, weights, activations, importance, media or custom.
    #[arg(long, value_parser = parse_view)]
    pub(super) view: ViewKind,
    /// Ids of the runs drawn, joined by commas; `*` matches any part.
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    pub(super) runs: Vec<String>,
    /// Smallest and largest step drawn.
    #[arg(long, value_name = "A..B", value_parser = parse_steps)]
    pub(super) steps: Option<(f64, f64)>,
    /// The x axis: `step`, `wall_time`, or the key of a series.
    #[arg(long, value_name = "KEY")]
    pub(super) x: Option<String>,
    /// Loss surface: the second coordinate, a configuration value or a series.
    #[arg(long, value_name = "KEY")]
    pub(super) second: Option<String>,
    /// How samples become a surface: linear, nearest or rbf.
    #[arg(long, value_parser = parse_method)]
    pub(super) method: Option<InterpolationMethod>,
    /// Points in the moving average; 1 draws values as they are.
    #[arg(long, value_name = "N")]
    pub(super) smooth: Option<usize>,
    /// Axes with a logarithmic scale, of x, y, z.
    #[arg(long, value_name = "AXES", value_parser = parse_axes)]
    pub(super) log: Option<[bool; 3]>,
    /// Axes with a linear scale, of x, y, z.
    #[arg(long, value_name = "AXES", value_parser = parse_axes)]
    pub(super) linear: Option<[bool; 3]>,
    /// Colours: viridis, plasma, inferno, magma, cividis, turbo, rainbow, RdYlGn, batlow, coolwarm.
    #[arg(long, value_name = "MAP", value_parser = parse_map)]
    pub(super) colours: Option<ColourMap>,
    /// How strongly the light's direction shows, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.7)]
    pub(super) shading: f32,
    /// No contour lines.
    #[arg(long)]
    pub(super) no_contours: bool,
    /// Lines along the measured nodes.
    #[arg(long)]
    pub(super) wireframe: bool,
    /// Every sample as a dot.
    #[arg(long)]
    pub(super) samples: bool,
    /// The surface's colours on the floor.
    #[arg(long)]
    pub(super) floor: bool,
    /// Gradient flow: a row for each parameter rather than for each layer.
    #[arg(long)]
    pub(super) per_parameter: bool,
    #[command(flatten)]
    pub(super) trajectory: TrajectoryArgs,
    #[command(flatten)]
    pub(super) tensors: TensorArgs,
    #[command(flatten)]
    pub(super) choices: ChoiceArgs,
    /// The look: paper, light or dark.
    #[arg(long, default_value = "paper", value_parser = parse_theme)]
    pub(super) theme: ThemeName,
    /// Azimuth and elevation in degrees, and zoom (1 fills the figure).
    #[arg(long, value_name = "AZ,EL,ZOOM", value_parser = parse_camera, allow_hyphen_values = true)]
    pub(super) camera: Option<[f32; 3]>,
    /// Sizes are kept over depth.
    #[arg(long)]
    pub(super) orthographic: bool,
    /// Which adapter computes and draws.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) adapter: Adapter,
    /// Print facts and timings as JSON.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) read: ReadArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    pub(super) what: ViewArgs,
    /// File to write: .png or .svg.
    #[arg(short, long, value_name = "F.png|F.svg", required = true)]
    pub(super) output: Vec<PathBuf>,
    /// Size in pixels.
    #[arg(long, value_name = "WxH", value_parser = parse_size, conflicts_with = "width")]
    pub(super) size: Option<[u32; 2]>,
    /// Width on paper: 89mm, 3.5in or 252pt. The height follows at 4:3.
    #[arg(long, value_name = "LENGTH", value_parser = parse_length_pt)]
    pub(super) width: Option<f32>,
    /// Height on paper.
    #[arg(long, value_name = "LENGTH", value_parser = parse_length_pt, requires = "width")]
    pub(super) height: Option<f32>,
    /// Pixels an inch.
    #[arg(long, value_parser = clap::value_parser!(u32).range(20..=2400))]
    pub(super) dpi: Option<u32>,
    /// Nothing behind the figure.
    #[arg(long)]
    pub(super) transparent: bool,
    /// No caption below the figure.
    #[arg(long)]
    pub(super) no_caption: bool,
    /// No grid on the walls.
    #[arg(long)]
    pub(super) no_grid: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    pub(super) what: ViewArgs,
    /// File to write: .glb.
    #[arg(short, long, value_name = "F.glb")]
    pub(super) output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct FollowArgs {
    /// A run folder or a log file.
    pub(super) path: PathBuf,
    /// One JSON object a record.
    #[arg(long)]
    pub(super) json: bool,
    /// Print also what is there at the start.
    #[arg(long)]
    pub(super) from_start: bool,
    #[command(flatten)]
    pub(super) read: ReadArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ComputeArgs {
    #[command(subcommand)]
    pub(super) pass: Pass,
}

#[derive(Debug, Subcommand)]
pub(super) enum Pass {
    /// Scattered samples (columns x,y,z) onto a grid over their bounding box.
    Interpolate(InterpolateArgs),
    /// A matrix on its principal components.
    Pca(ProjectArgs),
    /// A matrix by t-SNE.
    Tsne(TsneArgs),
    /// A matrix by UMAP.
    Umap(UmapArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct InterpolateArgs {
    /// CSV with columns x, y, z.
    pub(super) samples: PathBuf,
    /// File to write: float64, rows along y, NaN where there is no surface.
    #[arg(short, value_name = "Z.npy")]
    pub(super) output: PathBuf,
    /// Columns and rows, 2 to 2048 each.
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    pub(super) grid: [u32; 2],
    /// linear, nearest or rbf.
    #[arg(long, value_parser = parse_method)]
    pub(super) method: InterpolationMethod,
    /// rbf: samples that take part at each node.
    #[arg(long, default_value_t = InterpolationMethod::DEFAULT_NEIGHBOURS, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(super) neighbours: u32,
    /// rbf: smoothing; 0 passes through every sample.
    #[arg(long, default_value_t = InterpolationMethod::DEFAULT_SMOOTHING)]
    pub(super) smoothing: f32,
    /// Which adapter computes.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) adapter: Adapter,
    /// Print facts and timings as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

fn parse_role(text: &str) -> Result<(Role, String), String> {
    let (role, key) = text
        .split_once('=')
        .ok_or("write ROLE=KEY, as in loss=train/loss")?;
    let roles = || Role::ALL.map(Role::name).join(", ");
    let role =
        Role::from_name(role).ok_or_else(|| format!("no role `{role}`; roles: {}", roles()))?;
    Ok((role, key.to_owned()))
}

fn parse_named_axes(text: &str) -> Result<(String, Vec<String>), String> {
    let write = "write KEY=AXIS,AXIS, as in attention=layer,head,query,key";
    let (key, axes) = text.split_once('=').ok_or(write)?;
    let axes: Vec<String> = axes.split(',').map(|axis| axis.trim().to_owned()).collect();
    if key.is_empty() || axes.iter().any(String::is_empty) {
        return Err(write.to_owned());
    }
    Ok((key.to_owned(), axes))
}

fn parse_view(text: &str) -> Result<ViewKind, String> {
    let names = || ViewKind::ALL.map(ViewKind::name).join(", ");
    ViewKind::from_name(text).ok_or_else(|| format!("no such view; views: {}", names()))
}

fn parse_theme(text: &str) -> Result<ThemeName, String> {
    let names = || ThemeName::ALL.map(ThemeName::name).join(", ");
    ThemeName::from_name(text).ok_or_else(|| format!("no such theme; themes: {}", names()))
}

fn parse_map(text: &str) -> Result<ColourMap, String> {
    let names = || ColourMap::ALL.map(ColourMap::name).join(", ");
    ColourMap::from_name(text).ok_or_else(|| format!("no such colours; there are {}", names()))
}

fn parse_method(text: &str) -> Result<InterpolationMethod, String> {
    match text {
        "linear" => Ok(InterpolationMethod::Linear),
        "nearest" => Ok(InterpolationMethod::Nearest),
        "rbf" => Ok(InterpolationMethod::RBF),
        _ => Err("no such method; methods: linear, nearest, rbf".to_owned()),
    }
}

fn parse_steps(text: &str) -> Result<(f64, f64), String> {
    let (first, last) = text
        .split_once("..")
        .ok_or("write A..B, as in 100..2000; either may be empty")?;
    let number = |text: &str, otherwise| {
        if text.is_empty() {
            Ok(otherwise)
        } else {
            f64::from_str(text).map_err(|error| error.to_string())
        }
    };
    let (first, last) = (
        number(first, f64::NEG_INFINITY)?,
        number(last, f64::INFINITY)?,
    );
    if first <= last {
        Ok((first, last))
    } else {
        Err("the first step lies after the last".to_owned())
    }
}

fn parse_axes(text: &str) -> Result<[bool; 3], String> {
    let mut axes = [false; 3];
    for c in text.chars().filter(|c| *c != ',') {
        let axis = "xyz".find(c).ok_or("name axes by letter: x, y, z")?;
        axes[axis] = true;
    }
    Ok(axes)
}

fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let (width, height) = text
        .split_once('x')
        .ok_or("write WIDTHxHEIGHT, as in 1600x1200")?;
    let side = |text: &str| match u32::from_str(text) {
        Ok(side) if (1..=32768).contains(&side) => Ok(side),
        _ => Err(format!("`{text}` is no number from 1 to 32768")),
    };
    Ok([side(width)?, side(height)?])
}

/// A length in points (1/72 inch).
fn parse_length_pt(text: &str) -> Result<f32, String> {
    let unit_at = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number = f32::from_str(number.trim()).map_err(|_| "write a length, as in 89mm")?;
    let points = match unit {
        "mm" => number / 25.4 * 72.0,
        "cm" => number / 2.54 * 72.0,
        "in" => number * 72.0,
        "pt" => number,
        _ => return Err("give a unit: mm, cm, in or pt".to_owned()),
    };
    if (36.0..=7200.0).contains(&points) {
        Ok(points)
    } else {
        Err("between 0.5in and 100in".to_owned())
    }
}

fn parse_camera(text: &str) -> Result<[f32; 3], String> {
    let numbers: Vec<f32> = text
        .split(',')
        .map(|number| {
            f32::from_str(number.trim())
                .ok()
                .filter(|number| number.is_finite())
        })
        .collect::<Option<_>>()
        .ok_or("write AZIMUTH,ELEVATION,ZOOM, as in -50,30,1")?;
    match numbers.as_slice() {
        [azimuth, elevation] => Ok([*azimuth, *elevation, 1.0]),
        [azimuth, elevation, zoom] if *zoom > 0.0 => Ok([*azimuth, *elevation, *zoom]),
        _ => Err("write AZIMUTH,ELEVATION,ZOOM, as in -50,30,1".to_owned()),
    }
}
