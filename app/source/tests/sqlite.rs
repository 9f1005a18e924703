//! Databases of MLflow, Trackio and Optuna: content, following, locks and damage.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "common/points.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
mod points;

use std::{fs, path::Path};

use points::{count, is_sentence, open, points, read, run, sample, source, update};
use rusqlite::Connection;
use trainscape_run::{Config, Role, SourceState};

fn text(config: &Config, key: &str) -> String {
    config.get(key).map(ToString::to_string).unwrap_or_default()
}

fn number(values: &[(&str, f64)]) -> Vec<(String, Option<f64>)> {
    let points = values.iter();
    points
        .map(|(step, value)| ((*step).to_owned(), Some(*value)))
        .collect()
}

#[test]
fn mlflow_runs_have_their_metrics_parameters_and_names() {
    let snapshot = read(&sample("mlflow-sqlite/mlflow.db"));
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["a", "b", "c"].map(|id| id.repeat(32)));
    let first = run(&snapshot, &"a".repeat(32));
    assert_eq!(&*first.name, "first");
    let expected = [
        ("0", 1.0),
        ("10", 0.5),
        ("20", 1.0 / 3.0),
        ("30", 0.25),
        ("40", 0.2),
    ];
    assert_eq!(points(first, "train/loss"), number(&expected));
    let norms = points(first, "grad_norm");
    let values: Vec<Option<f64>> = norms.into_iter().map(|(_, value)| value).collect();
    let infinite = f64::INFINITY;
    assert_eq!(values, [None, Some(infinite), Some(-infinite), Some(0.25)]);
    let time = first.series["train/loss"]
        .iter()
        .next()
        .unwrap()
        .wall_time_secs;
    assert_eq!(time, Some(1_700_000_000.123));
    for (key, value) in [
        ("lr", "0.001"),
        ("layers", "4"),
        ("nesterov", "true"),
        ("optimizer", "adamw"),
        ("tags.purpose", "test"),
        ("mlflow.experiment", "digits"),
        ("mlflow.status", "FINISHED"),
        ("mlflow.user", ""),
    ] {
        assert_eq!(text(&first.config, key), value, "{key}");
    }
    let nested = run(&snapshot, &"b".repeat(32));
    assert_eq!(&*nested.name, "nested");
    assert_eq!(text(&nested.config, "mlflow.parent_run"), "a".repeat(32));
    assert!(run(&snapshot, &"c".repeat(32)).series.is_empty());
    assert_eq!(source(&snapshot).note, "1 deleted run was left out");
    assert_eq!(source(&snapshot).state, SourceState::Ok);
}

#[test]
fn trackio_runs_of_one_name_are_two() {
    let path = sample("trackio/project.db");
    let snapshot = read(&path);
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["lr", "wd", "lr-22222222"]);
    let first = run(&snapshot, "lr");
    let losses: Vec<Option<f64>> = points(first, "train/loss")
        .into_iter()
        .map(|(_, value)| value)
        .collect();
    assert_eq!(losses, [Some(3.0), Some(1.5), None, Some(0.75)]);
    let nested = [("0", 0.0), ("10", 1.0), ("20", 2.0), ("30", 3.0)];
    assert_eq!(points(first, "nested.a"), number(&nested));
    assert_eq!(text(&first.config, "lr"), "0.1");
    assert!(!first.config.contains_key("_Username"));
    let time = first.series["train/loss"]
        .iter()
        .next()
        .unwrap()
        .wall_time_secs;
    assert_eq!(time, Some(1_795_648_160.544_544));
    // Nothing is left beside a database with a write-ahead log.
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn optuna_trials_are_runs_with_their_choices() {
    let snapshot = read(&sample("optuna/study.db"));
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["sweep/0", "sweep/1", "sweep/2", "pareto/0"]);
    let first = run(&snapshot, "sweep/0");
    assert_eq!(
        points(first, "intermediate_value"),
        number(&[("0", 1.0), ("5", 0.5)])
    );
    assert_eq!(points(first, "value"), number(&[("5", 0.125)]));
    assert_eq!(first.roles.get("value"), Some(&Role::Loss));
    for (key, value) in [
        ("optimizer", "sgd"),
        ("layers", "3"),
        ("lr", "0.5"),
        ("optuna.study", "sweep"),
        ("optuna.state", "COMPLETE"),
        ("optuna.direction.value", "MINIMIZE"),
        ("user_attrs.host", "a"),
    ] {
        assert_eq!(text(&first.config, key), value, "{key}");
    }
    let pruned = run(&snapshot, "sweep/1");
    let values = [
        ("0".to_owned(), None),
        ("1".to_owned(), Some(-f64::INFINITY)),
    ];
    assert_eq!(points(pruned, "intermediate_value"), values);
    assert_eq!(text(&pruned.config, "optimizer"), "None");
    assert_eq!(text(&run(&snapshot, "sweep/2").config, "optimizer"), "3");
    let pareto = run(&snapshot, "pareto/0");
    assert_eq!(points(pareto, "accuracy"), number(&[("0", 0.9)]));
    assert_eq!(points(pareto, "flops"), number(&[("0", f64::INFINITY)]));
    assert_eq!(pareto.roles.get("accuracy"), Some(&Role::Reward));
}

