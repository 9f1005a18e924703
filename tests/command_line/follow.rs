//! `follow`: appended, truncated, replaced and additional files.

use std::{fs, io::Write as _, path::Path, time::Duration};

use crate::support::{
    Running, events,
    logs::{folder, write},
};

fn append(path: &Path, text: impl AsRef<[u8]>) {
    fs::OpenOptions::new()
        .append(true)
        .open(path)
        .unwrap()
        .write_all(text.as_ref())
        .unwrap();
}

fn row(step: u32, loss: f64) -> String {
    format!("{{\"step\": {step}, \"loss\": {loss}}}\n")
}

/// The next record of the loss; the step is a column like any other and is printed, too. Before the records of a file that was
/// written again, a sentence says that those before do not hold any more.
#[track_caller]
fn next_loss(running: &mut Running) -> serde_json::Value {
    loop {
        let line = running.line();
        if line.contains("does not hold any more") {
            continue;
        }
        let record: serde_json::Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if record["key"] != "step" {
            return record;
        }
    }
}

/// Starts `follow --json` and waits until it has read the existing records.
fn follow(path: &Path) -> Running {
    let mut running = Running::start(["follow".as_ref(), path.as_os_str(), "--json".as_ref()]);
    assert!(running.line().contains("following"));
    running
}

#[track_caller]
fn expect(running: &mut Running, step: u32, value: f64) {
    let record = next_loss(running);
    assert_eq!(record["key"], "loss", "{record}");
    assert_eq!(
        (&record["step"], &record["value"]),
        (&step.into(), &value.into()),
        "{record}"
    );
    assert!(
        record["run"].is_string() && record.get("time").is_some(),
        "{record}"
    );
}

#[test]
fn appended_lines_are_printed_once_each() {
    let folder = folder();
    let log = write(folder.path(), "metrics.jsonl", row(0, 5.0) + &row(1, 4.0));
    let mut running = follow(folder.path());
    append(&log, row(2, 3.0));
    expect(&mut running, 2, 3.0);
    running.drain();
    // An incomplete line is not a record yet.
    append(&log, "{\"step\": 3, \"lo");
    running.stays_silent(Duration::from_millis(400));
    append(&log, "ss\": 2.5}\n");
    expect(&mut running, 3, 2.5);
    append(&log, row(4, 2.0) + &row(5, 1.5));
    expect(&mut running, 4, 2.0);
    expect(&mut running, 5, 1.5);
    running.drain();
    running.stays_silent(Duration::from_millis(300));
}

#[test]
fn a_line_end_in_a_key_is_no_record() {
    let folder = folder();
    let log = write(folder.path(), "m.jsonl", row(0, 5.0));
    let mut running = Running::start(["follow".as_ref(), log.as_os_str()]);
    assert!(running.line().contains("following"));
    append(
        &log,
        "{\"step\":2,\"loss\\nm.jsonl  loss  2  0.0001  \":1}\n",
    );
    let line = running.line();
    assert_eq!(line, "m.jsonl  loss\\nm.jsonl  loss  2  0.0001    2  1");
    assert_eq!(running.line(), "m.jsonl  step  2  2");
    running.stays_silent(Duration::from_millis(300));
}

#[test]
fn a_truncated_and_a_replaced_file_are_read_again() {
    let folder = folder();
    let log = write(folder.path(), "metrics.jsonl", row(0, 5.0) + &row(1, 4.0));
    let mut running = follow(folder.path());
    fs::write(&log, row(0, 9.0)).unwrap();
    expect(&mut running, 0, 9.0);
    append(&log, row(1, 8.0));
    expect(&mut running, 1, 8.0);
    // Editors and sync tools replace a file by renaming another one.
    let other = write(folder.path(), "metrics.tmp", row(0, 7.0) + &row(1, 6.5));
    fs::rename(other, &log).unwrap();
    expect(&mut running, 0, 7.0);
    expect(&mut running, 1, 6.5);
    append(&log, row(2, 6.0));
    expect(&mut running, 2, 6.0);
}

