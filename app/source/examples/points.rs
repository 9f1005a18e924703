//! Prints every point of the runs in a folder, for comparison with other readers: one JSON object per
//! series, with steps, wall times and the bits of the values.
//!
//! `cargo run -p trainscape-source --example points -- PATH`

use std::io::Write;

use trainscape_run::{ConfigValue, Step};
use trainscape_source::{Loader, OpenOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<std::path::PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    let mut loader = Loader::open(&paths, OpenOptions::default())?;
    loader.read_to_end();
    let snapshot = loader.snapshot();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for run in &snapshot.runs {
        let config: serde_json::Map<String, serde_json::Value> = run
            .config
            .iter()
            .map(|(key, value)| (key.clone(), json_of(value)))
            .collect();
        let sources: Vec<String> = run
            .sources
            .iter()
            .map(|source| {
                let (path, note) = (source.path.display(), &source.note);
                format!("{path} {:?} {} {note}", source.state, source.records)
            })
            .collect();
        let head = serde_json::json!({
            "run": *run.id, "name": *run.name, "config": config, "sources": sources,
        });
        writeln!(out, "{head}")?;
        for (key, series) in &run.series {
            let points: Vec<serde_json::Value> = series
                .iter()
                .map(|point| {
                    let step = match point.step {
                        Step::Int(step) => serde_json::json!(step),
                        Step::Float(step) => serde_json::json!(step),
                    };
                    let bits = format!("{:016x}", point.value.to_bits());
                    serde_json::json!([step, point.wall_time_secs, bits])
                })
                .collect();
            let role = run.roles.get(key).map(|role| role.name());
            let series = serde_json::json!({
                "run": *run.id, "key": **key, "role": role, "points": points,
            });
            writeln!(out, "{series}")?;
        }
    }
    for unread in &*snapshot.unread {
        writeln!(
            out,
            "{}",
            serde_json::json!({"unread": unread.path, "why": unread.why})
        )?;
    }
    for warning in &snapshot.warnings {
        writeln!(out, "{}", serde_json::json!({"warning": warning}))?;
    }
    Ok(())
}

fn json_of(value: &ConfigValue) -> serde_json::Value {
    match value {
        ConfigValue::Bool(value) => (*value).into(),
        ConfigValue::Int(value) => (*value).into(),
        ConfigValue::Float(value) => (*value).into(),
        ConfigValue::Text(value) => value.as_str().into(),
    }
}
