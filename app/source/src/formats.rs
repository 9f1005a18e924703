use crate::{
    array_history::ARRAY_HISTORY,
    catboost::CATBOOST,
    columns_of_runs::COLUMNS_OF_RUNS,
    csv::CSV,
    dvclive::DVCLIVE,
    final_values::FINAL_VALUES,
    json_document::{JSON_DOCUMENT, TRAINER_STATE},
    json_runs::JSON_RUNS,
    jsonl::JSONL,
    kaldi::KALDI,
    log_format::LogFormat,
    mlflow::MLFLOW,
    model_card::MODEL_CARD,
    nanochat_report::NANOCHAT_REPORT,
    number_list::NUMBER_LIST,
    parquet::PARQUET,
    return_curve::RETURN_CURVE,
    run_table::RUN_TABLE,
    sqlite::{MLFLOW_DATABASE, OPTUNA, TRACKIO},
    tensorboard::{TENSORBOARD, TENSORBOARD_CSV},
    text::alternatives,
    text_log::TEXT,
    wandb::{WANDB, WANDB_CSV},
    yolo_results::YOLO_RESULTS,
};

/// All formats of logs, in the order in which they are tried.
pub(crate) static LOG_FORMATS: &[&dyn LogFormat] = &[
    &WANDB,
    &TENSORBOARD,
    &TRAINER_STATE,
    &JSON_RUNS,
    &JSONL,
    &JSON_DOCUMENT,
    &FINAL_VALUES,
    &TENSORBOARD_CSV,
    &WANDB_CSV,
    &COLUMNS_OF_RUNS,
    &YOLO_RESULTS,
    &RUN_TABLE,
    &CSV,
    &ARRAY_HISTORY,
    &RETURN_CURVE,
    &MLFLOW_DATABASE,
    &TRACKIO,
    &OPTUNA,
    &MLFLOW,
    &DVCLIVE,
    &CATBOOST,
    &PARQUET,
    &NANOCHAT_REPORT,
    &MODEL_CARD,
    &NUMBER_LIST,
    &KALDI,
    &TEXT,
];

/// The formats of logs, for a message: `W&B, TensorBoard, JSONL or CSV`.
pub(crate) fn log_titles() -> String {
    let titles: Vec<&str> = LOG_FORMATS.iter().map(|format| format.title()).collect();
    alternatives(&titles)
}
