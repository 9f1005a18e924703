//! Starting other programs.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{failure::Failure, workspace::Workspace};

/// A command that runs in the repository.
pub(crate) fn command(
    program: impl AsRef<OsStr>,
    workspace: &Workspace,
) -> Result<Command, Failure> {
    let mut command = Command::new(program);
    command.current_dir(&workspace.root).stdin(Stdio::null());
    if cfg!(unix) && env::var_os("XDG_RUNTIME_DIR").is_none() {
        command.env("XDG_RUNTIME_DIR", workspace.runtime_folder()?);
    }
    Ok(command)
}

/// The cargo that runs this program.
pub(crate) fn cargo(workspace: &Workspace) -> Result<Command, Failure> {
    let command = command(
        env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        workspace,
    )?;
    Ok(without_own_package(command))
}

/// A command that runs cargo, without what this program's cargo has set for it.
pub(crate) fn without_own_package(mut command: Command) -> Command {
    // These describe this program; build scripts that read them would be rebuilt.
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR")
        {
            command.env_remove(name);
        }
    }
    command
}

/// The Python of a virtual environment with the packages of files of requirements; it is created if it is missing or
/// if they have changed.
pub(crate) fn environment(
    workspace: &Workspace,
    interpreter: &Path,
    folder: &Path,
    requirements: &[&str],
) -> Result<PathBuf, Failure> {
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let mut wanted = String::new();
    for path in requirements {
        wanted += &fs::read_to_string(workspace.root.join(path))
            .map_err(|error| format!("cannot read {path}: {error}"))?;
    }
    // Written last, so that an interrupted installation is repeated.
    let stamp = folder.join("installed-requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let mut make = command(interpreter, workspace)?;
    run(make.args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut install = command(&python, workspace)?;
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    for path in requirements {
        install.arg("--requirement").arg(path);
    }
    run(&mut install)?;
    fs::write(&stamp, wanted)
        .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    Ok(python)
}

/// A folder below the target folder into which a package of npm is installed.
pub(crate) fn npm_package(
    workspace: &Workspace,
    folder: &str,
    package: &str,
) -> Result<PathBuf, Failure> {
    let folder = workspace.folder(folder)?;
    // Written last, so that an interrupted installation is repeated.
    let stamp = folder.join("installed.txt");
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == package) {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let mut install = command(npm, workspace)?;
        install.args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--no-save",
        ]);
        run(install.arg("--prefix").arg(&folder).arg(package))?;
        fs::write(&stamp, package)
            .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    }
    Ok(folder)
}

/// Prints the command, runs it and waits.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let line = line_of(command);
    eprintln!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(error) => Err(format!("`{line}` could not be started: {error}")),
    }
}

/// The program's path on the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

fn line_of(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    if let Some(name) = PathBuf::from(&line).file_name() {
        line = name.to_string_lossy().into_owned();
    }
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
