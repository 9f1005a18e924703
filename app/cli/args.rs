//! Arguments shared by several commands.

use std::{path::PathBuf, str::FromStr, sync::Arc};

use clap::ValueEnum;
use regex::Regex;
use trainscape_gpu::AdapterChoice;
use trainscape_run::Role;
use trainscape_scene::theme::ThemeName;
use trainscape_source::KeyMapping;
use trainscape_views::{
    VIEWS, ViewKind,
    figure_file::{CameraAngles, FigureFile},
};

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
    /// File that gives keys other names, roles and x axes, and says what arrays hold (TOML; tables [keys], [roles], [x] and [arrays]); --role, --x and --axes come before it.
    #[arg(help_heading = INPUT, long, value_name = "FILE", value_parser = super::mapping::parse)]
    pub(super) mapping: Option<Arc<KeyMapping>>,
    /// What the x axis shows; a setting of the view in commands that draw one.
    #[arg(skip)]
    pub(super) x: Option<String>,
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
    /// Ask an engine for the catalogs that the paths name, in place of reading them: flightsql://HOST:PORT or flightsql+tls://HOST:PORT.
    #[arg(help_heading = INPUT, long, value_name = "URL")]
    pub(super) engine: Option<String>,
    /// Show no progress and no warnings.
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl ReadArgs {
    /// With the x axis that was given.
    pub(super) fn with_x(&self, given: &XArgs) -> Self {
        Self {
            x: given.x.clone().or_else(|| self.x.clone()),
            ..self.clone()
        }
    }
}

/// The x axis, in commands without settings of a view.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct XArgs {
    /// The x axis of all series: the key of a series, `step` or `wall_time`.
    #[arg(help_heading = INPUT, long, value_name = "KEY")]
    pub(super) x: Option<String>,
}

/// Options for building a figure.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ViewArgs {
    /// Run folders, log files or URLs (gs://, s3://, az://, https://, ssh://, flightsql://); without any, the built-in demo run.
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
    /// Theme: paper (the default), light or dark.
    #[arg(help_heading = APPEARANCE, long, value_parser = parse_theme)]
    pub(super) theme: Option<ThemeName>,
    /// Azimuth and elevation in degrees, zoom (1 fits the figure), and roll in degrees.
    #[arg(help_heading = APPEARANCE, long, value_name = "AZ,EL,ZOOM,ROLL", value_parser = parse_camera, allow_hyphen_values = true)]
    pub(super) camera: Option<[f32; 4]>,
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
    /// The camera of a figure file, where no flag gives another.
    #[arg(skip)]
    camera_of_file: Option<CameraAngles>,
}

impl ViewArgs {
    /// The engine that is asked, and for which paths.
    pub(super) fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        (self.read.engine.as_deref(), &mut self.paths)
    }
}

impl ViewArgs {
    /// The arguments of a figure of a summary.
    pub(super) fn of_summary(
        paths: Vec<PathBuf>,
        theme: Option<ThemeName>,
        adapter: Adapter,
        read: ReadArgs,
    ) -> Self {
        Self {
            paths,
            view: None,
            runs: Vec::new(),
            steps: None,
            at: None,
            controls: ControlArgs::default(),
            theme,
            camera: None,
            orthographic: false,
            adapter,
            json: false,
            read,
            camera_of_file: None,
        }
    }

    /// The theme that was chosen.
    pub(super) fn theme(&self) -> ThemeName {
        self.theme.unwrap_or_default()
    }

    /// The camera that was chosen.
    pub(super) fn camera_angles(&self) -> CameraAngles {
        let mut angles = self.camera_of_file.unwrap_or_default();
        if let Some([azimuth, elevation, zoom, roll]) = self.camera {
            angles = CameraAngles {
                azimuth_degrees: Some(azimuth),
                elevation_degrees: Some(elevation),
                zoom,
                roll_degrees: roll,
                ..angles
            };
        }
        angles.orthographic |= self.orthographic;
        angles
    }

    /// The arguments of a figure file, which is read as `read` says; flags that were given too come first.
    pub(super) fn over_figure(self, figure: &FigureFile, read: ReadArgs) -> Self {
        let of_view = self.view.is_none_or(|view| view == figure.view);
        let settings = &figure.settings;
        let or = |given: Vec<String>, of_file: Vec<String>| match given.is_empty() {
            true => of_file,
            false => given,
        };
        Self {
            paths: figure.inputs.clone(),
            view: self.view.or(Some(figure.view)),
            runs: or(self.runs, settings.runs.iter().flatten().cloned().collect()),
            steps: self.steps.or(settings.steps),
            at: self.at.or(settings.at_step),
            controls: match of_view {
                true => self.controls.over(settings.controls.clone()),
                false => self.controls,
            },
            theme: self.theme.or(Some(figure.theme)),
            camera_of_file: Some(figure.camera).filter(|_| of_view),
            read: ReadArgs {
                roles: [read.roles, self.read.roles].concat(),
                mapping: self.read.mapping.or(read.mapping),
                x: self.read.x.or(read.x),
                axes: [read.axes, self.read.axes].concat(),
                views: [self.read.views, read.views].concat(),
                pattern: self.read.pattern.or(read.pattern),
                buffer: self.read.buffer.or(read.buffer),
                engine: self.read.engine.or(read.engine),
                quiet: self.read.quiet,
            },
            ..self
        }
    }
}

/// A pattern with at least one named group that is a key.
pub(super) fn parse_pattern(text: &str) -> Result<Arc<Regex>, String> {
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

pub(super) fn parse_role(text: &str) -> Result<(Role, String), String> {
    let (role, key) = text
        .split_once('=')
        .ok_or("write ROLE=KEY, as in loss=train/loss")?;
    Ok((super::mapping::role_of_name(role)?, key.to_owned()))
}

pub(super) fn parse_named_axes(text: &str) -> Result<(String, Vec<String>), String> {
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

pub(super) fn parse_theme(text: &str) -> Result<ThemeName, String> {
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
    if text.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(
            "write pixels without a unit, as in 1600x1200; --width 89mm --height 60mm give a size on paper"
                .to_owned(),
        );
    }
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

pub(super) fn parse_camera(text: &str) -> Result<[f32; 4], String> {
    let usage = "write AZIMUTH,ELEVATION,ZOOM,ROLL, as in -50,30,1; zoom and roll may be omitted";
    let numbers: Option<Vec<f32>> = text
        .split(',')
        .map(|number| {
            f32::from_str(number.trim())
                .ok()
                .filter(|number| number.is_finite())
        })
        .collect();
    let camera = match numbers.as_deref() {
        Some([azimuth, elevation]) => [*azimuth, *elevation, 1.0, 0.0],
        Some([azimuth, elevation, zoom]) => [*azimuth, *elevation, *zoom, 0.0],
        Some([azimuth, elevation, zoom, roll]) => [*azimuth, *elevation, *zoom, *roll],
        _ => return Err(usage.to_owned()),
    };
    if camera[2] > 0.0 {
        Ok(camera)
    } else {
        Err(usage.to_owned())
    }
}
