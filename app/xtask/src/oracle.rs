//! Our readers against the loggers' own, which are Python packages.

use std::{fs, path::PathBuf};

use crate::{Failure, process, system, workspace::Workspace};

/// Real runs lie beside the repository; they are too large to be part of it.
const RUNS: &str = "../shared/runs";
const REQUIREMENTS: &str = "tests/oracle/requirements.txt";
/// The scripts, and what makes each quick where it has to find a planted fault.
const SCRIPTS: [(&str, &[&str]); 2] = [
    ("tests/oracle/compare_readers.py", &["--keys", "1"]),
    ("tests/oracle/compare_arrays.py", &[]),
];

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
    for (script, quick) in SCRIPTS {
        let run = |arguments: &[&str]| {
            let mut command = process::command(&python, workspace)?;
            command
                .arg(script)
                .arg(&runs)
                .arg(workspace.binary("debug"));
            process::run(command.args(arguments))
        };
        run(&[])?;
        if run(&[quick, &["--plant-fault"]].concat()).is_ok() {
            return Err(format!("{script} did not find a planted fault"));
        }
    }
    Ok(())
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
