//! Time and memory by the number of arrays, keys, files and runs: they grow with the number, not with its square.

use super::arena::Arena;
use crate::{failure::Failure, process, system};

const SCRIPT: &str = "benches/ladder.py";

/// The time of an item among ten times as many may be this much longer.
const MOST_GROWTH: f64 = 3.0;

/// Below this time in seconds, starting the program is what takes it.
const SHORT_SECS: f64 = 0.3;

/// A row that the script prints: kind, count, seconds, megabytes, microseconds an item.
struct Row {
    kind: String,
    count: u64,
    seconds: f64,
    megabytes: f64,
    item: f64,
}

impl Row {
    fn of(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        Some(Self {
            kind: words.next()?.to_owned(),
            count: words.next()?.parse().ok()?,
            seconds: words.next()?.parse().ok()?,
            megabytes: words.next()?.parse().ok()?,
            item: words.next()?.parse().ok()?,
        })
    }
}

pub(super) fn run(arena: &mut Arena) -> Result<(), Failure> {
    system::ensure(&[&system::PYTHON])?;
    let most = if arena.time.as_secs() < 20 {
        "10000"
    } else {
        "100000"
    };
    let mut command = process::command("python3", arena.workspace)?;
    let output = command
        .arg(SCRIPT)
        .arg(&arena.program)
        .args(["--most", most])
        .output()
        .map_err(|error| format!("{SCRIPT} could not be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        arena.fault(
            format!(
                "{SCRIPT}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            ),
            None,
        );
    }
    let rows: Vec<Row> = text.lines().filter_map(Row::of).collect();
    arena.tried = rows.len() as u64;
    for pair in rows.windows(2) {
        let [before, row] = pair else { continue };
        if before.kind == row.kind
            && before.seconds > SHORT_SECS
            && row.item > MOST_GROWTH * before.item
        {
            arena.fault(
                format!(
                    "{} {}: {} us an item, of {} {}",
                    row.count, row.kind, row.item, before.count, before.item
                ),
                None,
            );
        }
    }
    let largest = rows
        .iter()
        .filter(|row| row.count.to_string() == most || row.kind.ends_with("runs"));
    for row in largest.filter(|row| row.count >= 10_000) {
        arena.notes.push(format!(
            "{} {}: {} s, {} MB",
            row.count, row.kind, row.seconds, row.megabytes
        ));
    }
    Ok(())
}
