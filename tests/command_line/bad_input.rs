//! Invalid input is read as far as possible, and one sentence reports what was skipped.

use std::path::Path;

use crate::support::{
    Ended, events,
    logs::{folder, metrics_jsonl, run as write_run, write},
    run, run_command, trainscape, wandb,
};

const VIEWS: [&str; 2] = ["loss-surface", "gradient-flow"];

/// `inspect` and, for both views of series, `render` and `export`: each exits with a documented code and a one-line message.
#[track_caller]
fn everything(path: &Path) -> Vec<Ended> {
    let out = folder();
    let mut ends = vec![run([
        "inspect".as_ref(),
        path.as_os_str(),
        "--json".as_ref(),
    ])];
    for view in VIEWS {
        for (command, name) in [("render", "figure.png"), ("export", "figure.glb")] {
            let file = out.path().join(format!("{view}-{name}"));
            let mut called = trainscape();
            called
                .arg(command)
                .arg(path)
                .args(["--view", view, "--adapter", "cpu", "-o"])
                .arg(&file);
            if command == "render" {
                called.args(["--size", "240x180"]);
            }
            let ended = run_command(&mut called);
            assert_eq!(file.exists(), ended.code != 1, "{ended:?}");
            ends.push(ended);
        }
    }
    for ended in &ends {
        ended.check();
    }
    ends
}

fn codes(ends: &[Ended]) -> Vec<i32> {
    ends.iter().map(|ended| ended.code).collect()
}

/// A file from which all views can be drawn, with a message that contains `word`.
#[track_caller]
fn drawn_with_a_message(name: &str, content: impl AsRef<[u8]>, word: &str) {
    let folder = folder();
    write(folder.path(), name, content);
    let ends = everything(folder.path());
    assert_eq!(codes(&ends), [3; 5], "{ends:?}");
    for ended in &ends {
        assert!(ended.stderr.contains(word), "no `{word}` in {ended:?}");
        assert!(
            ended.stderr.contains(name),
            "it must name the file: {ended:?}"
        );
    }
}

#[test]
fn a_missing_path() {
    let ends = everything(Path::new("/no/such/run"));
    assert_eq!(codes(&ends), [1; 5]);
    assert!(
        ends.iter()
            .all(|ended| ended.stderr.contains("/no/such/run does not exist"))
    );
}

#[test]
fn an_empty_folder_and_one_without_known_files() {
    let folder = folder();
    assert_eq!(codes(&everything(folder.path())), [1; 5]);
    write(folder.path(), "notes.md", "# Notes\n");
    write(folder.path(), "model.bin", [0x5a; 300]);
    // A folder with the name of a log file.
    write(folder.path(), "metrics.jsonl/notes.md", "# Notes\n");
    let ends = everything(folder.path());
    assert_eq!(codes(&ends), [1; 5]);
    assert!(
        ends.iter()
            .all(|ended| ended.stderr.contains("no training log was found"))
    );
}

#[test]
fn inspecting_nothing_as_json_prints_what_was_seen() {
    let folder = folder();
    write(folder.path(), "notes.md", "# Notes\n");
    write(folder.path(), "weights.pkl", [0x80; 30]);
    let ended = run([
        "inspect".as_ref(),
        "--json".as_ref(),
        folder.path().as_os_str(),
    ]);
    assert_eq!(ended.code, 1);
    let printed: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(printed["runs"], serde_json::json!([]));
    let unread = printed["unread"].as_array().unwrap();
    let paths: Vec<&str> = unread
        .iter()
        .filter_map(|one| one["path"].as_str())
        .collect();
    assert!(
        paths.iter().any(|path| path.ends_with("weights.pkl")),
        "{paths:?}"
    );
    assert!(
        paths.iter().any(|path| path.ends_with("notes.md")),
        "{paths:?}"
    );
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() {
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};

    let folder = folder();
    let close = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write_run(folder.path(), "open", 20);
    let closed = write(
        folder.path(),
        "closed/metrics.jsonl",
        metrics_jsonl(20, 0.01),
    );
    close(folder.path(), 0o755);
    close(&closed, 0);
    let inspect = |path: &Path| {
        let mut command = trainscape();
        if std::fs::read(&closed).is_ok() {
            // Root can read all files, so the test runs as another user.
            command.uid(65534).gid(65534);
            if command.arg("--version").status().is_err() {
                eprintln!(
                    "skipped: only root can run {}",
                    env!("CARGO_BIN_EXE_trainscape")
                );
                return None;
            }
            command = trainscape();
            command.uid(65534).gid(65534);
        }
        Some(run_command(command.arg("inspect").arg(path).arg("--json")))
    };
    let Some(all) = inspect(folder.path()) else {
        return;
    };
    let all = all.code(3);
    assert!(all.stderr.contains("closed/metrics.jsonl"), "{all:?}");
    let runs = all.json()["runs"].as_array().unwrap().clone();
    assert!(runs.iter().any(|run| run["id"] == "open"), "{runs:?}");
    let alone = inspect(&closed).unwrap();
    alone.check();
    assert!(matches!(alone.code, 1 | 3), "{alone:?}");
}

