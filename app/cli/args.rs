//! Arguments that several commands share.

use std::{path::PathBuf, str::FromStr};

use clap::ValueEnum;
use trainscape_gpu::AdapterChoice;
use trainscape_run::Role;
use trainscape_scene::theme::ThemeName;
use trainscape_views::{VIEWS, ViewKind};

use super::control_args::ControlArgs;

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

/// What to draw.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ViewArgs {
    /// Run folders or log files; none draws the built-in demo run.
    pub(super) paths: Vec<PathBuf>,
    /// The view; the first that the data allow without it.
    #[arg(long, value_parser = parse_view)]
    pub(super) view: Option<ViewKind>,
    /// Ids of the runs drawn, joined by commas; `*` matches any part.
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    pub(super) runs: Vec<String>,
    /// Smallest and largest step drawn.
    #[arg(long, value_name = "A..B", value_parser = parse_steps)]
    pub(super) steps: Option<(f64, f64)>,
    /// The current step: trajectories end at it, snapshots are the last one at or before it.
    #[arg(long, value_name = "STEP", allow_negative_numbers = true)]
    pub(super) at: Option<f64>,
    #[command(flatten)]
    pub(super) controls: ControlArgs,
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

pub(super) fn parse_view(text: &str) -> Result<ViewKind, String> {
    let names = || VIEWS.map(|view| view.name()).join(", ");
    ViewKind::from_name(text).ok_or_else(|| format!("no such view; views: {}", names()))
}

fn parse_theme(text: &str) -> Result<ThemeName, String> {
    let names = || ThemeName::ALL.map(ThemeName::name).join(", ");
    ThemeName::from_name(text).ok_or_else(|| format!("no such theme; themes: {}", names()))
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

pub(super) fn parse_size(text: &str) -> Result<[u32; 2], String> {
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
