//! Figures that W&B stores next to a run's log: Plotly figures and Object3D point clouds.

mod file;
mod format;
mod formats;
mod markup;
mod numbers;
mod object3d;
mod plotly;
mod surface;

pub(crate) use file::plot_file;
pub(crate) use format::MediaFormat;
pub(crate) use formats::{MEDIA_FORMATS, media_format_of};
