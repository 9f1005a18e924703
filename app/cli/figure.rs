//! Figure files: read in place of flags, written beside figures and into the metadata of PNG.

use std::{
    io::Read as _,
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use regex::Regex;
use trainscape_export::{ExportError, png, write_output};
use trainscape_remote::Location;
use trainscape_source::open_regular_file;
use trainscape_views::{
    ViewKind, ViewSettings,
    figure_file::{FigureFile, FigureFileError, Page, Reading},
};

use super::{
    args::{ReadArgs, ViewArgs},
    outcome::UsageError,
};

/// Keyword of the figure in the metadata of PNG.
const FIGURE: &str = "trainscape-figure";
/// Keyword of the command.
const COMMAND: &str = "trainscape-command";
/// Longest figure file that is read.
const MOST_BYTES: u64 = 1 << 20;

/// Why a figure file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub(super) struct FigureError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("{0}")]
    Read(std::io::Error),
    #[error(transparent)]
    Content(#[from] FigureFileError),
    #[error(transparent)]
    Picture(#[from] ExportError),
    #[error("it is longer than a figure file")]
    Long,
    #[error("it holds no figure: only PNG files that Trainscape {0} or later has written do")]
    NoFigure(&'static str),
    #[error("its input {} does not exist; correct `inputs` in it", .0.display())]
    Missing(PathBuf),
    #[error("{0}")]
    Flag(String),
}

/// Whether a path is a figure file, by its ending.
pub(super) fn is_figure(path: &Path) -> bool {
    let ending = path.extension();
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

/// Reads a figure file, or the figure in the metadata of a PNG.
pub(super) fn read(path: &Path) -> Result<FigureFile, FigureError> {
    let read = || -> Result<FigureFile, Reason> {
        let file = open_regular_file(path).map_err(Reason::Read)?;
        let is_png = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
        let text = if is_png {
            png::text(file, FIGURE)?.ok_or(Reason::NoFigure(env!("CARGO_PKG_VERSION")))?
        } else {
            let mut text = String::new();
            let mut limited = file.take(MOST_BYTES + 1);
            limited.read_to_string(&mut text).map_err(Reason::Read)?;
            if text.len() as u64 > MOST_BYTES {
                return Err(Reason::Long);
            }
            text
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let figure = FigureFile::from_toml(&text, folder)?;
        let of_reading = figure.reading.views.iter().chain(&figure.reading.mapping);
        let files = figure.inputs.iter().chain(of_reading);
        let mut missing = files.filter(|input| {
            input.as_os_str() != "-" && !Location::is_url(input) && !input.exists()
        });
        match missing.next() {
            Some(input) => Err(Reason::Missing(input.clone())),
            None => Ok(figure),
        }
    };
    read().map_err(|reason| FigureError {
        path: path.to_owned(),
        reason,
    })
}

/// The arguments in which a figure file has been read, and its page.
pub(super) fn with_figure_file(
    args: &ViewArgs,
    file: &Path,
) -> Result<(ViewArgs, Page), FigureError> {
    let figure = read(file)?;
    let read = read_args(&figure, file)?;
    Ok((args.clone().over_figure(&figure, read), figure.page))
}

/// The figure that the arguments describe.
pub(super) fn describe(
    args: &ViewArgs,
    view: ViewKind,
    settings: &ViewSettings,
    page: Page,
) -> FigureFile {
    let mut figure = FigureFile {
        inputs: args.paths.clone(),
        reading: reading(&args.read),
        view,
        settings: settings.clone(),
        theme: args.theme(),
        camera: args.camera_angles(),
        page,
    };
    // The same bytes wherever the program was started, and a figure that is found from any folder.
    figure.map_paths(|path| absolute(path).unwrap_or_else(|_| path.to_owned()));
    figure
}

fn reading(read: &ReadArgs) -> Reading {
    Reading {
        roles: read
            .roles
            .iter()
            .map(|(role, key)| format!("{}={key}", role.name()))
            .collect(),
        x: read.x.clone(),
        mapping: read
            .mapping
            .as_ref()
            .and_then(|mapping| mapping.path.clone()),
        axes: read
            .axes
            .iter()
            .map(|(key, axes)| format!("{key}={}", axes.join(",")))
            .collect(),
        views: read.views.clone(),
        pattern: read.pattern.as_ref().map(ToString::to_string),
        buffer: read.buffer,
    }
}

/// How the inputs of a figure are read, as options of opening.
pub(super) fn read_args(figure: &FigureFile, path: &Path) -> Result<ReadArgs, FigureError> {
    let reading = &figure.reading;
    let failed = |reason: String| FigureError {
        path: path.to_owned(),
        reason: Reason::Flag(reason),
    };
    let parsed = || -> Result<ReadArgs, String> {
        let roles = reading
            .roles
            .iter()
            .map(|role| super::args::parse_role(role));
        let axes = reading
            .axes
            .iter()
            .map(|axes| super::args::parse_named_axes(axes));
        let pattern = reading.pattern.as_ref();
        let pattern: Option<Arc<Regex>> = pattern
            .map(|pattern| super::args::parse_pattern(pattern))
            .transpose()?;
        let mapping = reading.mapping.as_ref();
        let mapping = mapping.map(|path| super::mapping::read(path)).transpose()?;
        Ok(ReadArgs {
            roles: roles.collect::<Result<_, _>>()?,
            mapping,
            x: reading.x.clone(),
            axes: axes.collect::<Result<_, _>>()?,
            views: reading.views.clone(),
            pattern,
            buffer: reading.buffer,
            engine: None,
            quiet: false,
        })
    };
    parsed().map_err(failed)
}

/// Finds the name of a figure file that could not be read again.
pub(super) fn check_ending(path: &Path) -> Result<(), UsageError> {
    if is_figure(path) {
        return Ok(());
    }
    let text = format!("{}: end the name in .toml", path.display());
    Err(UsageError(text))
}

/// Writes a figure file; inputs below its folder are written relative to it, so that the folder can be moved.
pub(super) fn save(figure: &FigureFile, path: &Path) -> anyhow::Result<()> {
    let beside = absolute(path)?;
    let folder = beside.parent().unwrap_or(Path::new("/"));
    let mut figure = figure.clone();
    figure.map_paths(|path| match path.strip_prefix(folder) {
        Ok(relative) if !relative.as_os_str().is_empty() => relative.to_owned(),
        _ => path.to_owned(),
    });
    write_output(path, figure.to_toml()?.as_bytes())?;
    Ok(())
}

/// What the metadata of a file say about how the figure was made.
pub(super) fn texts(figure: &FigureFile) -> Vec<(&'static str, String)> {
    let mut texts = vec![(COMMAND, figure.command_line())];
    // A path that is not text can be drawn but not written down.
    texts.extend(figure.to_toml().ok().map(|text| (FIGURE, text)));
    texts
}
