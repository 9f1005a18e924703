//! What is over what in a plane.

/// A layer of the plane; the first is in front.
#[derive(Clone, Copy)]
pub(super) enum Layer {
    /// Few values of held-out data, which a wide line of training data would hide.
    Counterpart,
    Lines,
    /// Logged points, and lines of earlier starts.
    Dots,
}

impl Layer {
    /// The number of layers.
    pub(super) const COUNT: usize = 3;

    /// The depth of what belongs to the run at one of `places`.
    pub(super) fn place(self, place: usize, places: usize) -> f64 {
        (place + self as usize * places) as f64
    }
}
