//! The kinds of files that the export dialog writes.

/// What is exported from the dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ExportKind {
    #[default]
    Picture,
    /// The geometry: as a model, a page that can be turned, or a table of its data.
    Model,
    Animation,
}

impl ExportKind {
    pub(crate) const ALL: [Self; 3] = [Self::Picture, Self::Model, Self::Animation];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Picture => "Picture",
            Self::Model => "3D and data",
            Self::Animation => "Animation",
        }
    }
}
