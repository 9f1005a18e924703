//! The mapping file: other names, roles and x axes of keys, and what arrays hold, for logs and arrays of any names.

use std::{fs, path::Path, sync::Arc};

use trainscape_expression::nearest_name;
use trainscape_run::{ArrayKind, Role};
use trainscape_source::{ArrayMapping, KeyMapping, KeyPattern, open_regular_file};

/// Longest mapping file that is read.
const MOST_BYTES: u64 = 1 << 20;

/// The tables and entries of the file.
const ENTRIES: [&str; 4] = ["keys", "roles", "x", "arrays"];

/// The role of a name in an option or a mapping file.
pub(super) fn role_of_name(name: &str) -> Result<Role, String> {
    let roles = || Role::ALL.map(Role::name).join(", ");
    Role::from_name(name).ok_or_else(|| format!("unknown role `{name}`; available: {}", roles()))
}

/// Reads the file that an option names.
pub(super) fn parse(path: &str) -> Result<Arc<KeyMapping>, String> {
    read(Path::new(path)).map_err(|why| match why.strip_prefix(path) {
        // The option's own message names the file.
        Some(rest) => rest.trim_start_matches(": ").to_owned(),
        None => why,
    })
}

/// Reads a mapping file.
pub(super) fn read(path: &Path) -> Result<Arc<KeyMapping>, String> {
    let read = || -> Result<KeyMapping, String> {
        let text = |error: std::io::Error| error.to_string();
        open_regular_file(path).map_err(text)?;
        if fs::metadata(path).map_err(text)?.len() > MOST_BYTES {
            return Err("it is longer than a mapping file".to_owned());
        }
        let mapping = of_text(&fs::read_to_string(path).map_err(text)?)?;
        Ok(KeyMapping {
            path: Some(path.to_owned()),
            ..mapping
        })
    };
    let mapping = read().map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(Arc::new(mapping))
}

fn of_text(text: &str) -> Result<KeyMapping, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.get(..at).unwrap_or("").matches('\n').count() + 1;
        format!("line {line}: {}", error.message().replace('\n', " "))
    })?;
    let mut mapping = KeyMapping::default();
    for (entry, value) in &table {
        match entry.as_str() {
            "keys" => mapping.names = names(value)?,
            "roles" => mapping.roles = roles(value)?,
            "x" => mapping.x = x(value)?,
            "arrays" => mapping.arrays = arrays(value)?,
            other => {
                let known =
                    "known are `x` and the tables `[keys]`, `[roles]`, `[x]` and `[arrays]`";
                let hint = nearest_name(other, ENTRIES.into_iter());
                let hint =
                    hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                return Err(format!("unknown entry `{other}`: {known}{hint}"));
            }
        }
    }
    Ok(mapping)
}

/// `[keys]`: the key of the log, or a pattern, and its new name.
fn names(value: &toml::Value) -> Result<Vec<(KeyPattern, String)>, String> {
    let mut names = Vec::new();
    for (key, name) in entries("keys", value)? {
        let pattern = KeyPattern::new(key);
        let name = text("keys", key, name)?;
        if name.is_empty() || name.matches('*').count() > pattern.stars() {
            return Err(format!(
                "[keys] `{key}`: `{name}` is no name; it may have as many `*` as the key, each for the same text"
            ));
        }
        names.push((pattern, name.to_owned()));
    }
    Ok(names)
}

/// `[roles]`: a role and its key or keys, as `--role` has it.
fn roles(value: &toml::Value) -> Result<Vec<(KeyPattern, Role)>, String> {
    let mut roles = Vec::new();
    for (name, keys) in entries("roles", value)? {
        let role = role_of_name(name).map_err(|why| format!("[roles] {why}"))?;
        let listed = match keys {
            toml::Value::Array(keys) => keys.as_slice(),
            key => std::slice::from_ref(key),
        };
        for key in listed {
            roles.push((KeyPattern::new(text("roles", name, key)?), role));
        }
    }
    Ok(roles)
}

/// `x`: the key for all series, or as a table for those of a key or a pattern.
fn x(value: &toml::Value) -> Result<Vec<(KeyPattern, String)>, String> {
    if let toml::Value::String(x) = value {
        return Ok(vec![(KeyPattern::new("*"), x.clone())]);
    }
    entries("x", value)?
        .map(|(key, x)| Ok((KeyPattern::new(key), text("x", key, x)?.to_owned())))
        .collect()
}

