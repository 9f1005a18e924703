//! MLflow's runs in folders: `<experiment>/<run>/metrics/<key>`, `params/<key>`, `tags/` and `meta.yaml`.

mod format;
mod metric;
mod place;
mod settings;

pub(crate) use format::MLFLOW;
