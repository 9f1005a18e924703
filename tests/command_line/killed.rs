//! What stays behind when the process is ended from outside, and when the temporary folder is full.

use std::{
    ffi::OsString,
    fs,
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{
    logs::{folder, metrics_jsonl, write},
    run_command, trainscape, wait,
};

const TIMEOUT: Duration = Duration::from_secs(60);

fn entries(folder: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries.map(|entry| entry.file_name()).collect()
}

/// Waits until the condition holds.
#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Starts `follow -` with its temporary folder, and waits until it has copied a row of its input.
fn follow_input(command: &mut Command, temporary: &Path) -> Child {
    let before = entries(temporary);
    let child = command
        .args(["follow", "-"])
        .env("TMPDIR", temporary)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.as_ref().unwrap();
    input.write_all(b"{\"step\": 1, \"loss\": 2}\n").unwrap();
    let is_copied = |name: &OsString| {
        let copy = temporary.join(name).join("stdin.log");
        copy.metadata().is_ok_and(|copy| copy.len() > 0)
    };
    until("the copy of the input", || {
        let mut new = entries(temporary).into_iter();
        new.any(|name| !before.contains(&name) && is_copied(&name))
    });
    child
}

#[test]
fn a_signal_leaves_no_temporary_folder() {
    let folder = folder();
    for (name, number) in [("TERM", 15), ("INT", 2), ("HUP", 1)] {
        let mut child = follow_input(&mut trainscape(), folder.path());
        signal(&child, name);
        let status = wait(&mut child, TIMEOUT).unwrap();
        assert_eq!(status.signal(), Some(number), "{name}");
        assert!(entries(folder.path()).is_empty(), "{name}");
    }
}

#[test]
fn what_a_killed_process_left_is_removed_by_the_next_one_and_what_is_used_is_not() {
    let folder = folder();
    let log = write(folder.path(), "run/m.jsonl", metrics_jsonl(3, 0.01));
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let mut killed = follow_input(&mut trainscape(), &temporary);
    let mut used = follow_input(&mut trainscape(), &temporary);
    signal(&killed, "KILL");
    wait(&mut killed, TIMEOUT).unwrap();
    assert_eq!(entries(&temporary).len(), 2);
    let inspect = || {
        let mut command = trainscape();
        command.arg("inspect").arg(&log).env("TMPDIR", &temporary);
        run_command(&mut command).code(0);
    };
    inspect();
    assert_eq!(entries(&temporary).len(), 1);
    signal(&used, "KILL");
    wait(&mut used, TIMEOUT).unwrap();
    inspect();
    assert!(entries(&temporary).is_empty());
}

#[test]
fn a_signal_leaves_no_half_of_an_animation() {
    let folder = folder();
    let log = write(folder.path(), "run/m.jsonl", metrics_jsonl(30, 0.01));
    let output = folder.path().join("output");
    fs::create_dir(&output).unwrap();
    for name in ["TERM", "INT"] {
        let mut child = trainscape()
            .arg("render")
            .arg(&log)
            .args([
                "--adapter",
                "cpu",
                "--quiet",
                "--size",
                "320x240",
                "--seconds",
                "60",
                "-o",
            ])
            .arg(output.join("turn.gif"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("the temporary file", || !entries(&output).is_empty());
        signal(&child, name);
        wait(&mut child, TIMEOUT).unwrap();
        assert!(
            entries(&output).is_empty(),
            "{name}: {:?}",
            entries(&output)
        );
    }
}

/// A shell that ignores a signal and then becomes the program: `nohup` does the same.
fn ignoring(signal: &str, limit: &str) -> Command {
    let program = trainscape();
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            &format!("trap '' {signal}; {limit} exec \"$0\" \"$@\""),
        ])
        .arg(program.get_program());
    command
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let folder = folder();
    let mut child = follow_input(&mut ignoring("HUP", ""), folder.path());
    signal(&child, "HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none());
    signal(&child, "TERM");
    wait(&mut child, TIMEOUT).unwrap();
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn input_that_does_not_fit_into_the_temporary_folder_is_a_failure() {
    let folder = folder();
    // No file may be larger; the signal about that is ignored, so that writing fails.
    let mut child = ignoring("XFSZ", "ulimit -f 16;")
        .args(["follow", "--quiet", "-"])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let row = "{\"step\": 1, \"loss\": 2.5}\n";
    // The reader may have gone already.
    let _closed = input.write_all(row.repeat(10_000).as_bytes());
    drop(input);
    let status = wait(&mut child, TIMEOUT).unwrap();
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut told).unwrap();
    assert_eq!(status.code(), Some(1), "{told}");
    assert!(told.contains("cannot be copied any further"), "{told}");
    assert!(told.contains("TMPDIR"), "{told}");
}
