//! Frames of the window on a folder of 1,000 runs: what a user waits for while it is turned, filtered, brushed
//! and played. Layout and painting of the interface are included, the display is not.
//!
//! The folder is made by `benches/make_runs.py`; without `TRAINSCAPE_RUNS` naming one, a smaller one is made here.

mod common;

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::Harness;
use trainscape_views::ViewKind;
use trainscape_window::app::ViewerApp;

type Window = Harness<'static, ViewerApp>;

const RUNS: usize = 1000;
const STEPS: usize = 200;

fn make_runs(folder: &Path) {
    for run in 0..RUNS {
        let folder = folder.join(format!("run-{run:04}"));
        fs::create_dir_all(&folder).expect("the temporary folder can be written to");
        let peak = 10_f64.powf(-4.5 + 3.0 * (run % 40) as f64 / 39.0);
        let config = format!(
            r#"{{"peak_lr":{peak},"batch":{},"seed":{}}}"#,
            16 << (run % 4),
            run % 7
        );
        fs::write(folder.join("config.json"), config).expect("as above");
        let mut log = String::new();
        for step in 0..STEPS {
            let share = step as f64 / STEPS as f64;
            let loss = 1.5 + (peak.log10() + 2.6).powi(2) * 0.25 + 2.8 * (-6.0 * share).exp();
            let norm = 1.2 - share;
            log += &format!(
                "{{\"step\":{step},\"loss\":{loss},\"grad_norm\":{norm},\"reward\":{}}}\n",
                1.0 - loss / 4.3
            );
        }
        fs::write(folder.join("metrics.jsonl"), log).expect("as above");
    }
}

fn settle(window: &mut Window) {
    let start = Instant::now();
    window.step();
    while !window.state().is_settled() {
        assert!(
            start.elapsed() < Duration::from_secs(300),
            "nothing is drawn"
        );
        std::thread::sleep(Duration::from_millis(2));
        window.step();
    }
    window.run_steps(3);
}

fn open(path: PathBuf, view: ViewKind) -> Window {
    let mut window = common::window(path, view, [1600.0, 900.0], |_| {});
    settle(&mut window);
    window
}

fn frames(criterion: &mut Criterion) {
    let made = tempfile::tempdir().expect("there is a temporary folder");
    let folder = std::env::var_os("TRAINSCAPE_RUNS").map_or_else(
        || {
            make_runs(made.path());
            made.path().to_owned()
        },
        PathBuf::from,
    );
    let mut group = criterion.benchmark_group("1,000 runs");
    group.sample_size(20);
    for view in [
        ViewKind::named("loss-surface"),
        ViewKind::named("training-dynamics"),
    ] {
        let mut window = open(folder.clone(), view);
        group.bench_function(
            format!("{view}, a frame in which nothing changes"),
            |bench| {
                bench.iter(|| window.step());
            },
        );
        let centre = egui::pos2(780.0, 400.0);
        let mut off = 0.0_f32;
        let button = |pressed| Event::PointerButton {
            pos: centre,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        window.hover_at(centre);
        window.event(button(true));
        window.run_steps(3);
        group.bench_function(format!("{view}, a drag turns the camera"), |bench| {
            bench.iter(|| {
                off = (off + 7.0) % 200.0;
                window.hover_at(centre + egui::vec2(off, off / 2.0));
                window.step();
            });
        });
        window.event(button(false));
        window.run_steps(3);
        group.bench_function(format!("{view}, the pointer moves over records"), |bench| {
            bench.iter(|| {
                off = (off + 7.0) % 200.0;
                window.hover_at(centre + egui::vec2(off, off / 2.0));
                window.step();
                black_box(window.state().record());
            });
        });
        window.remove_cursor();
        group.bench_function(format!("{view}, time moves until it is drawn"), |bench| {
            bench.iter(|| {
                window.key_press(Key::ArrowLeft);
                settle(&mut window);
                if window.state().at_step().is_some_and(|at| at <= 0.0) {
                    window.key_press(Key::End);
                    settle(&mut window);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