#[test]
fn a_zero_byte_log() {
    for name in [
        "metrics.jsonl",
        "metrics.csv",
        "run-a.wandb",
        "events.out.tfevents.1.host",
    ] {
        let folder = folder();
        write(folder.path(), name, "");
        let ends = everything(folder.path());
        assert_eq!(codes(&ends), [3, 1, 1, 1, 1], "{name}: {ends:?}");
        assert!(ends[0].stderr.contains("the file is empty"), "{ends:?}");
    }
}

#[test]
fn a_truncated_record() {
    let mut text = metrics_jsonl(30, 0.003);
    text.truncate(text.len() - 25);
    drawn_with_a_message("metrics.jsonl", text, "incomplete");

    let rows: Vec<_> = (0..30_u8).map(|step| wandb_row(step.into())).collect();
    let log = wandb::log(&rows);
    drawn_with_a_message("run-a.wandb", &log[..log.len() - 9], "incomplete");

    let log = event_log();
    drawn_with_a_message(
        "events.out.tfevents.1.host",
        &log[..log.len() - 9],
        "incomplete",
    );
}

#[test]
fn a_flipped_bit() {
    let mut text = metrics_jsonl(30, 0.003).into_bytes();
    let brace = text.iter().position(|byte| *byte == b':').unwrap();
    text[brace] ^= 0x40;
    drawn_with_a_message(
        "metrics.jsonl",
        text,
        "1 damaged record was skipped at byte 0",
    );

    let rows: Vec<_> = (0..30_u8).map(|step| wandb_row(step.into())).collect();
    let mut log = wandb::log(&rows);
    let middle = log.len() / 2;
    log[middle] ^= 1;
    drawn_with_a_message("run-a.wandb", log, "damaged");

    let mut log = event_log();
    let middle = log.len() / 2;
    log[middle] ^= 1;
    drawn_with_a_message("events.out.tfevents.1.host", log, "damaged");
}

fn wandb_row(step: u64) -> Vec<u8> {
    let number = |value: f64| value.to_string();
    wandb::history(
        step,
        &[
            ("train/loss", number(3.0 / (step + 1) as f64)),
            ("train/lr", number(0.001 + step as f64 * 1e-5)),
            ("grad_norm/layers.0.mlp", number(0.5)),
            ("grad_norm/layers.1.mlp", number(0.25)),
        ],
    )
}

fn event_log() -> Vec<u8> {
    let mut log = events::version();
    for step in 0..30_u8 {
        let step = u64::from(step);
        log.extend(events::scalar(step, "train/loss", 3.0 / (step + 1) as f32));
        log.extend(events::scalar(step, "train/lr", 0.001 + step as f32 * 1e-5));
        log.extend(events::scalar(step, "grad_norm/layers.0.mlp", 0.5));
        log.extend(events::scalar(step, "grad_norm/layers.1.mlp", 0.25));
    }
    log
}

fn table(rows: u32) -> String {
    let row = |step: u32| {
        let loss = 3.0 / f64::from(step + 1);
        format!("{step},{loss},0.00{},0.5,0.25\n", step + 1)
    };
    let header = "step,train/loss,train/lr,grad_norm/layers.0.mlp,grad_norm/layers.1.mlp\n";
    header.to_owned() + &(0..rows).map(row).collect::<String>()
}

#[test]
fn a_table_with_an_incomplete_last_line() {
    drawn_with_a_message("metrics.csv", table(20) + "20,0.1,0.0", "incomplete");
}

#[test]
fn a_table_with_text_in_number_columns() {
    let text = table(20) + "20,n/a,0.001,oops,0.2\n21,0.2,0.001,0.5,0.25\n";
    drawn_with_a_message("metrics.csv", text, "2 cells with text instead of a number");
}

