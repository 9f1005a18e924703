//! Small runs on disk, in the layout of a training loop that logs JSON lines.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Ids of the runs that [`sweep`] writes, in the order in which the window lists them.
pub(crate) const RUNS: [&str; 4] = ["run-a", "run-b", "run-c", "run-d"];
/// Steps of each run.
pub(crate) const STEPS: u32 = 60;
/// Layers whose gradient norms each run logs.
pub(crate) const LAYERS: u32 = 5;

/// What run `run` logs at `step` as its loss.
pub(crate) fn loss(run: usize, step: u32) -> f64 {
    3.0 * (-f64::from(step) / (20.0 + 6.0 * run as f64)).exp() + 0.5 + 0.1 * run as f64
}

/// The record of run `run` at `step`, as a line of its log.
fn record(run: usize, step: u32, with_layers: bool) -> String {
    let share = f64::from(step) / f64::from(STEPS);
    let peak = peak_learning_rate(run);
    let rate = peak * (0.1 + 0.9 * (std::f64::consts::PI * share).sin().abs());
    let mut line = format!(
        r#"{{"step":{step},"train/loss":{},"train/learning_rate":{rate},"tokens":{}"#,
        loss(run, step),
        step * 512
    );
    if with_layers {
        for layer in 0..LAYERS {
            let norm = 0.8_f64.powi(layer as i32) * (1.2 - share) + 0.01 * run as f64;
            line += &format!(r#","grad_norm/layers.{layer}.mlp":{norm}"#);
        }
    }
    line + "}\n"
}

fn peak_learning_rate(run: usize) -> f64 {
    1e-4 * 3.0_f64.powi(run as i32)
}

/// Four runs that both views can be drawn from.
pub(crate) fn sweep(folder: &Path) -> PathBuf {
    write(folder, "sweep", true)
}

/// Four runs without gradient norms.
pub(crate) fn losses_only(folder: &Path) -> PathBuf {
    write(folder, "losses", false)
}

fn write(folder: &Path, name: &str, with_layers: bool) -> PathBuf {
    let root = folder.join(name);
    for (run, id) in RUNS.iter().enumerate() {
        let folder = root.join(id);
        fs::create_dir_all(&folder).unwrap();
        let config = format!(r#"{{"peak_lr":{},"seed":7}}"#, peak_learning_rate(run));
        fs::write(folder.join("config.json"), config).unwrap();
        let log: String = (0..STEPS)
            .map(|step| record(run, step, with_layers))
            .collect();
        fs::write(folder.join("metrics.jsonl"), log).unwrap();
    }
    root
}

/// Goes on with run `run`: `count` more steps, as a training process appends them.
pub(crate) fn train_on(root: &Path, run: usize, from: u32, count: u32) {
    let path = root.join(RUNS[run]).join("metrics.jsonl");
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    for step in from..from + count {
        file.write_all(record(run, step, true).as_bytes()).unwrap();
    }
}
