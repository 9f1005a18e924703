//! The behaviour of a view, a format or an exporter is implemented with it: no other code branches on its name.

use std::path::{Path, PathBuf};

/// Names on which no code outside their crate may branch.
struct Rule {
    what: &'static str,
    /// Names as string literals.
    names: Vec<String>,
    /// The folders that could choose by them: all but the crate that defines them and those that cannot know it.
    folders: &'static [&'static str],
    /// Exempt files.
    allowed: &'static [&'static str],
}

fn rules() -> Vec<Rule> {
    let views = trainscape_views::VIEWS.map(|view| view.name().to_owned());
    let exporters = trainscape_export::EXPORTERS;
    vec![
        Rule {
            what: "views",
            names: views.into(),
            folders: &[
                "app/cli",
                "app/export",
                "app/gpu",
                "app/scene",
                "app/window",
            ],
            // Settings that version 0.1.0 saved, by view.
            allowed: &["app/window/src/saved_settings.rs"],
        },
        Rule {
            what: "formats",
            names: trainscape_source::format_names()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            folders: &["app/cli", "app/run", "app/scene", "app/views", "app/window"],
            allowed: &[],
        },
        Rule {
            what: "exporters",
            names: exporters
                .iter()
                .map(|exporter| exporter.name().to_owned())
                .collect(),
            folders: &["app/cli", "app/window"],
            allowed: &[],
        },
    ]
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !matches!(name, "tests" | "benches" | "examples" | "target") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The match arms and comparisons of a file with one of the names.
fn choices_by(names: &[String], code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap();
    let chooses = |line: &&str| {
        names.iter().any(|name| {
            let literal = format!("\"{name}\"");
            let Some(at) = line.find(&literal) else {
                return false;
            };
            let (before, after) = (line[..at].trim_end(), &line[at + literal.len()..]);
            after.contains("=>")
                || after.trim_start().starts_with("==")
                || before.ends_with("==")
                || before.ends_with("named(")
                || before.ends_with("from_name(")
        })
    };
    code.lines()
        .filter(chooses)
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
fn no_code_outside_the_lists_branches_on_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("app"), &mut files);
    assert!(files.len() > 250, "{}", files.len());
    let mut found = Vec::new();
    for rule in rules() {
        assert!(!rule.names.is_empty());
        for file in &files {
            let path = file.strip_prefix(root).unwrap().to_str().unwrap();
            let is_checked = rule.folders.iter().any(|folder| path.starts_with(folder));
            if !is_checked || rule.allowed.contains(&path) {
                continue;
            }
            let code = std::fs::read_to_string(file).unwrap();
            for line in choices_by(&rule.names, &code) {
                found.push(format!("{path} branches on {}: {line}", rule.what));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_planted_branch_is_found() {
    let names = ["attention".to_owned(), "png".to_owned()];
    for line in [
        "        \"attention\" => draw(),",
        "    if view.name() == \"attention\" {",
        "    let view = ViewKind::named(\"attention\");",
        "        Some(\"png\" | \"svg\") => x,",
    ] {
        assert_eq!(choices_by(&names, line), [line.trim()]);
    }
    assert!(choices_by(&names, "let title = \"attention weight\";").is_empty());
    assert!(choices_by(&names, "#[cfg(test)]\nmod tests { f(\"png\" => 1) }").is_empty());
}
