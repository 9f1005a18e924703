//! The contract of an exporter.

use std::{fmt::Debug, path::Path};

use crate::{error::ExportError, job::ExportJob, output_file::write_output};

/// What an exporter writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A picture of a figure.
    Picture,
    /// The geometry of a scene.
    Geometry,
    /// A table of records.
    Records,
}

/// What a summary of a run does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SummaryUse {
    /// It is the picture of the view.
    Thumbnail,
    /// It is a page that is opened in place of the picture.
    Live,
    /// It is a file to download.
    Download,
}

/// A file format that figures, scenes or records can be written in.
pub trait Exporter: Debug + Sync {
    /// The name in messages and file dialogs: `PNG picture`.
    fn name(&self) -> &'static str;

    /// The endings of its files, without the dot; the first is the usual one.
    fn endings(&self) -> &'static [&'static str];

    /// What it writes.
    fn content(&self) -> Content;

    /// Whether the figure's page and theme decide what is written; a table of data has neither.
    fn has_page(&self) -> bool {
        true
    }

    /// What a summary of a run does with it; `None`: a summary leaves it out.
    fn summary_use(&self) -> Option<SummaryUse> {
        None
    }

    /// Encodes a job as the bytes of a file.
    ///
    /// # Errors
    /// When the job holds something else than what it writes, or it cannot be drawn or encoded.
    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError>;

    /// Writes a job to a file and returns the number of bytes.
    ///
    /// # Errors
    /// As [`Self::encode`], or when the file cannot be written.
    fn write(&self, job: &ExportJob<'_>, path: &Path) -> Result<usize, ExportError> {
        let bytes = self.encode(job)?;
        write_output(path, &bytes)?;
        Ok(bytes.len())
    }
}
