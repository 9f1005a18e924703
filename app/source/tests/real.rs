//! Counts on real runs, if they exist next to the repository.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::path::PathBuf;

use trainscape_run::{Role, SourceContent, SourceState, Tensor, Trace};

fn runs(path: &str) -> Option<PathBuf> {
    let path =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/runs")).join(path);
    path.exists().then_some(path)
}

#[test]
fn four_loggers_of_one_run_agree() {
    let Some(path) = runs("char-gpt/pretrain") else {
        return;
    };
    let snapshot = common::read(&path);
    assert_eq!(snapshot.runs.len(), 1);
    let run = &snapshot.runs[0];
    let logs = run
        .sources
        .iter()
        .filter(|source| source.format.content == SourceContent::Records);
    assert_eq!(logs.count(), 4);
    assert!(
        run.sources
            .iter()
            .all(|source| source.state == SourceState::Ok)
    );
    assert_eq!(run.series["train/loss"].len(), 2000);
    assert_eq!(run.histograms.len(), 51);
    assert!(run.histograms.values().all(|series| series.len() == 20));
    assert_eq!(
        run.series_with_role(Role::Loss)[0].key().as_ref(),
        "train/loss"
    );
    assert_eq!(
        run.series_with_role(Role::LearningRate)[0].key().as_ref(),
        "train/learning_rate"
    );
    assert_eq!(run.series_with_role(Role::LayerGradientNorm).len(), 51);
    assert_eq!(
        run.sources[run.series_source["train/loss"]].format.name,
        "wandb"
    );
}

#[test]
fn truncated_logs_are_incomplete() {
    let Some(path) = runs("formats/wandb/kwt-torn-tail") else {
        return;
    };
    let snapshot = common::read(&path);
    let torn = snapshot.runs.iter().find(|run| run.points() > 0).unwrap();
    assert_eq!(torn.points(), 6893);
    let source = &torn.sources[0];
    assert_eq!((source.state, source.skipped), (SourceState::Partial, 0));
    assert_eq!(source.note, "the last record is incomplete");
}

#[test]
fn the_folder_of_all_runs_opens() {
    let Some(path) = runs("") else { return };
    let snapshot = common::read(&path);
    assert!(snapshot.runs.len() >= 136);
    let points: usize = snapshot.runs.iter().map(|run| run.points()).sum();
    assert!(points >= 326_967, "{points}");
    assert!(
        snapshot
            .runs
            .iter()
            .flat_map(|run| &run.sources)
            .all(|source| source.state != SourceState::Failed)
    );
}

fn axes(tensor: &Tensor) -> String {
    tensor.axes.as_deref().unwrap_or_default().join(",")
}

#[test]
fn a_runs_arrays_have_axes_steps_and_labels() {
    let Some(path) = runs("char-gpt/pretrain") else {
        return;
    };
    let snapshot = common::read(&path);
    let tensors = &snapshot.runs[0].tensors;
    for (key, shape, named, steps, labels) in [
        (
            "attention",
            &[21, 8, 4, 64, 64][..],
            "snapshot,layer,head,query,key",
            21,
            64,
        ),
        (
            "activations",
            &[21, 8, 64, 96],
            "snapshot,layer,position,channel",
            21,
            64,
        ),
        (
            "embeddings",
            &[101, 96, 96],
            "snapshot,row,dimension",
            101,
            96,
        ),
        ("weights", &[17, 901_728], "snapshot,parameter", 17, 0),
    ] {
        let tensor = &tensors[key];
        assert_eq!((&*tensor.shape, axes(tensor).as_str()), (shape, named));
        assert_eq!(tensor.steps.as_ref().unwrap().len(), steps, "{key}");
        assert_eq!(
            tensor.labels.as_ref().map_or(0, |labels| labels.len()),
            labels,
            "{key}"
        );
    }
    // Rows of attention add up to one.
    let row = tensors["attention"]
        .read(&[20..21, 3..4, 1..2, 40..41, 0..64])
        .unwrap();
    assert!((row.iter().sum::<f32>() - 1.0).abs() < 2e-3);
    assert_eq!(tensors["layers.0.attn.qkv"].dtype.name(), "f32");
    assert!(tensors["layers.0.attn.qkv"].axes.is_none());
}

