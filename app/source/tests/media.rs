//! Figures that W&B stores.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{path::Path, sync::Arc};

use common::{arrays::write, open, read};
use trainscape_run::{Plot, Run, Snapshot, Trace};

/// As Plotly 6 writes a figure: base64 arrays, titles as objects.
const FIGURE: &str = r#"{
 "data": [
  {"type": "surface", "name": "Loss &amp; <b>rate</b>", "showscale": true,
   "x": {"dtype": "i4", "bdata": "AAAAAAEAAAACAAAA"},
   "y": {"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAAQA=="},
   "z": {"dtype": "f4", "bdata": "AACAPwAAAEAAAEBAAACAQAAAwH8AAMBA", "shape": "2, 3"}},
  {"type": "scatter3d", "mode": "lines", "x": [0, 1], "y": [0, 1], "z": [0, null],
   "line": {"color": [5, 6], "colorbar": {"title": {"text": "Step"}}}, "text": ["Step: 0<br>Loss: 1", "b"]},
  {"type": "scatter3d", "x": [0], "y": [0], "z": [0, 1], "marker": {"color": ["rgb(1, 2, 3)"]}},
  {"type": "mesh3d", "x": [0, 1, 0], "y": [0, 0, 1], "z": [0, 0, 0], "i": [0, 0], "j": [1, 1], "k": [2, 9]},
  {"type": "scatter", "x": [1], "y": [2]}, {"x": [1]}, {"type": "surface", "visible": false}
 ],
 "layout": {"title": {"text": "<i>Terrain</i>"},
  "scene": {"xaxis": {"title": {"text": "Step"}}, "yaxis": {"title": "Rate", "type": "log"}}}
}"#;

fn plot(content: &str) -> Result<Arc<Plot>, String> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "figure.plotly.json", content);
    let snapshot = read(folder.path());
    let plot = &snapshot.runs[0].plots[0];
    plot.content.read().map_err(|error| error.to_string())
}

#[test]
fn a_figure_is_read_with_all_its_parts() {
    let plot = plot(FIGURE).unwrap();
    assert_eq!(plot.title, "Terrain");
    assert_eq!(plot.axis_titles, ["Step", "Rate", ""]);
    assert_eq!(plot.log, [false, true, false]);
    let [Trace::Surface { name, x, y, z }, lines, points, mesh] = plot.traces.as_slice() else {
        panic!("{:?}", plot.traces)
    };
    assert_eq!(
        (name.as_str(), x.as_slice(), y.as_slice()),
        ("Loss & rate", &[0.0, 1.0, 2.0][..], &[1.0, 2.0][..])
    );
    assert_eq!((z[0], z[3], z[5]), (1.0, 4.0, 6.0));
    assert!(z[4].is_nan());
    match lines {
        Trace::Points {
            positions,
            values,
            value_title,
            texts,
            markers,
            lines,
            ..
        } => {
            assert!(positions[1][2].is_nan() && *lines && !*markers);
            assert_eq!(
                (values.as_slice(), value_title.as_str(), texts[0].as_str()),
                (&[5.0, 6.0][..], "Step", "Step: 0, Loss: 1")
            );
        }
        other => panic!("{other:?}"),
    }
    match points {
        Trace::Points {
            positions,
            colours,
            markers,
            lines,
            ..
        } => {
            assert_eq!((positions.len(), colours.as_slice()), (1, &[[1, 2, 3]][..]));
            assert!(*markers && *lines);
        }
        other => panic!("{other:?}"),
    }
    let Trace::Mesh { triangles, .. } = mesh else {
        panic!("{mesh:?}")
    };
    assert_eq!(triangles, &[[0, 1, 2]]);
    assert_eq!(
        plot.notes,
        [
            "1 triangles refer to missing vertices and are not drawn",
            "2 traces of the type `scatter` not drawn"
        ]
    );
}

