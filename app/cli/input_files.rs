//! The files that a command reads, none of which an output may replace.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use trainscape_run::Snapshot;
use trainscape_source::is_copy;

use super::{args::ReadArgs, outcome::UsageError};

/// The files that a command has read.
#[derive(Debug, Default)]
pub(super) struct InputFiles(Vec<PathBuf>);

impl InputFiles {
    /// Everything that is in a snapshot, and the files that were given.
    pub(super) fn of(snapshot: &Snapshot, paths: &[PathBuf], read: &ReadArgs) -> Self {
        let mut files = Self::default();
        let mapping = read
            .mapping
            .iter()
            .filter_map(|mapping| mapping.path.as_ref());
        for path in paths.iter().chain(&read.views).chain(mapping) {
            files.add(path);
        }
        for run in &snapshot.runs {
            let sources = run.sources.iter().map(|source| &source.path);
            let tensors = run.tensors.values().map(|tensor| &tensor.path);
            let plots = run.plots.iter().map(|plot| &plot.path);
            let reports = run.reports.iter().map(|report| &report.path);
            let views = run.view_files.iter().map(|views| &views.path);
            let paths = sources.chain(tensors).chain(plots).chain(reports);
            files.0.extend(paths.chain(views).cloned());
        }
        // Files beside these that were not read, such as copies of them, are no outputs either.
        let unread = snapshot.unread.iter().map(|unread| unread.path.clone());
        files.0.extend(unread);
        files
    }

    /// Adds a file, or what is read in the place of `-`.
    pub(super) fn add(&mut self, path: &Path) {
        let is_standard_input = path == Path::new("-") && cfg!(unix);
        self.0.push(match is_standard_input {
            true => PathBuf::from("/dev/stdin"),
            false => path.to_owned(),
        });
    }

    /// Refuses an output that is the only input.
    pub(super) fn refuse_the_same(output: &Path, input: &Path) -> Result<(), UsageError> {
        let mut inputs = Self::default();
        inputs.add(input);
        inputs.refuse([output])
    }

    /// Refuses outputs that are one of the files, under whichever name, or a copy of one.
    pub(super) fn refuse<'a>(
        &self,
        outputs: impl IntoIterator<Item = &'a Path>,
    ) -> Result<(), UsageError> {
        let there: Vec<(&Path, FileId)> = outputs
            .into_iter()
            .filter_map(|output| Some((output, file_id(output).ok()??)))
            .collect();
        if there.is_empty() {
            return Ok(());
        }
        for input in &self.0 {
            let Ok(Some(id)) = file_id(input) else {
                continue;
            };
            if let Some((output, _)) = there.iter().find(|(_, other)| *other == id) {
                return Err(UsageError(refusal(output, input)));
            }
            if let Some((output, _)) = there.iter().find(|(output, _)| is_copy(input, output)) {
                return Err(UsageError(refusal_of_copy(output, input)));
            }
        }
        Ok(())
    }
}

fn refusal(output: &Path, input: &Path) -> String {
    let input = match output == input {
        true => "an input, which".to_owned(),
        false => format!("the same file as the input {}, which", input.display()),
    };
    format!(
        "{} is {input} would be replaced: choose another name for the output",
        output.display()
    )
}

fn refusal_of_copy(output: &Path, input: &Path) -> String {
    format!(
        "{} is a copy of the input {}, which would be replaced: choose another name for the output",
        output.display(),
        input.display()
    )
}

/// What two names of one file have in common.
#[cfg(unix)]
type FileId = (u64, u64);
#[cfg(not(unix))]
type FileId = PathBuf;

/// `None` for what is not a file and is never replaced.
fn file_id(path: &Path) -> io::Result<Option<FileId>> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Ok(None);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Ok(Some((found.dev(), found.ino())))
    }
    #[cfg(not(unix))]
    fs::canonicalize(path).map(Some)
}
