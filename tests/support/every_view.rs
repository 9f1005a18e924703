//! Data for every view: the demo run, and small folders for views that the demo has no data for.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use trainscape_views::{VIEWS, ViewKind};

/// A view and its data.
pub struct Drawable {
    pub view: ViewKind,
    /// A folder; `None`: the demo's transformer.
    pub folder: Option<PathBuf>,
    /// The name of a custom view.
    pub name: Option<&'static str>,
}

impl Drawable {
    fn of_demo(view: ViewKind) -> Self {
        Self {
            view,
            folder: None,
            name: None,
        }
    }

    fn of(view: ViewKind, folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_owned()),
            ..Self::of_demo(view)
        }
    }

    /// Arguments of `render` and `export`: view and paths.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--view".to_owned(), self.view.name().to_owned()];
        match &self.folder {
            Some(folder) => arguments.push(folder.display().to_string()),
            None => arguments.extend(["--runs".to_owned(), "pretrain".to_owned()]),
        }
        if let Some(name) = self.name {
            arguments.extend(["--name".to_owned(), name.to_owned()]);
        }
        arguments
    }
}

/// Every view, and every kind of custom view. Their data are written into `folder`.
pub fn every_view(folder: &Path) -> Vec<Drawable> {
    let [landscape, learning, sweep, figure, own] =
        ["landscape", "learning", "sweep", "figure", "own"].map(|name| folder.join(name));
    write_landscape(&landscape);
    write_learning(&learning);
    write_sweep(&sweep);
    write_figure(&figure);
    write_custom(&own);
    let mut all: Vec<Drawable> = VIEWS
        .into_iter()
        .filter(|view| *view != ViewKind::named("custom"))
        .map(|view| match view.name() {
            "loss-landscape" => Drawable::of(view, &landscape),
            "reward-landscape" => Drawable::of(view, &learning),
            "importance" => Drawable::of(view, &sweep),
            "media" => Drawable::of(view, &figure),
            _ => Drawable::of_demo(view),
        })
        .collect();
    all.extend(CUSTOM_VIEWS.iter().map(|(name, _)| Drawable {
        name: Some(*name),
        ..Drawable::of(ViewKind::named("custom"), &own)
    }));
    all
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The grid of losses around trained weights, `tests/data/landscape.npz`.
pub fn write_landscape(folder: &Path) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/landscape.npz");
    write(folder, "landscape.npz", fs::read(path).unwrap());
}

/// Loss, reward, gradient norm and learning rate of 120 steps.
fn rows_with_reward(rate: f64, seed: u32) -> String {
    let row = |step: u32| {
        let (t, wave) = (
            f64::from(step) / 120.0,
            (f64::from(step * 7 + seed * 31)).sin(),
        );
        format!(
            "{{\"step\": {step}, \"train/loss\": {}, \"train/reward\": {}, \"train/grad_norm\": {}, \"train/lr\": {rate}}}\n",
            0.5 + 2.0 * (-3.0 * t).exp() + 0.05 * wave,
            1.0 - (-2.0 * t).exp() * (1.0 + 10.0 * rate) + 0.04 * wave,
            (1.0 - t + 0.3 * wave).exp(),
        )
    };
    (0..120).map(row).collect()
}

/// Two learning rates with two seeds each, with a logged reward.
pub fn write_learning(folder: &Path) {
    for rate in [1e-3, 1e-2] {
        for seed in [1, 2] {
            let run = folder.join(format!("lr-{rate}-seed-{seed}"));
            let config = format!(r#"{{"lr": {rate}, "seed": {seed}}}"#);
            write(&run, "config.json", config);
            write(&run, "metrics.jsonl", rows_with_reward(rate, seed));
        }
    }
}

/// Sixteen runs that differ in learning rate, layers and optimiser.
pub fn write_sweep(folder: &Path) {
    for index in 0..16_u32 {
        let rate = 10_f64.powf(-4.0 + 3.0 * f64::from(index % 8) / 7.0);
        let layers = [2, 4, 8][index as usize % 3];
        let optimizer = ["adam", "sgd"][(index / 4) as usize % 2];
        let loss = 1.5 + 0.6 * (rate.log10() + 2.5).powi(2) - 0.05 * f64::from(layers);
        let run = folder.join(format!("run-{index:02}"));
        let config = format!(r#"{{"lr": {rate}, "layers": {layers}, "optimizer": "{optimizer}"}}"#);
        write(&run, "config.json", config);
        let row = |step: u32| {
            let now = loss + 1.0 / f64::from(step + 1);
            format!(
                "{{\"step\": {step}, \"train/loss\": {now}, \"eval/accuracy\": {}}}\n",
                0.9 - 0.1 * now
            )
        };
        write(&run, "metrics.jsonl", (0..4).map(row).collect::<String>());
    }
}

/// A Plotly figure as saved by W&B: a surface and points.
pub fn write_figure(folder: &Path) {
    let row = |y: i32| {
        let cell = |x: i32| (f64::from(x * y) / 20.0).sin().to_string();
        format!("[{}]", (0..12).map(cell).collect::<Vec<_>>().join(","))
    };
    let rows: Vec<String> = (0..12).map(row).collect();
    let figure = format!(
        r#"{{"data": [{{"type": "surface", "z": [{}]}},
            {{"type": "scatter3d", "mode": "lines+markers", "x": [1, 5, 9], "y": [1, 4, 6], "z": [0.1, 0.4, 0.8]}}],
            "layout": {{"title": {{"text": "Kept"}}}}}}"#,
        rows.join(",")
    );
    write(folder, "kept_3_0123456789.plotly.json", figure);
}

/// The custom views of `write_custom`: names and the other lines of each table.
const CUSTOM_VIEWS: [(&str, &str); 5] = [
    (
        "trajectory",
        "kind = \"path\"\nx = \"step\"\ny = \"ema(loss, 0.9)\"\nz = \"log10({train/grad_norm})\"\ncolour = \"reward\"",
    ),
    (
        "points",
        "kind = \"points\"\nx = \"step\"\ny = \"loss\"\nz = \"reward\"\nsize = 4\nfilter = \"step > 20 && loss < 2\"",
    ),
    ("surface", "kind = \"surface\"\nz = \"loss[:, :]\""),
    ("mesh", "kind = \"mesh\"\nz = \"loss[:20, 5:30]\""),
    ("bars", "kind = \"bars\"\nz = \"loss[:8, :8]\""),
];

/// A run with a custom view of each kind.
pub fn write_custom(folder: &Path) {
    write(folder, "metrics.jsonl", rows_with_reward(1e-3, 1));
    write_landscape(folder);
    let tables = CUSTOM_VIEWS.map(|(name, rest)| format!("[[view]]\nname = \"{name}\"\n{rest}\n"));
    write(folder, "views.toml", tables.join("\n"));
}
