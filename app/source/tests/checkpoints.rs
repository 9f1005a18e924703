//! Checkpoints: shards are one set of arrays, steps are snapshots.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, path::Path, sync::Arc};

use common::{
    arrays::{npy, safetensors, write},
    open, read,
};
use trainscape_run::{Run, SourceState, Tensor};

const LOG: &str = "{\"step\": 1, \"loss\": 2.0}\n";

fn model(first: f32) -> Vec<u8> {
    safetensors(
        &[("layers.0.up", &[2, 3]), ("layers.0.norm", &[3])],
        &[],
        first,
    )
}

fn only_run(path: &Path) -> Arc<Run> {
    let snapshot = read(path);
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(snapshot.runs.len(), 1, "{ids:?}");
    Arc::clone(&snapshot.runs[0])
}

fn values(tensor: &Tensor) -> Vec<f32> {
    let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    tensor.read(&whole).unwrap()
}

fn keys(run: &Run) -> Vec<&str> {
    run.tensors.keys().map(|key| &**key).collect()
}

#[test]
fn folders_of_steps_are_snapshots_in_numerical_order() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "metrics.jsonl", LOG);
    for step in [1000, 90, 500] {
        let at = format!("checkpoints/step-{step}");
        write(root, &format!("{at}/model.safetensors"), model(step as f32));
        write(root, &format!("{at}/optimizer.safetensors"), model(0.0));
        // Copies of logs inside checkpoints are not runs.
        write(root, &format!("{at}/metrics.jsonl"), LOG);
    }
    let run = only_run(root);
    assert_eq!(keys(&run), ["layers.0.norm", "layers.0.up"]);
    let up = &run.tensors["layers.0.up"];
    assert_eq!((&*up.shape, up.parts.len()), (&[3, 2, 3][..], 3));
    assert_eq!(up.steps.as_deref().unwrap(), [90.0, 500.0, 1000.0]);
    assert_eq!(up.snapshot_axis(), Some(0));
    assert_eq!(values(up)[..6], [90.0, 91.0, 92.0, 93.0, 94.0, 95.0]);
    assert_eq!(
        up.read(&[1..3, 1..2, 0..2]).unwrap(),
        [503.0, 504.0, 1003.0, 1004.0]
    );
    assert_eq!(up.element(&[2, 1, 2]).unwrap(), 1005.0);
    // Logs first, then each step's two files.
    assert_eq!(run.sources.len(), 7);
    assert!(
        run.sources
            .iter()
            .all(|source| source.state == SourceState::Ok)
    );
}

#[test]
fn sharded_checkpoints_of_transformers_are_read_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for step in [500, 1000] {
        for shard in 1..=2 {
            let name = format!("checkpoint-{step}/model-0000{shard}-of-00002.safetensors");
            let key = format!("h.{shard}.weight");
            write(root, &name, safetensors(&[(&key, &[2])], &[], step as f32));
        }
    }
    write(
        root,
        "model-00001-of-00003.safetensors",
        safetensors(&[("h.1.weight", &[2])], &[], 7.0),
    );
    let run = only_run(root);
    assert_eq!(
        keys(&run),
        ["checkpoint/h.1.weight", "h.2.weight", "model/h.1.weight"]
    );
    assert_eq!(
        values(&run.tensors["h.2.weight"]),
        [500.0, 501.0, 1000.0, 1001.0]
    );
    let partial: Vec<&str> = run
        .sources
        .iter()
        .filter(|source| source.state == SourceState::Partial)
        .map(|source| source.note.as_str())
        .collect();
    assert_eq!(partial, ["2 shards of `model` are missing"]);
}

#[test]
fn files_of_steps_are_snapshots_too() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "emb_step_20.npy", npy(&[2, 2], 20.0));
    write(root, "emb_step_3.npy", npy(&[2, 2], 3.0));
    write(root, "emb_step_100.npy", npy(&[3, 2], 100.0));
    write(root, "theta/step0001.npy", npy(&[4], 1.0));
    write(root, "theta/step0002.npy", npy(&[4], 2.0));
    write(root, "metrics.jsonl", LOG);
    let run = only_run(root);
    assert_eq!(keys(&run), ["emb", "theta"]);
    let emb = &run.tensors["emb"];
    assert_eq!(
        (&*emb.shape, emb.steps.as_deref().unwrap()),
        (&[2, 2, 2][..], &[3.0, 20.0][..])
    );
    assert_eq!(
        emb.axes.as_deref().unwrap().join(","),
        "snapshot,row,dimension"
    );
    let odd = run
        .sources
        .iter()
        .find(|source| source.path.ends_with("emb_step_100.npy"));
    let note = "`emb` has another shape or type at step 100 and is omitted there";
    assert_eq!(odd.unwrap().note, note);
    assert_eq!(
        run.tensors["theta"].axes.as_deref().unwrap().join(","),
        "snapshot,parameter"
    );
}

#[test]
fn one_checkpoint_has_no_snapshot_axis() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "run/step-5/model.safetensors", model(1.0));
    let run = only_run(root);
    assert_eq!(
        (&*run.id, &*run.tensors["layers.0.up"].shape),
        ("run", &[2, 3][..])
    );
    assert!(run.tensors["layers.0.up"].steps.is_none());
}

#[test]
fn created_and_removed_checkpoints_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "step-1/model.safetensors", model(1.0));
    write(root, "step-2/model.safetensors", model(2.0));
    let mut loader = open(root);
    loader.read_to_end();
    let before = loader.snapshot();
    let steps = |run: &Run| {
        run.tensors["layers.0.up"]
            .steps
            .as_deref()
            .unwrap()
            .to_vec()
    };
    assert_eq!(steps(&before.runs[0]), [1.0, 2.0]);
    write(root, "step-3/model.safetensors", model(3.0));
    fs::remove_dir_all(root.join("step-1")).unwrap();
    loader.read_to_end();
    let after = loader.snapshot();
    assert!(after.generation > before.generation);
    assert_eq!(steps(&after.runs[0]), [2.0, 3.0]);
    assert_eq!(after.runs[0].sources.len(), 2);
    loader.poll(None);
    assert!(Arc::ptr_eq(&after, &loader.snapshot()));
}

#[test]
fn thousands_of_arrays_open_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..4000)
        .map(|layer| format!("layers.{layer}.weight"))
        .collect();
    let entries: Vec<(&str, &[usize])> = names.iter().map(|name| (&**name, &[2][..])).collect();
    for step in [1, 2, 3] {
        let path = format!("step-{step}/model.safetensors");
        write(folder.path(), &path, safetensors(&entries, &[], 0.0));
    }
    let run = only_run(folder.path());
    assert_eq!(run.tensors.len(), 4000);
    assert_eq!(&*run.tensors["layers.3999.weight"].shape, [3, 2]);
}