/// The points of all series, for comparison with a new reading.
fn all(snapshot: &trainscape_run::Snapshot) -> Vec<String> {
    let mut all = Vec::new();
    for run in &snapshot.runs {
        all.push(format!("{} {} {:?}", run.id, run.name, run.config));
        for key in run.series.keys() {
            all.push(format!("{key} {:?}", points(run, key)));
        }
    }
    all
}

#[test]
fn what_is_added_is_what_a_new_reading_finds() {
    let folder = tempfile::tempdir().unwrap();
    let path = writable(folder.path());
    let writer = Connection::open(&path).unwrap();
    let mut loader = open(&path);
    let new = "e".repeat(32);
    for statement in [
        "INSERT INTO metrics VALUES ('lr', 1, 2, 'RUN', 3, 0)",
        "INSERT INTO runs VALUES ('NEW', 'new', 'RUNNING', 0, 'active', 0)",
        "INSERT INTO metrics VALUES ('lr', 1, 2, 'NEW', 3, 0)",
        "INSERT INTO params VALUES ('late', '7', 'NEW')",
        "UPDATE runs SET name = 'renamed', status = 'FINISHED' WHERE run_uuid = 'NEW'",
        "UPDATE runs SET lifecycle_stage = 'active'",
        "INSERT INTO metrics VALUES ('loss', 1, 2, 'LATE', 3, 0)",
        "INSERT INTO runs VALUES ('LATE', 'late', 'RUNNING', 0, 'active', 0)",
        "DELETE FROM metrics WHERE \"key\" = 'loss'",
        "INSERT INTO metrics VALUES ('lr', 1, 2, 'RUN', 30, 0)",
        "UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = 'RUN'",
    ] {
        let statement = statement
            .replace("NEW", &new)
            .replace("RUN'", &("a".repeat(32) + "'"));
        writer.execute_batch(&statement).unwrap();
        assert_eq!(all(&update(&mut loader)), all(&read(&path)), "{statement}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_beside_a_database_does_not_keep_it_waiting() {
    for ending in ["-journal", "-wal", "-shm"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mlflow.db");
        fs::copy(sample("mlflow-sqlite/mlflow.db"), &path).unwrap();
        let pipe = folder.path().join(format!("mlflow.db{ending}"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let snapshot = read(&path);
        assert_eq!(snapshot.runs.len(), 3, "{ending}");
        let note = &source(&snapshot).note;
        assert!(note.contains("no regular file"), "{ending}: {note}");
    }
}

#[test]
fn trackio_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    fs::copy(sample("trackio/project.db"), &path).unwrap();
    let writer = Connection::open(&path).unwrap();
    let mut loader = open(&path);
    let insert = "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics)";
    for statement in [
        format!(
            "{insert} VALUES ('{}', '', 'lr', 40, '{{\"x\": 1}}')",
            "0".repeat(32)
        ),
        format!("{insert} VALUES ('new', '', 'lr', 40, '{{\"x\": 1}}')"),
        "INSERT INTO configs (run_id, run_name, config, created_at) VALUES ('new', 'b', '{}', '')"
            .to_owned(),
        format!("{insert} VALUES ('new', '', 'lr', 50, 'damaged')"),
        "DELETE FROM metrics WHERE run_name = 'wd'; DELETE FROM configs WHERE run_name = 'wd'"
            .to_owned(),
    ] {
        writer.execute_batch(&statement).unwrap();
        assert_eq!(all(&update(&mut loader)), all(&read(&path)), "{statement}");
    }
    assert_eq!(run(&read(&path), "lr-new").name.as_ref(), "b");
}

#[test]
fn a_replaced_database_is_read_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    fs::copy(sample("trackio/project.db"), &path).unwrap();
    let mut loader = open(&path);
    assert_eq!(count(&update(&mut loader)), 24);
    let other = folder.path().join("other.db");
    fs::copy(sample("trackio/project.db"), &other).unwrap();
    let writer = Connection::open(&other).unwrap();
    writer
        .execute_batch("UPDATE metrics SET run_id = 'x', run_name = 'x'")
        .unwrap();
    writer
        .pragma_update(None, "journal_mode", "delete")
        .unwrap();
    drop(writer);
    fs::rename(&other, &path).unwrap();
    assert_eq!(all(&update(&mut loader)), all(&read(&path)));
}

#[test]
fn older_tables_of_optuna_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let writer = Connection::open(&path).unwrap();
    writer
        .execute_batch(
            "CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name TEXT, direction TEXT);
             CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER,
                 state TEXT, value FLOAT);
             CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER, param_name TEXT,
                 param_value FLOAT, distribution_json TEXT);
             CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER, step INTEGER,
                 value FLOAT);
             INSERT INTO studies VALUES (1, 'old', 'MINIMIZE');
             INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', 0.5), (2, 1, 1, 'RUNNING', NULL);
             INSERT INTO trial_params VALUES (1, 1, 'lr', 0.1, '{\"name\": \"UniformDistribution\"}');
             INSERT INTO trial_values VALUES (1, 1, 3, 0.75);",
        )
        .unwrap();
    let snapshot = read(&path);
    let first = run(&snapshot, "old/0");
    assert_eq!(points(first, "intermediate_value"), number(&[("3", 0.75)]));
    assert_eq!(points(first, "value"), number(&[("3", 0.5)]));
    assert_eq!(text(&first.config, "lr"), "0.1");
    assert!(run(&snapshot, "old/1").series.is_empty());
}

