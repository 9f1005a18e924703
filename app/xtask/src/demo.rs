//! The main job on the demo run: the window, or its figures where there is no display.

use std::{env, fs};

use crate::{Failure, process, system, workspace::Workspace};

/// What is drawn without a display: the file's name, the command and what it draws.
const FIGURES: [(&str, &[&str]); 8] = [
    (
        "sweep-loss-surface.png",
        &["render", "--runs", "sweep/*", "--view", "loss-surface"],
    ),
    (
        "pretrain-loss-surface.png",
        &["render", "--runs", "pretrain", "--view", "loss-surface"],
    ),
    (
        "pretrain-gradient-flow.png",
        &["render", "--runs", "pretrain", "--view", "gradient-flow"],
    ),
    (
        "pretrain-attention.png",
        &["render", "--runs", "pretrain", "--view", "attention"],
    ),
    (
        "pretrain-embedding.png",
        &["render", "--runs", "pretrain", "--view", "embedding"],
    ),
    (
        "pretrain-weights.png",
        &["render", "--runs", "pretrain", "--view", "weights"],
    ),
    (
        "pretrain-activations.png",
        &["render", "--runs", "pretrain", "--view", "activations"],
    ),
    (
        "sweep-loss-surface.glb",
        &["export", "--runs", "sweep/*", "--view", "loss-surface"],
    ),
];

pub(crate) fn run() -> Result<(), Failure> {
    let workspace = Workspace::find()?;
    let display = cfg!(any(target_os = "macos", target_os = "windows"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .into_iter()
            .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    if display {
        system::ensure(&[&system::VULKAN, &system::WINDOW])?;
    } else {
        system::ensure(&[&system::VULKAN])?;
    }
    process::run(process::cargo(&workspace)?.args([
        "build",
        "--release",
        "--package",
        "trainscape",
    ]))?;
    let binary = workspace.binary("release");
    if display {
        return process::run(&mut process::command(&binary, &workspace)?);
    }
    // The README names this folder, wherever cargo was told to build.
    let folder = workspace.root.join("target/demo");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut paths = Vec::new();
    for (name, arguments) in FIGURES {
        let path = folder.join(name);
        let mut command = process::command(&binary, &workspace)?;
        process::run(command.args(arguments).arg("-o").arg(&path))?;
        paths.push(path);
    }
    println!("There is no display, so the demo run was drawn to:");
    for path in paths {
        println!("  {}", path.display());
    }
    Ok(())
}
