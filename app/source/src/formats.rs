use crate::{
    csv::CSV, jsonl::JSONL, log_format::LogFormat, tensorboard::TENSORBOARD, wandb::WANDB,
};

/// All formats of logs, in the order in which they are tried.
pub(crate) static LOG_FORMATS: &[&dyn LogFormat] = &[&WANDB, &TENSORBOARD, &JSONL, &CSV];
