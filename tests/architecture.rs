//! The arrows between the crates, as `cargo metadata` tells them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::{Value, json};

/// What each crate may name as a dependency of ours: `source -> run <- scene <- gpu <- export`, and the
/// viewer and the binary above them all.
const ARROWS: [(&str, &[&str]); 8] = [
    ("trainscape-run", &[]),
    ("trainscape-source", &["trainscape-run"]),
    ("trainscape-scene", &["trainscape-run"]),
    ("trainscape-gpu", &["trainscape-scene"]),
    ("trainscape-export", &["trainscape-gpu", "trainscape-scene"]),
    (
        "trainscape-viewer",
        &[
            "trainscape-export",
            "trainscape-gpu",
            "trainscape-run",
            "trainscape-scene",
            "trainscape-source",
        ],
    ),
    (
        "trainscape",
        &[
            "trainscape-export",
            "trainscape-gpu",
            "trainscape-run",
            "trainscape-scene",
            "trainscape-source",
            "trainscape-viewer",
        ],
    ),
    ("xtask", &[]),
];

/// What must not be reachable from a crate by normal and build dependencies, however indirectly.
const BLIND: [(&str, &[&str]); 5] = [
    ("trainscape-run", &["wgpu", "egui", "winit"]),
    ("trainscape-source", &["wgpu", "egui", "winit"]),
    ("trainscape-scene", &["wgpu", "egui", "winit"]),
    ("trainscape-gpu", &["egui", "winit"]),
    ("trainscape-export", &["egui", "winit"]),
];

/// Everything that is wrong with a workspace's metadata, one sentence each.
fn faults(metadata: &Value) -> Vec<String> {
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            (
                package["id"].as_str().unwrap(),
                package["name"].as_str().unwrap(),
            )
        })
        .collect();
    let members: BTreeSet<&str> = metadata["workspace_members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| names[id.as_str().unwrap()])
        .collect();
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let from = names[node["id"].as_str().unwrap()];
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                arrows
                    .entry(from)
                    .or_default()
                    .insert(names[dependency["pkg"].as_str().unwrap()]);
            }
        }
    }
    let none = BTreeSet::new();
    let mut faults = Vec::new();
    for member in &members {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == member) else {
            faults.push(format!("{member} is not in the list of crates"));
            continue;
        };
        for to in arrows.get(member).unwrap_or(&none).intersection(&members) {
            if !allowed.contains(to) {
                faults.push(format!("{member} must not depend on {to}"));
            }
        }
    }
    for (from, blind) in BLIND {
        if !members.contains(from) {
            faults.push(format!("{from} is missing"));
        }
        let reached = closure(from, &arrows);
        // `winit` is seen through `egui-winit`, too.
        for name in reached {
            if blind
                .iter()
                .any(|blind| name == *blind || name.starts_with(&format!("{blind}-")))
            {
                faults.push(format!("{from} can see {name}"));
            }
        }
    }
    faults
}

fn closure<'a>(from: &'a str, arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        for to in arrows.get(name).into_iter().flatten() {
            if reached.insert(*to) {
                next.push(to);
            }
        }
    }
    reached
}

/// The metadata for this platform: the crates of others need not be on this machine.
fn metadata() -> Value {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--filter-platform",
            host,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_arrows_run_one_way() {
    assert_eq!(faults(&metadata()), Vec::<String>::new());
}

/// Adds a dependency to real metadata.
fn with_arrow(mut metadata: Value, from: &str, to: &str, kind: &Value) -> Value {
    let id = |name: &str| {
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages
            .iter()
            .find(|package| package["name"] == name)
            .unwrap();
        package["id"].clone()
    };
    let (from, to) = (id(from), id(to));
    let nodes = metadata["resolve"]["nodes"].as_array_mut().unwrap();
    let node = nodes.iter_mut().find(|node| node["id"] == from).unwrap();
    let arrow = json!({ "name": "planted", "pkg": to, "dep_kinds": [{ "kind": kind }] });
    node["deps"].as_array_mut().unwrap().push(arrow);
    metadata
}

#[test]
fn an_arrow_that_turns_round_is_found() {
    let real = metadata();
    for (from, to, said) in [
        (
            "trainscape-run",
            "trainscape-source",
            "trainscape-run must not depend on trainscape-source",
        ),
        (
            "trainscape-scene",
            "trainscape-gpu",
            "trainscape-scene can see wgpu",
        ),
        (
            "trainscape-gpu",
            "trainscape-run",
            "trainscape-gpu must not depend on trainscape-run",
        ),
        (
            "trainscape-source",
            "wgpu",
            "trainscape-source can see wgpu",
        ),
        (
            "trainscape-export",
            "egui-winit",
            "trainscape-export can see egui-winit",
        ),
    ] {
        for kind in [Value::Null, json!("build")] {
            let planted = faults(&with_arrow(real.clone(), from, to, &kind));
            assert!(
                planted.iter().any(|fault| fault == said),
                "{from} -> {to}: {planted:?}"
            );
        }
        let for_tests = with_arrow(real.clone(), from, to, &json!("dev"));
        assert_eq!(
            faults(&for_tests),
            Vec::<String>::new(),
            "what tests use is free"
        );
    }
}

#[test]
fn a_crate_that_nobody_listed_is_found() {
    let mut metadata = metadata();
    let stranger = json!({ "id": "stranger", "name": "trainscape-stranger" });
    metadata["packages"].as_array_mut().unwrap().push(stranger);
    metadata["workspace_members"]
        .as_array_mut()
        .unwrap()
        .push("stranger".into());
    assert_eq!(
        faults(&metadata),
        ["trainscape-stranger is not in the list of crates"]
    );
}
