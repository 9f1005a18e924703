//! What the icons of views show. Whoever draws icons has one for each.

/// What a view's icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// Bars of several lengths.
    Bars,
    /// Values around a line.
    Distribution,
    /// A formula.
    Expression,
    /// A prize.
    Goal,
    /// A picture.
    Image,
    /// Layers above each other.
    Layers,
    /// A square of cells.
    Matrix,
    /// A way from one place to another.
    Path,
    /// A cloud of points.
    Points,
    /// Lines of a spectrum.
    Spectrum,
    /// A wave.
    Surface,
    /// Mountains.
    Terrain,
    /// Connected places.
    Trail,
}
