//! Runs in buckets and on other machines: tests against emulators and OpenSSH's server, which they start on the loopback.

use std::{
    fs,
    path::{Path, PathBuf},
};

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
        .env("AZURITE_FOLDER", azurite(workspace)?)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    process::run(command.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]))
}

/// The folder into which the emulator of Azure is installed.
fn azurite(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.folder("azurite")?;
    // Written last, so that an interrupted installation is repeated.
    let stamp = folder.join("installed.txt");
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == AZURITE) {
        let mut install = process::command("npm", workspace)?;
        install.args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--no-save",
        ]);
        process::run(install.arg("--prefix").arg(&folder).arg(AZURITE))?;
        fs::write(&stamp, AZURITE)
            .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    }
    Ok(folder)
}
