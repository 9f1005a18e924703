//! Mutated files of all formats: inspected, and drawn as each view that the unharmed ones allow.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    arena::{Arena, copy_tree, files_below},
    child::Limits,
    mutate::mutate,
};
use crate::failure::Failure;

/// Folders whose entries are seeds, each with its name in the table.
const SEEDS: [&str; 3] = [
    "app/source/tests/data/logs",
    "app/source/tests/data/cases",
    "app/source/tests/data/arrays",
];

/// Endings of files that make or describe seeds.
const NO_SEEDS: [&str; 2] = ["py", "md"];

const LIMITS: Limits = Limits {
    time: Duration::from_secs(60),
    memory: 2 << 30,
};

struct Seed {
    path: PathBuf,
    views: Vec<String>,
}

pub(super) fn run(arena: &mut Arena) -> Result<(), Failure> {
    let mut seeds = Vec::new();
    for folder in SEEDS {
        let folder = arena.workspace.root.join(folder);
        let entries = fs::read_dir(&folder)
            .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            if !NO_SEEDS.contains(&&*ending) {
                let views = views(arena, &path)?;
                seeds.push(Seed { path, views });
            }
        }
    }
    if seeds.is_empty() {
        return Err("there are no seeds to mutate".to_owned());
    }
    arena.notes.push(format!("{} seeds", seeds.len()));
    while arena.continues() {
        let seed = &seeds[arena.random.usize(0..seeds.len())];
        attack(arena, seed)?;
    }
    Ok(())
}

/// The views that the data allow.
fn views(arena: &Arena, path: &Path) -> Result<Vec<String>, Failure> {
    let output = arena
        .command(&["inspect", "--json"])?
        .arg(path)
        .output()
        .map_err(|error| format!("inspect could not be started: {error}"))?;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let runs = json["runs"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> = runs
        .iter()
        .flat_map(|run| run["views"].as_array().cloned().unwrap_or_default())
        .filter(|view| view["available"] == true)
        .filter_map(|view| Some(view["view"].as_str()?.to_owned()))
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn attack(arena: &mut Arena, seed: &Seed) -> Result<(), Failure> {
    let failed = |error: std::io::Error| format!("cannot prepare an input: {error}");
    let input = arena.folder.path().join("input");
    if input.exists() {
        fs::remove_dir_all(&input).map_err(failed)?;
    }
    fs::create_dir_all(&input).map_err(failed)?;
    let name = seed.path.file_name().unwrap_or_default();
    copy_tree(&seed.path, &input.join(name)).map_err(failed)?;
    let files = files_below(&input).map_err(failed)?;
    for _ in 0..arena.random.usize(1..=2) {
        let file = &files[arena.random.usize(0..files.len())];
        let mut content = fs::read(file).map_err(failed)?;
        mutate(&mut content, &mut arena.random);
        fs::write(file, content).map_err(failed)?;
    }
    let mut command = if arena.random.u8(0..4) == 0 {
        arena.command(&["inspect"])?
    } else {
        let output = arena.folder.path().join("figure.png");
        let mut command = arena.command(&["render", "--size", "320x240", "-o"])?;
        command.arg(output);
        if let Some(view) = arena.random.choice(&seed.views) {
            command.args(["--view", view]);
        }
        command
    };
    arena.run(command.arg(&input), &LIMITS, Some(&input))?;
    Ok(())
}
