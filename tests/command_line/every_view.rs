//! Every view with the command line, and options of landscapes, importance and custom views.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use trainscape_views::VIEWS;

use crate::{
    drawable::{every_view, write_custom, write_landscape, write_learning, write_sweep},
    support::{
        Ended,
        logs::{folder, write},
        run,
    },
};

/// Runs `render` with these arguments; the output is `figure.png` in the folder.
fn render(out: &Path, arguments: &[&str]) -> Ended {
    let file = out.join("figure.png").display().to_string();
    let mut all = vec!["render"];
    all.extend(arguments);
    all.extend([
        "--adapter",
        "cpu",
        "--size",
        "240x180",
        "--json",
        "-o",
        &file,
    ]);
    run(all)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn every_view_is_drawn() {
    let folder = folder();
    let mut drawn = BTreeSet::new();
    for drawable in every_view(folder.path()) {
        let arguments = drawable.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let metadata = render(folder.path(), &arguments).code(0).json();
        assert_eq!(metadata["view"], drawable.view.name());
        let count = |name: &str| metadata[name].as_u64().unwrap();
        assert!(count("points") + count("triangles") > 10, "{metadata}");
        assert!(
            !metadata["caption"].as_str().unwrap().is_empty(),
            "{metadata}"
        );
        let file = folder.path().join("figure.png");
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"), "{arguments:?}");
        std::fs::remove_file(file).unwrap();
        drawn.insert(drawable.view);
    }
    assert_eq!(drawn, VIEWS.into_iter().collect());
}

#[test]
fn inspect_lists_every_view_and_why_it_is_unavailable() {
    let folder = folder();
    write_custom(&folder.path().join("own"));
    write_learning(&folder.path().join("learning"));
    let json = run(["inspect", text(folder.path()), "--json"])
        .code(0)
        .json();
    let runs = json["runs"].as_array().unwrap();
    let run_of = |name: &str| {
        let found = runs
            .iter()
            .find(|run| run["name"] == name || run["id"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {json}"))
    };
    let views = |run: &Value| -> Vec<(String, bool, String)> {
        let views = run["views"].as_array().unwrap();
        let view = |view: &Value| {
            let field = |key: &str| view[key].as_str().unwrap().to_owned();
            (
                field("view"),
                view["available"].as_bool().unwrap(),
                field("why"),
            )
        };
        views.iter().map(view).collect()
    };
    for run in runs {
        let found = views(run);
        let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, VIEWS.map(|view| view.name()));
        for (name, available, why) in &found {
            assert_eq!(*available, why.is_empty(), "{name}: {why}");
            assert!(*available || why.starts_with("needs "), "{name}: {why}");
        }
    }
    let available = |run: &Value| -> Vec<String> {
        let found = views(run)
            .into_iter()
            .filter(|(_, available, _)| *available);
        found.map(|(name, ..)| name).collect()
    };
    assert_eq!(
        available(run_of("own")),
        [
            "loss-surface",
            "loss-landscape",
            "reward-landscape",
            "training-dynamics",
            "custom"
        ]
    );
    // A single run is not a sweep.
    assert_eq!(
        available(run_of("learning/lr-0.01-seed-1")),
        ["loss-surface", "reward-landscape", "training-dynamics"]
    );
    let why: Vec<String> = views(run_of("learning/lr-0.01-seed-1"))
        .into_iter()
        .filter(|(name, ..)| ["loss-landscape", "importance", "custom"].contains(&name.as_str()))
        .map(|(_, _, why)| why)
        .collect();
    for (why, word) in why
        .iter()
        .zip(["grid of losses", "three runs", "--views FILE"])
    {
        assert!(why.contains(word), "{why}");
    }
}

#[test]
fn an_hdf5_file_is_a_source_with_tensors() {
    let folder = folder();
    let bytes = std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("app/source/tests/data/arrays/layouts.h5"),
    )
    .unwrap();
    write(folder.path(), "run/layouts.h5", bytes);
    let json = run(["inspect", text(folder.path()), "--json"]).json();
    let found = &json["runs"][0];
    let source = &found["sources"][0];
    assert_eq!(source["format"], "hdf5", "{json}");
    assert!(!found["tensors"].as_array().unwrap().is_empty(), "{json}");
    assert!(source["bytes"].as_u64().unwrap() > 0);
}

#[test]
fn errors_in_custom_views_report_file_line_and_a_suggestion() {
    let folder = folder();
    let data = folder.path().join("learning");
    write_learning(&data);
    let head = "[[view]]\nname = \"one\"\nx = \"step\"\ny = \"loss\"\nz = \"reward\"\n";
    for (what, line, words) in [
        ("colr = \"loss\"\n", 6, &["`colr`", "`colour`"][..]),
        ("kind = \"hill\"\n", 6, &["`hill`", "surface"]),
        ("colours = \"virdis\"\n", 6, &["`virdis`", "`viridis`"]),
        (
            "filter = \"step > 10 && los < 2\"\n",
            6,
            &["filter", "`los`", "`loss`"],
        ),
        (
            "filter = \"step >\"\n",
            6,
            &["filter", "a value is missing"],
        ),
        ("colour = \"lgo10(loss)\"\n", 6, &["colour", "`log10`"]),
        ("[[view]\n", 6, &["is not valid TOML"]),
        ("size = [\n", 6, &["is not valid TOML"]),
    ] {
        let file = write(folder.path(), "mine.toml", format!("{head}{what}"));
        let ended = render(
            folder.path(),
            &["--view", "custom", "--views", text(&file), text(&data)],
        )
        .code(1);
        let place = format!("mine.toml line {line}: ");
        assert!(ended.stderr.contains(&place), "{what}: {}", ended.stderr);
        for word in words {
            assert!(ended.stderr.contains(word), "{what}: {}", ended.stderr);
        }
        assert!(!folder.path().join("figure.png").exists());
    }
    let good = write(folder.path(), "mine.toml", head);
    let arguments = ["--view", "custom", "--views", text(&good), text(&data)];
    render(folder.path(), &arguments).code(0);
    let named = |name| render(folder.path(), &[&arguments[..], &["--name", name]].concat());
    named("one").code(0);
    let ended = named("on").code(1);
    assert!(ended.stderr.contains("did you mean `one`"), "{ended:?}");
    let ended = render(
        folder.path(),
        &[
            "--view",
            "custom",
            "--views",
            "/no/such/file.toml",
            text(&data),
        ],
    )
    .code(2);
    assert!(
        ended.stderr.contains("the file does not exist"),
        "{ended:?}"
    );
}

#[test]
fn a_grid_is_selected_by_name() {
    let folder = folder();
    let data = folder.path().join("landscape");
    write_landscape(&data);
    let view = ["--view", "loss-landscape", text(&data)];
    let plain = render(folder.path(), &view).code(0).json();
    let named = |grid| render(folder.path(), &[&view[..], &["--grid", grid]].concat());
    assert_eq!(named("loss").code(0).json()["caption"], plain["caption"]);
    let ended = named("los").code(1);
    assert!(
        ended.stderr.contains("`los`") && ended.stderr.contains("did you mean `loss`"),
        "{ended:?}"
    );
    // On request, a single coordinate gives a loss profile.
    assert_eq!(named("alpha").code(0).json()["keys"]["loss"], "alpha");
}

#[test]
fn metrics_are_selected_by_name() {
    let folder = folder();
    let data = folder.path().join("sweep");
    write_sweep(&data);
    let view = ["--view", "importance", text(&data)];
    let named = |metrics| {
        render(
            folder.path(),
            &[&view[..], &["--metrics", metrics]].concat(),
        )
    };
    let both = named("train/loss,eval/accuracy").code(0).json();
    let one = named("eval/accuracy").code(0).json();
    let caption = |metadata: &Value| metadata["caption"].as_str().unwrap().to_owned();
    assert!(caption(&both).contains("train/loss"), "{both}");
    assert!(!caption(&one).contains("train/loss"), "{one}");
    assert!(one["points"].as_u64().unwrap() < both["points"].as_u64().unwrap());
    let ended = named("eval/acuracy").code(1);
    assert!(
        ended.stderr.contains("`eval/acuracy`") && ended.stderr.contains("`eval/accuracy`"),
        "{ended:?}"
    );
}

#[test]
fn the_current_step_and_seed_groups_are_set_by_flags() {
    let folder = folder();
    let data = folder.path().join("learning");
    write_learning(&data);
    for view in ["reward-landscape", "training-dynamics"] {
        let draw = |more: &[&str]| {
            let arguments = [&["--view", view, text(&data)], more].concat();
            render(folder.path(), &arguments)
        };
        let caption = |more: &[&str]| {
            let metadata = draw(more).code(0).json();
            metadata["caption"].as_str().unwrap().to_owned()
        };
        assert!(caption(&["--at", "60"]).starts_with("Clipped at step 60"));
        draw(&["--at", "soon"]).code(2);
        let (apart, grouped) = (caption(&[]), caption(&["--group-seeds"]));
        assert_ne!(apart, grouped);
        assert!(grouped.contains("mean"), "{grouped}");
        draw(&["--group-seeds=often"]).code(2);
        draw(&["--range", "x=..", "--range", "y=0..3"]).code(0);
        for bad in ["x=3..3", "x=nan..1", "step=1..2", "x"] {
            draw(&["--range", bad]).code(2);
        }
        for missing in ["--grid", "--metrics", "--name", "--at", "--range"] {
            let ended = run([
                "render",
                text(&data),
                "-o",
                "x.png",
                "--view",
                view,
                missing,
            ]);
            assert!(ended.code(2).stderr.contains(missing));
        }
    }
}