/// `[arrays]`: an array, or a pattern, and what it holds: a kind, or a table of the kind and of its axes.
fn arrays(value: &toml::Value) -> Result<Vec<(KeyPattern, ArrayMapping)>, String> {
    let mut arrays = Vec::new();
    for (key, what) in entries("arrays", value)? {
        let (kind, axes) = match what {
            toml::Value::Table(table) => {
                let mut unknown = table
                    .keys()
                    .filter(|name| !["kind", "axes"].contains(&name.as_str()));
                if let Some(name) = unknown.next() {
                    return Err(format!(
                        "[arrays] `{key}`: unknown entry `{name}`: known are `kind` and `axes`"
                    ));
                }
                let kind = table.get("kind");
                let kind = kind.ok_or_else(|| format!("[arrays] `{key}` has no `kind`"))?;
                (kind, table.get("axes"))
            }
            kind => (kind, None),
        };
        let name = text("arrays", key, kind)?;
        let kind = ArrayKind::from_name(name).ok_or_else(|| {
            let known = ArrayKind::ALL.map(ArrayKind::name);
            let hint = nearest_name(name, known.into_iter());
            let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!(
                "[arrays] `{key}`: unknown kind `{name}`: known are {}{hint}",
                known.join(", ")
            )
        })?;
        let axes = axes.map(|axes| axis_names(key, axes)).transpose()?;
        arrays.push((KeyPattern::new(key), ArrayMapping { kind, axes }));
    }
    Ok(arrays)
}

/// The names of the axes of the array under `key`.
fn axis_names(key: &str, axes: &toml::Value) -> Result<Vec<String>, String> {
    let listed = axes.as_array().filter(|axes| !axes.is_empty());
    let listed = listed
        .ok_or_else(|| format!("[arrays] `{key}`: `axes` must be a list of names, not {axes}"))?;
    let names = listed.iter();
    names
        .map(|axis| Ok(text("arrays", key, axis)?.to_owned()))
        .collect()
}

fn entries<'a>(
    name: &str,
    value: &'a toml::Value,
) -> Result<impl Iterator<Item = (&'a String, &'a toml::Value)>, String> {
    let table = value.as_table();
    let table = table.ok_or_else(|| format!("`{name}` must be a table, `[{name}]`"))?;
    Ok(table.iter())
}

fn text<'a>(table: &str, entry: &str, value: &'a toml::Value) -> Result<&'a str, String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| format!("[{table}] `{entry}` must be text in quotes, not {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_keys_roles_and_x_axes() {
        let mapping = of_text(
            "x = \"tokens\"\n[keys]\n\"trn_*\" = \"train/*\"\n[roles]\nloss = \"train/l\"\nreward = [\"r\", \"ep_*\"]\n",
        );
        let mapping = mapping.expect("a mapping");
        let pattern = KeyPattern::new;
        assert_eq!(mapping.x, [(pattern("*"), "tokens".to_owned())]);
        assert_eq!(mapping.names, [(pattern("trn_*"), "train/*".to_owned())]);
        let roles = [
            (pattern("train/l"), Role::Loss),
            (pattern("r"), Role::Reward),
            (pattern("ep_*"), Role::Reward),
        ];
        assert_eq!(mapping.roles, roles);
        let by_pattern = of_text("[x]\n\"eval/*\" = \"eval/step\"\n").expect("a mapping");
        assert_eq!(by_pattern.x, [(pattern("eval/*"), "eval/step".to_owned())]);
    }

    #[test]
    fn a_file_says_what_arrays_hold() {
        let mapping = of_text(
            "[arrays]\n\"probs_*\" = \"attention\"\nE = { kind = \"embeddings\", axes = [\"t\", \"row\", \"d\"] }\n",
        );
        let array = |kind, axes: Option<&[&str]>| ArrayMapping {
            kind,
            axes: axes.map(|axes| axes.iter().map(|axis| (*axis).to_owned()).collect()),
        };
        let expected = [
            (
                KeyPattern::new("E"),
                array(ArrayKind::Embeddings, Some(&["t", "row", "d"])),
            ),
            (
                KeyPattern::new("probs_*"),
                array(ArrayKind::Attention, None),
            ),
        ];
        assert_eq!(mapping.expect("a mapping").arrays, expected);
    }

    #[test]
    fn a_mistake_is_one_sentence() {
        for (bad, why) in [
            ("[rolse]\nloss = \"l\"", "unknown entry `rolse`"),
            ("[rolse]\nloss = \"l\"", "did you mean `roles`?"),
            ("[roles]\nlos = \"l\"", "unknown role `los`"),
            ("[roles]\nloss = 3", "must be text in quotes, not 3"),
            ("[keys]\na = \"b*\"", "`b*` is no name"),
            ("keys = \"a\"", "must be a table"),
            ("x = [1]", "must be a table"),
            ("[arrays]\na = \"atention\"", "did you mean `attention`?"),
            ("[arrays]\na = 3", "must be text in quotes, not 3"),
            ("[arrays]\na = { axes = [\"row\"] }", "has no `kind`"),
            (
                "[arrays]\na = { kind = \"x\", axs = 1 }",
                "unknown entry `axs`",
            ),
            (
                "[arrays]\na = { kind = \"x\", axes = \"row\" }",
                "must be a list of names",
            ),
            ("x = \"a\"\nx = \"b\"", "line 2"),
        ] {
            let error = of_text(bad).expect_err(bad);
            assert!(
                error.contains(why) && !error.contains('\n'),
                "{bad}: {error}"
            );
        }
    }
}
