//! The views of tensors and of trajectories with the command line, for the demo run.

use serde_json::Value;

use crate::support::{Ended, logs::folder, run};

/// Renders the demo's transformer; returns the exit code and the output.
fn draw(view: &str, more: &[&str]) -> (Ended, tempfile::TempDir) {
    let folder = folder();
    let out = folder.path().join("figure.png").display().to_string();
    let mut arguments = vec![
        "render",
        "--runs",
        "pretrain",
        "--adapter",
        "cpu",
        "--size",
        "320x240",
        "--json",
        "--view",
        view,
        "-o",
        &out,
    ];
    arguments.extend(more);
    (run(arguments), folder)
}

fn metadata(view: &str, more: &[&str]) -> Value {
    let (ended, folder) = draw(view, more);
    let metadata = ended.code(0).json();
    assert!(folder.path().join("figure.png").is_file());
    assert_eq!(metadata["view"], view);
    metadata
}

fn caption(view: &str, more: &[&str]) -> String {
    metadata(view, more)["caption"].as_str().unwrap().to_owned()
}

fn fails(view: &str, more: &[&str]) -> String {
    draw(view, more).0.code(1).stderr
}

#[test]
fn each_view_draws_its_tensor() {
    for (view, key) in [
        ("attention", "attention"),
        ("embedding", "embeddings"),
        ("weights", "weights"),
        ("activations", "activations"),
    ] {
        let metadata = metadata(view, &[]);
        let name = if view == "embedding" {
            "embedding"
        } else {
            view
        };
        assert_eq!(metadata["keys"][name], key);
        assert!(metadata["points"].as_u64().unwrap() > 10, "{metadata}");
    }
}

#[test]
fn attention_is_drawn_by_head_by_layer_or_for_all() {
    let points = |more: &[&str]| metadata("attention", more)["points"].as_u64().unwrap();
    let one = points(&["--layer", "2", "--head", "1"]);
    let layer = points(&["--layer", "2", "--heads", "layer"]);
    let all = points(&["--heads", "all"]);
    assert!(one < layer && layer < all, "{one}, {layer}, {all}");
    assert!(points(&["--heads", "all", "--threshold", "0.2"]) < all);
    let error = fails("attention", &["--layer", "8"]);
    assert!(
        error.contains("8 layers and 4 heads (counted from 0)"),
        "{error}"
    );
    let error = fails("attention", &["--threshold", "2"]);
    assert!(error.contains("no weight is above 2"), "{error}");
}

#[test]
fn a_snapshot_is_the_last_one_at_or_before_a_step() {
    assert!(caption("attention", &["--at", "1400"]).contains("Snapshot 3 of 5"));
    assert!(caption("attention", &["--at", "499"]).contains("Snapshot 1 of 5"));
    assert!(caption("attention", &[]).contains("Snapshot 5 of 5"));
}

#[test]
fn an_embedding_is_projected_and_searched_and_shows_neighbours() {
    assert!(caption("embedding", &[]).contains("of the variance"));
    let umap = [
        "--project",
        "umap",
        "--iterations",
        "20",
        "--metric",
        "cosine",
        "--dims",
        "2",
    ];
    let text = caption("embedding", &umap);
    assert!(
        text.contains("15 neighbours") && text.contains("cosine distance"),
        "{text}"
    );
    let text = caption("embedding", &["--focus", "40", "--neighbours", "4"]);
    assert!(text.contains("The 4 nearest neighbours of 'G'"), "{text}");
    assert!(caption("embedding", &["--search", "z"]).contains("2 rows with 'z'"));
    let error = fails("embedding", &["--focus", "96"]);
    assert!(error.contains("needs row 96"), "{error}");
    let error = fails("embedding", &["--colour-by", "class"]);
    assert!(error.contains("there are: label"), "{error}");
}

#[test]
fn activations_are_drawn_by_value_or_by_distribution() {
    let text = caption("activations", &[]);
    assert!(
        text.contains("Dead channels") && text.contains("Saturated values"),
        "{text}"
    );
    let metadata = metadata("activations", &["--distribution"]);
    assert!(metadata["triangles"].as_u64().unwrap() > 1000);
}

#[test]
fn a_tensor_is_selected_by_name_and_an_unknown_name_lists_all() {
    let text = fails("embedding", &["--tensor", "nothing"]);
    assert!(
        text.contains("needs a tensor called `nothing`; there are:"),
        "{text}"
    );
    let text = fails("attention", &["--tensor", "weights"]);
    assert!(text.contains("`weights` is 17 × 6052"), "{text}");
    let (ended, _) = draw("attention", &["--axes", "weights"]);
    assert!(ended.code(2).stderr.contains("KEY=AXIS"));
}

#[test]
fn the_command_clips_at_a_step() {
    for view in ["loss-surface", "gradient-flow", "training-dynamics"] {
        let text = caption(view, &["--at", "700"]);
        assert!(text.starts_with("Clipped at step 700; "), "{view}: {text}");
        assert!(!caption(view, &[]).contains("Clipped at step"));
    }
}

#[test]
fn trajectories_use_the_given_series() {
    let metadata = metadata(
        "training-dynamics",
        &[
            "--x",
            "train/loss",
            "--y",
            "train/learning_rate",
            "--z",
            "step",
            "--colour-by",
            "train/grad_norm",
        ],
    );
    assert_eq!(metadata["keys"]["learning_rate"], "train/learning_rate");
    assert_eq!(metadata["keys"]["colour"], "train/grad_norm");
    let text = fails("training-dynamics", &["--z", "nothing"]);
    assert!(
        text.contains("no run has a series called `nothing`"),
        "{text}"
    );
    let text = fails("reward-landscape", &[]);
    assert!(text.contains("--role reward=KEY"), "{text}");
}

#[test]
fn ranges_are_validated_and_applied() {
    let range = ["--range", "x=100..900", "--range", "z=..4"];
    metadata("loss-surface", &range);
    for (bad, why) in [
        ("x=9..1", "must be below"),
        ("w=1..2", "x, y or z"),
        ("y=1", "AXIS=A..B"),
    ] {
        let (ended, _) = draw("loss-surface", &["--range", bad]);
        let stderr = ended.code(2).stderr;
        assert!(stderr.contains(why), "{stderr}");
    }
}
