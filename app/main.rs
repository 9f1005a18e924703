//! Trainscape: visualises neural-network training in 3D.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
