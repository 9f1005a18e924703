//! Dependencies between the crates are acyclic and as listed here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::metadata;

/// The workspace crates that each crate may depend on.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("trainscape-run", &[]),
    ("trainscape-compute", &[]),
    ("trainscape-temporary", &[]),
    (
        "trainscape-source",
        &["trainscape-run", "trainscape-temporary"],
    ),
    (
        "trainscape-catalog",
        &["trainscape-run", "trainscape-source"],
    ),
    ("trainscape-remote", &["trainscape-source"]),
    ("trainscape-engine", &["trainscape-source"]),
    ("trainscape-expression", &["trainscape-run"]),
    (
        "trainscape-scene",
        &["trainscape-compute", "trainscape-run"],
    ),
    (
        "trainscape-views",
        &[
            "trainscape-compute",
            "trainscape-expression",
            "trainscape-run",
            "trainscape-scene",
        ],
    ),
    (
        "trainscape-gpu",
        &["trainscape-compute", "trainscape-scene"],
    ),
    (
        "trainscape-export",
        &[
            "trainscape-compute",
            "trainscape-gpu",
            "trainscape-scene",
            "trainscape-temporary",
        ],
    ),
    (
        "trainscape-window",
        &[
            "trainscape-compute",
            "trainscape-export",
            "trainscape-expression",
            "trainscape-gpu",
            "trainscape-remote",
            "trainscape-run",
            "trainscape-scene",
            "trainscape-source",
            "trainscape-views",
        ],
    ),
    (
        "trainscape",
        &[
            "trainscape-catalog",
            "trainscape-compute",
            "trainscape-engine",
            "trainscape-export",
            "trainscape-expression",
            "trainscape-gpu",
            "trainscape-remote",
            "trainscape-run",
            "trainscape-scene",
            "trainscape-source",
            "trainscape-temporary",
            "trainscape-views",
            "trainscape-window",
        ],
    ),
    ("xtask", &[]),
];

/// Packages that a crate must not reach by normal and build dependencies, even indirectly.
const UNREACHABLE: [(&str, &[&str]); 11] = [
    ("trainscape-run", &["wgpu", "egui", "winit"]),
    ("trainscape-compute", &["wgpu", "egui", "winit"]),
    ("trainscape-catalog", &["wgpu", "egui", "winit"]),
    // What speaks to servers stays beside what reads files.
    (
        "trainscape-source",
        &[
            "wgpu",
            "egui",
            "winit",
            "tokio",
            "reqwest",
            "object_store",
            "arrow-flight",
        ],
    ),
    (
        "trainscape-engine",
        &["wgpu", "egui", "winit", "aws-lc", "openssl-sys"],
    ),
    (
        "trainscape-remote",
        &["wgpu", "egui", "winit", "aws-lc", "openssl-sys"],
    ),
    ("trainscape-expression", &["wgpu", "egui", "winit"]),
    ("trainscape-scene", &["wgpu", "egui", "winit"]),
    ("trainscape-views", &["wgpu", "egui", "winit"]),
    ("trainscape-gpu", &["egui", "winit"]),
    ("trainscape-export", &["egui", "winit"]),
];

/// All violations in the workspace's metadata, one sentence each.
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
    let mut dependencies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let from = names[node["id"].as_str().unwrap()];
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                dependencies
                    .entry(from)
                    .or_default()
                    .insert(names[dependency["pkg"].as_str().unwrap()]);
            }
        }
    }
    let none = BTreeSet::new();
    let mut faults = Vec::new();
    for member in &members {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| name == member) else {
            faults.push(format!("{member} is not in the list of crates"));
            continue;
        };
        for to in dependencies
            .get(member)
            .unwrap_or(&none)
            .intersection(&members)
        {
            if !allowed.contains(to) {
                faults.push(format!("{member} must not depend on {to}"));
            }
        }
    }
    for (from, unreachable) in UNREACHABLE {
        if !members.contains(from) {
            faults.push(format!("{from} is missing"));
        }
        let reached = closure(from, &dependencies);
        // `egui-winit` counts as `winit`.
        for name in reached {
            if unreachable
                .iter()
                .any(|hidden| name == *hidden || name.starts_with(&format!("{hidden}-")))
            {
                faults.push(format!("{from} reaches {name}"));
            }
        }
    }
    faults
}

fn closure<'a>(
    from: &'a str,
    dependencies: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        for to in dependencies.get(name).into_iter().flatten() {
            if reached.insert(*to) {
                next.push(to);
            }
        }
    }
    reached
}

#[test]
fn dependencies_run_one_way() {
    assert_eq!(faults(&metadata::of_workspace()), Vec::<String>::new());
}

/// Adds a dependency to real metadata.
fn with_dependency(mut metadata: Value, from: &str, to: &str, kind: &Value) -> Value {
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
    let dependency = json!({ "name": "planted", "pkg": to, "dep_kinds": [{ "kind": kind }] });
    node["deps"].as_array_mut().unwrap().push(dependency);
    metadata
}

#[test]
fn a_planted_dependency_is_found() {
    let real = metadata::of_workspace();
    for (from, to, expected) in [
        (
            "trainscape-run",
            "trainscape-source",
            "trainscape-run must not depend on trainscape-source",
        ),
        (
            "trainscape-scene",
            "trainscape-gpu",
            "trainscape-scene reaches wgpu",
        ),
        (
            "trainscape-gpu",
            "trainscape-run",
            "trainscape-gpu must not depend on trainscape-run",
        ),
        (
            "trainscape-scene",
            "trainscape-views",
            "trainscape-scene must not depend on trainscape-views",
        ),
        (
            "trainscape-source",
            "wgpu",
            "trainscape-source reaches wgpu",
        ),
        (
            "trainscape-export",
            "egui-winit",
            "trainscape-export reaches egui-winit",
        ),
    ] {
        for kind in [Value::Null, json!("build")] {
            let planted = faults(&with_dependency(real.clone(), from, to, &kind));
            assert!(
                planted.iter().any(|fault| fault == expected),
                "{from} -> {to}: {planted:?}"
            );
        }
        let for_tests = with_dependency(real.clone(), from, to, &json!("dev"));
        assert_eq!(
            faults(&for_tests),
            Vec::<String>::new(),
            "dev-dependencies are free"
        );
    }
}

#[test]
fn an_unlisted_crate_is_found() {
    let mut metadata = metadata::of_workspace();
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
