//! How far the window is behind a run that trains, and how much memory it keeps after 500 switches of the view.
//!
//! A thread appends lines to the log of one of twelve runs, at 3 and at 10 lines a second, while the window draws
//! frames when they are asked for. For each step: when it was written, when the snapshot had it, when the timeline and
//! the figure showed it. Layout, painting and the scene are included, the display is not.
//!
//! `cargo bench -p trainscape-window --bench live` prints a table.

#![allow(clippy::print_stdout, reason = "the table is what the program is for")]

mod common;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::{Duration, Instant},
};

use egui_kittest::Harness;
use trainscape_views::ViewKind;
use trainscape_window::app::ViewerApp;

const RUNS: usize = 12;
const STEPS: u32 = 2_000;
/// How long a run trains at each rate.
const TRAINING: Duration = Duration::from_secs(20);
const SWITCHES: usize = 500;

/// The window, and what asks for its frames.
struct Window {
    harness: Harness<'static, ViewerApp>,
    wakes: Receiver<Instant>,
    next: Option<Instant>,
}

fn line(run: usize, step: u32) -> String {
    let loss = 1.5 + 2.8 * (-f64::from(step) / (300.0 + 40.0 * run as f64)).exp();
    let noise = f64::from(step * 7919 % 101) / 2000.0;
    let rate = 1e-4 * (run + 1) as f64 * (1.0 - f64::from(step) / 100_000.0);
    format!(
        "{{\"step\":{step},\"train/loss\":{},\"learning_rate\":{rate},\"grad_norm\":{}}}\n",
        loss + noise,
        loss / 3.0 + noise
    )
}

