//! Counts on real runs, where they lie beside the repository.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::path::PathBuf;

use trainscape_run::{Role, SourceFormat, SourceState};

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
    assert_eq!(run.sources.len(), 4);
    assert!(
        run.sources
            .iter()
            .all(|source| source.state == SourceState::Ok)
    );
    assert_eq!(run.series["train/loss"].len(), 2000);
    assert_eq!(run.histograms.len(), 51);
    assert!(
        run.histograms
            .values()
            .all(|series| series.points.len() == 20)
    );
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
        run.sources[run.series_source["train/loss"]].format,
        SourceFormat::Wandb
    );
}

#[test]
fn torn_tails_are_not_finished_yet() {
    let Some(path) = runs("formats/wandb/kwt-torn-tail") else {
        return;
    };
    let snapshot = common::read(&path);
    let torn = snapshot.runs.iter().find(|run| run.points() > 0).unwrap();
    assert_eq!(torn.points(), 6893);
    let source = &torn.sources[0];
    assert_eq!((source.state, source.skipped), (SourceState::Partial, 0));
    assert_eq!(source.note, "the last record is not finished");
}

#[test]
fn the_folder_of_all_runs_opens() {
    let Some(path) = runs("") else { return };
    let snapshot = common::read(&path);
    assert!(snapshot.runs.len() >= 139);
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
