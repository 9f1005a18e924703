//! Checks of the viewer of HTML pages: the types of its scripts, and exported pages in a browser.

use std::env::consts::EXE_SUFFIX;

use crate::{failure::Failure, process, system, workspace::Workspace};

const VIEWER: &str = "assets/html";
const TYPESCRIPT: &str = "typescript@5.9.3";
const SCRIPT: &str = "tests/oracle/html_in_browser.py";

/// Checks the types of the viewer's scripts.
pub(crate) fn check_types(workspace: &Workspace) -> Result<(), Failure> {
    let folder = process::npm_package(workspace, "typescript", TYPESCRIPT)?;
    let compiler = folder.join("node_modules/typescript/bin/tsc");
    let mut check = process::command(format!("node{EXE_SUFFIX}"), workspace)?;
    process::run(check.arg(compiler).args(["--project", VIEWER]))
}

/// Opens exported pages in headless Chromium; the comparison must find a planted fault. On Linux only: elsewhere Chromium
/// has no one place.
pub(crate) fn open(workspace: &Workspace) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        println!("xtask: the pages are opened in Chromium on Linux only: skipped");
        return Ok(());
    }
    system::ensure(&[&system::PYTHON, &system::CHROMIUM])?;
    process::run(process::cargo(workspace)?.args(["build", "--package", "trainscape"]))?;
    let run = |arguments: &[&str]| {
        let mut command = process::command("python3", workspace)?;
        command.arg(SCRIPT).arg(workspace.binary("debug"));
        process::run(command.args(arguments))
    };
    run(&[])?;
    if run(&["--plant-fault"]).is_ok() {
        return Err(format!("{SCRIPT} did not find a planted fault"));
    }
    Ok(())
}
