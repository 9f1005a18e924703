//! Runs in buckets and on other machines: tests against emulators and OpenSSH's server, which they start on the loopback.

use std::path::Path;

use crate::{failure::Failure, process, system, workspace::Workspace};

const TESTS: &str = "tests/remote";
const REQUIREMENTS: &str = "tests/remote/requirements.txt";
/// The emulator of Azure.
const AZURITE: &str = "azurite@3.37.0";

pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        println!("xtask: buckets and other machines are tested on Linux only: skipped");
        return Ok(());
    }
    system::ensure(&[&system::PYTHON, &system::NODE, &system::SSH_SERVER])?;
    process::run(process::cargo(workspace)?.args(["build", "--package", "trainscape"]))?;
    let folder = workspace.folder("remote-venv")?;
    let python = process::environment(workspace, Path::new("python3"), &folder, &[REQUIREMENTS])?;
    let mut command = process::command(&python, workspace)?;
    command
        .current_dir(workspace.root.join(TESTS))
        .env("TRAINSCAPE_BINARY", workspace.binary("debug"))
        .env(
            "AZURITE_FOLDER",
            process::npm_package(workspace, "azurite", AZURITE)?,
        )
        .env("PYTHONDONTWRITEBYTECODE", "1");
    process::run(command.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]))
}
