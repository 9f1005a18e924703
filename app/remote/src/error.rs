//! Why a place cannot be read: a sentence that names it and what helps.

use std::{io, path::PathBuf};

/// Why a place cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The text is no URL of a place.
    #[error("{text} cannot be opened: {why}")]
    NotALocation {
        /// The text, without a password.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// There are no credentials, and the place is not public.
    #[error("no credentials for {place} were found: {help}")]
    NoCredentials {
        /// The place.
        place: String,
        /// The command that helps.
        help: String,
    },
    /// The credentials are no longer valid.
    #[error("the credentials for {place} have expired or were revoked ({code}): {help}")]
    Expired {
        /// The place.
        place: String,
        /// What the server called it.
        code: String,
        /// The command that helps.
        help: String,
    },
    /// The credentials are unknown or do not allow reading.
    #[error("{place} may not be read with these credentials ({code}): {help}")]
    Denied {
        /// The place.
        place: String,
        /// What the server called it.
        code: String,
        /// What helps.
        help: String,
    },
    /// The credentials cannot be used.
    #[error("the credentials for {place} cannot be used: {why}")]
    Credentials {
        /// The place.
        place: String,
        /// Where they are and what is wrong, without their content.
        why: String,
    },
    /// The bucket does not exist.
    #[error("{place}: there is no bucket of this name: {help}")]
    NoBucket {
        /// The place.
        place: String,
        /// The command that lists buckets.
        help: String,
    },
    /// There is nothing at the place.
    #[error("nothing is at {place}: check the spelling, or list what is above it")]
    NotFound {
        /// The place.
        place: String,
    },
    /// The server cannot be reached.
    #[error("{host} cannot be reached ({reason}): check the network, and the name in {place}")]
    NoNetwork {
        /// The place.
        place: String,
        /// Its host.
        host: String,
        /// The system's message.
        reason: String,
    },
    /// The server does not answer in time.
    #[error("{place} did not answer within {seconds} s: try again, or check the network")]
    Slow {
        /// The place.
        place: String,
        /// For how long it was waited.
        seconds: u64,
    },
    /// The key of the host is not known.
    #[error(
        "the key of {host} is not known or has changed: run `{command}` once in a terminal and compare the key that it shows"
    )]
    HostKey {
        /// The host, as the user gave it.
        host: String,
        /// The command that signs in.
        command: String,
    },
    /// The ssh program failed.
    #[error("ssh {host} failed: {reason}")]
    Ssh {
        /// The host.
        host: String,
        /// What ssh printed, or what to do.
        reason: String,
    },
    /// There are no run folders.
    #[error("no runs were found in {place}: {help}")]
    NoRuns {
        /// The place.
        place: String,
        /// What is expected there.
        help: String,
    },
    /// No run has the name.
    #[error("no run in {place} is called {name}; there are {others}")]
    NoSuchRun {
        /// The place.
        place: String,
        /// The name.
        name: String,
        /// The names of others.
        others: String,
    },
    /// Fewer bytes came than there are.
    #[error("{key} was cut off: {got} of {expected} bytes came")]
    CutOff {
        /// The file.
        key: String,
        /// Bytes that came.
        got: u64,
        /// Bytes that were expected.
        expected: u64,
    },
    /// The bytes are not those that the store has.
    #[error(
        "{key} does not have the checksum of the store: it was damaged on its way, or is being replaced; try again"
    )]
    Checksum {
        /// The file.
        key: String,
    },
    /// The file was replaced while it was read.
    #[error("{key} was replaced while it was read: try again")]
    Replaced {
        /// The file.
        key: String,
    },
    /// The version of a file that is being read is no longer there.
    #[error("{place} was replaced or deleted since it was listed: try again in a moment")]
    Changed {
        /// The file.
        place: String,
    },
    /// A file on this machine cannot be written or read.
    #[error("{} cannot be written: {reason}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// The system's message.
        reason: io::Error,
    },
    /// A key cannot be the name of a file.
    #[error("{key:?} cannot be the name of a file below the folder: {why}")]
    Refused {
        /// The key.
        key: String,
        /// Why.
        why: String,
    },
    /// Nothing is written to a place of this kind.
    #[error(
        "{place} cannot be written to: build the catalog in a folder and copy it there, or give a bucket, gs://, s3:// or az://"
    )]
    NotWritable {
        /// The place.
        place: String,
    },
    /// There is something else where a catalog is built.
    #[error(
        "{place} holds files that are not of a catalog: give a folder of the bucket that is empty or holds a catalog"
    )]
    NotACatalog {
        /// The place.
        place: String,
    },
    /// Another program has written the list of a catalog.
    #[error("the catalog {place} was changed by another build meanwhile: run the command again")]
    BuiltMeanwhile {
        /// The place.
        place: String,
    },
    /// A file at a place cannot be written or removed.
    #[error("{place} cannot be written ({reason}): check that the credentials may write there")]
    Unwritten {
        /// The place.
        place: String,
        /// What the server says.
        reason: String,
    },
    /// The user has stopped it.
    #[error("stopped")]
    Stopped,
    /// There are too many files.
    #[error("{place} holds more than {most} files: give a folder below it")]
    TooMany {
        /// The place.
        place: String,
        /// How many are listed.
        most: usize,
    },
    /// Anything else.
    #[error("{place} cannot be read: {reason}")]
    Other {
        /// The place.
        place: String,
        /// What the library or the server says.
        reason: String,
    },
}

impl RemoteError {
    /// Whether the same may succeed when it is tried again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NoNetwork { .. }
                | Self::Slow { .. }
                | Self::CutOff { .. }
                | Self::Checksum { .. }
                | Self::Replaced { .. }
                | Self::Other { .. }
                | Self::Ssh { .. }
        )
    }

    /// Whether it concerns one file and not the place.
    pub(crate) fn is_of_one_file(&self) -> bool {
        matches!(
            self,
            Self::NotFound { .. }
                | Self::CutOff { .. }
                | Self::Checksum { .. }
                | Self::Replaced { .. }
                | Self::Changed { .. }
                | Self::Refused { .. }
                | Self::Other { .. }
        )
    }

    pub(crate) fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |reason| Self::Disk { path, reason }
    }
}