#[test]
fn not_a_number_and_infinities() {
    let folder = folder();
    let rows = "{\"step\": 30, \"train/loss\": NaN, \"train/lr\": 0.001}\n\
                {\"step\": 31, \"train/loss\": Infinity, \"train/lr\": 0.001}\n\
                {\"step\": 32, \"train/loss\": -Infinity, \"train/lr\": NaN}\n";
    write(
        folder.path(),
        "metrics.jsonl",
        metrics_jsonl(30, 0.003) + rows,
    );
    let ends = everything(folder.path());
    assert_eq!(codes(&ends), [0; 5], "{ends:?}");
    let inspected = ends[0].json();
    let series = inspected["runs"][0]["series"].as_array().unwrap();
    let loss = series
        .iter()
        .find(|series| series["key"] == "train/loss")
        .unwrap();
    assert_eq!(
        (&loss["points"], &loss["non_finite"]),
        (&33.into(), &3.into())
    );
    assert!(
        loss["max"].as_f64().unwrap() < 10.0,
        "an infinity is not a maximum: {loss}"
    );
}

#[test]
fn nothing_but_nan() {
    let folder = folder();
    let row = |step: u32| {
        format!(
            "{{\"step\": {step}, \"train/loss\": NaN, \"train/lr\": NaN, \"grad_norm/layers.0.mlp\": NaN}}\n"
        )
    };
    write(
        folder.path(),
        "metrics.jsonl",
        (0..9).map(row).collect::<String>(),
    );
    let ends = everything(folder.path());
    assert_eq!(codes(&ends), [0, 1, 1, 1, 1], "{ends:?}");
}

/// Rows with all series that both views need.
fn rows(count: u64, step: impl Fn(u64) -> u64, value: impl Fn(u64) -> f64) -> String {
    (0..count)
        .map(|row| {
            let (step, value) = (step(row), value(row));
            format!(
                "{{\"step\": {step}, \"train/loss\": {value:e}, \"train/lr\": {value:e}, \
                 \"grad_norm/layers.0.mlp\": {value:e}, \"grad_norm/layers.1.mlp\": {value:e}}}\n"
            )
        })
        .collect()
}

#[test]
fn series_of_zero_or_huge_range() {
    let cases = [
        ("one point", rows(1, |row| row, |_| 2.0)),
        ("two points", rows(2, |row| row, |row| row as f64 + 1.0)),
        ("all equal", rows(20, |row| row, |_| 2.0)),
        ("all zero", rows(20, |row| row, |_| 0.0)),
        ("negative", rows(20, |row| row, |row| -(row as f64))),
        ("one step", rows(20, |_| 7, |row| row as f64)),
        (
            "steps to 10^15",
            rows(
                20,
                |row| row * 52_631_578_947_368,
                |row| 1.0 / (row + 1) as f64,
            ),
        ),
        (
            "a jump to 10^15",
            rows(
                20,
                |row| if row < 19 { row } else { 1_000_000_000_000_000 },
                |_| 0.5,
            ),
        ),
        (
            "the largest numbers",
            rows(
                4,
                |row| row,
                |row| if row % 2 == 0 { 8e307 } else { -8e307 },
            ),
        ),
        (
            "the smallest numbers",
            rows(
                20,
                |row| row,
                |row| if row % 2 == 0 { 1e-310 } else { 5e-324 },
            ),
        ),
        (
            "small numbers",
            rows(4, |row| row, |row| 1e-290 * row as f64),
        ),
    ];
    for (name, text) in cases {
        let folder = folder();
        write(folder.path(), "metrics.jsonl", text);
        let ends = everything(folder.path());
        assert_eq!(codes(&ends), [0; 5], "{name}: {ends:?}");
    }
}

#[test]
fn values_whose_span_is_no_number_are_refused_in_a_sentence() {
    let folder = folder();
    let text = rows(
        30,
        |row| row,
        |row| if row % 2 == 0 { 1.7e308 } else { -1.7e308 },
    );
    write(folder.path(), "metrics.jsonl", text);
    let ends = everything(folder.path());
    assert_eq!(codes(&ends)[..3], [0, 1, 1], "{ends:?}");
    assert!(ends[1].stderr.contains("too far apart"), "{ends:?}");
}