fn append(connection: &Connection, step: i64) {
    let sql = "INSERT INTO metrics VALUES ('train/loss', 0.5, 1700000001000, ?1, ?2, 0)";
    let run = "a".repeat(32);
    connection
        .execute(sql, rusqlite::params![run, step])
        .unwrap();
}

/// A copy of MLflow's sample in a folder of its own.
fn writable(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("mlflow.db");
    fs::copy(sample("mlflow-sqlite/mlflow.db"), &path).unwrap();
    path
}

#[test]
fn rows_are_followed_in_both_journal_modes() {
    for mode in ["delete", "wal"] {
        let folder = tempfile::tempdir().unwrap();
        let path = writable(folder.path());
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", mode).unwrap();
        let mut loader = open(folder.path());
        let before = count(&update(&mut loader));
        for row in 1..=3 {
            append(&writer, 50 + row as i64);
            assert_eq!(count(&update(&mut loader)), before + row, "{mode}");
        }
        writer
            .execute(
                "UPDATE runs SET lifecycle_stage = 'deleted' WHERE name = 'first'",
                [],
            )
            .unwrap();
        assert_eq!(update(&mut loader).runs.len(), 2, "{mode}");
    }
}

#[test]
fn a_locked_database_is_read_when_its_writer_lets_go_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = writable(folder.path());
    let mut loader = open(&path);
    let before = count(&update(&mut loader));
    let writer = Connection::open(&path).unwrap();
    append(&writer, 60);
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let snapshot = update(&mut loader);
    assert_eq!(count(&snapshot), before, "what had been read is kept");
    assert_eq!(source(&snapshot).state, SourceState::Failed);
    assert!(source(&snapshot).note.starts_with("the database is locked"));
    assert!(is_sentence(&source(&snapshot).note));
    // The file does not change when the lock ends.
    writer.execute_batch("ROLLBACK").unwrap();
    let snapshot = update(&mut loader);
    assert_eq!(count(&snapshot), before + 1);
    assert_eq!(source(&snapshot).state, SourceState::Ok);
}

