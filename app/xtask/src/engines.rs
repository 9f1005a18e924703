//! The README's examples of engines on a catalog, compared with the logs, and figures that are drawn through engines.

use std::path::Path;

use crate::{failure::Failure, process, system, workspace::Workspace};

/// The scripts, and whether they are given the examples of the engine's crate, too.
const SCRIPTS: [(&str, bool); 2] = [
    ("tests/oracle/catalog_in_engines.py", false),
    ("tests/oracle/figures_of_engines.py", true),
];
const REQUIREMENTS: &str = "tests/oracle/engines.txt";

pub(crate) fn compare(workspace: &Workspace) -> Result<(), Failure> {
    system::ensure(&[&system::PYTHON])?;
    process::run(process::cargo(workspace)?.args(["build", "--package", "trainscape"]))?;
    let folder = workspace.target.join("engines-venv");
    let python = if cfg!(windows) { "python" } else { "python3" };
    let python = process::environment(workspace, Path::new(python), &folder, &[REQUIREMENTS])?;
    let examples = ["build", "--package", "trainscape-engine", "--examples"];
    process::run(process::cargo(workspace)?.args(examples))?;
    for (script, has_examples) in SCRIPTS {
        let run = |arguments: &[&str]| {
            let mut command = process::command(&python, workspace)?;
            command.env("PYTHONDONTWRITEBYTECODE", "1");
            command.arg(script).arg(workspace.binary("debug"));
            if has_examples {
                command.arg(workspace.target.join("debug/examples"));
            }
            process::run(command.args(arguments))
        };
        run(&[])?;
        if run(&["--plant-fault"]).is_ok() {
            return Err(format!("{script} did not find a planted fault"));
        }
    }
    Ok(())
}
