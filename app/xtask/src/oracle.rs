//! Comparison of this program's readers with those of the loggers, which are Python packages.

use std::path::{Path, PathBuf};

use crate::{failure::Failure, process, system, workspace::Workspace};

/// Real runs, next to the repository; they are too large to be part of it.
const RUNS: &str = "../shared/runs";
const REQUIREMENTS: &str = "tests/oracle/requirements.txt";
/// The scripts, and the arguments that shorten each when it has to find a planted fault.
const SCRIPTS: [(&str, &[&str]); 2] = [
    ("tests/oracle/compare_readers.py", &["--keys", "1"]),
    ("tests/oracle/compare_arrays.py", &[]),
];

pub(crate) fn compare_readers(workspace: &Workspace) -> Result<(), Failure> {
    let runs = workspace.root.join(RUNS);
    if !runs.is_dir() {
        println!(
            "xtask: {RUNS} does not exist: the comparison with the loggers' readers is skipped"
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

/// The Python of a virtual environment with the pinned packages.
fn environment(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.target.join("oracle-venv");
    let python = if cfg!(windows) { "python" } else { "python3" };
    process::environment(workspace, Path::new(python), &folder, &[REQUIREMENTS])
}
