//! Keys of configurations that are no parameters of a training: what became of it, when, and where.

/// Last words of keys that say how a run went, where it was and when, not how it was configured.
const NOT_PARAMETERS: [&str; 37] = [
    "step",
    "global_step",
    "time",
    "started",
    "date",
    "duration",
    "label",
    "state",
    "status",
    "number",
    "trial_id",
    "trial_number",
    "run_id",
    "run_uuid",
    "experiment_id",
    "uuid",
    "id",
    "datetime_start",
    "datetime_complete",
    "start_time",
    "end_time",
    "created_at",
    "generated_at",
    "generated_at_utc",
    "log_path",
    "finished_at",
    "timestamp",
    "runtime",
    "_runtime",
    "_timestamp",
    "hostname",
    "host",
    "pid",
    "git_commit",
    "commit",
    "output_dir",
    "log_dir",
];

/// Whether a key of the configuration is no parameter of a training.
pub(super) fn is_no_parameter(key: &str) -> bool {
    let last = key.rsplit(['.', '/']).next().unwrap_or(key);
    let last = last.to_ascii_lowercase();
    // Optuna's own keys name the study and the trial.
    key.starts_with("optuna.")
        || is_search_space(key)
        || NOT_PARAMETERS.contains(&last.as_str())
        || is_outcome(&last)
}

/// Whether a key states what a sweep of W&B chose from (`parameters.lr.values`), not what a run was trained with.
fn is_search_space(key: &str) -> bool {
    const PARTS: [&str; 5] = [".values", ".min", ".max", ".distribution", ".value"];
    key.strip_prefix("parameters.")
        .is_some_and(|rest| PARTS.iter().any(|part| rest.ends_with(part)))
}

/// Whether the last part of a key says how a run went, as `best_val_loss`, `last_step` and `step_avg_ms` do.
fn is_outcome(last: &str) -> bool {
    const FIRST: [&str; 5] = ["best_", "last_", "final_", "elapsed", "pruned"];
    const ENDS: [&str; 12] = [
        "_ms",
        "_secs",
        "_seconds",
        "_time",
        "_loss",
        "_acc",
        "_accuracy",
        "_bpb",
        "_score",
        "perplexity",
        "_ppl",
        "_f1",
    ];
    // The settings of a loss have its name, too.
    const OF_SETTINGS: [&str; 4] = ["use_", "with_", "max_", "min_"];
    let is_setting = OF_SETTINGS.iter().any(|first| last.starts_with(first));
    !is_setting
        && (FIRST.iter().any(|first| last.starts_with(first))
            || ENDS.iter().any(|end| last.ends_with(end)))
}
