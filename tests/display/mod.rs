//! A virtual display, mouse input, and screenshots.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask};

const WIDTH: usize = 1400;
const HEIGHT: usize = 900;

/// Polls until `ask` returns a value.
pub(crate) fn wait_for<T>(what: &str, timeout: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < timeout, "timed out waiting for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Starts a program of a system package.
fn spawn(command: &mut Command, package: &str) -> Child {
    let name = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("this test needs {name}: apt-get install {package} ({error})");
        })
}

/// An X server without a screen.
pub(crate) struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts a server on a free display.
    pub(crate) fn start(folder: &Path) -> Self {
        // An explicit display number is protected by a lock file. With `-displayfd`, servers that start at the
        // same time could share a socket.
        static DISPLAYS: AtomicU32 = AtomicU32::new(0);
        // Tests of one process never try the same number: a server that finds its number taken ends late on a busy machine.
        let of_process = DISPLAYS.fetch_add(1, Ordering::Relaxed);
        let first = 100 + std::process::id() % 500 + 1000 * of_process;
        for number in first..first + 50 {
            let name = format!(":{number}");
            let screen = format!("{WIDTH}x{HEIGHT}x24");
            let mut command = Command::new("Xvfb");
            command
                .args([name.as_str(), "-screen", "0", &screen])
                .args(["-nolisten", "tcp", "-noreset"])
                .current_dir(folder)
                .stderr(Stdio::null());
            let server = spawn(&mut command, "xvfb");
            let mut display = Self { server, name };
            let answers = wait_for("Xvfb", Duration::from_secs(60), || {
                match display.server.try_wait().unwrap() {
                    Some(_) => Some(false),
                    None => display.xdotool(&["getdisplaygeometry"]).map(|_| true),
                }
            });
            // The response may come from another server.
            std::thread::sleep(Duration::from_millis(100));
            if answers && display.server.try_wait().unwrap().is_none() {
                return display;
            }
        }
        panic!("Xvfb found no free display");
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The output of xdotool, or `None` if it fails, as a search without results does.
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new("xdotool");
        command
            .args(arguments)
            .env("DISPLAY", &self.name)
            .stderr(Stdio::null());
        let output = spawn(&mut command, "xdotool").wait_with_output().unwrap();
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).unwrap())
    }

    pub(crate) fn mouse(&self, (x, y): (u32, u32)) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()])
            .unwrap();
    }

    /// Drags with the left button in several steps, and releases it once a screenshot shows the effect: on a busy
    /// machine, press and release could otherwise fall between two frames.
    pub(crate) fn drag(
        &self,
        from: (u32, u32),
        to: (u32, u32),
        what: &str,
        shows: impl Fn(&Screenshot) -> bool,
    ) {
        self.mouse(from);
        std::thread::sleep(Duration::from_millis(100));
        self.xdotool(&["mousedown", "1"]).unwrap();
        for step in 1..=5 {
            let between = |from: u32, to: u32| (from * (5 - step) + to * step) / 5;
            self.mouse((between(from.0, to.0), between(from.1, to.1)));
            std::thread::sleep(Duration::from_millis(60));
        }
        wait_for(what, Duration::from_secs(60), || {
            shows(&self.screenshot()).then_some(())
        });
        self.xdotool(&["mouseup", "1"]).unwrap();
    }

    /// Asks the window to close, like the close button of a window manager, which is not running here.
    pub(crate) fn close(&self, window: u32) {
        let (connection, _) = x11rb::connect(Some(&self.name)).unwrap();
        let atom = |name: &[u8]| {
            connection
                .intern_atom(false, name)
                .unwrap()
                .reply()
                .unwrap()
                .atom
        };
        let data = [atom(b"WM_DELETE_WINDOW"), 0, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, atom(b"WM_PROTOCOLS"), data);
        connection
            .send_event(false, window, EventMask::NO_EVENT, message)
            .unwrap()
            .check()
            .unwrap();
    }

    /// A screenshot of the whole display.
    pub(crate) fn screenshot(&self) -> Screenshot {
        let mut command = Command::new("import");
        command
            .args(["-window", "root", "-depth", "8", "rgb:-"])
            .env("DISPLAY", &self.name);
        let output = spawn(&mut command, "imagemagick")
            .wait_with_output()
            .unwrap();
        assert!(
            output.status.success(),
            "import took no screenshot: {}",
            output.status
        );
        assert_eq!(output.stdout.len(), WIDTH * HEIGHT * 3);
        Screenshot(output.stdout)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A part of the display, in pixels.
#[derive(Clone, Copy)]
pub(crate) struct Area {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// A screenshot of the display: three bytes per pixel, row by row.
#[derive(Clone, PartialEq)]
pub(crate) struct Screenshot(Vec<u8>);

impl Screenshot {
    fn pixels(&self, area: Area) -> impl Iterator<Item = &[u8; 3]> {
        let (pixels, _) = self.0.as_chunks::<3>();
        (area.y..area.y + area.height)
            .flat_map(move |y| &pixels[y * WIDTH + area.x..y * WIDTH + area.x + area.width])
    }

    /// Number of distinct colours.
    pub(crate) fn colours(&self, area: Area) -> usize {
        self.pixels(area).collect::<BTreeSet<_>>().len()
    }

    /// Fraction of different pixels, 0 to 1.
    pub(crate) fn difference(&self, other: &Self, area: Area) -> f64 {
        let differs = self
            .pixels(area)
            .zip(other.pixels(area))
            .filter(|(a, b)| a != b)
            .count();
        differs as f64 / (area.width * area.height) as f64
    }

    /// Saves the screenshot for inspection.
    pub(crate) fn keep(&self, name: &str) {
        let mut bytes = format!("P6\n{WIDTH} {HEIGHT}\n255\n").into_bytes();
        bytes.extend_from_slice(&self.0);
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), bytes).unwrap();
    }
}