#[test]
fn of_thousands_of_runs_a_message_names_some() {
    let folder = folder();
    for run in 0..50 {
        write_run(folder.path(), &format!("run-{run}"), 3);
    }
    let path = folder.path().as_os_str();
    let view = "--view=loss-surface";
    let out = folder.path().join("o.png");
    let ended = run([
        "render".as_ref(),
        path,
        view.as_ref(),
        "--runs=none*".as_ref(),
        "-o".as_ref(),
        out.as_os_str(),
    ])
    .code(2);
    assert!(ended.stderr.contains("and 42 more"), "{ended:?}");
    assert!(ended.stderr.len() < 300, "{ended:?}");
}

#[test]
fn steps_keep_every_digit() {
    let folder = folder();
    let steps = [
        1_000_000_000_000_000_u64,
        1_000_000_000_000_001,
        1_000_000_000_000_003,
    ];
    write(
        folder.path(),
        "metrics.jsonl",
        rows(3, |row| steps[row as usize], |_| 1.0),
    );
    let printed = run([
        "series".as_ref(),
        folder.path().as_os_str(),
        "--key".as_ref(),
        "train/loss".as_ref(),
    ]);
    let printed = printed.code(0).stdout;
    let read: Vec<&str> = printed
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(read, steps.map(|step| step.to_string()));
}

#[test]
fn five_thousand_series() {
    let folder = folder();
    let mut text = String::new();
    for step in 0..4 {
        text += &format!(
            "{{\"step\": {step}, \"train/loss\": {}, \"train/lr\": 0.1",
            4 - step
        );
        for layer in 0..5000 {
            text += &format!(
                ", \"grad_norm/layers.{layer}.mlp\": {}",
                1.0 / f64::from(layer + 1)
            );
        }
        text += "}\n";
    }
    write(folder.path(), "metrics.jsonl", text);
    let ends = everything(folder.path());
    assert_eq!(codes(&ends), [0; 5]);
    assert_eq!(
        ends[0].json()["runs"][0]["series"]
            .as_array()
            .unwrap()
            .len(),
        5003
    );
}

#[test]
fn names_in_unicode() {
    let folder = folder();
    let row = |step: u32| {
        format!(
            "{{\"step\": {step}, \"训练/loss\": {}, \"lr\": 0.0{}, \"🔥/µ²\": 1, \"a\\u0000b\": 2}}\n",
            9 - step,
            step + 1
        )
    };
    write(
        folder.path(),
        "læring 学习/metrics.jsonl",
        (0..9).map(row).collect::<String>(),
    );
    let ends = everything(folder.path());
    assert_eq!(codes(&ends)[0], 0, "{ends:?}");
    let inspected = ends[0].json();
    assert_eq!(inspected["runs"][0]["id"], "læring 学习");
    let keys: Vec<&str> = inspected["runs"][0]["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["key"].as_str().unwrap())
        .collect();
    assert!(
        keys.contains(&"🔥/µ²") && keys.contains(&"训练/loss"),
        "{keys:?}"
    );
    let printed = run([
        "series".as_ref(),
        folder.path().as_os_str(),
        "--key".as_ref(),
        "🔥/µ²".as_ref(),
    ])
    .code(0);
    assert_eq!(printed.stdout.lines().count(), 10);
}

#[test]
fn lines_that_are_not_records() {
    let good = metrics_jsonl(20, 0.003);
    drawn_with_a_message(
        "metrics.jsonl",
        good.clone() + "[1, 2]\nnull\n",
        "2 damaged records",
    );
    let mut bytes = good.clone().into_bytes();
    bytes.extend(b"{\"step\": 20, \"\xff\xfe\": 1}\n");
    drawn_with_a_message("metrics.jsonl", bytes, "UTF-8");
    let deep = "{\"a\":".repeat(5000) + "1" + &"}".repeat(5000);
    drawn_with_a_message("metrics.jsonl", good + &deep + "\n", "1 damaged record");
}

#[test]
fn invalid_files_next_to_valid_ones() {
    let folder = folder();
    write_run(folder.path(), "good", 20);
    write(folder.path(), "empty/metrics.jsonl", "");
    write(
        folder.path(),
        "noise/events.out.tfevents.1.host",
        [0x17; 999],
    );
    let ends = everything(folder.path());
    assert_eq!(codes(&ends), [3; 5], "{ends:?}");
    assert!(
        ends[0].json()["runs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|run| run["id"] == "good")
    );
}
