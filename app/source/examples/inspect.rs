//! Lists what the readers find, for comparison with other readers: `inspect PATH --json` gives counts,
//! `series PATH --run ID --key KEY` gives every point of one series as CSV.

use std::{error::Error, io::Write, path::PathBuf};

use serde_json::json;
use trainscape_run::Snapshot;
use trainscape_source::{Loader, OpenOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let command = arguments.first().ok_or("inspect or series?")?;
    let path = PathBuf::from(arguments.get(1).ok_or("which path?")?);
    let mut loader = Loader::open(&[path], OpenOptions::default())?;
    loader.read_to_end();
    let snapshot = loader.snapshot();
    if command == "series" {
        let run = option("--run").ok_or("which --run?")?;
        let key = option("--key").ok_or("which --key?")?;
        return series(&snapshot, &run, &key);
    }
    println!("{}", inspect(&snapshot));
    Ok(())
}

fn inspect(snapshot: &Snapshot) -> serde_json::Value {
    let runs: Vec<_> = snapshot
        .runs
        .iter()
        .map(|run| {
            let series: Vec<_> = run
                .series
                .iter()
                .map(|(key, series)| {
                    json!({
                        "key": key, "role": run.roles.get(key), "points": series.len(),
                        "superseded": series.superseded(), "non_finite": series.non_finite(),
                        "source": run.series_source.get(key),
                    })
                })
                .collect();
            let media: Vec<_> = run
                .media()
                .into_iter()
                .map(|media| json!({"key": media.key, "kind": media.kind, "count": media.count}))
                .collect();
            json!({
                "id": run.id, "name": run.name, "path": run.path, "sources": run.sources,
                "config": *run.config, "series": series, "media": media, "x": run.declared_x,
            })
        })
        .collect();
    json!({"runs": runs, "warnings": snapshot.warnings})
}

fn series(snapshot: &Snapshot, run: &str, key: &str) -> Result<(), Box<dyn Error>> {
    let run = snapshot
        .runs
        .iter()
        .find(|found| *found.id == *run)
        .ok_or("no such run")?;
    let series = run.series.get(key).ok_or("no such series")?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "step,wall_time,value")?;
    for point in series.iter() {
        let time = point
            .wall_time_secs
            .map(|secs| secs.to_string())
            .unwrap_or_default();
        writeln!(out, "{},{time},{}", point.step, point.value)?;
    }
    Ok(())
}