fn make_runs(folder: &Path) {
    for run in 0..RUNS {
        let folder = folder.join(format!("run-{run:02}"));
        fs::create_dir_all(&folder).expect("the temporary folder can be written to");
        let config = format!(r#"{{"peak_lr":{}}}"#, 1e-4 * (run + 1) as f64);
        fs::write(folder.join("config.json"), config).expect("as above");
        let log: String = (0..STEPS).map(|step| line(run, step)).collect();
        fs::write(folder.join("metrics.jsonl"), log).expect("as above");
    }
}

impl Window {
    fn open(path: PathBuf, view: ViewKind) -> Self {
        let (wake, wakes) = channel();
        let wake = Mutex::new(wake);
        let harness = common::window(path, view, [1360.0, 860.0], move |ctx| {
            ctx.set_request_repaint_callback(move |info| {
                // Requests for the far future mean never.
                if info.delay < Duration::from_secs(3600)
                    && let Ok(wake) = wake.lock()
                {
                    // The window may have been closed.
                    let _ = wake.send(Instant::now() + info.delay);
                }
            });
        });
        let mut window = Self {
            harness,
            wakes,
            next: Some(Instant::now()),
        };
        let start = Instant::now();
        while !window.harness.state().is_settled() {
            assert!(
                start.elapsed() < Duration::from_secs(300),
                "nothing is drawn"
            );
            window.frame(Duration::from_millis(20));
        }
        window
    }

    /// Waits for a request, at most for `patience`, and draws the frame.
    fn frame(&mut self, patience: Duration) {
        let end = Instant::now() + patience;
        loop {
            while let Ok(at) = self.wakes.try_recv() {
                self.next = Some(self.next.map_or(at, |next| next.min(at)));
            }
            let until = self.next.unwrap_or(end).min(end);
            let now = Instant::now();
            if until <= now {
                break;
            }
            match self.wakes.recv_timeout(until - now) {
                Ok(at) => self.next = Some(self.next.map_or(at, |next| next.min(at))),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        if self.next.is_some_and(|at| at <= Instant::now()) {
            self.next = None;
            self.harness.step();
        }
    }

    /// The newest step of the run that trains: in the snapshot, on the timeline, in the figure.
    fn newest(&self) -> [Option<f64>; 3] {
        let app = self.harness.state();
        let last = |runs: &[Arc<trainscape_run::Run>]| {
            let run = runs.iter().find(|run| run.id.ends_with("run-05"))?;
            Some(run.series.get("train/loss")?.last()?.step.as_f64())
        };
        [
            last(&app.snapshot().runs),
            app.timeline_steps().map(|steps| *steps.end()),
            app.scene().and_then(|scene| last(&scene.runs)),
        ]
    }
}

/// Appends lines; returns when each step was written.
fn train(log: &Path, lines_per_second: f64) -> std::thread::JoinHandle<Vec<Instant>> {
    let log = log.to_owned();
    let writer = move || {
        let mut file = fs::File::options()
            .append(true)
            .open(log)
            .expect("it was written");
        let start = Instant::now();
        let mut written = Vec::new();
        let first = STEPS;
        while start.elapsed() < TRAINING {
            let step = first + written.len() as u32;
            file.write_all(line(5, step).as_bytes())
                .expect("there is space");
            written.push(Instant::now());
            let next = Duration::from_secs_f64(written.len() as f64 / lines_per_second);
            std::thread::sleep(next.saturating_sub(start.elapsed()));
        }
        written
    };
    let named = std::thread::Builder::new().name("writer".to_owned());
    named.spawn(writer).expect("a thread starts")
}

fn quantiles(mut delays_ms: Vec<f64>) -> String {
    delays_ms.sort_by(f64::total_cmp);
    let at = |share: f64| delays_ms[((delays_ms.len() - 1) as f64 * share) as usize];
    format!("{:6.0} {:6.0} {:6.0}", at(0.5), at(0.95), at(1.0))
}

fn follow(view: ViewKind, lines_per_second: f64) {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    make_runs(folder.path());
    let mut window = Window::open(folder.path().to_owned(), view);
    let training = train(
        &folder.path().join("run-05/metrics.jsonl"),
        lines_per_second,
    );
    // When each of the three first had each step.
    let mut seen: [Vec<Instant>; 3] = Default::default();
    let mut frames = 0;
    let start = Instant::now();
    while start.elapsed() < TRAINING + Duration::from_secs(2) {
        window.frame(Duration::from_millis(50));
        frames += 1;
        let now = Instant::now();
        for (seen, newest) in seen.iter_mut().zip(window.newest()) {
            let steps = newest.map_or(0, |newest| {
                (newest + 1.0 - f64::from(STEPS)).max(0.0) as usize
            });
            seen.resize(steps.max(seen.len()), now);
        }
    }
    let written = training.join().expect("the writer ends");
    let [read, timeline, figure] = &seen;
    let delays = |from: &[Instant], to: &[Instant]| {
        let pairs = from.iter().zip(to);
        let ms = |(from, to): (&Instant, &Instant)| {
            to.saturating_duration_since(*from).as_secs_f64() * 1e3
        };
        quantiles(pairs.map(ms).collect())
    };
    println!(
        "{view}, {lines_per_second} lines/s: {} steps, {frames} frames",
        written.len()
    );
    println!("  behind, in ms              median    p95    max   (steps shown)");
    for (name, from, to) in [
        ("snapshot, of the file", &written, read),
        ("timeline, of the snapshot", read, timeline),
        ("figure, of the snapshot", read, figure),
        ("figure, of the file", &written, figure),
    ] {
        println!("  {name:26}{}   ({})", delays(from, to), to.len());
    }
}

/// Resident memory in MB; 0 where the system does not say.
fn resident_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

fn switch() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    make_runs(folder.path());
    let mut window = Window::open(folder.path().to_owned(), ViewKind::named("loss-surface"));
    println!("{SWITCHES} switches of the view: resident memory in MB");
    for count in 0..=SWITCHES {
        if count % 100 == 0 {
            println!("  after {count:3}: {:.0}", resident_mb());
        }
        let modifiers = egui::Modifiers::COMMAND;
        window
            .harness
            .key_press_modifiers(modifiers, egui::Key::Tab);
        window.harness.step();
        let start = Instant::now();
        while !window.harness.state().is_settled() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "nothing is drawn"
            );
            std::thread::sleep(Duration::from_millis(1));
            window.harness.step();
        }
    }
}

fn main() {
    for view in ["loss-surface", "training-dynamics"] {
        for rate in [3.0, 10.0] {
            follow(ViewKind::named(view), rate);
        }
    }
    switch();
}
