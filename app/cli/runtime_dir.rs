//! The runtime directory of the XDG Base Directory Specification. Mesa's drivers print an error on stderr in sessions
//! that have none, so the program provides one.

#[cfg(target_os = "linux")]
const VARIABLE: &str = "XDG_RUNTIME_DIR";

/// Makes sure that the variable names a directory. A process cannot change its own environment safely once threads
/// may run, so it replaces itself with the same program and the variable set; where that fails it goes on without.
#[cfg(target_os = "linux")]
pub(super) fn provide() {
    use std::os::unix::process::CommandExt as _;

    let current = std::env::var_os(VARIABLE).map(std::path::PathBuf::from);
    if current.is_some_and(|folder| folder.is_dir()) {
        return;
    }
    let (Ok(program), Ok(folder)) = (std::env::current_exe(), private_folder()) else {
        return;
    };
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // Returns only where the program could not be started again.
    let error = command.args(arguments).env(VARIABLE, folder).exec();
    log::info!("no runtime directory: {error}");
}

/// A directory that only this user can use, as the specification asks; the same for all processes of the user.
#[cfg(target_os = "linux")]
fn private_folder() -> std::io::Result<std::path::PathBuf> {
    use std::{
        fs,
        os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    };

    let user = fs::metadata("/proc/self")?.uid();
    let folder = std::env::temp_dir().join(format!("trainscape-runtime-{user}"));
    match fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(&folder)?;
    if found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0 {
        Ok(folder)
    } else {
        Err(std::io::Error::other(
            "the directory belongs to somebody else",
        ))
    }
}

/// Other systems have no such variable.
#[cfg(not(target_os = "linux"))]
pub(super) fn provide() {}
