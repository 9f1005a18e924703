//! The background of a picture.

/// The background of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// The theme's.
    Theme,
    /// None, and no walls of the axis box.
    Transparent,
}
