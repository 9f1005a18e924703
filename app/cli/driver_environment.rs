//! What Mesa's drivers need of the environment: a runtime directory of the XDG Base Directory Specification, without which
//! they print an error, and room for their cache of shaders, which they map into memory: without room, they end the process.

/// Sets the variables that are missing. A process with threads cannot safely change its environment, so it re-executes
/// itself with them; if that fails, it continues without.
#[cfg(target_os = "linux")]
pub(super) fn provide() {
    use std::os::unix::process::CommandExt as _;

    let variables: Vec<_> = [runtime_dir(), without_cache()]
        .into_iter()
        .flatten()
        .collect();
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    if variables.is_empty() {
        return;
    }
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // `exec` returns only if the program could not be started again.
    let error = command.args(arguments).envs(variables).exec();
    log::info!("the environment stays as it is: {error}");
}

#[cfg(target_os = "linux")]
type Variable = (&'static str, std::path::PathBuf);

/// A runtime directory, if the environment names none that exists.
#[cfg(target_os = "linux")]
fn runtime_dir() -> Option<Variable> {
    const VARIABLE: &str = "XDG_RUNTIME_DIR";

    let current = std::env::var_os(VARIABLE).map(std::path::PathBuf::from);
    if current.is_some_and(|folder| folder.is_dir()) {
        return None;
    }
    private_folder().ok().map(|folder| (VARIABLE, folder))
}

/// Turns the cache of shaders off where its disk is full.
#[cfg(target_os = "linux")]
fn without_cache() -> Option<Variable> {
    const VARIABLE: &str = "MESA_SHADER_CACHE_DISABLE";
    /// The index takes 1.3 MB, the shaders of all views less than that.
    const ROOM_IN_BYTES: u64 = 8 << 20;

    if std::env::var_os(VARIABLE).is_some() {
        return None;
    }
    let folder = |variable: &str| std::env::var_os(variable).map(std::path::PathBuf::from);
    let cache = folder("MESA_SHADER_CACHE_DIR")
        .or_else(|| folder("XDG_CACHE_HOME"))
        .or_else(|| Some(folder("HOME")?.join(".cache")))?;
    // The driver creates what is missing.
    let existing = cache.ancestors().find(|folder| folder.is_dir())?;
    let disk = rustix::fs::statvfs(existing).ok()?;
    let is_full = disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM_IN_BYTES;
    is_full.then(|| (VARIABLE, "true".into()))
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

/// Mesa's drivers are those of Linux.
#[cfg(not(target_os = "linux"))]
pub(super) fn provide() {}
