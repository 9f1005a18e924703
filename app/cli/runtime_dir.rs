//! The runtime directory of the XDG Base Directory Specification. Mesa's drivers print an error on stderr if it
//! is missing, so the program provides one.

#[cfg(target_os = "linux")]
const VARIABLE: &str = "XDG_RUNTIME_DIR";

/// Ensures that the variable names a directory. A process with threads cannot safely change its environment, so it
/// re-executes itself with the variable set; if that fails, it continues without.
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
    // `exec` returns only if the program could not be started again.
    let error = command.args(arguments).env(VARIABLE, folder).exec();
    log::info!("no runtime directory: {error}");
}

/// A directory that is private to the user, as the specification requires; shared by all processes of the user.
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
            "the directory belongs to another user or is not private",
        ))
    }
}

/// The variable exists on Linux only.
#[cfg(not(target_os = "linux"))]
pub(super) fn provide() {}
