//! The window on a virtual display: it opens on a run, draws it, turns it, and rests.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/mod.rs"]
mod support;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use support::{logs, trainscape};

/// An X server that keeps its screen in a file; gone when the value goes.
struct Display {
    server: Child,
    name: String,
    folder: tempfile::TempDir,
}

impl Display {
    fn start() -> Self {
        let folder = logs::folder();
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1680x1050x24",
                "-nolisten",
                "tcp",
                "-fbdir",
            ])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the window is tested on a virtual display: apt-get install xvfb xdotool");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        Self {
            server,
            name: format!(":{}", number.trim()),
            folder,
        }
    }

    /// The screen's pixels, in the X window dump format that Xvfb keeps its screen in.
    fn pixels(&self) -> Vec<[u8; 3]> {
        let bytes = fs::read(self.folder.path().join("Xvfb_screen0")).unwrap();
        let field = |index: usize| {
            u32::from_be_bytes(bytes[index * 4..index * 4 + 4].try_into().unwrap()) as usize
        };
        let (header, width, height, row, colours) =
            (field(0), field(4), field(5), field(12), field(19));
        let start = header + colours * 12;
        (0..height)
            .flat_map(|y| bytes[start + y * row..].chunks_exact(4).take(width))
            .map(|pixel| [pixel[2], pixel[1], pixel[0]])
            .collect()
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let output = Command::new("xdotool")
            .args(arguments)
            .env("DISPLAY", &self.name)
            .output();
        let output = output.expect("the window is driven by xdotool: apt-get install xdotool");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until the screen shows what `wanted` asks for.
    #[track_caller]
    fn wait_for(
        &self,
        what: &str,
        window: &mut Window,
        wanted: impl Fn(&[[u8; 3]]) -> bool,
    ) -> Vec<[u8; 3]> {
        let begun = Instant::now();
        loop {
            let pixels = self.pixels();
            if wanted(&pixels) {
                return pixels;
            }
            if let Some(status) = window.0.try_wait().unwrap() {
                panic!("the window closed ({status}) before {what}");
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{what} did not come"
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The screen once nothing moves on it any more.
    #[track_caller]
    fn rest(&self) -> Vec<[u8; 3]> {
        let begun = Instant::now();
        let mut before = self.pixels();
        loop {
            thread::sleep(Duration::from_millis(700));
            let now = self.pixels();
            if now == before {
                return now;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "the window does not come to rest"
            );
            before = now;
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

struct Window(Child);

impl Window {
    fn open(display: &Display, paths: &[PathBuf]) -> Self {
        let mut command = trainscape();
        // Settings of whoever runs the tests must not show, nor be changed.
        command.env("XDG_CONFIG_HOME", display.folder.path().join("config"));
        command.env("XDG_DATA_HOME", display.folder.path().join("data"));
        command
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY");
        command.args(["--adapter", "cpu"]).args(paths);
        Self(command.stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn colours(pixels: &[[u8; 3]]) -> usize {
    pixels.iter().collect::<BTreeSet<_>>().len()
}

/// Saturated pixels: a colour map's, not the interface's greys.
fn vivid(pixels: &[[u8; 3]]) -> usize {
    let is_vivid = |[r, g, b]: &&[u8; 3]| r.max(g).max(b) - r.min(g).min(b) > 70;
    pixels.iter().filter(is_vivid).count()
}

fn differing(a: &[[u8; 3]], b: &[[u8; 3]]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

#[test]
fn a_run_is_drawn_turned_and_followed() {
    let folder = logs::folder();
    let sweep = logs::sweep(folder.path(), &[0.0003, 0.001, 0.003, 0.01, 0.03], 60);
    let display = Display::start();
    let mut window = Window::open(&display, std::slice::from_ref(&sweep));
    display.wait_for("a surface", &mut window, |pixels| {
        vivid(pixels) > 20_000 && colours(pixels) > 500
    });
    let titles = display.xdotool(&["search", "--name", "Trainscape"]);
    assert!(!titles.trim().is_empty(), "a window of that name");
    let before = display.rest();

    // Orbit: pressed in the middle of the view, dragged, released.
    display.xdotool(&["mousemove", "600", "380", "mousedown", "1"]);
    for x in (610..=760).step_by(10) {
        display.xdotool(&["mousemove", &x.to_string(), "390"]);
        // A hand takes its time; all in one frame would be a click.
        thread::sleep(Duration::from_millis(30));
    }
    display.xdotool(&["mouseup", "1", "mousemove", "5", "5"]);
    let turned = display.rest();
    assert!(
        differing(&before, &turned) > 20_000,
        "{} pixels",
        differing(&before, &turned)
    );
    assert!(vivid(&turned) > 10_000, "the surface is still there");

    // The run goes on, and the picture with it; the camera stays.
    for rate in [0.0003, 0.001, 0.003, 0.01, 0.03] {
        let more = logs::metrics_jsonl(120, rate);
        fs::write(sweep.join(format!("lr-{rate}/metrics.jsonl")), more).unwrap();
    }
    display.wait_for("the longer run", &mut window, |pixels| {
        differing(&turned, pixels) > 2_000
    });
    display.rest();
    assert!(window.0.try_wait().unwrap().is_none(), "it is still open");
}

#[test]
fn without_a_path_the_demo_run_opens() {
    let display = Display::start();
    let mut window = Window::open(&display, &[]);
    display.wait_for("the demo run", &mut window, |pixels| vivid(pixels) > 20_000);
    display.rest();
    assert!(window.0.try_wait().unwrap().is_none(), "it is still open");
}
