//! Windows that open at the same time with one file of settings, one of them killed: no setting is lost, and the file
//! is always whole. For more rounds:
//!
//! ```text
//! TRAINSCAPE_SETTINGS_SECONDS=60 cargo test --test settings -- --nocapture
//! ```

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the number of windows is told")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod display;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use display::Display;

const WINDOWS: usize = 3;

/// Recent folders that are kept.
const LISTED: usize = 12;

const TIMEOUT: Duration = Duration::from_secs(60);

/// A window on a folder of its own.
struct Window {
    child: Child,
    /// The folder's name.
    name: String,
}

impl Window {
    fn open(display: &Display, home: &Path, name: String) -> Self {
        let folder = home.join(&name);
        fs::create_dir_all(&folder).unwrap();
        let log = "{\"step\":0,\"loss\":2}\n{\"step\":1,\"loss\":1}\n";
        fs::write(folder.join("metrics.jsonl"), log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_trainscape"))
            .args(["--adapter", "cpu", "--quiet"])
            .arg(&folder)
            .env("DISPLAY", display.name())
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, name }
    }

    fn id(&self, display: &Display) -> u32 {
        let title = format!("^{} - Trainscape$", self.name);
        display::wait_for("a window", TIMEOUT, || {
            let found = display.xdotool(&["search", "--onlyvisible", "--name", &title])?;
            found.lines().next()?.parse().ok()
        })
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The settings in a home folder; they are whole at any time.
fn settings(home: &Path) -> serde_json::Value {
    let folder = home.join(".config/trainscape");
    let files = fs::read_dir(folder).unwrap();
    let paths: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    let is_settings = |path: &&PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.ends_with(".json") && !name.ends_with(".old.json")
    };
    let path = paths.iter().find(is_settings).unwrap();
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn windows_that_share_settings_lose_none() {
    let seconds = std::env::var("TRAINSCAPE_SETTINGS_SECONDS")
        .map_or(0, |seconds| seconds.parse().expect("a number of seconds"));
    let begun = Instant::now();
    let home = tempfile::tempdir().unwrap();
    let display = Display::start(home.path());
    let mut opened = Vec::new();
    while opened.is_empty() || begun.elapsed().as_secs() < seconds {
        let mut windows: Vec<Window> = (0..WINDOWS)
            .map(|index| format!("run{}", opened.len() + index))
            .map(|name| Window::open(&display, home.path(), name))
            .collect();
        let ids: Vec<u32> = windows.iter().map(|window| window.id(&display)).collect();
        let killed = opened.len() / WINDOWS % WINDOWS;
        windows[killed].child.kill().unwrap();
        for (index, (window, id)) in windows.iter_mut().zip(ids).enumerate() {
            if index != killed {
                display.close(id);
            }
            let ended = display::wait_for("the end of a window", TIMEOUT, || {
                window.child.try_wait().unwrap()
            });
            assert!(index == killed || ended.success(), "{ended}");
        }
        opened.extend(windows.iter().map(|window| window.name.clone()));
        let settings = settings(home.path());
        let recent: Vec<&str> = settings["recent"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|path| path.as_str()?.rsplit('/').next())
            .collect();
        // So many are listed; the last ones are among them.
        for name in opened.iter().rev().take(LISTED) {
            assert!(recent.contains(&&**name), "{name} is not among {recent:?}");
        }
    }
    println!("{} windows", opened.len());
}
