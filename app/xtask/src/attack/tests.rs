//! The tests of the repository that take their time or rounds from the environment, each for its share of the time.

use std::process::Stdio;

use super::arena::Arena;
use crate::{failure::Failure, process};

/// Rounds of `log_fuzz` that take about a second.
const ROUNDS_PER_SEC: f64 = 6.0;

/// The mutation tests of the readers.
pub(super) fn readers(arena: &mut Arena) -> Result<(), Failure> {
    // Half of the time for arrays, which are eight tests one after another, half for logs.
    let half_secs = arena.time.as_secs_f64() / 2.0;
    run(
        arena,
        "trainscape-source",
        "fuzz",
        "TRAINSCAPE_FUZZ_SECONDS",
        half_secs / 8.0,
    )?;
    run(
        arena,
        "trainscape-source",
        "log_fuzz",
        "TRAINSCAPE_FUZZ_ROUNDS",
        half_secs * ROUNDS_PER_SEC,
    )
}

/// Windows that share one file of settings.
pub(super) fn settings(arena: &mut Arena) -> Result<(), Failure> {
    let seconds = arena.time.as_secs_f64();
    run(
        arena,
        "trainscape",
        "settings",
        "TRAINSCAPE_SETTINGS_SECONDS",
        seconds,
    )
}

fn run(
    arena: &mut Arena,
    package: &str,
    test: &str,
    variable: &str,
    value: f64,
) -> Result<(), Failure> {
    let value = (value as u64).max(1).to_string();
    let mut cargo = process::cargo(arena.workspace)?;
    cargo
        .args(["test", "--quiet", "--package", package, "--test", test])
        .args(["--", "--nocapture", "--test-threads", "1"])
        .env(variable, &value);
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{cargo:?} could not be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    arena.tried += text.lines().filter_map(count).sum::<u64>();
    if !output.status.success() {
        arena.fault(format!("{test}: {}", text.trim()), None);
    }
    arena.notes.push(format!("{variable}={value}"));
    Ok(())
}

/// The number that a test tells of what it tried: `npy: 200 files in 3 s`, `3 windows`.
fn count(line: &str) -> Option<u64> {
    let mut words = line
        .rsplit_once(": ")
        .map_or(line, |(_, told)| told)
        .split(' ');
    let number = words.next()?.parse().ok()?;
    matches!(words.next()?, "files" | "windows").then_some(number)
}