#[test]
fn colours_are_numbers_names_or_one_for_all() {
    let of = |colour: &str| {
        let figure = format!(
            r#"{{"data": [{{"type": "scatter3d", "x": [0, 1], "y": [0, 1], "z": [0, 1],
                "marker": {{"color": {colour}}}}}]}}"#
        );
        let plot = plot(&figure).unwrap();
        match &plot.traces[0] {
            Trace::Points {
                values, colours, ..
            } => (values.clone(), colours.clone(), plot.notes.len()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(of("[1, 2.5]"), (vec![1.0, 2.5], vec![], 0));
    assert_eq!(of("\"#ff0080\""), (vec![], vec![[255, 0, 128]; 2], 0));
    assert_eq!(
        of(r#"["red", "rgba(0, 0, 255, 0.5)"]"#),
        (vec![], vec![[255, 0, 0], [0, 0, 255]], 0)
    );
    assert_eq!(of("[1, 2, 3]"), (vec![], vec![], 1));
    assert_eq!(of("\"no colour\""), (vec![], vec![], 1));
}

#[test]
fn other_files_fail_with_a_reason_when_they_are_read() {
    for (content, sentence) in [
        ("{", "is not JSON"),
        ("[]", "is not a Plotly figure"),
        (r#"{"data": []}"#, "contains no three-dimensional trace"),
        (
            r#"{"data": [{"type": "bar"}]}"#,
            "1 trace of the type `bar` not drawn",
        ),
        (
            r#"{"data": [{"type": "scatter3d", "x": {"dtype": "f8", "bdata": "A"}}]}"#,
            "its x contains no numbers",
        ),
    ] {
        let error = plot(content).unwrap_err();
        assert!(error.contains(sentence), "{error}");
    }
}

const RUN: &str = "wandb/run-20250101_000000-abc";

/// Writes a W&B run with two figures and a point cloud.
fn write_run(root: &Path) {
    let wandb = common::samples().swap_remove(2).1;
    write(root, &format!("{RUN}/run-abc.wandb"), wandb);
    write_figure(root, 2);
    write_figure(root, 10);
    write_cloud(root, "[[0, 1, 2]]");
}

fn write_figure(root: &Path, step: usize) {
    let name = format!("loss_{step}_0123456789ab.plotly.json");
    let path = format!("{RUN}/files/media/plotly/3d/{name}");
    write(root, &path, FIGURE);
}

fn write_cloud(root: &Path, points: &str) {
    let path = format!("{RUN}/files/media/object3D/cloud_0_0123456789ab.pts.json");
    write(root, &path, points);
}

fn run_with_plots(snapshot: &Snapshot) -> &Run {
    let mut runs = snapshot.runs.iter();
    runs.find(|run| !run.plots.is_empty()).unwrap()
}

#[test]
fn media_belong_to_their_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_run(root);
    // Logs and arrays below `files` are not read.
    let log = "{\"step\": 1, \"loss\": 1}\n";
    write(root, &format!("{RUN}/files/metrics.jsonl"), log);
    let array = common::arrays::npy(&[1], 0.0);
    write(root, &format!("{RUN}/files/media/x.npy"), array);
    write(root, "other/metrics.csv", "step,loss\n1,2\n");
    let snapshot = read(root);
    assert_eq!(snapshot.runs.len(), 2);
    let run = run_with_plots(&snapshot);
    let plots: Vec<_> = run
        .plots
        .iter()
        .map(|plot| (&*plot.key, plot.format.name, plot.step))
        .collect();
    assert_eq!(
        plots,
        [
            ("3d/loss", "plotly", Some(2)),
            ("3d/loss", "plotly", Some(10)),
            ("cloud", "object3d", Some(0)),
        ]
    );
    assert!(run.tensors.is_empty());
    assert_eq!(run.sources[0].format.name, "wandb");
    assert_eq!(run.sources.len(), 4);
}

#[test]
fn media_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_run(root);
    let mut loader = open(root);
    loader.read_to_end();
    let before = loader.snapshot();
    let figure = &run_with_plots(&before).plots[0].content;
    let first = figure.read().unwrap();
    assert!(Arc::ptr_eq(&first, &figure.read().unwrap()));
    write_figure(root, 20);
    loader.poll(None);
    assert_eq!(run_with_plots(&loader.snapshot()).plots.len(), 4);
    // A changed figure is read again.
    write_cloud(root, "[[0, 1, 2], [3, 4, 5]]");
    loader.poll(None);
    let after = loader.snapshot();
    let mut plots = run_with_plots(&after).plots.iter();
    let cloud = plots.find(|plot| &*plot.key == "cloud").unwrap();
    match &cloud.content.read().unwrap().traces[0] {
        Trace::Points { positions, .. } => assert_eq!(positions.len(), 2),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_figure_of_thousands_of_traces_is_cut_at_a_thousand() {
    let trace = r#"{"type": "scatter3d", "x": [1], "y": [2], "z": [3]}"#;
    let figure = format!(r#"{{"data": [{}]}}"#, vec![trace; 5000].join(","));
    let plot = plot(&figure).unwrap();
    assert_eq!(plot.traces.len(), 1000);
    let note =
        "only the first 1000 of 5000 traces are drawn: log fewer traces, with more points each";
    assert_eq!(plot.notes, [note]);
}

#[test]
fn the_media_folder_of_a_run_that_was_copied_is_searched_for_figures_only() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    std::fs::create_dir_all(run.join("media/plotly")).unwrap();
    std::fs::create_dir_all(folder.path().join("media")).unwrap();
    write(
        &run,
        "metrics.jsonl",
        "{\"_step\": 0, \"loss\": 1}\n{\"_step\": 1, \"loss\": 0.5}\n",
    );
    write(&run, "media/plotly/terrain_3_deadbeef.plotly.json", FIGURE);
    write(&run, "media/metrics.jsonl", "{\"step\": 0, \"loss\": 1}\n");
    write(folder.path(), "media/a.plotly.json", FIGURE);
    let snapshot = read(folder.path());
    assert_eq!(snapshot.runs.len(), 1);
    let plots = &snapshot.runs[0].plots;
    assert_eq!(plots.len(), 1);
    assert_eq!((&*plots[0].key, plots[0].step), ("terrain", Some(3)));
    assert_eq!(snapshot.runs[0].series["loss"].len(), 2);
}
