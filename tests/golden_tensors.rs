//! Golden images of the views of tensors and media. Set `UPDATE_GOLDEN=1` to regenerate them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/figures.rs"]
mod figures;

use figures::{SIZE_PT, assert_golden, draw, project_blocking, scene_of_pretrain as scene};
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

#[test]
fn attention_of_one_head() {
    let scene = scene(ViewKind::named("attention"), |settings| {
        ViewKind::named("attention")
            .set(settings, "heads", "one")
            .unwrap();
        ViewKind::named("attention")
            .set(settings, "layer", 4_usize)
            .unwrap();
    });
    in_paper_and_dark("attention-head", &scene);
}

#[test]
fn attention_of_a_layer_and_of_all() {
    let layer = scene(ViewKind::named("attention"), |_| {});
    assert_golden("attention-layer", &draw(&layer, &FigureSpec::new(SIZE_PT)));
    let all = scene(ViewKind::named("attention"), |settings| {
        ViewKind::named("attention")
            .set(settings, "heads", "all")
            .unwrap();
    });
    assert_golden("attention-all", &draw(&all, &FigureSpec::new(SIZE_PT)));
}

#[test]
fn embedding_over_training() {
    in_paper_and_dark(
        "embedding-pca",
        &scene(ViewKind::named("embedding"), |_| {}),
    );
}

#[test]
fn embedding_with_a_search_and_neighbours() {
    let scene = scene(ViewKind::named("embedding"), |settings| {
        ViewKind::named("embedding")
            .set(settings, "dims", "2")
            .unwrap();
        ViewKind::named("embedding")
            .set(settings, "focus", 40_usize)
            .unwrap();
        ViewKind::named("embedding")
            .set(settings, "search", "Z")
            .unwrap();
        ViewKind::named("embedding")
            .set(settings, "labels", false)
            .unwrap();
    });
    assert_golden("embedding-focus", &draw(&scene, &FigureSpec::new(SIZE_PT)));
}

#[test]
fn weights_with_the_loss_as_height() {
    in_paper_and_dark("weights", &scene(ViewKind::named("weights"), |_| {}));
}

#[test]
fn activations_and_their_distribution() {
    let values = scene(ViewKind::named("activations"), |_| {});
    assert_golden("activations", &draw(&values, &FigureSpec::new(SIZE_PT)));
    let distribution = scene(ViewKind::named("activations"), |settings| {
        ViewKind::named("activations")
            .set(settings, "distribution", true)
            .unwrap();
    });
    let spec = FigureSpec::new(SIZE_PT);
    assert_golden("activations-distribution", &draw(&distribution, &spec));
}

/// A run with one Plotly figure: a surface, and points on a line over it.
fn logged_figure() -> (tempfile::TempDir, Scene) {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..12)
        .map(|row| {
            let height = |column: i32| {
                let (x, y) = (f64::from(column) / 5.0, f64::from(row) / 4.0);
                (x.sin() * y.cos() + 1.2).to_string()
            };
            format!("[{}]", (0..16).map(height).collect::<Vec<_>>().join(","))
        })
        .collect();
    let figure = format!(
        r#"{{"data": [
            {{"type": "surface", "z": [{}]}},
            {{"type": "scatter3d", "mode": "lines+markers", "x": [1, 5, 9, 14], "y": [1, 4, 6, 10],
              "z": [1.8, 2.1, 2.3, 2.4],
              "marker": {{"color": [0, 1, 2, 3], "colorbar": {{"title": "Step"}}}}}}],
            "layout": {{"title": {{"text": "Kept by <b>W&amp;B</b>"}},
                        "scene": {{"zaxis": {{"title": "Loss"}}}}}}}}"#,
        rows.join(",")
    );
    std::fs::write(
        folder.path().join("landscape_3_0123456789.plotly.json"),
        figure,
    )
    .unwrap();
    let mut loader = Loader::open(&[folder.path().to_owned()], OpenOptions::default()).unwrap();
    loader.read_to_end();
    let scene = ViewKind::named("media")
        .build(
            &loader.snapshot().runs,
            &ViewSettings::default(),
            &project_blocking(),
        )
        .unwrap();
    (folder, scene)
}

#[test]
fn a_logged_figure() {
    let (_folder, mut scene) = logged_figure();
    assert_eq!(scene.surfaces.len(), 1);
    assert_eq!(scene.clouds[0].points(), 4);
    // The folder's name differs each time.
    assert!(scene.title.starts_with("Kept by W&B, "), "{}", scene.title);
    scene.title = "Kept by W&B".to_owned();
    assert_golden("media", &draw(&scene, &FigureSpec::new(SIZE_PT)));
}

#[test]
fn the_same_seed_gives_the_same_umap() {
    let umap = || {
        scene(ViewKind::named("embedding"), |settings| {
            ViewKind::named("embedding")
                .set(settings, "project", "umap")
                .unwrap();
            ViewKind::named("embedding")
                .set(settings, "iterations", 20_usize)
                .unwrap();
        })
    };
    let spec = FigureSpec::new(SIZE_PT);
    assert_eq!(draw(&umap(), &spec).rgba, draw(&umap(), &spec).rgba);
}
