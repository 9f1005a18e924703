//! The command line: what was asked, handed to the crate that does it.

mod args;
mod common;
mod compute;
mod control_args;
mod demo;
mod export;
mod follow;
mod inspect;
mod open;
mod outcome;
mod output;
mod progress;
mod render;
mod runtime_dir;
mod series;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::{
    compute::ComputeArgs,
    export::ExportArgs,
    follow::FollowArgs,
    inspect::InspectArgs,
    open::WindowArgs,
    outcome::{Outcome, UsageError},
    render::RenderArgs,
    series::SeriesArgs,
};

/// Draws neural-network training in three dimensions: point it at the folder a run left behind.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    /// What to do; without a command the window opens.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: WindowArgs,
    /// Say more; twice, also what the graphics driver says.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
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

impl Command {
    /// Whether it starts a graphics driver.
    fn draws(&self) -> bool {
        matches!(self, Self::Render(_) | Self::Export(_) | Self::Compute(_))
    }
}

/// Runs the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    let args = Args::parse();
    start_logging(args.verbose);
    if args.command.as_ref().is_none_or(Command::draws) {
        runtime_dir::provide();
    }
    let outcome = match args.command {
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Series(args)) => series::run(&args),
        Some(Command::Render(args)) => render::run(&args),
        Some(Command::Export(args)) => export::run(&args),
        Some(Command::Follow(args)) => follow::run(&args),
        Some(Command::Compute(args)) => compute::run(&args),
        None => open::run(&args.window),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::InputSkipped) => ExitCode::from(3),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trainscape: {error:#}");
            ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
        }
    }
}

/// `trainscape … | head` is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn start_logging(verbose: u8) {
    struct Stderr;
    impl log::Log for Stderr {
        fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
            // Drivers and toolkits talk a lot; at -vv they may.
            metadata.target().starts_with("trainscape") || log::max_level() >= log::Level::Debug
        }
        fn log(&self, record: &log::Record<'_>) {
            if self.enabled(record.metadata()) {
                eprintln!(
                    "{}: {}",
                    record.level().as_str().to_lowercase(),
                    record.args()
                );
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
