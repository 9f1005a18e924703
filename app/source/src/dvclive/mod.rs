//! DVCLive's runs: a table for each metric in `plots/metrics`, `metrics.json` and `params.yaml`.

mod format;
mod place;
mod table;

pub(crate) use format::DVCLIVE;
