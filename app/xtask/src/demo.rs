//! Shows the demo run: in a window, or as figures on a machine without a display.

use std::{env, fs};

use crate::{failure::Failure, process, system, workspace::Workspace};

/// The figures that are drawn without a display, a line each: runs, view, and the ending of the file.
const FIGURES: &str = include_str!("../../../assets/demo-figures.txt");

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
    // The README names this folder, independent of cargo's target folder.
    let folder = workspace.root.join("target/demo");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let mut paths = Vec::new();
    for line in FIGURES.lines() {
        let [runs, view, ending] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!(
                "assets/demo-figures.txt: `{line}` is not RUNS VIEW ENDING"
            ));
        };
        let path = folder.join(format!("{}-{view}.{ending}", runs.trim_end_matches("/*")));
        let verb = if ending == "glb" { "export" } else { "render" };
        let mut command = process::command(&binary, &workspace)?;
        let arguments = [verb, "--runs", runs, "--view", view, "-o"];
        process::run(command.args(arguments).arg(&path))?;
        paths.push(path);
    }
    println!("No display was found, so the demo run was drawn to:");
    for path in paths {
        println!("  {}", path.display());
    }
    Ok(())
}
