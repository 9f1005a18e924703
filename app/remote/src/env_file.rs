//! Settings of the environment, and of a file `.env` in the current folder.

use std::{collections::BTreeMap, env, path::Path, sync::OnceLock};

use crate::settings_file;

/// What may stand in `.env`. An address may not: whoever wrote the folder could send credentials elsewhere.
const NAMES: &[&str] = &[
    "GCS_BUCKET",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_KEY",
];

/// A variable of the environment, or else of `.env`; `None` where it is empty.
pub(crate) fn setting(name: &str) -> Option<String> {
    let of_environment = env::var(name).ok().filter(|value| !value.is_empty());
    of_environment.or_else(|| of_file().get(name).cloned())
}

/// The bucket that GCS_BUCKET names, with the folder in which runs are kept.
#[must_use]
pub fn bucket_of_environment() -> Option<String> {
    let bucket = setting("GCS_BUCKET")?;
    let bucket = bucket
        .trim_start_matches("gs://")
        .trim_matches('/')
        .to_owned();
    let has_folder = bucket.contains('/');
    Some(format!(
        "gs://{bucket}{}",
        if has_folder { "" } else { "/runs" }
    ))
}

fn of_file() -> &'static BTreeMap<String, String> {
    static FILE: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    FILE.get_or_init(|| {
        let text = settings_file::read(Path::new(".env")).unwrap_or_default();
        let mut settings = parse(&text);
        settings.retain(|name, _| NAMES.contains(&name.as_str()));
        settings
    })
}

/// Lines `NAME=value`, as shells and their tools read them; quotes and `export` are left out.
pub(crate) fn parse(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let quoted = |quote: char| value.strip_prefix(quote)?.split(quote).next();
        let value = match quoted('"').or_else(|| quoted('\'')) {
            Some(quoted) => quoted,
            None => value.split(" #").next().unwrap_or_default().trim_end(),
        };
        let is_setting = !name.starts_with('#') && !value.is_empty();
        is_setting.then(|| (name.to_owned(), value.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_file_are_settings() {
        let text =
            "# GCS_BUCKET=no\nexport GCS_BUCKET=\"runs of me\" # x\nA = 'b' \nEMPTY=\nC=d # e\n";
        let settings = parse(text);
        let pairs: Vec<(&str, &str)> = settings
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(
            pairs,
            [("A", "b"), ("C", "d"), ("GCS_BUCKET", "runs of me")]
        );
    }
}
