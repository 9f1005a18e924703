use std::{
    fs::Metadata,
    io,
    path::Path,
    time::{Duration, SystemTime},
};

/// Something modified more recently than this may change again without a later modification time.
pub(crate) const CLOCK_RESOLUTION: Duration = Duration::from_millis(100);

/// Metadata that distinguish one state of a file from the next without reading it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stamp {
    pub(crate) len: u64,
    pub(crate) modified: Option<SystemTime>,
    /// When the content or anything else about the file changed, in seconds and nanoseconds, on systems that have it:
    /// unlike the time before, no program sets it back.
    pub(crate) changed: Option<(i64, i64)>,
    /// Device and inode, on systems that have them.
    pub(crate) identity: Option<(u64, u64)>,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            changed: changed(metadata),
            identity: identity(metadata),
        }
    }

    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self::of(&metadata))
    }

    /// True if the file may change once more without another stamp.
    pub(crate) fn is_recent(&self) -> bool {
        let age = |modified| SystemTime::now().duration_since(modified);
        let modified = self.modified.map(age);
        modified.is_some_and(|age| age.is_ok_and(|age| age <= CLOCK_RESOLUTION))
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<(i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn changed(_metadata: &Metadata) -> Option<(i64, i64)> {
    None
}

#[cfg(unix)]
pub(crate) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
pub(crate) fn identity(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}
