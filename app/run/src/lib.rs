//! The data model of a training run: series, histograms, tensors, figures, configuration, roles. Plain data, no I/O.
//!
//! A [`Run`] only grows. Its parts are behind `Arc`s, so a [`Snapshot`] is cheap to clone and can be
//! shared with a window while a reader continues to append.

#![forbid(unsafe_code)]

mod announce;
mod array_kind;
mod config;
mod deferred;
mod dtype;
mod element_window;
mod elements;
mod histogram;
mod labels;
mod path_text;
mod plot;
mod role;
mod run;
mod series;
mod snapshot;
mod source;
mod status;
mod tensor;
mod tensor_block;
mod view_file;
mod x_axis;

pub use announce::{Announced, announce};
pub use array_kind::ArrayKind;
pub use config::{Config, ConfigValue};
pub use deferred::{PointStore, StoredRows};
pub use dtype::Dtype;
pub use elements::{ElementBytes, ElementReader, ElementSource, Storage, TensorError};
pub use histogram::{Histogram, HistogramPoint, HistogramSeries, L2Norm};
pub use labels::Labels;
pub use plot::{Plot, PlotAxis, PlotContent, PlotFile, PlotLayout, PlotPanel, PlotScale, Trace};
pub use role::{
    LayerParameter, Role, RoleOverrides, layer_parameter_of_key, names_held_out_data, natural_cmp,
    role_of_key,
};
pub use run::{Media, Report, Run};
pub use series::{Extremes, Point, Positions, Series, SeriesSummary, Step};
pub use snapshot::{Progress, Snapshot, Unread};
pub use source::{CUT_BESIDE_SUMMARY, Source, SourceContent, SourceFormat, SourceState};
pub use status::RunStatus;
pub use tensor::Tensor;
pub use view_file::ViewFile;
pub use x_axis::XOfSeries;
