//! Small runs as text logs.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A folder for one test, deleted when the value is dropped.
pub fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("trainscape-test-")
        .tempdir()
        .unwrap()
}

/// Writes a file and its parent folders.
pub fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

/// A loss that decreases from 4 with oscillations.
pub fn loss(step: u64, lr: f64) -> f64 {
    let progress = step as f64 / 40.0;
    let badness = (lr.log10() + 2.5).powi(2);
    1.2 + 2.8 * f64::exp(-progress) + 0.3 * badness + 0.05 * (step as f64 * 0.7).sin()
}

/// Rows with loss, learning rate and the gradient norms of four layers.
pub fn metrics_jsonl(rows: u64, lr: f64) -> String {
    (0..rows)
        .map(|step| {
            let warmed =
                lr * ((step + 1) as f64 / 10.0).min(1.0) * (1.0 - step as f64 / (2 * rows) as f64);
            let mut line = format!(
                "{{\"step\": {step}, \"train/loss\": {}, \"train/lr\": {warmed}",
                loss(step, lr)
            );
            for layer in 0..4 {
                let norm = 10_f64.powf(-f64::from(layer) * 0.6 - step as f64 / 60.0);
                line += &format!(", \"grad_norm/layers.{layer}.mlp.up\": {norm}");
            }
            line + "}\n"
        })
        .collect()
}

/// A run folder with all series that both views need.
pub fn run(folder: &Path, name: &str, rows: u64) -> PathBuf {
    write(
        folder,
        &format!("{name}/metrics.jsonl"),
        metrics_jsonl(rows, 0.003),
    );
    folder.join(name)
}

/// A sweep over the learning rate: `sweep/lr-…`, each with its configuration.
pub fn sweep(folder: &Path, rates: &[f64], rows: u64) -> PathBuf {
    for rate in rates {
        write(
            folder,
            &format!("sweep/lr-{rate}/metrics.jsonl"),
            metrics_jsonl(rows, *rate),
        );
        write(
            folder,
            &format!("sweep/lr-{rate}/config.json"),
            format!("{{\"learning_rate\": {rate}}}"),
        );
    }
    folder.join("sweep")
}
