//! What an attack has: the program, a folder, time, and a list of the faults it found.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::child::{Ended, Limits};
use crate::{failure::Failure, process, workspace::Workspace};

pub(super) struct Arena<'a> {
    pub(super) workspace: &'a Workspace,
    /// The program that is attacked.
    pub(super) program: PathBuf,
    /// Is removed afterwards.
    pub(super) folder: tempfile::TempDir,
    pub(super) random: fastrand::Rng,
    pub(super) time: Duration,
    begun: Instant,
    /// Inputs or rounds so far.
    pub(super) tried: u64,
    /// What went wrong, a sentence each.
    pub(super) faults: Vec<String>,
    /// What the table tells besides.
    pub(super) notes: Vec<String>,
}

impl<'a> Arena<'a> {
    pub(super) fn new(workspace: &'a Workspace, time: Duration) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("trainscape-attack-")
            .tempdir()
            .map_err(|error| format!("cannot create a temporary folder: {error}"))?;
        Ok(Self {
            workspace,
            program: workspace.binary("debug"),
            folder,
            random: fastrand::Rng::new(),
            time,
            begun: Instant::now(),
            tried: 0,
            faults: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// True until the time is up. The first round is always made.
    pub(super) fn continues(&self) -> bool {
        self.tried == 0 || self.begun.elapsed() < self.time
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Result<Command, Failure> {
        let mut command = process::command(&self.program, self.workspace)?;
        command.args(arguments);
        Ok(command)
    }

    /// Runs the program to its end or to a limit, and notes a fault.
    pub(super) fn run(
        &mut self,
        command: &mut Command,
        limits: &Limits,
        kept: Option<&Path>,
    ) -> Result<Ended, Failure> {
        self.tried += 1;
        let ended = Ended::of(command, limits, self.folder.path())?;
        if let Some(fault) = ended.fault(limits) {
            self.fault(format!("{command:?} {fault}"), kept);
        }
        Ok(ended)
    }

    /// Notes a fault, and keeps a copy of the folder that caused it.
    pub(super) fn fault(&mut self, fault: String, cause: Option<&Path>) {
        let kept = cause.map(|cause| self.keep(cause));
        self.faults.push(match kept {
            Some(Ok(kept)) => format!("{fault} (the input is kept in {})", kept.display()),
            Some(Err(error)) => format!("{fault} (the input could not be kept: {error})"),
            None => fault,
        });
    }

    fn keep(&self, cause: &Path) -> io::Result<PathBuf> {
        let folder = self.workspace.target.join("attack");
        fs::create_dir_all(&folder)?;
        let kept = (0..)
            .map(|number| folder.join(number.to_string()))
            .find(|path| !path.exists())
            .expect("numbers do not end");
        copy_tree(cause, &kept)?;
        Ok(kept)
    }
}

/// Copies a file, or a folder with all files below.
pub(super) fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_tree(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// All files below a folder, in the order of their names.
pub(super) fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
