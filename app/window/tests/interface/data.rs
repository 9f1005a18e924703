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

/// `count` runs of one loss each, with learning rates that differ.
pub(crate) fn sweep_of(folder: &Path, count: usize) -> PathBuf {
    let root = folder.join("many");
    for run in 0..count {
        let folder = root.join(format!("run-{run:02}"));
        fs::create_dir_all(&folder).unwrap();
        let config = format!(r#"{{"peak_lr":{}}}"#, 1e-4 * (run + 1) as f64);
        fs::write(folder.join("config.json"), config).unwrap();
        let line = |step| {
            let norm = 1.0 / f64::from(step + 1);
            let loss = loss(run, step);
            format!("{{\"step\":{step},\"loss\":{loss},\"grad_norm\":{norm}}}\n")
        };
        let log: String = (0..20).map(line).collect();
        fs::write(folder.join("metrics.jsonl"), log).unwrap();
    }
    root
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

/// Appends `count` steps to run `run`, as a training process does.
pub(crate) fn train_on(root: &Path, run: usize, from: u32, count: u32) {
    let path = root.join(RUNS[run]).join("metrics.jsonl");
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    for step in from..from + count {
        file.write_all(record(run, step, true).as_bytes()).unwrap();
    }
}

/// Layers, heads and tokens of [`arrays`].
pub(crate) const ATTENTION: [usize; 4] = [2, 3, 8, 8];
/// Snapshots, rows and dimensions of [`arrays`].
pub(crate) const EMBEDDINGS: [usize; 3] = [5, 24, 6];

/// A run with a loss, attention under a name that does not imply its axes.
pub(crate) fn unnamed_attention(folder: &Path) -> PathBuf {
    let run = arrays(folder);
    fs::rename(run.join("attention.npy"), run.join("matrices.npy")).unwrap();
    run
}

/// A run with a loss, attention, and embeddings with steps and labels.
pub(crate) fn arrays(folder: &Path) -> PathBuf {
    let run = folder.join("with-arrays");
    fs::create_dir_all(&run).unwrap();
    let log: String = (0..STEPS).map(|step| record(0, step, false)).collect();
    fs::write(run.join("metrics.jsonl"), log).unwrap();
    write_npy(&run.join("attention.npy"), &ATTENTION, |index| {
        let (query, key) = (index / 8 % 8, index % 8);
        if key > query {
            0.0
        } else {
            1.0 / (query + 1) as f32
        }
    });
    write_npy(&run.join("embeddings.npy"), &EMBEDDINGS, |index| {
        let (snapshot, row) = (index / 144, index / 6 % 24);
        let dimension = index % 6;
        (snapshot as f32 + 1.0) * ((row * (dimension + 2)) as f32 * 0.7).sin()
    });
    write_npy(&run.join("embeddings.steps.npy"), &[5], |index| {
        index as f32 * 100.0
    });
    let labels: Vec<String> = (0..24).map(|row| format!("token-{row}")).collect();
    let labels = serde_json::to_string(&labels).unwrap();
    fs::write(run.join("embeddings.labels.json"), labels).unwrap();
    run
}

/// A NumPy array of single precision.
fn write_npy(path: &Path, shape: &[usize], value: impl Fn(usize) -> f32) {
    let shape_text: Vec<String> = shape.iter().map(|len| format!("{len},")).collect();
    let mut header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}",
        shape_text.concat()
    );
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    let count = shape.iter().product();
    bytes.extend((0..count).flat_map(|index| value(index).to_le_bytes()));
    fs::write(path, bytes).unwrap();
}
