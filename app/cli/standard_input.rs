//! `-` as a path: a log that is read from standard input.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use anyhow::Context as _;
use trainscape_temporary::TemporaryFolder;

/// The name of the log: its ending admits every format of text.
const NAME: &str = "stdin.log";

/// Bytes that are copied at once.
const PIECE: usize = 64 << 10;

/// Why standard input was not read to its end.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum CopyError {
    #[error("standard input cannot be read any further, and what follows is missing: {0}")]
    Read(Arc<io::Error>),
    #[error(
        "standard input cannot be copied any further to {folder}, and what follows is missing: {reason}; free some space \
         there, or set TMPDIR to another folder"
    )]
    Write {
        folder: String,
        reason: Arc<io::Error>,
    },
}

/// Paths in which `-` is replaced by a file into which standard input is copied. The folder of that file is
/// removed at the end.
#[derive(Debug)]
pub(super) struct StandardInput {
    pub(super) paths: Vec<PathBuf>,
    /// How standard input ended, once it has.
    ended: Arc<OnceLock<Result<(), CopyError>>>,
    folder: Option<TemporaryFolder>,
}

impl StandardInput {
    /// Copies standard input to its end, if it is among the paths.
    pub(super) fn read_to_end(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let (input, file) = Self::open(paths)?;
        if let Some(file) = file {
            copy(file, &input.folder_name())?;
        }
        Ok(input)
    }

    /// Copies standard input while it goes on, if it is among the paths. A failure is told to `tell`.
    pub(super) fn follow(paths: &[PathBuf], tell: fn(&CopyError)) -> anyhow::Result<Self> {
        let (input, file) = Self::open(paths)?;
        if let Some(file) = file {
            let (ended, folder) = (Arc::clone(&input.ended), input.folder_name());
            let copy = move || {
                let result = copy(file, &folder);
                if let Err(error) = &result {
                    tell(error);
                }
                // Set by this thread alone.
                let _first = ended.set(result);
            };
            std::thread::Builder::new()
                .name("trainscape-stdin".to_owned())
                .spawn(copy)
                .context("cannot read standard input")?;
        }
        Ok(input)
    }

    /// The paths, and the file to copy to if standard input is among them.
    fn open(paths: &[PathBuf]) -> anyhow::Result<(Self, Option<File>)> {
        let is_input = |path: &PathBuf| path == Path::new("-");
        let mut input = Self {
            paths: paths.to_vec(),
            ended: Arc::default(),
            folder: None,
        };
        if !paths.iter().any(is_input) {
            return Ok((input, None));
        }
        let folder =
            TemporaryFolder::create("stdin").context("cannot create a temporary folder")?;
        let copy_of_input = folder.path().join(NAME);
        let file = File::create(&copy_of_input).context("cannot create a temporary file")?;
        for path in input.paths.iter_mut().filter(|path| is_input(path)) {
            path.clone_from(&copy_of_input);
        }
        input.folder = Some(folder);
        Ok((input, Some(file)))
    }

    fn folder_name(&self) -> String {
        let folder = self
            .folder
            .as_ref()
            .and_then(|folder| folder.path().parent());
        folder.map_or_else(String::new, |folder| folder.display().to_string())
    }

    /// How standard input ended; `None` while more may come, or if it is not read.
    pub(super) fn ended(&self) -> Option<Result<(), CopyError>> {
        self.ended.get().cloned()
    }
}

/// Copies standard input to its end.
fn copy(mut file: File, folder: &str) -> Result<(), CopyError> {
    let mut input = io::stdin().lock();
    let mut piece = vec![0; PIECE];
    loop {
        let read = match input.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(Arc::new(error))),
        };
        // Not buffered: the copy is followed.
        file.write_all(&piece[..read])
            .map_err(|reason| CopyError::Write {
                folder: folder.to_owned(),
                reason: Arc::new(reason),
            })?;
    }
}
