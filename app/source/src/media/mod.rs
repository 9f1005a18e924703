//! Figures that W&B stores next to a run's log: Plotly figures, Object3D point clouds and models, and pages of this program.

mod file;
mod format;
mod formats;
mod html_page;
mod markup;
mod model;
mod numbers;
mod object3d;
mod page_columns;
mod page_figure;
mod plotly;
mod surface;
mod written_axes;

pub(crate) use file::plot_file;
pub(crate) use format::MediaFormat;
pub(crate) use formats::{MEDIA_FORMATS, media_format_of, named_format_of};
