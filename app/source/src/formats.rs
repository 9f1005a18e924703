use crate::{
    csv::CSV, jsonl::JSONL, log_format::LogFormat, tensorboard::TENSORBOARD, text::alternatives,
    text_log::TEXT, wandb::WANDB,
};

/// All formats of logs, in the order in which they are tried.
pub(crate) static LOG_FORMATS: &[&dyn LogFormat] = &[&WANDB, &TENSORBOARD, &JSONL, &CSV, &TEXT];

/// The formats of logs, for a message: `W&B, TensorBoard, JSONL or CSV`.
pub(crate) fn log_titles() -> String {
    let titles: Vec<&str> = LOG_FORMATS.iter().map(|format| format.title()).collect();
    alternatives(&titles)
}
