//! The two commands of the README: `cargo xtask demo` shows the demo run, `cargo xtask test` runs all checks.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what it does is told in the terminal"
)]

mod checks;
mod demo;
mod deny;
mod failure;
mod oracle;
mod process;
mod system;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["demo"] => demo::run(),
        ["test"] => checks::run(),
        _ => {
            eprintln!("usage: cargo xtask demo | cargo xtask test");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
