//! `--x` and `--mapping`: the x axis that the user chose, and other names and roles of keys.

use std::{ffi::OsStr, fmt::Write as _, path::Path};

use serde_json::Value;

use crate::support::{
    Ended, Running,
    logs::{folder, write},
    run,
};

/// A run that counts tokens at every second step, from step 2 on, under names that no table knows.
fn counted(folder: &Path, name: &str) {
    let first = if name == "a" { 4.0 } else { 5.0 };
    let mut rows = String::new();
    for step in 0..20 {
        let loss = first - 0.1 * f64::from(step);
        let mut row = format!("{{\"step\": {step}, \"trn_a\": {loss}");
        if step >= 2 && step % 2 == 0 {
            write!(row, ", \"seen/tokens\": {}", 1000 * step).unwrap();
        }
        if step % 10 == 9 {
            write!(row, ", \"ev_a\": {}, \"ev_i\": {}", loss + 0.5, step / 10).unwrap();
        }
        rows += &(row + "}\n");
    }
    write(folder, &format!("{name}/metrics.jsonl"), rows);
}

/// A run without tokens.
fn uncounted(folder: &Path, name: &str) {
    let rows: String = (0..20)
        .map(|step| {
            format!(
                "{{\"step\": {step}, \"trn_a\": {}}}\n",
                3.0 / f64::from(step + 1)
            )
        })
        .collect();
    write(folder, &format!("{name}/metrics.jsonl"), rows);
}

fn with(command: &str, path: &Path, arguments: &[&str]) -> Ended {
    let mut all = vec![OsStr::new(command), path.as_os_str()];
    all.extend(arguments.iter().map(OsStr::new));
    run(all)
}

/// What `render --json` says of a figure.
fn drawn(path: &Path, arguments: &[&str], code: i32) -> Value {
    let picture = path.join("figure.png").display().to_string();
    let fixed = ["--view", "loss-surface", "--json", "-o", &picture];
    with("render", path, &[&fixed, arguments].concat())
        .code(code)
        .json()
}

fn caption(figure: &Value) -> &str {
    figure["caption"].as_str().unwrap()
}

#[test]
fn a_chosen_x_axis_is_drawn_and_said() {
    let folder = folder();
    counted(folder.path(), "a");
    let loss = ["--role", "loss=trn_a"];
    let figure = drawn(
        folder.path(),
        &[&loss[..], &["--x", "seen/tokens"]].concat(),
        0,
    );
    assert_eq!(figure["axes"][0]["title"], "seen/tokens");
    let text = caption(&figure);
    assert!(
        text.contains("Along x is `seen/tokens`, matched by step"),
        "{text}"
    );
    assert!(
        text.contains("2 points are left out: before the first value of `seen/tokens`"),
        "{text}"
    );
    let figure = drawn(folder.path(), &loss, 0);
    assert_eq!(figure["axes"][0]["title"], "step");
    assert!(!caption(&figure).contains("Along x"));
}

