//! Temporary files and folders that do not stay behind, however the process ends: they are removed when their value is
//! dropped and when a signal ends the process ([`remove_on_signals`]), and what a killed process could not remove is
//! removed by a later one ([`remove_abandoned`]). Whether a process still uses something is said by a lock, which ends
//! with the process.

mod file;
mod folder;
mod registry;
mod signals;

pub use file::TemporaryFile;
pub use folder::{TemporaryFolder, remove_abandoned};
pub use signals::remove_on_signals;
