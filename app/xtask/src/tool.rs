//! Cargo's subcommands that are needed: those on the search path, or installed into the target folder.

use std::{env, path::PathBuf};

use crate::{failure::Failure, process, workspace::Workspace};

/// The program on the search path, or the one in the target folder, which is installed if it is missing.
pub(crate) fn installed(
    workspace: &Workspace,
    name: &str,
    version: &str,
) -> Result<PathBuf, Failure> {
    if let Some(installed) = process::find(name) {
        return Ok(installed);
    }
    let root = workspace.folder("tools")?;
    let program = root
        .join("bin")
        .join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        let mut install = process::cargo(workspace)?;
        let what = ["install", name, "--locked", "--debug", "--version", version];
        install.args(what).arg("--root").arg(&root);
        // Its dependencies are not ours: their builds stay apart.
        install.arg("--target-dir").arg(root.join("build"));
        process::run(&mut install)?;
    }
    Ok(program)
}