#[test]
fn a_writer_is_not_disturbed() {
    let folder = tempfile::tempdir().unwrap();
    let path = writable(folder.path());
    let mut loader = open(&path);
    update(&mut loader);
    let writer = Connection::open(&path).unwrap();
    writer.busy_timeout(std::time::Duration::ZERO).unwrap();
    for step in 0..20 {
        append(&writer, 100 + step);
        update(&mut loader);
    }
}

#[test]
fn a_store_without_runs_is_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = writable(folder.path());
    let writer = Connection::open(&path).unwrap();
    writer
        .execute_batch("DELETE FROM runs; DELETE FROM metrics")
        .unwrap();
    let mut loader = open(&path);
    assert_eq!(update(&mut loader).runs.len(), 0);
    let sql = "INSERT INTO runs VALUES (?1, 'new', 'RUNNING', 0, 'active', 1)";
    writer.execute(sql, ["a".repeat(32)]).unwrap();
    append(&writer, 1);
    assert_eq!(count(&update(&mut loader)), 1);
}

#[test]
fn other_databases_are_not_logs() {
    let folder = tempfile::tempdir().unwrap();
    let other = Connection::open(folder.path().join("other.db")).unwrap();
    other
        .execute_batch("CREATE TABLE metrics (a); CREATE TABLE b (c)")
        .unwrap();
    fs::write(folder.path().join("text.db"), "step,loss\n1,2\n").unwrap();
    let opened = trainscape_source::Loader::open(
        &[folder.path().to_owned()],
        trainscape_source::OpenOptions::default(),
    );
    assert!(opened.is_err());
}

#[test]
fn a_database_that_is_cut_off_is_told_beside_another_log() {
    for name in [
        "mlflow-sqlite/mlflow.db",
        "trackio/project.db",
        "optuna/study.db",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let whole = fs::read(sample(name)).unwrap();
        fs::write(folder.path().join("a.db"), &whole[..whole.len() * 3 / 4]).unwrap();
        fs::write(folder.path().join("metrics.jsonl"), "{\"loss\": 1}\n").unwrap();
        let snapshot = update(&mut open(folder.path()));
        let sources = snapshot.runs.iter().flat_map(|run| &run.sources);
        let damaged = sources.filter(|source| source.note.contains("damaged"));
        assert_eq!(damaged.count(), 1, "{name}");
    }
}

#[test]
fn damaged_databases_end_in_one_sentence() {
    for name in [
        "mlflow-sqlite/mlflow.db",
        "trackio/project.db",
        "optuna/study.db",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let whole = fs::read(sample(name)).unwrap();
        let path = folder.path().join("a.db");
        fs::write(&path, &whole).unwrap();
        let mut loader = open(&path);
        let mut check = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            for run in &update(&mut loader).runs {
                for source in &run.sources {
                    let failed = source.state == SourceState::Failed;
                    assert!(!failed || is_sentence(&source.note), "{}", source.note);
                }
            }
        };
        check(&whole);
        for len in (0..whole.len()).step_by(97) {
            check(&whole[..len]);
        }
        let mut random = 1_u64;
        for _ in 0..300 {
            let mut damaged = whole.clone();
            for _ in 0..8 {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let at = (random >> 33) as usize % damaged.len();
                damaged[at] = (random >> 20) as u8;
            }
            check(&damaged);
        }
    }
}

/// A database as Trackio writes it, with one row.
fn trackio(path: &Path, metrics: &str) -> Connection {
    let database = Connection::open(path).unwrap();
    let sql = format!(
        "CREATE TABLE metrics (id INTEGER PRIMARY KEY, run_name TEXT, step INTEGER, timestamp TEXT, {metrics});
         CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name TEXT, config TEXT);"
    );
    database.execute_batch(&sql).unwrap();
    database
}

