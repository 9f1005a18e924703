//! The command line: parses arguments and calls the crate that implements each command.

mod animate;
mod args;
mod catalog;
mod catalog_place;
mod common;
mod compute;
mod console;
mod control_args;
mod demo;
mod driver_environment;
mod engine;
mod export;
mod fetch;
mod figure;
mod follow;
mod input_files;
mod inputs;
mod inspect;
mod mapping;
mod open;
mod outcome;
mod output;
mod page;
mod progress;
mod recorder;
mod remote;
mod render;

mod series;
mod standard_input;
mod summary;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use trainscape_export::ExportError;

use self::{
    catalog::CatalogArgs,
    compute::ComputeArgs,
    console::OutputError,
    export::ExportArgs,
    fetch::FetchArgs,
    follow::FollowArgs,
    inspect::InspectArgs,
    open::WindowArgs,
    outcome::{Outcome, UsageError},
    recorder::RecorderArgs,
    render::RenderArgs,
    series::SeriesArgs,
    summary::SummaryArgs,
};

/// Visualises neural-network training in 3D from the log folder of a run.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    /// Command; without one, the window opens.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: WindowArgs,
    /// More log output; twice, also that of the graphics driver.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

impl Args {
    /// The engine that is asked, and for which paths.
    fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        match &mut self.command {
            Some(Command::Inspect(args)) => args.engine_and_paths(),
            Some(Command::Series(args)) => args.engine_and_paths(),
            Some(Command::Render(args)) => args.engine_and_paths(),
            Some(Command::Export(args)) => args.engine_and_paths(),
            Some(Command::Summary(args)) => args.engine_and_paths(),
            Some(Command::Follow(args)) => args.engine_and_paths(),
            None => self.window.engine_and_paths(),
            // These read no catalogs.
            Some(
                Command::Catalog(_)
                | Command::Fetch(_)
                | Command::Compute(_)
                | Command::Recorder(_),
            ) => (None, &mut []),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the runs, series, arrays and available views.
    Inspect(InspectArgs),
    /// Write all points of one series as CSV: step, wall time, value.
    Series(SeriesArgs),
    /// Write a figure as PNG, SVG or PDF, or as an animation, without opening a window.
    Render(Box<RenderArgs>),
    /// Write the geometry of a figure as GLB.
    Export(ExportArgs),
    /// Write every view that the data allow, and a page that shows them.
    Summary(Box<SummaryArgs>),
    /// Print each new record of a run while it trains.
    Follow(FollowArgs),
    /// Write many runs and their history as Parquet, which the window and any engine open.
    Catalog(CatalogArgs),
    /// Bring run folders from a bucket, a web server or another machine.
    Fetch(FetchArgs),
    /// Interpolate or project the data of a file.
    Compute(ComputeArgs),
    /// Write the recorder of the Python package as one file, for machines where nothing may be installed.
    Recorder(RecorderArgs),
}

impl Command {
    /// Whether the command starts a graphics driver.
    fn draws(&self) -> bool {
        matches!(
            self,
            Self::Render(_) | Self::Export(_) | Self::Summary(_) | Self::Compute(_)
        )
    }
}

/// Parses the arguments of the process and runs the command.
pub(crate) fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) if error.use_stderr() => error.exit(),
        // Help and version are text that was asked for.
        Err(text) => {
            return exit_code(
                console::print_help(&text)
                    .map(|()| Outcome::Done)
                    .map_err(Into::into),
            );
        }
    };
    start_logging(args.verbose);
    if args.command.as_ref().is_none_or(Command::draws) {
        driver_environment::provide();
    }
    trainscape_temporary::remove_on_signals();
    trainscape_temporary::remove_abandoned();
    let mut args = args;
    let (engine, paths) = args.engine_and_paths();
    if let Err(error) = engine::ask(engine, paths) {
        return exit_code(Err(error.into()));
    }
    let outcome = match args.command {
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Series(args)) => series::run(&args),
        Some(Command::Render(args)) => render::run(&args),
        Some(Command::Export(args)) => export::run(&args),
        Some(Command::Summary(args)) => summary::run(&args),
        Some(Command::Follow(args)) => follow::run(&args),
        Some(Command::Catalog(args)) => catalog::run(&args),
        Some(Command::Fetch(args)) => fetch::run(&args),
        Some(Command::Compute(args)) => compute::run(&args),
        Some(Command::Recorder(args)) => recorder::run(&args),
        None => open::run(&args.window),
    };
    exit_code(outcome)
}

/// The exit code of a command, whose failure is reported.
fn exit_code(outcome: anyhow::Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::InputSkipped) => ExitCode::from(3),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            console::note(format!("{error:#}"));
            ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
        }
    }
}

/// A closed pipe, as in `trainscape … | head`, is not a failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let of_output = error.downcast_ref::<OutputError>();
    let of_file = error.downcast_ref::<ExportError>();
    of_output.is_some_and(OutputError::is_closed_pipe)
        || of_file.is_some_and(ExportError::is_closed_pipe)
}

fn start_logging(verbose: u8) {
    struct Stderr;
    impl log::Log for Stderr {
        fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
            // Messages of drivers and toolkits are shown only with -vv.
            metadata.target().starts_with("trainscape") || log::max_level() >= log::Level::Debug
        }
        fn log(&self, record: &log::Record<'_>) {
            if self.enabled(record.metadata()) {
                let level = record.level().as_str().to_lowercase();
                console::log(&level, &record.args().to_string());
            }
        }
        fn flush(&self) {}
    }
    let level = match verbose {
        0 => log::LevelFilter::Warn,
        1 => log::LevelFilter::Info,
        _ => log::LevelFilter::Debug,
    };
    if log::set_logger(&Stderr).is_ok() {
        log::set_max_level(level);
    }
}
