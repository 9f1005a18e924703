//! `cargo xtask deb`: a package for Debian and Ubuntu with the program, its icon, desktop entry and file types, by
//! cargo-deb and `[package.metadata.deb]`.

use crate::{failure::Failure, process, tool, workspace::Workspace};

const VERSION: &str = "3.8.0";

pub(crate) fn run() -> Result<(), Failure> {
    let workspace = Workspace::find()?;
    let program = tool::installed(&workspace, "cargo-deb", VERSION)?;
    let mut build = process::command(&program, &workspace)?;
    // Cargo's own subcommands get their name first.
    process::run(build.args(["deb", "--package", "trainscape"]))
}