#[test]
fn sentences_are_rows_with_labels() {
    let Some(path) = runs("sentences") else {
        return;
    };
    let snapshot = common::read(&path);
    let tensors = &snapshot.runs[0].tensors;
    let embeddings = &tensors["embeddings"];
    assert_eq!(
        (&*embeddings.shape, axes(embeddings).as_str()),
        (&[12_000, 384][..], "row,dimension")
    );
    let labels = embeddings.labels.as_ref().unwrap();
    assert_eq!((labels.len(), labels.columns.len()), (12_000, 2));
    let row = embeddings.read(&[7..8, 0..384]).unwrap();
    assert!((row.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-2);
    assert_eq!(axes(&tensors["attention"]), "layer,head,query,key");
    assert_eq!(tensors["attention"].labels.as_ref().unwrap().len(), 52);
    assert_eq!(tensors["hidden"].labels.as_ref().unwrap().len(), 52);
}

#[test]
fn every_figure_of_the_nanochat_runs_is_read() {
    let Some(path) = runs("nanochat-aquarat") else {
        return;
    };
    let snapshot = common::read(&path);
    assert_eq!(snapshot.runs.len(), 22);
    let (mut figures, mut clouds, mut surfaces, mut curvilinear) = (0, 0, 0, 0);
    for file in snapshot.runs.iter().flat_map(|run| &run.plots) {
        let plot = file.content.read().unwrap();
        assert!(
            file.step.is_some() && !plot.traces.is_empty(),
            "{}",
            file.key
        );
        assert!(plot.notes.is_empty(), "{}: {:?}", file.key, plot.notes);
        match file.format.name {
            "plotly" => {
                figures += 1;
                assert!(
                    !plot.title.is_empty()
                        && plot.axis_titles.iter().all(|title| !title.is_empty())
                );
            }
            name => {
                assert_eq!(name, "object3d");
                clouds += 1;
            }
        }
        for trace in &plot.traces {
            match trace {
                Trace::Surface { x, y, z, .. } => {
                    surfaces += 1;
                    assert!(x.len() > 1 && y.len() > 1 && z.len() == x.len() * y.len());
                    assert!(z.iter().any(|z| z.is_finite()));
                }
                Trace::Points {
                    positions,
                    values,
                    colours,
                    ..
                } => {
                    assert!(positions.iter().flatten().all(|value| value.is_finite()));
                    assert!(values.len() == positions.len() || colours.len() == positions.len());
                }
                // The loss surfaces' steps differ from row to row, so they are not on a grid.
                Trace::Mesh { triangles, .. } => {
                    curvilinear += 1;
                    assert!(!triangles.is_empty());
                }
            }
        }
    }
    assert_eq!((figures, clouds), (51, 24));
    assert_eq!((surfaces, curvilinear), (20, 11));
}

#[test]
fn landscapes_of_the_loss_landscape_tool_open() {
    let Some(path) = runs("formats/losslandscape") else {
        return;
    };
    let snapshot = common::read(&path);
    let sources = || snapshot.runs.iter().flat_map(|run| &run.sources);
    // One of the tool's files holds nothing.
    let partial: Vec<&str> = sources()
        .filter(|source| source.state != SourceState::Ok)
        .map(|source| source.note.as_str())
        .collect();
    assert!(
        matches!(partial[..], [note] if note.contains("no dataset of its own")),
        "{partial:?}"
    );
    let hdf5 = sources().filter(|source| source.format.name == "hdf5");
    assert_eq!(hdf5.count(), 29);
    let tensors: usize = snapshot.runs.iter().map(|run| run.tensors.len()).sum();
    assert_eq!(tensors, 457);
}
