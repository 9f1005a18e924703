//! Arguments shared by several commands.

use std::{path::PathBuf, str::FromStr, sync::Arc};

use clap::ValueEnum;
use regex::Regex;
use trainscape_gpu::AdapterChoice;
use trainscape_run::Role;
use trainscape_scene::theme::ThemeName;
use trainscape_views::{VIEWS, ViewKind};

use super::control_args::{APPEARANCE, ControlArgs};

/// Help section of the flags that select data.
const DATA: &str = "Data";
/// Help section of the flags for reading.
const INPUT: &str = "Input";

/// Graphics adapter for computing and drawing.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Adapter {
    /// The best available adapter.
    Auto,
    /// A GPU; an error if there is none.
    Gpu,
    /// The software rasteriser.
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

/// Options for reading.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// Assign a role to a key, overriding the built-in table.
    #[arg(help_heading = INPUT, long = "role", value_name = "ROLE=KEY", value_parser = parse_role)]
    pub(super) roles: Vec<(Role, String)>,
    /// Names of an array's axes: KEY=snapshot,layer,head,query,key.
    #[arg(help_heading = INPUT, long = "axes", value_name = "KEY=AXIS,…", value_parser = parse_named_axes)]
    pub(super) axes: Vec<(String, Vec<String>)>,
    /// File with custom views (`[[view]]` tables in TOML); takes precedence over those in the folders.
    #[arg(help_heading = INPUT, long, value_name = "FILE")]
    pub(super) views: Vec<PathBuf>,
    /// Read text logs by this regular expression: each named group is a key, `step` and `epoch` are the position.
    #[arg(help_heading = INPUT, long, value_name = "REGEX", value_parser = parse_pattern)]
    pub(super) pattern: Option<Arc<Regex>>,
    /// Keep only about the last N points of each series.
    #[arg(help_heading = INPUT, long, value_name = "N")]
    pub(super) buffer: Option<usize>,
    /// Show no progress and no warnings.
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// Options for building a figure.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ViewArgs {
    /// Run folders or log files; without any, the built-in demo run.
    pub(super) paths: Vec<PathBuf>,
    /// View to draw; by default the one that says most about the runs: rewards of reinforcement learning, otherwise the first one that the data allow.
    #[arg(help_heading = DATA, long, value_parser = parse_view)]
    pub(super) view: Option<ViewKind>,
    /// Ids of the runs to draw, separated by commas; `*` matches any text.
    #[arg(help_heading = DATA, long, value_delimiter = ',', value_name = "ID")]
    pub(super) runs: Vec<String>,
    /// Range of steps to draw.
    #[arg(help_heading = DATA, long, value_name = "A..B", value_parser = parse_steps)]
    pub(super) steps: Option<(f64, f64)>,
    /// Current step: clips trajectories and selects the last snapshot at or before it.
    #[arg(help_heading = DATA, long, value_name = "STEP", allow_negative_numbers = true)]
    pub(super) at: Option<f64>,
    #[command(flatten)]
    pub(super) controls: ControlArgs,
    /// Theme: paper, light or dark.
    #[arg(help_heading = APPEARANCE, long, default_value = "paper", value_parser = parse_theme)]
    pub(super) theme: ThemeName,
    /// Azimuth and elevation in degrees, and zoom (1 fits the figure).
    #[arg(help_heading = APPEARANCE, long, value_name = "AZ,EL,ZOOM", value_parser = parse_camera, allow_hyphen_values = true)]
    pub(super) camera: Option<[f32; 3]>,
    /// Orthographic instead of perspective projection.
    #[arg(help_heading = APPEARANCE, long)]
    pub(super) orthographic: bool,
    /// Adapter for computing and drawing.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) adapter: Adapter,
    /// Print metadata and timings as JSON.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) read: ReadArgs,
}

/// A pattern with at least one named group that is a key.
fn parse_pattern(text: &str) -> Result<Arc<Regex>, String> {
    let pattern = Regex::new(text).map_err(|error| error.to_string())?;
    let mut keys = pattern
        .capture_names()
        .flatten()
        .filter(|name| !matches!(*name, "step" | "epoch"));
    match keys.next() {
        Some(_) => Ok(Arc::new(pattern)),
        None => Err("name a group for each value, like `loss (?<loss>\\S+)`".to_owned()),
    }
}

fn parse_role(text: &str) -> Result<(Role, String), String> {
    let (role, key) = text
        .split_once('=')
        .ok_or("write ROLE=KEY, as in loss=train/loss")?;
    let roles = || Role::ALL.map(Role::name).join(", ");
    let role = Role::from_name(role)
        .ok_or_else(|| format!("unknown role `{role}`; available: {}", roles()))?;
    Ok((role, key.to_owned()))
}

fn parse_named_axes(text: &str) -> Result<(String, Vec<String>), String> {
    let usage = "write KEY=AXIS,AXIS, as in attention=layer,head,query,key";
    let (key, axes) = text.split_once('=').ok_or(usage)?;
    let axes: Vec<String> = axes.split(',').map(|axis| axis.trim().to_owned()).collect();
    if key.is_empty() || axes.iter().any(String::is_empty) {
        return Err(usage.to_owned());
    }
    Ok((key.to_owned(), axes))
}

pub(super) fn parse_view(text: &str) -> Result<ViewKind, String> {
    let names = || VIEWS.map(|view| view.name()).join(", ");
    ViewKind::from_name(text).ok_or_else(|| format!("unknown view; available: {}", names()))
}

fn parse_theme(text: &str) -> Result<ThemeName, String> {
    let names = || ThemeName::ALL.map(ThemeName::name).join(", ");
    ThemeName::from_name(text).ok_or_else(|| format!("unknown theme; available: {}", names()))
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
        Err("the first step is greater than the last".to_owned())
    }
}

pub(super) fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let (width, height) = text
        .split_once('x')
        .ok_or("write WIDTHxHEIGHT, as in 1600x1200")?;
    let side = |text: &str| match u32::from_str(text) {
        Ok(side) if (1..=32768).contains(&side) => Ok(side),
        _ => Err(format!("`{text}` is not a number from 1 to 32768")),
    };
    Ok([side(width)?, side(height)?])
}

/// A length in points (1/72 inch).
pub(super) fn parse_length_pt(text: &str) -> Result<f32, String> {
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
        Err("the length must be between 0.5in and 100in".to_owned())
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
