//! The folders of the workspace.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// The folders of this workspace.
pub(crate) struct Workspace {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds the workspace this program was built from.
    pub(crate) fn find() -> Result<Self, Failure> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .ancestors()
            .nth(2)
            .map(Path::to_owned)
            .ok_or("cannot find the repository: run this as `cargo xtask …`")?;
        // This program is in TARGET/debug, regardless of how the target folder was configured.
        let program = env::current_exe()
            .map_err(|error| format!("cannot find this program's path: {error}"))?;
        let target = program
            .ancestors()
            .nth(2)
            .map(Path::to_owned)
            .ok_or("cannot find the target folder: run this as `cargo xtask …`")?;
        Ok(Self { root, target })
    }

    /// The binary of a profile's folder (`debug` or `release`).
    pub(crate) fn binary(&self, profile: &str) -> PathBuf {
        let name = format!("trainscape{}", env::consts::EXE_SUFFIX);
        self.target.join(profile).join(name)
    }

    /// A folder inside the target folder, created if necessary.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.target.join(name);
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        Ok(folder)
    }

    /// A private folder for sockets and locks; Mesa and Wayland print errors if it is missing.
    pub(crate) fn runtime_folder(&self) -> Result<PathBuf, Failure> {
        let folder = self.folder("runtime")?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))
                .map_err(|error| format!("cannot make {} private: {error}", folder.display()))?;
        }
        Ok(folder)
    }
}
