//! The command line: what was asked, handed to the crate that does it.

mod args;
mod choice_args;
mod common;
mod compute;
mod demo;
mod export;
mod follow;
mod inspect;
mod open;
mod output;
mod progress;
mod render;
mod series;
mod tensor_args;
mod trajectory_args;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Args, Command};

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All of it was done.
    Done,
    /// Done, but some input was skipped; stderr has said what.
    InputSkipped,
}

/// The call itself was wrong: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// Runs the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    let args = Args::parse();
    start_logging(args.verbose);
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