#[test]
fn runs_without_the_x_axis_are_left_out_and_named() {
    let folder = folder();
    counted(folder.path(), "a");
    counted(folder.path(), "b");
    uncounted(folder.path(), "c");
    let figure = drawn(
        folder.path(),
        &["--role", "loss=trn_a", "--x", "seen/tokens"],
        0,
    );
    let runs: Vec<&str> = figure["runs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(Value::as_str)
        .collect();
    assert_eq!(runs, ["a", "b"]);
    let text = caption(&figure);
    assert!(
        text.contains("1 run is left out, without `seen/tokens`: c"),
        "{text}"
    );
    let listed = with("inspect", folder.path(), &["--x", "seen/tokens", "--json"]).code(3);
    assert!(
        listed.stderr.contains("1 of 3 runs have no `seen/tokens`"),
        "{}",
        listed.stderr
    );
    assert!(
        listed.stderr.trim_end().ends_with(": c"),
        "{}",
        listed.stderr
    );
}

#[test]
fn an_x_axis_that_no_run_has_is_refused_in_one_sentence() {
    let folder = folder();
    counted(folder.path(), "a");
    let picture = folder.path().join("figure.png").display().to_string();
    for (command, arguments) in [
        ("inspect", &[][..]),
        ("series", &["--key", "trn_a"]),
        ("render", &["--role", "loss=trn_a", "-o", &picture]),
        ("summary", &["-o", "nowhere"]),
        ("follow", &[]),
    ] {
        let ended = with(
            command,
            folder.path(),
            &[arguments, &["--x", "seen/token"]].concat(),
        )
        .code(2);
        let text = ended.stderr.trim_end();
        let expected =
            "--x seen/token: no run has a series with this key; did you mean `seen/tokens`?";
        assert_eq!(
            text.strip_prefix("trainscape: "),
            Some(expected),
            "{command}"
        );
        assert!(ended.stdout.is_empty());
    }
    let ended = with("inspect", folder.path(), &["--x", "wall_time"]).code(2);
    assert!(
        ended.stderr.contains("no run has the times of its points"),
        "{}",
        ended.stderr
    );
}

#[test]
fn series_and_follow_print_only_values_that_were_logged() {
    let folder = folder();
    counted(folder.path(), "a");
    let ended = with(
        "series",
        folder.path(),
        &["--key", "trn_a", "--x", "seen/tokens"],
    )
    .code(0);
    let rows: Vec<&str> = ended.stdout.lines().take(6).collect();
    assert_eq!(rows[0], "step,wall_time,value,seen/tokens");
    assert_eq!((rows[1], rows[3]), ("0,,4,", "2,,3.8,2000"));
    assert!(
        rows[4].starts_with("3,") && rows[4].ends_with(','),
        "{}",
        rows[4]
    );
    assert!(ended.stderr.contains("11 of 20 points"), "{}", ended.stderr);
    let mut running = Running::start([
        "follow".as_ref(),
        folder.path().as_os_str(),
        "--json".as_ref(),
        "--from-start".as_ref(),
        "--x=seen/tokens".as_ref(),
    ]);
    let mut records = Vec::new();
    while records.len() < 20 {
        let record = running.json();
        if record["key"] == "trn_a" {
            records.push(record);
        }
    }
    assert_eq!(
        (&records[4]["x_key"], &records[4]["x"]),
        (&"seen/tokens".into(), &4000.0.into())
    );
    assert!(records[5].get("x").is_none());
}

#[test]
fn a_mapping_names_keys_roles_and_the_x_axis() {
    let folder = folder();
    counted(folder.path(), "a");
    let mapping = write(
        folder.path(),
        "map/names.toml",
        "x = \"seen/tokens\"\n[keys]\n\"trn_*\" = \"train/*\"\nev_a = \"val/a\"\nev_i = \"val/a\"\n\
         [roles]\nloss = \"train/*\"\nvalidation_loss = \"val/a\"\n[x]\n",
    );
    // A table and a text of one name are no TOML.
    let mapping = mapping.display().to_string();
    let ended = with("inspect", folder.path(), &["--mapping", &mapping]).code(2);
    assert!(ended.stderr.contains("line 9"), "{}", ended.stderr);
    let text = std::fs::read_to_string(&mapping)
        .unwrap()
        .replace("[x]\n", "");
    write(folder.path(), "map/names.toml", text);
    let run = folder.path().join("a");
    let ended = with("inspect", &run, &["--mapping", &mapping, "--json"]).code(3);
    assert!(
        ended.stderr.contains("`ev_i` keeps its name"),
        "{}",
        ended.stderr
    );
    let json = ended.json();
    let series = json["runs"][0]["series"].as_array().unwrap();
    let of = |key: &str| series.iter().find(|series| series["key"] == key).unwrap();
    let loss = of("train/a");
    assert_eq!(
        (&loss["role"], &loss["logged_as"]),
        (&"loss".into(), &"trn_a".into())
    );
    assert_eq!(
        (&loss["x"], &loss["points"]),
        (&"seen/tokens".into(), &20.into())
    );
    assert_eq!(of("val/a")["role"], "validation_loss");
    assert_eq!(of("ev_i")["logged_as"], Value::Null);
    // The figure file and the picture keep it; an option comes before it.
    let figure = drawn(&run, &["--mapping", &mapping], 3);
    let text = caption(&figure);
    assert_eq!(figure["axes"][0]["title"], "seen/tokens");
    assert!(text.contains("`train/a` is logged as `trn_a`"), "{text}");
    let picture = run.join("figure.png").display().to_string();
    let other = crate::support::logs::folder();
    let again = other.path().join("again.png").display().to_string();
    let from = ["render", "--from", &picture, "--json", "-o", &again];
    let figure = crate::support::run(from).code(3).json();
    assert_eq!(caption(&figure), text);
    let changed = other.path().join("changed.png").display().to_string();
    let from = ["render", "--from", &picture, "--json", "-o", &changed];
    let from = [&from[..], &["--x", "step", "--role", "loss=val/a"]].concat();
    let figure = crate::support::run(from).code(3).json();
    assert_eq!(figure["axes"][0]["title"], "step");
    assert_eq!(figure["keys"]["loss"], "val/a");
}

#[test]
fn a_mistake_in_a_mapping_is_one_sentence() {
    let folder = folder();
    counted(folder.path(), "a");
    for (text, why) in [
        ("[rolse]\nloss = \"a\"\n", "unknown entry `rolse`"),
        ("x = \"seen/tokns\"\n", "did you mean `seen/tokens`?"),
        ("[roles]\nlos = \"trn_a\"\n", "unknown role `los`"),
    ] {
        let mapping = write(folder.path(), "map.toml", text).display().to_string();
        let ended = with("inspect", folder.path(), &["--mapping", &mapping]).code(2);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
}