#[test]
fn a_second_file_is_followed() {
    let folder = folder();
    let name = |number: u32| format!("run/events.out.tfevents.170000000{number}.host");
    let mut log = events::version();
    log.extend(events::scalar(0, "loss", 4.0));
    write(folder.path(), &name(0), log);
    let mut running = follow(folder.path());
    let mut second = events::version();
    second.extend(events::scalar(1, "loss", 3.0));
    let second = write(folder.path(), &name(1), second);
    expect(&mut running, 1, 3.0);
    append(&second, events::scalar(2, "loss", 2.0));
    expect(&mut running, 2, 2.0);
    // A new run, in a new folder.
    write(folder.path(), "later/deep/metrics.jsonl", row(0, 1.0));
    expect(&mut running, 0, 1.0);
}

/// Writes over the first occurrence of `old`, without changing the file's size.
fn rewrite(path: &Path, old: &str, new: &str) {
    use std::io::{Seek as _, SeekFrom};
    assert_eq!(old.len(), new.len());
    let at = fs::read_to_string(path).unwrap().find(old).unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(new.as_bytes()).unwrap();
}

#[test]
fn a_row_that_is_rewritten_in_place_is_printed_again() {
    let folder = folder();
    // The row is neither among the first bytes nor among the last.
    let rows = |format: fn(u32) -> String| (0..20_000).map(format).collect::<String>();
    let jsonl = rows(|step| format!("{{\"step\": {step}, \"loss\": {step}.125}}\n"));
    let csv = "step,loss\n".to_owned() + &rows(|step| format!("{step},{step}.125\n"));
    for (name, text) in [("a/metrics.jsonl", jsonl), ("b/metrics.csv", csv)] {
        let log = write(folder.path(), name, text);
        let mut running = follow(&log);
        rewrite(&log, "7000.125", "7000.250");
        expect(&mut running, 7000, 7000.25);
        // While the file grows.
        append(
            &log,
            if name.ends_with("csv") {
                "20000,1\n".to_owned()
            } else {
                row(20_000, 1.0)
            },
        );
        expect(&mut running, 20_000, 1.0);
        rewrite(&log, "333.125", "333.375");
        expect(&mut running, 333, 333.375);
        running.stays_silent(Duration::from_millis(500));
    }
}

#[test]
fn a_folder_that_is_replaced_is_followed_on() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    write(folder.path(), "runs/a/metrics.jsonl", row(0, 5.0));
    // Neither path is the canonical one.
    #[cfg(unix)]
    std::os::unix::fs::symlink("runs", at("link")).unwrap();
    for path in if cfg!(unix) {
        vec!["runs", "link"]
    } else {
        vec!["runs"]
    } {
        let mut command = crate::support::trainscape();
        command
            .current_dir(folder.path())
            .args(["follow", "--json", path]);
        let mut running = Running::start_command(&mut command);
        assert!(running.line().contains("following"));
        fs::rename(at("runs"), at("moved")).unwrap();
        let gone = running.line();
        assert!(gone.contains("was deleted or moved"), "{gone}");
        write(folder.path(), "runs/a/metrics.jsonl", row(0, 5.0));
        let again = running.line();
        assert!(again.contains("is there again"), "{again}");
        write(folder.path(), "runs/b/metrics.jsonl", row(0, 3.0));
        expect(&mut running, 0, 3.0);
        append(&at("runs/b/metrics.jsonl"), row(1, 2.0));
        expect(&mut running, 1, 2.0);
        fs::remove_dir_all(at("moved")).unwrap();
        fs::remove_dir_all(at("runs/b")).unwrap();
    }
}

