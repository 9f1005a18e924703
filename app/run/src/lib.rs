//! What a training run is: series, histograms, configuration, roles. Plain data, no I/O.
//!
//! A [`Run`] only grows. Its parts sit behind `Arc`s, so a [`Snapshot`] is cheap to clone and can be
//! shared with a window while a reader goes on appending.

mod config;
mod histogram;
mod role;
mod run;
mod series;
mod snapshot;

pub use config::{Config, ConfigValue};
pub use histogram::{Histogram, HistogramPoint, HistogramSeries, L2Norm};
pub use role::{
    LayerParameter, Role, RoleOverrides, layer_parameter_of_key, natural_cmp, role_of_key,
};
pub use run::{Media, Run, Source, SourceFormat, SourceState};
pub use series::{Point, Series, Step};
pub use snapshot::{Progress, Snapshot};
