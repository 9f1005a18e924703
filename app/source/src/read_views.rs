//! Reading files of user-defined views.

use std::{path::Path, sync::Arc};

use trainscape_run::ViewFile;

use crate::{limits, regular_file, stamp::Stamp};

/// Largest size of such a file.
const MAX_BYTES: u64 = limits::VIEW_FILE.bytes;

/// A file of user-defined views, or why it is not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadViews {
    pub(crate) file: Option<Arc<ViewFile>>,
    pub(crate) problem: Option<String>,
}

/// Reads the file, which does not exist without a stamp.
pub(crate) fn read_views(path: &Path, stamp: Option<Stamp>) -> ReadViews {
    let unread = |problem: String| ReadViews {
        file: None,
        problem: Some(problem),
    };
    match stamp {
        None => ReadViews::default(),
        Some(stamp) if stamp.len > MAX_BYTES => unread(format!(
            "it has {} bytes, and a file of views at most {MAX_BYTES}: divide its views among several folders",
            stamp.len
        )),
        Some(_) => match regular_file::read(path) {
            Err(error) => unread(format!("it cannot be read: {error}")),
            Ok(bytes) => ReadViews {
                file: Some(Arc::new(ViewFile {
                    path: path.to_owned(),
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                })),
                problem: None,
            },
        },
    }
}
