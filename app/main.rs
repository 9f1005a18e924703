//! Trainscape: draws neural-network training in three dimensions.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
