/// What is searched for in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    Everything,
    /// Checkpoints contain copies of logs, which are not runs.
    Arrays,
    /// Only the folder `media`, in which W&B stores figures.
    MediaFolder,
    Figures,
    Nothing,
}
