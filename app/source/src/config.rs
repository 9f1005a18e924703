//! Configuration files next to logs.

use std::{fs, path::Path};

use trainscape_run::{Config, ConfigValue};

use crate::{json::Json, limits, regular_file, yaml};

/// Largest size of a configuration file.
const MAX_BYTES: u64 = limits::CONFIG.bytes;

/// Reads a JSON or YAML file as configuration; empty if it is not one.
pub(crate) fn read(path: &Path) -> Config {
    let mut config = Config::new();
    if fs::metadata(path).map_or(true, |metadata| {
        !metadata.is_file() || metadata.len() > MAX_BYTES
    }) {
        return config;
    }
    let Ok(text) = regular_file::read(path) else {
        return config;
    };
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    let value = if is_json {
        Json::parse(&text)
    } else {
        yaml::parse(&String::from_utf8_lossy(&text)).ok()
    };
    match value {
        Some(Json::Map(entries)) => {
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
        Some(_) => {}
        None => log::warn!("{} is not a readable configuration", path.display()),
    }
    config
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
    fn wandb_wrappers_are_removed_and_tags_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        let text = "_wandb:\n  value:\n    cli_version: 1\nlr:\n  desc: null\n  value: 0.1\n\
                    opt:\n  value:\n    betas: [0.9, 0.95]\n    fused: true\n";
        fs::write(&path, text).unwrap();
        let config = read(&path);
        assert_eq!(config.len(), 3);
        assert_eq!(config["lr"].as_f64(), Some(0.1));
        assert_eq!(config["opt.betas"].to_string(), "[0.9, 0.95]");
        fs::write(&path, "shape: !!python/tuple\n- 1\n- 2\n").unwrap();
        assert_eq!(read(&path)["shape"].to_string(), "[1, 2]");
        fs::write(&path, "a: [\n").unwrap();
        assert!(read(&path).is_empty());
    }
}
