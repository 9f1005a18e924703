//! Stores of runs in SQLite databases: MLflow, Trackio and Optuna.

mod error;
mod format;
mod mlflow;
mod open;
mod optuna;
mod tables;
mod time;
mod trackio;

pub(crate) use mlflow::MLFLOW_DATABASE;
pub(crate) use optuna::OPTUNA;
pub(crate) use trackio::TRACKIO;
