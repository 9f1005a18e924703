//! Pages and models that the program wrote open again: alone, and in the media folder of a W&B run.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    drawable::every_view,
    support::{
        logs::{folder, run as write_run, write},
        run, wandb,
    },
};

const RUN: &str = "wandb/run-20250101_000000-abc/run-abc.wandb";
const MEDIA: &str = "wandb/run-20250101_000000-abc/files/media";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What `render --json` says of these arguments.
fn drawn(out: &Path, arguments: &[&str]) -> Value {
    let picture = out.join("again.png");
    let fixed = [
        "render",
        "--adapter",
        "cpu",
        "--size",
        "240x180",
        "--json",
        "-o",
        text(&picture),
    ];
    run(fixed.iter().chain(arguments)).code(0).json()
}

/// The page and the model of a figure.
fn exported(out: &Path, arguments: &[&str]) -> [std::path::PathBuf; 2] {
    let files = ["figure.html", "figure.glb"].map(|name| out.join(name));
    let fixed = [
        "export",
        "--adapter",
        "cpu",
        "-o",
        text(&files[0]),
        "-o",
        text(&files[1]),
    ];
    run(fixed.iter().chain(arguments)).code(0);
    files
}

#[test]
fn every_view_opens_again_from_its_page_and_its_model() {
    let folder = folder();
    for drawable in every_view(folder.path()) {
        let arguments = drawable.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let before = drawn(folder.path(), &arguments);
        for file in exported(folder.path(), &arguments) {
            let again = drawn(folder.path(), &[text(&file)]);
            let of = || format!("{arguments:?}, {}", file.display());
            assert_eq!(again["view"], "media", "{}", of());
            assert_eq!(again["axes"], before["axes"], "{}", of());
            let is_page = file.extension().is_some_and(|ending| ending == "html");
            if is_page {
                assert_eq!(again["facets"], before["facets"], "{}", of());
            }
            let caption = again["caption"].as_str().unwrap();
            let wanted = before["caption"].as_str().unwrap();
            assert!(
                caption.contains(&format!("Its caption: {wanted}")),
                "{caption}\n{wanted}"
            );
            let count = |name: &str| again[name].as_u64().unwrap();
            assert!(
                count("points") + count("triangles") > 10,
                "{}: {again}",
                of()
            );
        }
    }
}

/// A W&B run with these files in its media folder, by their paths there.
fn write_wandb(folder: &Path, media: &[(&str, Vec<u8>)]) {
    let rows =
        (0..4).map(|step| wandb::history(step, &[("loss", (1.0 / (step + 1) as f64).to_string())]));
    write(folder, RUN, wandb::log(&rows.collect::<Vec<_>>()));
    for (path, content) in media {
        write(folder, &format!("{MEDIA}/{path}"), content);
    }
}

#[test]
fn the_media_of_a_tracked_run_are_its_figures() {
    let folder = folder();
    let logs = write_run(folder.path(), "logs", 30);
    let [page, model] = exported(folder.path(), &["--view", "loss-surface", text(&logs)])
        .map(|file| std::fs::read(file).unwrap());
    let tracked = folder.path().join("tracked");
    let other = b"<html><body>a page of something else</body></html>".to_vec();
    write_wandb(
        &tracked,
        &[
            (
                "html/final/3d/loss_surface_3_0123456789abcdef0123.html",
                page,
            ),
            ("html/notes_1_0123456789abcdef0123.html", other),
            (
                "object3D/final/3d/loss_surface_model_3_0123456789abcdef0123.glb",
                model,
            ),
        ],
    );
    let found = run(["inspect", text(&tracked), "--json"]).code(0).json();
    let media: Vec<Value> = found["runs"][0]["media"]
        .as_array()
        .unwrap()
        .iter()
        .map(|media| json!([media["key"], media["kind"]]))
        .collect();
    assert_eq!(
        media,
        [
            json!(["final/3d/loss_surface", "html page"]),
            json!(["final/3d/loss_surface_model", "glb model"]),
        ]
    );
    for key in ["final/3d/loss_surface", "final/3d/loss_surface_model"] {
        let figure = drawn(
            folder.path(),
            &[text(&tracked), "--view", "media", "--tensor", key],
        );
        assert_eq!(figure["keys"]["media"], key);
        assert_eq!(figure["axes"][0]["title"], "step");
        let caption = figure["caption"].as_str().unwrap();
        assert!(
            caption.contains(", step 3.") && caption.contains("Its caption: "),
            "{caption}"
        );
    }
}

#[test]
fn what_was_exported_beside_a_run_is_none_of_its_figures() {
    let folder = folder();
    let logs = write_run(folder.path(), "logs", 30);
    for _ in 0..2 {
        // An input would not be replaced.
        exported(&logs, &["--view", "loss-surface", text(&logs)]);
    }
    let found = run(["inspect", text(&logs), "--json"]).code(0).json();
    assert_eq!(found["runs"][0]["media"], json!([]));
}

#[test]
fn what_is_no_figure_of_this_program_is_refused_in_a_sentence() {
    let folder = folder();
    let logs = write_run(folder.path(), "logs", 30);
    let [page, model] = exported(folder.path(), &["--view", "loss-surface", text(&logs)])
        .map(|file| std::fs::read(file).unwrap());
    let html = String::from_utf8(page.clone()).unwrap();
    let older = html.replacen("\"low\":", "\"lower\":", 3);
    assert_ne!(older, html);
    for (name, content, why) in [
        (
            "other.html",
            b"<html>".to_vec(),
            "is no page that Trainscape has written",
        ),
        (
            "cut.html",
            page[..page.len() / 2].to_vec(),
            "is cut or damaged",
        ),
        (
            "older.html",
            older.into_bytes(),
            "holds no ends of its axes",
        ),
        (
            "cut.glb",
            model[..model.len() / 2].to_vec(),
            "is cut or damaged",
        ),
        ("other.glb", b"no model".to_vec(), "is no GLB model"),
    ] {
        let file = write(folder.path(), name, content);
        let out = folder.path().join("refused.png");
        let ended = run(["render", text(&file), "-o", text(&out)]).code(1);
        let sentences: Vec<&str> = ended
            .stderr
            .lines()
            .filter(|line| line.contains(why))
            .collect();
        assert_eq!(sentences.len(), 1, "{name}: {}", ended.stderr);
        assert!(!out.exists());
    }
}
