//! `cargo xtask demo` shows the demo run, `cargo xtask test` runs all checks, `cargo xtask wheel` builds the Python package,
//! `cargo xtask deb` a package for Debian, `cargo xtask attack` tries to break the program.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what it does is told in the terminal"
)]

mod attack;
mod checks;
mod deb;
mod demo;
mod deny;
mod engines;
mod failure;
mod oracle;
mod pages;
mod process;
mod python;
mod remote;
mod system;
mod tool;
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
        ["test", "python"] => {
            workspace::Workspace::find().and_then(|workspace| python::check(&workspace))
        }
        ["test", "remote"] => {
            workspace::Workspace::find().and_then(|workspace| remote::check(&workspace))
        }
        ["wheel"] => workspace::Workspace::find().and_then(|workspace| python::wheel(&workspace)),
        ["deb"] => deb::run(),
        ["attack"] => attack::run(attack::MINUTES),
        ["attack", "--minutes", minutes] => match minutes.parse() {
            Ok(minutes) if minutes > 0.0 => attack::run(minutes),
            _ => Err(format!("`{minutes}` is no number of minutes")),
        },
        _ => {
            eprintln!(
                "usage: cargo xtask demo | cargo xtask test [python|remote] | cargo xtask wheel | cargo xtask deb | cargo xtask attack [--minutes N]"
            );
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
