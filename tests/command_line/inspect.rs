//! `inspect` and `series`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{
    events,
    logs::{folder, run as write_run, sweep, write},
    run, wandb,
};

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[track_caller]
fn has_keys(value: &Value, wanted: &[&str]) {
    let wanted: BTreeSet<&str> = wanted.iter().copied().collect();
    assert!(
        keys(value).is_superset(&wanted),
        "{wanted:?} not all in {value}"
    );
}

#[test]
fn the_json_has_the_documented_structure() {
    let folder = folder();
    sweep(folder.path(), &[0.001, 0.01], 12);
    let end = run([
        "inspect".as_ref(),
        folder.path().as_os_str(),
        "--json".as_ref(),
    ])
    .code(0);
    assert!(end.stderr.is_empty(), "{end:?}");
    let json = end.json();
    assert_eq!(keys(&json), BTreeSet::from(["runs", "unread", "warnings"]));
    assert_eq!(json["warnings"], Value::Array(Vec::new()));
    let runs = json["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for found in runs {
        has_keys(
            found,
            &[
                "id", "name", "path", "sources", "config", "series", "tensors", "media", "views",
            ],
        );
        let source = &found["sources"][0];
        has_keys(
            source,
            &[
                "path", "format", "bytes", "state", "records", "skipped", "note",
            ],
        );
        assert_eq!(
            (&source["format"], &source["state"]),
            (&"jsonl".into(), &"ok".into())
        );
        assert_eq!(
            (&source["records"], &source["skipped"]),
            (&12.into(), &0.into())
        );
        assert_eq!(found["series"].as_array().unwrap().len(), 7);
        for series in found["series"].as_array().unwrap() {
            has_keys(
                series,
                &[
                    "key",
                    "role",
                    "points",
                    "superseded",
                    "first_step",
                    "last_step",
                    "last_value",
                    "min",
                    "max",
                    "non_finite",
                ],
            );
            assert_eq!(
                (&series["points"], &series["superseded"]),
                (&12.into(), &0.into())
            );
            assert_eq!(
                (&series["first_step"], &series["last_step"]),
                (&0.into(), &11.into())
            );
        }
        assert_eq!(found["tensors"], Value::Array(Vec::new()));
        let available: Vec<&str> = found["views"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|view| view["available"] == true)
            .map(|view| view["view"].as_str().unwrap())
            .collect();
        assert_eq!(available, ["loss-surface", "gradient-flow"]);
    }
    let rates: Vec<&Value> = runs
        .iter()
        .map(|run| &run["config"]["learning_rate"])
        .collect();
    assert_eq!(rates, [0.001, 0.01]);
}

#[test]
fn an_unavailable_view_gives_the_reason() {
    let folder = folder();
    write(
        folder.path(),
        "metrics.csv",
        "step,epoch_time\n0,0.1\n1,0.2\n",
    );
    let json = run([
        "inspect".as_ref(),
        folder.path().as_os_str(),
        "--json".as_ref(),
    ])
    .code(0)
    .json();
    for view in json["runs"][0]["views"].as_array().unwrap() {
        assert_eq!(view["available"], false);
        assert!(view["why"].as_str().unwrap().starts_with("needs"), "{view}");
    }
}

#[test]
fn roles_are_shown_and_can_be_set() {
    let folder = folder();
    write(
        folder.path(),
        "metrics.csv",
        "step,train/loss,my/value\n0,1,2\n1,3,4\n",
    );
    let roles = |arguments: &[&str]| {
        let mut all = vec!["inspect", folder.path().to_str().unwrap(), "--json"];
        all.extend(arguments);
        let json = run(all).code(0).json();
        let series = json["runs"][0]["series"].as_array().unwrap().clone();
        let role =
            |key: &str| series.iter().find(|series| series["key"] == key).unwrap()["role"].clone();
        (role("train/loss"), role("my/value"))
    };
    assert_eq!(roles(&[]), ("loss".into(), Value::Null));
    assert_eq!(roles(&["--role", "loss=my/value"]).1, "loss");
}

