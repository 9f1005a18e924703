//! What the workspace depends on: licences, sources, duplicates and advisories, by cargo-deny and `deny.toml`.

use std::{env, path::PathBuf};

use crate::{failure::Failure, process, workspace::Workspace};

const VERSION: &str = "0.20.2";

pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let program = program(workspace)?;
    let deny = |arguments: &[&str]| {
        let mut command = process::command(&program, workspace)?;
        // Cargo's own subcommands get their name first.
        process::run(command.arg("--log-level").arg("error").args(arguments))
    };
    deny(&["check", "bans", "licenses", "sources"])?;
    // The database of advisories is fetched from a server that not every machine reaches.
    match deny(&["fetch", "db"]) {
        Ok(()) => deny(&["check", "advisories"]),
        Err(_) => {
            println!(
                "xtask: the advisories are not checked: their database could not be fetched from github.com"
            );
            Ok(())
        }
    }
}

/// The program on the search path, or the one in the target folder, which is installed if it is missing.
fn program(workspace: &Workspace) -> Result<PathBuf, Failure> {
    if let Some(installed) = process::find("cargo-deny") {
        return Ok(installed);
    }
    let root = workspace.folder("tools")?;
    let program = root
        .join("bin")
        .join(format!("cargo-deny{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        let mut install = process::cargo(workspace)?;
        install.args([
            "install",
            "cargo-deny",
            "--locked",
            "--debug",
            "--version",
            VERSION,
        ]);
        install.arg("--root").arg(&root);
        // Its dependencies are not ours: their builds stay apart.
        install.arg("--target-dir").arg(root.join("build"));
        process::run(&mut install)?;
    }
    Ok(program)
}
