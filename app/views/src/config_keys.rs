//! What the keys of configurations say by their last parts.

/// The last part of a configuration key, in lower case.
pub(super) fn last_part(key: &str) -> String {
    let last = key.rsplit(['.', '/']).next().unwrap_or(key);
    last.to_ascii_lowercase().replace('-', "_")
}

/// Whether a configuration key is that of a seed.
pub(super) fn is_seed(key: &str) -> bool {
    let last = last_part(key);
    last.ends_with("seed") || last.starts_with("seed_")
}