#[test]
fn one_run_logged_twice_is_one_run() {
    let folder = folder();
    let mut log = events::version();
    let mut rows = Vec::new();
    for step in 0..10 {
        let loss = 1.0 / (step + 1) as f32;
        log.extend(events::scalar(step, "loss", loss));
        rows.push(wandb::history(step, &[("loss", loss.to_string())]));
    }
    write(
        folder.path(),
        "run/tensorboard/events.out.tfevents.1.host",
        log,
    );
    write(
        folder.path(),
        "run/wandb/offline-run-20240101_000000-abc/run-abc.wandb",
        wandb::log(&rows),
    );
    let json = run([
        "inspect".as_ref(),
        folder.path().as_os_str(),
        "--json".as_ref(),
    ])
    .code(0)
    .json();
    let runs = json["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1, "{json}");
    assert_eq!(runs[0]["sources"].as_array().unwrap().len(), 2, "{json}");
    let series = runs[0]["series"].as_array().unwrap();
    let losses: Vec<&Value> = series
        .iter()
        .filter(|series| series["key"] == "loss")
        .collect();
    assert_eq!(losses.len(), 1, "{json}");
    assert_eq!(losses[0]["points"], 10, "{json}");
}

#[test]
fn a_restarted_job_supersedes_the_steps_it_repeats() {
    let folder = folder();
    let mut first = events::version();
    (0..10).for_each(|step| first.extend(events::scalar(step, "loss", 1.0)));
    let mut second = events::version();
    (6..12).for_each(|step| second.extend(events::scalar(step, "loss", 2.0)));
    write(folder.path(), "events.out.tfevents.1700000000.host", first);
    write(folder.path(), "events.out.tfevents.1700001000.host", second);
    let json = run([
        "inspect".as_ref(),
        folder.path().as_os_str(),
        "--json".as_ref(),
    ])
    .code(0)
    .json();
    let series = &json["runs"][0]["series"][0];
    assert_eq!(
        (&series["points"], &series["superseded"]),
        (&16.into(), &4.into()),
        "{json}"
    );
}

#[test]
fn series_prints_every_value_exactly() {
    let folder = folder();
    let values = [
        0.1,
        1.0 / 3.0,
        1e-300,
        5e-324,
        f64::MAX,
        123_456_789.123_456_78,
    ];
    let text: String = values
        .iter()
        .enumerate()
        .map(|(step, value)| {
            format!("{{\"step\": {step}, \"_timestamp\": 170000000{step}.25, \"v\": {value:?}}}\n")
        })
        .collect();
    write(folder.path(), "metrics.jsonl", text);
    let path = folder.path().to_str().unwrap();
    let printed = run(["series", path, "--key", "v"]).code(0).stdout;
    let out = folder.path().join("series.csv");
    run(["series", path, "--key", "v", "-o", out.to_str().unwrap()]).code(0);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), printed);
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("step,wall_time,value"));
    for (step, value) in values.iter().enumerate() {
        let cells: Vec<&str> = lines.next().unwrap().split(',').collect();
        assert_eq!(cells[0], step.to_string());
        assert_eq!(
            cells[1].parse::<f64>().unwrap(),
            1_700_000_000.25 + step as f64
        );
        assert_eq!(
            cells[2].parse::<f64>().unwrap().to_bits(),
            value.to_bits(),
            "{value:e}"
        );
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn series_asks_which_run_and_names_what_is_missing() {
    let folder = folder();
    sweep(folder.path(), &[0.001, 0.01], 5);
    let path = folder.path().to_str().unwrap();
    let several = run(["series", path, "--key", "train/loss"]).code(2);
    assert!(several.stderr.contains("--run"), "{several:?}");
    let one = run([
        "series",
        path,
        "--key",
        "train/loss",
        "--run",
        "sweep/lr-0.01",
    ])
    .code(0);
    assert_eq!(one.stdout.lines().count(), 6);
    run(["series", path, "--key", "no/such/key"]).code(1);
}

#[test]
fn inspect_as_text_lists_the_run_and_its_views() {
    let folder = folder();
    let path = write_run(folder.path(), "alpha", 8);
    let text = run(["inspect".as_ref(), path.as_os_str()]).code(0).stdout;
    for word in [
        "alpha",
        "jsonl",
        "train/loss",
        "loss-surface",
        "gradient-flow",
    ] {
        assert!(text.contains(word), "no {word} in:\n{text}");
    }
}

#[test]
fn invalid_usage_exits_with_code_two() {
    let folder = folder();
    let path = write_run(folder.path(), "alpha", 8);
    let path = path.to_str().unwrap();
    let out = folder.path().join("x.png");
    let out = out.to_str().unwrap();
    for arguments in [
        &["inspect"][..],
        &["inspect", path, "--no-such-option"],
        &["no-such-command", "--json"],
        &["series", path],
        &["render", path, "--view", "no-such-view", "-o", out],
        &["render", path, "--view", "loss-surface"],
        &["render", path, "--view", "loss-surface", "-o", "figure.bmp"],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--size",
            "12",
        ],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--size",
            "100x100",
            "--width",
            "89mm",
        ],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--width",
            "89",
        ],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--theme",
            "pink",
        ],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--camera",
            "up",
        ],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--steps",
            "9..1",
        ],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--role",
            "nothing=x",
        ],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--runs",
            "no-such-run",
        ],
        &[
            "render",
            path,
            "--view",
            "loss-surface",
            "-o",
            out,
            "--x",
            "no-such-key",
        ],
        &["export", path, "--view", "loss-surface", "-o", "figure.obj"],
        &[
            "compute",
            "interpolate",
            path,
            "-o",
            out,
            "--grid",
            "1x1",
            "--method",
            "linear",
        ],
        &[
            "compute",
            "interpolate",
            path,
            "-o",
            out,
            "--grid",
            "8x8",
            "--method",
            "cubic",
        ],
    ] {
        let end = run(arguments);
        assert_eq!(end.code, 2, "{arguments:?}: {end:?}");
        end.check();
        assert!(!end.stderr.is_empty(), "{arguments:?}");
        assert!(!std::path::Path::new(out).exists(), "{arguments:?}");
    }
}
