//! The folders of Hydra's jobs: `.hydra` holds the configuration, and what was overridden for the job. The folders themselves
//! have the number of the job or the time of its start as their name.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;

use crate::{json::Json, limits, regular_file, yaml};

/// The folder in that of a job.
pub(crate) const FOLDER: &str = ".hydra";

/// Names that say which job or when, not what was trained: `3`, `22-57-44`, `2023-06-06_22-57-44`.
static WITHOUT_MEANING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\d{1,4}|(?:\d{4}-\d{2}-\d{2}[_ T-]?)?(?:\d{2}-\d{2}-\d{2})?)$")
        .expect("a constant pattern is valid")
});

/// The configuration of the job whose folder is `job`, if it is one's.
pub(crate) fn config_file(job: &Path) -> Option<PathBuf> {
    let path = job.join(FOLDER).join("config.yaml");
    path.is_file().then_some(path)
}

/// Whether a file is the configuration of a job.
pub(crate) fn is_config_file(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with(FOLDER))
}

/// The name of the run in `folder`, at or below that of a `job`: what was overridden for the job, with the path below it. `None`
/// where the job's folder has a name of its own, or nothing was overridden.
pub(crate) fn run_name(folder: &Path, job: &Path) -> Option<String> {
    if !WITHOUT_MEANING.is_match(&job.file_name()?.to_string_lossy()) {
        return None;
    }
    let overrides = overrides(job)?;
    let below = folder.strip_prefix(job).ok()?;
    // Loggers have folders of their own.
    Some(
        match below.as_os_str().is_empty() || below.starts_with("wandb") {
            true => overrides,
            false => format!("{overrides}/{}", below.display()),
        },
    )
}

/// `n_labeled=100, model=xgboost`
fn overrides(job: &Path) -> Option<String> {
    let path = job.join(FOLDER).join("overrides.yaml");
    let text = regular_file::read(&path).ok()?;
    if text.len() as u64 > limits::CONFIG.bytes {
        return None;
    }
    let Json::List(items) = yaml::parse(&String::from_utf8_lossy(&text)).ok()? else {
        return None;
    };
    let names: Vec<String> = items
        .iter()
        .filter_map(|item| match item {
            Json::Text(text) => short(text),
            _ => None,
        })
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The last part of an overridden key, with its value: `lr=0.1` of `+model.optimizer.lr=0.1`. Deleted keys and settings of Hydra
/// itself are not the training's.
fn short(text: &str) -> Option<String> {
    let (key, value) = text.trim_start_matches('+').split_once('=')?;
    if key.starts_with("hydra") || key.starts_with('~') {
        return None;
    }
    let last = key.rsplit(['.', '/']).next().unwrap_or(key);
    Some(format!("{last}={value}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn jobs_are_named_by_what_was_overridden() {
        let root = tempfile::tempdir().unwrap();
        let job = |name: &str, overrides: &str| {
            let job = root.path().join(name);
            fs::create_dir_all(job.join(FOLDER)).unwrap();
            fs::write(job.join(FOLDER).join("overrides.yaml"), overrides).unwrap();
            job
        };
        let list = "- +model.optimizer.lr=0.1\n- data.n_labeled=100\n- hydra.job.chdir=true\n";
        let numbered = job("2024-02-26/16-40-30/3", list);
        let name = |folder: &Path| run_name(folder, folder);
        assert_eq!(name(&numbered).as_deref(), Some("lr=0.1, n_labeled=100"));
        let client = numbered.join("clients");
        let of_client = run_name(&client, &numbered);
        assert_eq!(of_client.as_deref(), Some("lr=0.1, n_labeled=100/clients"));
        assert_eq!(name(&job("22-57-44", "[]\n")), None);
        assert_eq!(name(&job("lr=0.1,seed=3", list)), None);
        assert!(is_config_file(&client.join(".hydra/config.yaml")));
    }
}
