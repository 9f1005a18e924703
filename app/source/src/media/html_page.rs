//! HTML pages that this program writes: the figure in them is read.

use std::{io::Read as _, path::Path};

use memchr::memmem;
use trainscape_run::Plot;

use super::{format::MediaFormat, page_columns::Columns, page_figure};
use crate::{
    limits::{Limits, PAGE},
    regular_file,
};

/// A page of `trainscape export -o F.html`.
pub(crate) static HTML_PAGE: HtmlPage = HtmlPage;

#[derive(Debug)]
pub(crate) struct HtmlPage;

/// What is in the head of each page.
const GENERATOR: &[u8] = b"<meta name=\"generator\" content=\"Trainscape ";
/// Bytes in which it is.
const HEAD: u64 = 4096;
const JSON: &[u8] = b"<script type=\"application/json\" id=\"figure-json\">";
const DATA: &[u8] = b"<script type=\"text/plain\" id=\"figure-data\">";
const END: &[u8] = b"</script>";

impl MediaFormat for HtmlPage {
    fn name(&self) -> &'static str {
        "html page"
    }

    fn ending(&self) -> &'static str {
        ".html"
    }

    fn folder(&self) -> &'static str {
        "html"
    }

    fn limits(&self) -> Limits {
        PAGE
    }

    fn is_only_in_its_folder(&self) -> bool {
        true
    }

    fn check(&self, path: &Path) -> Result<(), String> {
        let mut head = Vec::new();
        let file = regular_file::open(path);
        file.and_then(|file| file.take(HEAD).read_to_end(&mut head))
            .map_err(|error| format!("cannot be read: {error}"))?;
        memmem::find(&head, GENERATOR).map(|_| ()).ok_or_else(|| {
            "is no page that Trainscape has written: only these open again".to_owned()
        })
    }

    fn read(&self, file: &[u8]) -> Result<Plot, String> {
        let cut = || "is cut or damaged: its figure does not end".to_owned();
        let json = element(file, JSON).ok_or_else(cut)?;
        let data = element(file, DATA).ok_or_else(cut)?;
        page_figure::read(json, &mut Columns::inflate(data)?)
    }
}

/// What is in a script element.
fn element<'a>(file: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    let from = memmem::find(file, start)? + start.len();
    let len = memmem::find(&file[from..], END)?;
    Some(&file[from..from + len])
}
