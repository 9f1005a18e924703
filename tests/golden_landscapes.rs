//! Golden images of landscapes, importance and custom views. Set `UPDATE_GOLDEN=1` to regenerate them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/figures.rs"]
mod figures;

use std::{fs, path::Path, sync::Arc};

use figures::{SIZE_PT, assert_golden, demo, draw, project_blocking};
use trainscape_run::{Run, ViewFile};
use trainscape_scene::{Scene, figure::FigureSpec, theme::ThemeName};
use trainscape_source::{Loader, OpenOptions};
use trainscape_views::{ViewKind, ViewSettings};

fn in_paper_and_dark(name: &str, scene: &Scene) {
    for theme in [ThemeName::Paper, ThemeName::Dark] {
        let spec = FigureSpec {
            theme,
            ..FigureSpec::new(SIZE_PT)
        };
        assert_golden(&format!("{name}-{}", theme.name()), &draw(scene, &spec));
    }
}

/// The view of a folder with these files. The folder's name differs each time, so the title is set.
fn scene_of(
    view: ViewKind,
    title: &str,
    files: &[(&str, &[u8])],
    settings: &ViewSettings,
) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let mut loader = Loader::open(&[folder.path().to_owned()], OpenOptions::default()).unwrap();
    loader.read_to_end();
    let runs = &loader.snapshot().runs;
    let mut scene = view.build(runs, settings, &project_blocking()).unwrap();
    scene.title = title.to_owned();
    scene
}

fn trained() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/landscape.npz")).unwrap()
}

#[test]
fn the_landscape_around_trained_weights() {
    let scene = scene_of(
        ViewKind::named("loss-landscape"),
        "loss around the trained weights",
        &[("landscape.npz", &trained())],
        &ViewSettings::default(),
    );
    // numpy: second differences at the middle cell, 14.59999 and 13.61308.
    let caption = &scene.caption;
    assert!(
        caption
            .contains("Curvature there: 14.60 along the first direction, 13.61 along the second"),
        "{caption}"
    );
    assert!(caption.contains("Lowest: 1.25971 at (0, 0)"), "{caption}");
    in_paper_and_dark("loss-landscape", &scene);
}

/// A valley with a hole, an outlier and the optimiser's trajectory.
#[test]
fn holes_outliers_and_a_trajectory() {
    let mut rows: Vec<String> = Vec::new();
    for row in 0..24 {
        let cell = |column: i32| {
            let (x, y) = (f64::from(column) / 12.0 - 1.0, f64::from(row) / 12.0 - 1.0);
            match (row, column) {
                (18..24, 0..5) => "-1".to_owned(),
                (3, 20) => "1e35".to_owned(),
                (20, 20) => "nan".to_owned(),
                _ => (0.1 + x * x + 3.0 * (y - 0.3 * x).powi(2)).to_string(),
            }
        };
        rows.push((0..24).map(cell).collect::<Vec<_>>().join(","));
    }
    let grid = rows.join("\n") + "\n";
    let scene = scene_of(
        ViewKind::named("loss-landscape"),
        "loss over two directions",
        &[("val_loss.csv", grid.as_bytes())],
        &ViewSettings::default(),
    );
    let caption = &scene.caption;
    assert!(
        caption.contains("30 not computed (-1), 1 not finite"),
        "{caption}"
    );
    assert!(caption.contains("1 above"), "{caption}");
    assert!(caption.contains("indices are used"), "{caption}");
    in_paper_and_dark("loss-landscape-holes", &scene);
}

fn sweep() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for index in 0..24_u32 {
        let rate = 10_f64.powf(-4.0 + 3.0 * f64::from(index % 8) / 7.0);
        let layers = [2, 4, 8][index as usize % 3];
        let optimizer = ["adam", "sgd"][(index / 4) as usize % 2];
        let loss = 1.5 + 0.6 * (rate.log10() + 2.5).powi(2) - 0.05 * f64::from(layers);
        let config = format!(
            r#"{{"lr": {rate}, "layers": {layers}, "optimizer": "{optimizer}", "width": 96}}"#
        );
        let rows: String = (0..4)
            .map(|step| {
                let now = loss + 1.0 / f64::from(step + 1) - 0.25;
                format!(
                    "{{\"step\": {step}, \"train/loss\": {now}, \"eval/accuracy\": {}}}\n",
                    0.9 - 0.1 * now
                )
            })
            .collect();
        files.push((format!("run-{index:02}/config.json"), config.into_bytes()));
        files.push((format!("run-{index:02}/metrics.jsonl"), rows.into_bytes()));
    }
    files
}

#[test]
fn importance_of_a_sweep() {
    let files = sweep();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, content)| (name.as_str(), &content[..]))
        .collect();
    let scene = scene_of(
        ViewKind::named("importance"),
        "What explains the final metrics",
        &files,
        &ViewSettings::default(),
    );
    assert_eq!(scene.legend.len(), 2);
    let records = scene.clouds[0].records.as_ref().unwrap();
    assert_eq!(records.lines(0)[0].1, "lr");
    in_paper_and_dark("importance", &scene);
}

/// The demo's runs with custom views.
fn with_views(text: &str) -> Vec<Arc<Run>> {
    let file = Arc::new(ViewFile {
        path: "views.toml".into(),
        text: text.to_owned(),
    });
    let with = |run: &Arc<Run>| {
        let mut run = (**run).clone();
        run.view_files = vec![Arc::clone(&file)];
        Arc::new(run)
    };
    demo().runs.iter().map(with).collect()
}

#[test]
fn custom_views() {
    let runs = with_views(
        r#"
        [[view]]
        name = "path"
        title = "Loss over its own noise"
        x = "step"
        y = "abs(loss - smooth(loss, 21))"
        z = "ema(loss, 0.9)"
        colour = "learning_rate"
        runs = "pretrain"
        filter = "step > 20"
        labels = { y = "noise" }
        [[view]]
        name = "head"
        title = "One head"
        kind = "bars"
        z = "attention[-1, 0, 0, :16, :16]"
        "#,
    );
    for name in ["path", "head"] {
        let mut settings = ViewSettings::default();
        ViewKind::named("custom")
            .set(&mut settings, "name", name)
            .unwrap();
        let scene = ViewKind::named("custom")
            .build(&runs, &settings, &project_blocking())
            .unwrap();
        let spec = FigureSpec::new(SIZE_PT);
        assert_golden(&format!("custom-{name}"), &draw(&scene, &spec));
    }
}
