//! What a training run is: series, histograms, tensors, figures, configuration, roles. Plain data, no I/O.
//!
//! A [`Run`] only grows. Its parts sit behind `Arc`s, so a [`Snapshot`] is cheap to clone and can be
//! shared with a window while a reader goes on appending.

mod config;
mod histogram;
mod labels;
mod plot;
mod role;
mod run;
mod series;
mod snapshot;
mod tensor;
mod view_file;

pub use config::{Config, ConfigValue};
pub use histogram::{Histogram, HistogramPoint, HistogramSeries, L2Norm};
pub use labels::Labels;
pub use plot::{Plot, PlotContent, PlotFile, PlotKind, Trace};
pub use role::{
    LayerParameter, Role, RoleOverrides, layer_parameter_of_key, natural_cmp, role_of_key,
};
pub use run::{Media, Run, Source, SourceFormat, SourceState};
pub use series::{Point, Series, Step};
pub use snapshot::{Progress, Snapshot};
pub use tensor::{Bytes, Dtype, Storage, Tensor, TensorError};
pub use view_file::ViewFile;
