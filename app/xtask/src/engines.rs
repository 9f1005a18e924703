//! The README's examples of engines on a catalog, compared with the logs.

use std::path::Path;

use crate::{failure::Failure, process, system, workspace::Workspace};

const SCRIPT: &str = "tests/oracle/catalog_in_engines.py";
const REQUIREMENTS: &str = "tests/oracle/engines.txt";

pub(crate) fn compare(workspace: &Workspace) -> Result<(), Failure> {
    system::ensure(&[&system::PYTHON])?;
    process::run(process::cargo(workspace)?.args(["build", "--package", "trainscape"]))?;
    let folder = workspace.target.join("engines-venv");
    let python = if cfg!(windows) { "python" } else { "python3" };
    let python = process::environment(workspace, Path::new(python), &folder, &[REQUIREMENTS])?;
    let run = |arguments: &[&str]| {
        let mut command = process::command(&python, workspace)?;
        command.arg(SCRIPT).arg(workspace.binary("debug"));
        process::run(command.args(arguments))
    };
    run(&[])?;
    match run(&["--plant-fault"]) {
        Ok(()) => Err(format!("{SCRIPT} did not find a planted fault")),
        Err(_) => Ok(()),
    }
}
