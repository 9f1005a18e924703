//! `-` as a path: a log that is read from standard input.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context as _;
use tempfile::TempDir;

/// The name of the log: its ending admits every format of text.
const NAME: &str = "stdin.log";

/// Paths in which `-` is replaced by a file into which standard input is copied. The folder of that file is
/// removed at the end.
#[derive(Debug)]
pub(super) struct StandardInput {
    pub(super) paths: Vec<PathBuf>,
    /// True once standard input has ended; true from the start if it is not read.
    ended: Arc<AtomicBool>,
    _folder: Option<TempDir>,
}

impl StandardInput {
    /// Copies standard input to its end, if it is among the paths.
    pub(super) fn read_to_end(paths: &[PathBuf]) -> anyhow::Result<Self> {
        Self::open(paths, |mut file| {
            io::copy(&mut io::stdin().lock(), &mut file).map(drop)
        })
    }

    /// Copies standard input while it goes on, if it is among the paths.
    pub(super) fn follow(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let set_ended = Arc::clone(&ended);
        let mut is_read = false;
        let inputs = Self::open(paths, |mut file| {
            is_read = true;
            let copy = move || {
                // Flushed by each write: the copy is followed.
                if let Err(error) = io::copy(&mut io::stdin().lock(), &mut file) {
                    log::warn!("standard input cannot be read any further: {error}");
                }
                set_ended.store(true, Ordering::Release);
            };
            std::thread::Builder::new()
                .name("trainscape-stdin".to_owned())
                .spawn(copy)
                .map(drop)
        })?;
        if !is_read {
            return Ok(inputs);
        }
        Ok(Self { ended, ..inputs })
    }

    fn open(paths: &[PathBuf], copy: impl FnOnce(File) -> io::Result<()>) -> anyhow::Result<Self> {
        let is_input = |path: &PathBuf| path == Path::new("-");
        let mut inputs = Self {
            paths: paths.to_vec(),
            ended: Arc::new(AtomicBool::new(true)),
            _folder: None,
        };
        if !paths.iter().any(is_input) {
            return Ok(inputs);
        }
        let folder =
            TempDir::with_prefix("trainscape-").context("cannot create a temporary folder")?;
        let copy_of_input = folder.path().join(NAME);
        let file = File::create(&copy_of_input).context("cannot create a temporary file")?;
        copy(file).context("cannot read standard input")?;
        for path in inputs.paths.iter_mut().filter(|path| is_input(path)) {
            path.clone_from(&copy_of_input);
        }
        inputs._folder = Some(folder);
        Ok(inputs)
    }

    /// True once nothing more can come from standard input, and it was read from.
    pub(super) fn has_ended(&self) -> bool {
        self._folder.is_some() && self.ended.load(Ordering::Acquire)
    }
}
