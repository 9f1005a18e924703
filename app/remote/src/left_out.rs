//! What is at a place and does not come.

/// A file that looks as if it should be read, and is not brought, or a folder that is not searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its key below the place.
    pub key: String,
    /// What it looks like: `log`, `array`, `folder`, `link`.
    pub kind: &'static str,
    /// Why, in a sentence.
    pub why: String,
}

impl LeftOut {
    pub(crate) fn new(kind: &'static str, key: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            kind,
            why: why.into(),
        }
    }
}