/// The names and the bytes of the files in a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_copy_with_a_write_ahead_log_is_read_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = trackio(&folder.path().join("project.db"), "metrics TEXT");
    database.pragma_update(None, "journal_mode", "wal").unwrap();
    for step in 0..20 {
        let insert = "INSERT INTO metrics (run_name, step, timestamp, metrics) VALUES ('a', ?1, '', '{\"loss\": 1.5}')";
        database.execute(insert, [step]).unwrap();
    }
    // The index is left by a writer that was killed; it is not that of the log.
    for index in [
        None,
        Some(fs::read(folder.path().join("project.db-shm")).unwrap()),
        Some(vec![7; 32 << 10]),
    ] {
        let copy = tempfile::tempdir().unwrap();
        for name in ["project.db", "project.db-wal"] {
            fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        if let Some(index) = &index {
            fs::write(copy.path().join("project.db-shm"), index).unwrap();
        }
        let before = files(copy.path());
        let snapshot = read(copy.path());
        let note = &source(&snapshot).note;
        assert_eq!((count(&snapshot), note.as_str()), (20, ""));
        assert!(
            files(copy.path()) == before,
            "a file was changed or created"
        );
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let database = trackio(&folder.path().join("project.db"), "metrics TEXT");
    let rows = r#"INSERT INTO metrics (run_name, step, timestamp, metrics) VALUES ('a', 1, '', '{"loss": 1.5}');
        INSERT INTO configs (run_name, config) VALUES ('a', '{"lr": 0.1, "a":');
        INSERT INTO configs (run_name, config) VALUES ('b', '{"lr": 0.1}');"#;
    database.execute_batch(rows).unwrap();
    let mut loader = open(folder.path());
    let told = "1 entry of the configuration cannot be read and was left out";
    // Twice, as each reading reads all configurations.
    for _ in 0..2 {
        let snapshot = update(&mut loader);
        let source = source(&snapshot);
        assert_eq!((source.state, &*source.note), (SourceState::Partial, told));
        let insert = "INSERT INTO metrics (run_name, step, timestamp, metrics) VALUES ('a', 2, '', '{\"loss\": 1.5}')";
        database.execute(insert, []).unwrap();
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    fs::copy(sample("optuna/study.db"), &path).unwrap();
    let database = Connection::open(&path).unwrap();
    let changed = database.execute("UPDATE trial_user_attributes SET value_json = '{'", []);
    let count = changed.unwrap();
    assert!(count > 0);
    let note = source(&read(&path)).note.clone();
    assert!(
        note.contains("of the configuration cannot be read"),
        "{note}"
    );
}

#[test]
fn the_smallest_and_the_largest_step_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let database = trackio(&folder.path().join("project.db"), "metrics TEXT");
    for step in [i64::MIN, 0, i64::MAX] {
        let insert = "INSERT INTO metrics (run_name, step, timestamp, metrics) VALUES ('a', ?1, '', '{\"loss\": 1.5}')";
        database.execute(insert, [step]).unwrap();
    }
    let snapshot = read(folder.path());
    let steps: Vec<String> = points(run(&snapshot, "a"), "loss")
        .into_iter()
        .map(|(step, _)| step)
        .collect();
    let expected = [i64::MIN, 0, i64::MAX].map(|step| step.to_string());
    assert_eq!(steps, expected);
}

#[test]
fn computed_columns_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    let computed = "metrics TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000))) VIRTUAL";
    let database = trackio(&path, computed);
    let insert = "INSERT INTO metrics (run_name, step, timestamp) VALUES ('a', 1, '')";
    database.execute_batch(insert).unwrap();
    drop(database);
    let snapshot = read(&path);
    let source = source(&snapshot);
    assert_eq!(source.state, SourceState::Failed);
    assert!(source.note.contains("computed columns"), "{}", source.note);
}

#[test]
fn cells_that_are_one_and_the_same_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.db");
    let database = trackio(&path, "metrics TEXT");
    for step in 0..20 {
        let insert = "INSERT INTO metrics (run_name, step, timestamp, metrics) VALUES ('a', ?1, '', '{\"loss\": 1.5}')";
        database.execute(insert, [step]).unwrap();
    }
    drop(database);
    let mut bytes = fs::read(&path).unwrap();
    const PAGE: usize = 4096;
    let is_leaf_of_rows = |page: &usize| bytes[page * PAGE] == 0x0D && bytes[page * PAGE + 4] == 20;
    let page = (1..bytes.len() / PAGE).find(is_leaf_of_rows).unwrap() * PAGE;
    let first: [u8; 2] = bytes[page + 8..page + 10].try_into().unwrap();
    for cell in 0..20 {
        bytes[page + 8 + 2 * cell..][..2].copy_from_slice(&first);
    }
    fs::write(&path, bytes).unwrap();
    let snapshot = read(&path);
    let note = &source(&snapshot).note;
    assert!(note.contains("not in the order of their numbers"), "{note}");
}
