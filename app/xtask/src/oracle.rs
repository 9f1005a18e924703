//! Our readers against the loggers' own, which are Python packages.

use std::{fs, path::PathBuf};

use crate::{Failure, process, system, workspace::Workspace};

/// Real runs lie beside the repository; they are too large to be part of it.
const RUNS: &str = "../shared/runs";
const REQUIREMENTS: &str = "tests/oracle/requirements.txt";
const SCRIPT: &str = "tests/oracle/compare_readers.py";

pub(crate) fn compare_readers(workspace: &Workspace) -> Result<(), Failure> {
    let runs = workspace.root.join(RUNS);
    if !runs.is_dir() {
        println!(
            "xtask: {RUNS} does not exist: the comparison with the loggers' readers is left out"
        );
        return Ok(());
    }
    system::ensure(&[&system::PYTHON])?;
    process::run(process::cargo(workspace)?.args(["build", "--package", "trainscape"]))?;
    let python = environment(workspace)?;
    let mut script = process::command(&python, workspace)?;
    process::run(script.arg(SCRIPT).arg(&runs).arg(workspace.binary("debug")))?;
    let mut planted = process::command(&python, workspace)?;
    planted
        .arg(SCRIPT)
        .arg(&runs)
        .arg(workspace.binary("debug"))
        .args(["--keys", "1", "--plant-fault"]);
    match process::run(&mut planted) {
        Ok(()) => Err("a planted fault was not found".to_owned()),
        Err(_) => Ok(()),
    }
}

/// The Python of a virtual environment with the pinned packages, made where it is missing or outdated.
fn environment(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.target.join("oracle-venv");
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let wanted = fs::read_to_string(workspace.root.join(REQUIREMENTS))
        .map_err(|error| format!("cannot read {REQUIREMENTS}: {error}"))?;
    // Written last, so that an installation which was broken off is made anew.
    let stamp = folder.join("installed-requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let system_python = if cfg!(windows) { "python" } else { "python3" };
    let mut make = process::command(system_python, workspace)?;
    process::run(make.args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = process::command(&python, workspace)?;
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    process::run(install.args(["--requirement", REQUIREMENTS]))?;
    fs::write(&stamp, wanted)
        .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    Ok(python)
}
