//! The Khronos validator, from npm.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

use crate::support::run_command;

const VALIDATOR: &str = "gltf-validator@2.0.0-dev.3.10";

/// The folder with the validator, installed once below the target folder.
pub(crate) fn validator() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gltf-validator");
        if !folder
            .join("node_modules/gltf-validator/package.json")
            .exists()
        {
            fs::create_dir_all(&folder).unwrap();
            let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
            npm.args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--no-save",
            ]);
            let output = npm
                .arg("--prefix")
                .arg(&folder)
                .arg(VALIDATOR)
                .output()
                .expect("the Khronos validator needs Node.js: apt-get install nodejs npm");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        folder
    })
}

/// The validator's report on each file.
pub(crate) fn validate(files: &[PathBuf]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/validate_glb.js");
    let mut node = Command::new("node");
    let ended = run_command(node.arg(script).arg(validator()).args(files));
    assert_eq!(ended.code, 0, "{ended:?}");
    let reports: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(reports.len(), files.len());
    reports
}
