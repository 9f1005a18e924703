use crate::log_file::Log;

/// A log of a loader, and what became of it in the last read.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) log: Log,
    /// More can be read immediately.
    pub(crate) more: bool,
    pub(crate) changed: bool,
}