#[test]
fn a_run_that_gets_another_name_is_not_printed_again() {
    let folder = folder();
    let log = write(folder.path(), "d/m.jsonl", row(0, 5.0) + &row(1, 4.0));
    let mut running = follow(&folder.path().join("d"));
    append(&log, row(2, 3.0));
    expect(&mut running, 2, 3.0);
    running.drain();
    write(folder.path(), "d/n.jsonl", row(0, 9.0));
    expect(&mut running, 0, 9.0);
    append(&log, row(3, 2.0));
    expect(&mut running, 3, 2.0);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_folder_is_told() {
    let folder = folder();
    let path = folder.path().join("runs");
    write(folder.path(), "runs/metrics.jsonl", row(0, 5.0));
    let mut running = follow(&path);
    fs::remove_dir_all(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let told = running.line();
    assert!(told.contains("no file or folder any more"), "{told}");
}

#[test]
fn from_start_prints_existing_records() {
    let folder = folder();
    let log = write(
        folder.path(),
        "metrics.jsonl",
        row(0, 5.0) + "{\"step\": 1, \"loss\": NaN}\n",
    );
    let mut running = Running::start([
        "follow".as_ref(),
        folder.path().as_os_str(),
        "--json".as_ref(),
        "--from-start".as_ref(),
        "--quiet".as_ref(),
    ]);
    expect(&mut running, 0, 5.0);
    assert_eq!(next_loss(&mut running)["value"], "NaN");
    append(&log, row(2, 1.0));
    expect(&mut running, 2, 1.0);
}

#[cfg(target_os = "linux")]
#[test]
fn waiting_uses_no_processor_time() {
    let folder = folder();
    write(folder.path(), "metrics.jsonl", row(0, 5.0));
    let mut running = follow(folder.path());
    // Time in user and kernel mode, in hundredths of a second (fields 14 and 15 of `stat`).
    let used = || -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", running.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    std::thread::sleep(Duration::from_millis(300));
    let before = used();
    std::thread::sleep(Duration::from_secs(3));
    let cost = used() - before;
    assert!(
        cost <= 3,
        "{cost} hundredths of a second of processor time in three seconds"
    );
    running.stays_silent(Duration::from_millis(1));
}

#[test]
fn a_missing_path_fails_immediately() {
    crate::support::run(["follow", "/no/such/run", "--json"]).code(1);
}

#[test]
fn a_number_that_is_written_in_pieces_is_printed_once() {
    let folder = folder();
    let log = write(folder.path(), "metrics.csv", "step,loss\n0,1\n");
    let mut running = follow(folder.path());
    for piece in ["1,2", "5"] {
        append(&log, piece);
        running.stays_silent(Duration::from_millis(400));
    }
    append(&log, ".5\n");
    expect(&mut running, 1, 25.5);
}

#[test]
fn its_own_output_is_not_read() {
    let folder = folder();
    let log = write(folder.path(), "metrics.jsonl", row(0, 5.0));
    let mut running = follow(folder.path());
    let record = "{\"key\":\"loss\",\"run\":\"r\",\"step\":0,\"time\":null,\"value\":5.0}\n";
    write(folder.path(), "follow.jsonl", record);
    running.stays_silent(Duration::from_millis(400));
    append(&log, row(1, 4.0));
    expect(&mut running, 1, 4.0);
}

#[test]
fn what_was_printed_is_not_printed_again_when_a_log_is_written_again() {
    let folder = folder();
    let log = write(folder.path(), "metrics.jsonl", row(0, 5.0) + &row(1, 4.0));
    let mut running = follow(folder.path());
    append(&log, row(2, 3.0));
    expect(&mut running, 2, 3.0);
    let shorter = row(0, 5.0) + &row(1, 4.0);
    fs::write(&log, &shorter).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    running.drain();
    append(&log, row(2, 3.0) + &row(3, 2.0));
    expect(&mut running, 3, 2.0);
    fs::remove_file(&log).unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    fs::write(&log, shorter + &row(2, 3.0) + &row(3, 2.0) + &row(4, 1.0)).unwrap();
    expect(&mut running, 4, 1.0);
}
