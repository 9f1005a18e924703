//! `fetch` from a folder, and what is wrong usage. `tests/remote` has buckets, web servers and other machines.

use std::{fs, path::Path};

use crate::support::{
    logs::{folder, write},
    run,
};

/// Two runs with times in their names, and a folder without.
fn runs(folder: &Path) {
    for (name, loss) in [
        ("a-20260101-000000", 1),
        ("a-20260201-120000", 2),
        ("notes", 3),
    ] {
        fs::create_dir_all(folder.join(name).join("sub")).unwrap();
        let row = format!("{{\"step\": 0, \"loss\": {loss}}}\n");
        write(&folder.join(name), "sub/metrics.jsonl", row);
    }
}

#[test]
fn runs_of_a_folder_are_listed_and_brought() {
    let from = folder();
    runs(from.path());
    let to = folder();
    let listed = run(["fetch".as_ref(), from.path().as_os_str(), "--list".as_ref()]);
    let names: Vec<&str> = listed
        .stdout
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(names, ["notes", "a-20260101-000000", "a-20260201-120000"]);
    let out = to.path().join("new/out");
    let fetch = |what: &str| {
        run([
            "fetch".as_ref(),
            from.path().as_os_str(),
            what.as_ref(),
            "-o".as_ref(),
            out.as_os_str(),
            "--json".as_ref(),
        ])
    };
    let report = fetch("--latest").json();
    assert_eq!(
        (&report["brought"], &report["present"]),
        (&1.into(), &0.into())
    );
    let brought = |name: &str| fs::read_to_string(out.join(name).join("sub/metrics.jsonl"));
    assert!(
        brought("a-20260201-120000")
            .unwrap()
            .contains("\"loss\": 2")
    );
    assert!(brought("a-20260101-000000").is_err());
    // The newest one of the name is there.
    assert_eq!(fetch("a").json()["present"], 1);
    assert_eq!(fetch("--all").json()["brought"], 2);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 3);
    // A file that has changed at either end is brought again.
    fs::write(out.join("notes/sub/metrics.jsonl"), "x").unwrap();
    assert_eq!(fetch("notes").json()["brought"], 1);
    assert!(brought("notes").unwrap().contains("\"loss\": 3"));
}

#[test]
fn what_cannot_be_fetched_is_a_sentence() {
    let from = folder();
    runs(from.path());
    let path = from.path().to_str().unwrap();
    for (arguments, code, words) in [
        (
            &["fetch", path, "no-such-run", "-o", "x"][..],
            1,
            "there are notes, a-20260101-000000",
        ),
        (&["fetch", path, "-o", "x"], 2, "say what to bring"),
        (
            &["fetch", "/no/such/folder", "--list"],
            1,
            "nothing is at /no/such/folder",
        ),
        (
            &["fetch", "ftp://host/runs", "--list"],
            2,
            "ftp:// is not read",
        ),
        (&["inspect", "gs://"], 2, "name a bucket"),
    ] {
        let output = run(arguments);
        assert_eq!(output.code, code, "{arguments:?}: {}", output.stderr);
        assert!(
            output.stderr.contains(words),
            "{arguments:?}: {}",
            output.stderr
        );
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    }
    let empty = folder();
    let output = run([
        "fetch".as_ref(),
        empty.path().as_os_str(),
        "--latest".as_ref(),
        "-o".as_ref(),
        "x".as_ref(),
    ]);
    assert!(
        output.stderr.contains("no runs were found"),
        "{}",
        output.stderr
    );
}
