//! The contract of listing: each kind of server has its own way.

use futures_util::future::BoxFuture;
use object_store::GetOptions;

use super::failure::Failure;
use crate::entry::Entry;

/// The answer that a lister waits for.
pub(super) type Listed<'a, T> = BoxFuture<'a, Result<Vec<T>, Failure>>;

/// Lists the files of a server.
pub(super) trait Lister: Send + Sync {
    /// The file that is at `prefix`, and those in the folder of that name, with their whole keys.
    fn files<'a>(&'a self, prefix: &'a str) -> Listed<'a, Entry>;

    /// The names of the folders right in the folder `prefix`.
    fn folders<'a>(&'a self, prefix: &'a str) -> Listed<'a, String>;

    /// Lets a request read only the version that was listed.
    fn only_this_version(&self, file: &Entry, options: GetOptions) -> GetOptions {
        let tag = file.version.tag.clone();
        GetOptions {
            // A weak validator never matches.
            if_match: tag.filter(|tag| !tag.starts_with("W/")),
            ..options
        }
    }
}

/// A prefix with the separator that ends a folder's name.
pub(super) fn with_slash(prefix: &str) -> String {
    match prefix.is_empty() {
        true => String::new(),
        false => format!("{prefix}/"),
    }
}

/// Whether a key is at a prefix or in the folder of that name.
pub(super) fn is_at_or_below(key: &str, prefix: &str) -> bool {
    let rest = key.strip_prefix(prefix);
    rest.is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/'))
}
