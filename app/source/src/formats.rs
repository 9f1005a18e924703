use crate::{
    catboost::CATBOOST,
    csv::CSV,
    dvclive::DVCLIVE,
    jsonl::JSONL,
    log_format::LogFormat,
    mlflow::MLFLOW,
    parquet::PARQUET,
    sqlite::{MLFLOW_DATABASE, OPTUNA, TRACKIO},
    tensorboard::TENSORBOARD,
    text::alternatives,
    wandb::WANDB,
};

/// All formats of logs, in the order in which they are tried.
pub(crate) static LOG_FORMATS: &[&dyn LogFormat] = &[
    &WANDB,
    &TENSORBOARD,
    &JSONL,
    &CSV,
    &MLFLOW_DATABASE,
    &TRACKIO,
    &OPTUNA,
    &MLFLOW,
    &DVCLIVE,
    &CATBOOST,
    &PARQUET,
];

/// The formats of logs, for a message: `W&B, TensorBoard, JSONL or CSV`.
pub(crate) fn log_titles() -> String {
    let titles: Vec<&str> = LOG_FORMATS.iter().map(|format| format.title()).collect();
    alternatives(&titles)
}
