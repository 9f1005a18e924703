//! Scenes and records as files, for the command line and the window alike.
//!
//! [`EXPORTERS`] lists the formats; each is an [`Exporter`] that writes an [`ExportJob`]. [`ANIMATION_FORMATS`] lists
//! those of figures that move.

mod animation;
pub mod csv;
mod error;
mod exporter;
mod exporters;
mod font_subset;
pub mod geometry;
pub mod glb;
pub mod html;
mod job;
mod output_file;
mod output_target;
mod pdf;
mod plotted;
pub mod ply;
pub mod png;
mod preset;
pub mod raster;
mod svg;
mod vector_layer;
mod written_axis;

pub use animation::{
    ANIMATION_FORMATS, AnimationFormat, AnimationFrames, AnimationSpec, FrameWriter, Motion, Shot,
    animation_format_of,
};
pub use error::ExportError;
pub use exporter::{Content, Exporter, SummaryUse};
pub use exporters::{EXPORTERS, exporter_of, exporters_of};
pub use job::{ExportJob, FigureJob, PictureOptions, RecordTable};
pub use output_file::write_output;
pub use preset::{PRESETS, Preset};
