//! The real window on a virtual display: it opens, turns, brushes, idles and closes.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod display;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use display::{Area, Display, Screenshot};

/// Timeout of every wait, long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Four short runs that differ in their learning rate.
fn write_runs(folder: &Path) -> PathBuf {
    let root = folder.join("sweep");
    for run in 0..4_i32 {
        let folder = root.join(format!("run-{run}"));
        fs::create_dir_all(&folder).unwrap();
        let rate = 1e-4 * 3.0_f64.powi(run);
        fs::write(
            folder.join("config.json"),
            format!(r#"{{"peak_lr":{rate}}}"#),
        )
        .unwrap();
        let records = (0..60).map(|step| {
            let loss = 3.0 * (-f64::from(step) / f64::from(15 + 8 * run)).exp() + 0.5;
            format!("{{\"step\":{step},\"train/loss\":{loss},\"train/learning_rate\":{rate}}}\n")
        });
        fs::write(folder.join("metrics.jsonl"), records.collect::<String>()).unwrap();
    }
    root
}

/// The running program with its window.
struct Program {
    child: Child,
    window: String,
}

impl Program {
    fn start(display: &Display, home: &Path, runs: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_trainscape"))
            .args(["--adapter", "cpu", "--view", "loss-surface"])
            .arg(runs)
            .env("DISPLAY", display.name())
            // Settings saved by the user must have no influence.
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut program = Self {
            child,
            window: String::new(),
        };
        let title = "^sweep - Trainscape$";
        program.window = display::wait_for("the window", TIMEOUT, || {
            let ended = program.child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "the program ended before it opened a window: {ended:?}"
            );
            let found = display.xdotool(&["search", "--onlyvisible", "--name", title])?;
            found.lines().next().map(str::to_owned)
        });
        display.xdotool(&["windowmove", "--sync", &program.window, "0", "0"]);
        program
    }

    /// Processor time used so far, in seconds.
    fn processor_time(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name, in parentheses, may contain spaces; later fields do not.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks: f64 = fields[11..13]
            .iter()
            .map(|field| field.parse::<f64>().unwrap())
            .sum();
        // Linux reports hundredths of a second, independent of the kernel's timer frequency.
        ticks / 100.0
    }

    fn wait(&mut self) -> ExitStatus {
        display::wait_for("the end of the program", TIMEOUT, || {
            self.child.try_wait().unwrap()
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes screenshots until two in a row are equal and show `what`: a busy machine may draw late.
fn settled(display: &Display, what: &str, shows: impl Fn(&Screenshot) -> bool) -> Screenshot {
    let mut last = display.screenshot();
    display::wait_for(what, TIMEOUT, || {
        std::thread::sleep(Duration::from_millis(400));
        let next = display.screenshot();
        let same = next == last;
        last = next;
        (same && shows(&last)).then(|| last.clone())
    })
}

#[test]
fn the_window_opens_turns_brushes_idles_and_closes() {
    let folder = tempfile::tempdir().unwrap();
    let runs = write_runs(folder.path());
    let display = Display::start(folder.path());
    let mut program = Program::start(&display, folder.path(), &runs);
    // Areas inside the panels of a window of 1360 x 860 in the upper left corner.
    let view = Area {
        x: 300,
        y: 110,
        width: 640,
        height: 500,
    };
    let timeline = Area {
        x: 80,
        y: 745,
        width: 1200,
        height: 80,
    };

    // A record under the pointer would be highlighted on the timeline.
    display.mouse((5, 895));
    let start = settled(&display, "a drawn surface and its curves", |picture| {
        picture.colours(view) > 300 && picture.colours(timeline) > 4
    });
    start.keep("real-window.ppm");

    let turns = |picture: &Screenshot| start.difference(picture, view) > 0.1;
    display.drag((620, 360), (760, 400), "an orbit", turns);
    display.mouse((5, 895));
    let turned = settled(&display, "the end of the orbit", turns);
    assert_eq!(
        start.difference(&turned, timeline),
        0.0,
        "an orbit does not change the timeline"
    );

    let cuts = |picture: &Screenshot| {
        turned.difference(picture, timeline) > 0.02 && turned.difference(picture, view) > 0.02
    };
    display.drag((400, 785), (900, 785), "a brush", cuts);
    display.mouse((5, 895));
    let brushed = settled(&display, "the end of the brush", cuts);
    brushed.keep("real-window-brushed.ppm");

    // Down across the trajectories of the runs, which have the records.
    let mut heights = (130..600).step_by(10).cycle();
    display::wait_for("a card at the pointer", TIMEOUT, || {
        display.mouse((640, heights.next()?));
        std::thread::sleep(Duration::from_millis(150));
        (brushed.difference(&display.screenshot(), view) > 0.003).then_some(())
    });
    display.mouse((5, 895));
    settled(&display, "the end of the card", |picture| {
        picture == &brushed
    });

    // Not a benchmark: with a software adapter, a window that redraws continuously uses a whole core, an idle one
    // uses no processor time after its last frame.
    display::wait_for("three idle seconds", TIMEOUT, || {
        let (before, time) = (program.processor_time(), Instant::now());
        std::thread::sleep(Duration::from_secs(3));
        let share = (program.processor_time() - before) / time.elapsed().as_secs_f64();
        (share < 0.02).then_some(())
    });

    display.close(program.window.parse().unwrap());
    let status = program.wait();
    assert!(
        status.success(),
        "closing the window is a success: {status}"
    );
}

#[test]
fn a_window_that_another_program_destroys_ends_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let runs = write_runs(folder.path());
    let display = Display::start(folder.path());
    let mut program = Program::start(&display, folder.path(), &runs);
    display.xdotool(&["windowclose", &program.window]);
    let status = program.wait();
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
}
