//! What a view chose for settings that were not set.

/// The value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Chosen {
    /// On or off.
    Switch(bool),
    /// A number.
    Number(f64),
    /// A name.
    Name(String),
    /// Several names.
    Names(Vec<String>),
}

impl From<bool> for Chosen {
    fn from(is_on: bool) -> Self {
        Self::Switch(is_on)
    }
}

impl From<usize> for Chosen {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl From<&str> for Chosen {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}
