//! Configuration files next to logs.

use std::{fs, path::Path};

use trainscape_run::{Config, ConfigValue};

use crate::{
    json::{Json, TOO_DEEP, is_nested_too_deep},
    limits, regular_file, yaml,
};

/// Largest size of a configuration file.
const MAX_BYTES: u64 = limits::CONFIG.bytes;

/// Members of a document that hold the settings of a run.
const SETTINGS: &[&str] = &[
    "config",
    "configuration",
    "args",
    "params",
    "hparams",
    "hyperparameters",
    "settings",
    "_meta",
];

/// Documents in which a trainer writes what came out, beside the settings.
const RESULTS: &[&str] = &["result.json", "results.json"];

/// True if the object under `key` holds settings.
pub(crate) fn is_settings_key(key: &str) -> bool {
    SETTINGS.iter().any(|name| name.eq_ignore_ascii_case(key))
        || ["_cfg", "_config"].iter().any(|end| key.ends_with(end))
}

/// True for the name of a document of results, which may hold settings.
pub(crate) fn is_results_name(name: &str) -> bool {
    RESULTS.contains(&name)
}

/// True if a document of results holds settings.
pub(crate) fn holds_settings(path: &Path) -> bool {
    !read(path).config.is_empty()
}

/// A configuration file.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigFile {
    pub(crate) config: Config,
    /// Why the file is not a configuration, and what to do.
    pub(crate) problem: Option<String>,
}

impl ConfigFile {
    fn unread(problem: impl Into<String>) -> Self {
        Self {
            config: Config::new(),
            problem: Some(problem.into()),
        }
    }
}

/// Reads a JSON or YAML file as configuration.
pub(crate) fn read(path: &Path) -> ConfigFile {
    let mut config = Config::new();
    let text = match fs::metadata(path) {
        Ok(metadata) if metadata.len() > MAX_BYTES => {
            return ConfigFile::unread(format!(
                "it has {} bytes, and a configuration at most {MAX_BYTES}",
                metadata.len()
            ));
        }
        _ => match regular_file::read(path) {
            Ok(text) => text,
            Err(error) => return ConfigFile::unread(format!("it cannot be read: {error}")),
        },
    };
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    let value = if is_json {
        Json::parse(&text).ok_or_else(|| {
            let is_deep = is_nested_too_deep(&text);
            let reason = if is_deep { TOO_DEEP } else { "it is not JSON" };
            reason.to_owned()
        })
    } else {
        yaml::parse(&String::from_utf8_lossy(&text)).map_err(|error| error.to_string())
    };
    match value {
        Ok(Json::Map(entries)) if is_results(path) => {
            for (key, value) in entries {
                if is_settings_key(&key) && matches!(value, Json::Map(_)) {
                    value.flatten_config(&mut String::new(), &mut config);
                }
            }
        }
        Ok(Json::Map(entries)) => {
            // W&B wraps each entry and adds metadata.
            let wandb = entries
                .iter()
                .any(|(key, _)| key == "_wandb" || key == "wandb_version");
            for (mut key, value) in entries {
                if wandb && (key == "_wandb" || key == "wandb_version") {
                    continue;
                }
                let value = match value {
                    Json::Map(mut inner) if wandb => {
                        match inner.iter().position(|(name, _)| name == "value") {
                            Some(at) => inner.swap_remove(at).1,
                            None => Json::Map(inner),
                        }
                    }
                    value => value,
                };
                value.flatten_config(&mut key, &mut config);
            }
        }
        Ok(_) if is_results(path) => {}
        Ok(list) => {
            for (mut key, value) in pairs_of(list).into_iter().flatten() {
                value.flatten_config(&mut key, &mut config);
            }
        }
        Err(reason) => {
            return ConfigFile::unread(format!("{reason}: correct it, or write it again"));
        }
    }
    ConfigFile {
        config,
        problem: None,
    }
}

fn is_results(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(is_results_name)
}

/// The entries of a list of pairs, which is how RL Zoo's `config.yml` holds an ordered dictionary. YAML's tags are not read, so
/// that it may be a list within a list.
fn pairs_of(list: Json) -> Option<Vec<(String, Json)>> {
    let Json::List(mut items) = list else {
        return None;
    };
    if let [Json::List(inner)] = items.as_mut_slice()
        && inner.iter().all(|item| matches!(item, Json::List(_)))
    {
        items = std::mem::take(inner);
    }
    let pair = |item: Json| match item {
        Json::List(pair) => match <[Json; 2]>::try_from(pair).ok()? {
            [Json::Text(key), value] => Some((key, value)),
            _ => None,
        },
        _ => None,
    };
    items.into_iter().map(pair).collect()
}

/// A value that a logger stores as the text that Python prints.
pub(crate) fn value_of_text(text: &str) -> ConfigValue {
    // `nan`, `inf` and `infinity` are words, too.
    let is_number = text
        .trim_start_matches(['+', '-', '.'])
        .starts_with(|first: char| first.is_ascii_digit());
    match text {
        "True" | "true" => ConfigValue::Bool(true),
        "False" | "false" => ConfigValue::Bool(false),
        _ if !is_number => ConfigValue::Text(text.to_owned()),
        _ => match (text.parse(), text.parse()) {
            (Ok(value), _) => ConfigValue::Int(value),
            (_, Ok(value)) => ConfigValue::Float(value),
            _ => ConfigValue::Text(text.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_pairs_is_a_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yml");
        let text = "!!python/object/apply:collections.OrderedDict\n- - - batch_size\n    - 64\n  - - policy\n    - Mlp\n";
        fs::write(&path, text).unwrap();
        let config = read(&path).config;
        assert_eq!(config["batch_size"].as_f64(), Some(64.0));
        assert_eq!(config["policy"].to_string(), "Mlp");
    }

    #[test]
    fn wandb_wrappers_are_removed_and_tags_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        let text = "_wandb:\n  value:\n    cli_version: 1\nlr:\n  desc: null\n  value: 0.1\n\
                    opt:\n  value:\n    betas: [0.9, 0.95]\n    fused: true\n";
        fs::write(&path, text).unwrap();
        let config = read(&path).config;
        assert_eq!(config.len(), 3);
        assert_eq!(config["lr"].as_f64(), Some(0.1));
        assert_eq!(config["opt.betas"].to_string(), "[0.9, 0.95]");
        fs::write(&path, "shape: !!python/tuple\n- 1\n- 2\n").unwrap();
        assert_eq!(read(&path).config["shape"].to_string(), "[1, 2]");
        fs::write(&path, "a: [\n").unwrap();
        let damaged = read(&path);
        assert!(damaged.config.is_empty());
        assert!(damaged.problem.is_some());
    }
}
