//! The statements as they are sent. `statements.txt` has them for reading; a change of one is a change of that file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fmt::Write as _, fs, path::Path};

use trainscape_engine::{EngineUrl, questions, statements};

const URLS: [&str; 3] = [
    "flightsql://lab/data/catalog",
    "flightsql://lab/data/catalog?tables=duckdb",
    "flightsql://lab/lab.training?tables=views",
];

fn all() -> String {
    let mut text = String::new();
    let runs = [("sweep/a", 500), ("it's", 500)];
    for url in URLS {
        let parsed = EngineUrl::parse(url).unwrap();
        writeln!(text, "-- {url}").unwrap();
        for (name, question) in questions("train/loss", "grads", &runs, 4) {
            for statement in statements(&question, &parsed) {
                writeln!(text, "-- {name}\n{statement};").unwrap();
            }
        }
    }
    text
}

#[test]
fn statements_are_those_that_were_read_and_tried() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/statements.txt");
    let text = all();
    println!("{text}");
    if std::env::var_os("UPDATE_STATEMENTS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text);
}

#[test]
fn statements_stay_within_what_engines_share() {
    let text = all();
    // What Snowflake, BigQuery, DuckDB and DataFusion do not all have, or not all mean alike.
    for word in [
        "QUALIFY",
        "::",
        "FILTER (",
        "ARG_MIN",
        "LIMIT",
        "ILIKE",
        "\"",
        " / ",
        "DISTINCT ON",
        "\\",
    ] {
        assert!(!text.contains(word), "{word}");
    }
    for statement in text.lines().filter(|line| !line.starts_with("--")) {
        assert!(
            statement.starts_with("SELECT ") && statement.matches(';').count() == 1,
            "{statement}"
        );
    }
}
