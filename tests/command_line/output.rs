//! What is written to: names that are no text, control characters, closed and full outputs, devices and links.

use std::{fs, path::Path, process::Stdio};

use crate::support::{
    logs::{folder, metrics_jsonl, write},
    run, run_command, trainscape,
};

#[test]
fn control_characters_of_names_do_not_reach_the_terminal() {
    let folder = folder();
    let log = "{\"step\":1,\"loss\\u001b[31m\":2,\"loss\":1}\n{\"step\":2,\"loss\":2}\n{\"step\"\n";
    write(folder.path(), "a\u{1b}[32mb\u{202e}.jsonl", log);
    let ended = run(["inspect".as_ref(), folder.path().as_os_str()]);
    assert_eq!(ended.code, 3, "{ended:?}");
    for text in [&ended.stdout, &ended.stderr] {
        assert!(text.contains("a\\u{1b}[32mb\\u{202e}.jsonl"), "{text}");
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{202e}'),
            "{text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn json_holds_no_control_characters() {
    let folder = folder();
    let name = "a\u{9b}31mX\u{7f}\u{202e}Y";
    let log = "{\"step\":1,\"loss\":1}\n{\"step\":2,\"loss\":2}\n";
    write(folder.path(), &format!("{name}/metrics.jsonl"), log);
    let catalog = folder.path().join("catalog");
    let path = folder.path().join(name);
    for arguments in [
        vec!["inspect".as_ref(), folder.path().as_os_str()],
        vec![
            "catalog".as_ref(),
            "build".as_ref(),
            path.as_os_str(),
            "-o".as_ref(),
            catalog.as_os_str(),
        ],
    ] {
        let ended = run([&arguments[..], &["--json".as_ref()]].concat()).code(0);
        let is_hidden = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!ended.stdout.contains(is_hidden), "{}", ended.stdout);
        let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        if let Some(run) = json["runs"].get(0) {
            assert_eq!(run["name"], name);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_line_end_in_a_name_begins_no_line() {
    let folder = folder();
    let run_name = "run\n  source   FAKE [csv] 99 records\ttab";
    let log = "{\"step\":1,\"a\\nrun  loss\":1,\"loss\":2}\n{\"step\":2,\"loss\":1}\n{\"step\"\n";
    write(folder.path(), &format!("{run_name}/metrics.jsonl"), log);
    let other = "{\"step\":1,\"loss\":2}\n{\"step\":2,\"loss\":1}\n";
    write(folder.path(), "other/metrics.jsonl", other);
    let ended = run(["inspect".as_ref(), folder.path().as_os_str()]);
    assert_eq!(ended.code, 3, "{ended:?}");
    for text in [&ended.stdout, &ended.stderr] {
        assert!(
            text.contains("run\\n  source   FAKE [csv] 99 records\\ttab"),
            "{text}"
        );
        let mut lines = text.lines();
        assert!(
            !lines.any(|line| line.starts_with("  source   FAKE")),
            "{text}"
        );
    }
    // An error that names both runs.
    let ended = run([
        "series".as_ref(),
        folder.path().as_os_str(),
        "--key=loss".as_ref(),
    ]);
    let ended = ended.code(2);
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.contains("run\\n  source"), "{ended:?}");
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_failure() {
    let folder = folder();
    write(folder.path(), "metrics.jsonl", metrics_jsonl(50, 0.003));
    for json in [None, Some("--json")] {
        let mut child = trainscape()
            .arg("inspect")
            .arg(folder.path())
            .args(json)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }
}

/// Runs the binary with arguments that must be refused because of an input, which stays.
#[track_caller]
fn refused(input: &Path, arguments: &[&str]) {
    let before = fs::read(input).unwrap();
    let mut command = trainscape();
    let folder = input.parent().unwrap();
    let ended = run_command(command.current_dir(folder).args(arguments)).code(2);
    let why = "would be replaced: choose another name";
    assert!(ended.stderr.contains(why), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(fs::read(input).unwrap() == before, "{arguments:?}");
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let folder = folder();
    let log = write(folder.path(), "m.csv", "step,loss,acc\n1,2,9\n2,1,9\n");
    refused(&log, &["series", "m.csv", "--key=loss", "-o", "m.csv"]);
    refused(&log, &["series", ".", "--key=loss", "-o", "./m.csv"]);
    fs::hard_link(&log, folder.path().join("hard.csv")).unwrap();
    refused(&log, &["series", "m.csv", "--key=loss", "-o", "hard.csv"]);
    fs::remove_file(folder.path().join("hard.csv")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("m.csv", folder.path().join("link.dat")).unwrap();
        refused(&log, &["series", "m.csv", "--key=loss", "-o", "link.dat"]);
    }

    // A copy is not read, and not replaced: nothing would be left of it.
    let copy = write(folder.path(), "copy.csv", fs::read(&log).unwrap());
    refused(&copy, &["series", ".", "--key=loss", "-o", "copy.csv"]);
    refused(&copy, &["series", "m.csv", "--key=loss", "-o", "copy.csv"]);
    fs::remove_file(copy).unwrap();

    let samples = write(
        folder.path(),
        "s.csv",
        "x,y,z\n0,0,1\n1,0,2\n0,1,3\n1,1,4\n",
    );
    let grid = ["--grid=8x8", "--method=linear", "--adapter=cpu"];
    let interpolate = ["compute", "interpolate", "s.csv", "-o", "s.csv"];
    refused(&samples, &[&interpolate[..], &grid].concat());

    let views = "[[view]]\nname=\"a\"\nkind=\"path\"\nx=\"step\"\ny=\"loss\"\nz=\"loss\"\n";
    let draw = |path: &'static str, output: &'static str| {
        let flags = ["--adapter=cpu", "--size=160x120", "-o", output];
        [&["render", path][..], &flags].concat()
    };
    for name in ["v.toml", "trainscape.toml"] {
        let file = write(folder.path(), name, views);
        let save = ["--view=custom", "--views=v.toml", "--save", name];
        refused(&file, &[&draw(".", "o.png")[..], &save].concat());
        assert!(!folder.path().join("o.png").exists());
    }
    // A figure file and a picture that it is read from.
    let mut command = trainscape();
    command.current_dir(folder.path());
    command
        .args(draw("m.csv", "o.png"))
        .args(["--save", "figure.toml"]);
    run_command(&mut command).code(0);
    let [figure, picture] = ["figure.toml", "o.png"].map(|name| folder.path().join(name));
    let again = draw("figure.toml", "p.png");
    refused(&figure, &[&again[..], &["--save", "figure.toml"]].concat());
    let frames = ["render", "--from", "frame-0001.png", "--adapter=cpu", "-o"];
    fs::rename(&picture, folder.path().join("frame-0001.png")).unwrap();
    let picture = folder.path().join("frame-0001.png");
    refused(&picture, &[&frames[..], &["frame-0001.png"]].concat());
    refused(&picture, &[&frames[..], &["frame-%04d.png"]].concat());
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        ffi::OsStr,
        os::unix::{
            ffi::OsStrExt as _,
            fs::{FileTypeExt as _, PermissionsExt as _, symlink},
        },
    };

    use super::*;

    fn series(folder: &Path, output: &Path) -> crate::support::Ended {
        let key = ["--key", "train/loss", "-o"].map(OsStr::new);
        let mut arguments = vec![OsStr::new("series"), folder.as_os_str()];
        arguments.extend(key);
        arguments.push(output.as_os_str());
        run(arguments)
    }

    #[test]
    fn a_full_output_is_told_in_a_sentence() {
        let folder = folder();
        write(folder.path(), "metrics.jsonl", metrics_jsonl(50, 0.003));
        let full = || {
            fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap()
        };
        let mut inspect = trainscape();
        inspect.arg("inspect").arg(folder.path());
        let ended = inspect.stdout(full()).output().unwrap();
        let message = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1));
        assert!(message.contains("standard output: No space"), "{message}");

        for arguments in [&["--help"] as &[&str], &["render", "-h"], &["--version"]] {
            let mut help = trainscape();
            let ended = help.args(arguments).stdout(full()).output().unwrap();
            let message = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(1), "{arguments:?}");
            assert!(message.contains("standard output: No space"), "{message}");
        }

        let mut missing = trainscape();
        missing.args(["inspect", "/no/such/folder"]);
        let ended = missing.stderr(full()).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));

        let ended = series(folder.path(), Path::new("/dev/full"));
        assert_eq!(ended.code, 1, "{ended:?}");
        assert_eq!(ended.stderr.matches("No space").count(), 1, "{ended:?}");
        let kind = fs::metadata("/dev/full").unwrap().file_type();
        assert!(kind.is_char_device());
    }

    #[test]
    fn a_write_protected_output_stays() {
        let folder = folder();
        write(folder.path(), "metrics.jsonl", metrics_jsonl(50, 0.003));
        let out = tempfile::tempdir().unwrap();
        let protected = write(out.path(), "protected.csv", "old");
        fs::set_permissions(&protected, fs::Permissions::from_mode(0o444)).unwrap();
        let ended = series(folder.path(), &protected).code(1);
        assert!(ended.stderr.contains("write-protected"), "{ended:?}");
        assert_eq!(fs::read(&protected).unwrap(), b"old");
    }

    #[test]
    fn standard_output_by_its_path_is_written_to() {
        let folder = folder();
        write(folder.path(), "metrics.jsonl", metrics_jsonl(50, 0.003));
        for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            let ended = series(folder.path(), Path::new(path)).code(0);
            assert!(ended.stdout.starts_with("step,wall_time"), "{ended:?}");
            assert_eq!(ended.stdout.lines().count(), 51, "{ended:?}");
        }
        // A file that the shell appends to.
        let elsewhere = tempfile::tempdir().unwrap();
        let log = write(elsewhere.path(), "appended.csv", "before\n");
        let append = fs::OpenOptions::new().append(true).open(&log).unwrap();
        let mut command = trainscape();
        command.arg("series").arg(folder.path());
        command.args(["--key", "train/loss", "-o", "/dev/stdout"]);
        let ended = command.stdout(append).output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        let text = fs::read_to_string(&log).unwrap();
        assert!(text.starts_with("before\nstep,wall_time"), "{text}");
        // A reader that has gone.
        let mut child = trainscape();
        child.arg("series").arg(folder.path());
        child.args(["--key", "train/loss", "-o", "/dev/stdout"]);
        let mut child = child
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }

    #[test]
    fn a_link_and_the_permissions_of_an_output_stay() {
        let folder = folder();
        write(folder.path(), "metrics.jsonl", metrics_jsonl(50, 0.003));
        let out = tempfile::tempdir().unwrap();
        let at = |name: &str| out.path().join(name);
        fs::write(at("private.csv"), "old").unwrap();
        fs::set_permissions(at("private.csv"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink("private.csv", at("link.csv")).unwrap();
        let ended = series(folder.path(), &at("link.csv"));
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(at("link.csv").is_symlink());
        assert!(
            fs::read_to_string(at("private.csv"))
                .unwrap()
                .starts_with("step,")
        );
        let mode = fs::metadata(at("private.csv"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn names_that_are_no_text_are_told_as_best_they_can_be() {
        let folder = folder();
        let odd = folder.path().join(OsStr::from_bytes(b"bad\xffname"));
        fs::create_dir(&odd).unwrap();
        write(&odd, "metrics.jsonl", metrics_jsonl(50, 0.003));
        let ended = run([
            "inspect".as_ref(),
            folder.path().as_os_str(),
            "--json".as_ref(),
        ]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        let path = json["runs"][0]["path"].as_str().unwrap();
        assert!(path.ends_with("bad\u{fffd}name"), "{path}");

        let catalog = folder.path().join("catalog");
        let build = || {
            let mut build = trainscape();
            build.args(["catalog", "build", "-o"]).arg(&catalog);
            run_command(build.arg(folder.path())).code(0)
        };
        build();
        assert!(build().stdout.contains("1 log unchanged"));
        let ended = run(["inspect".as_ref(), catalog.as_os_str()]).code(0);
        assert!(ended.stdout.contains("bad\u{fffd}name"), "{ended:?}");
        fs::remove_dir_all(&catalog).unwrap();

        let figure = folder.path().join(OsStr::from_bytes(b"o\xff.png"));
        let mut render = trainscape();
        render
            .arg("render")
            .arg(&odd)
            .args(["--view", "loss-surface", "--adapter", "cpu"]);
        render
            .args(["--size", "200x150", "--json", "-o"])
            .arg(&figure);
        let ended = render.output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert!(figure.exists());
        let json: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        let out = json["out"][0].as_str().unwrap();
        assert!(out.ends_with("o\u{fffd}.png"), "{out}");
    }
}

#[test]
fn the_recorder_is_one_file_that_imports_nothing_of_the_package() {
    let folder = folder();
    let path = folder.path().join("recorder.py");
    let ended = run(["recorder".as_ref(), "-o".as_ref(), path.as_os_str()]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(run(["recorder"]).stdout, text);
    assert_eq!(text.matches("from __future__ import").count(), 1);
    let imports =
        |line: &&str| line.starts_with("from trainscape") || line.starts_with("import trainscape");
    assert_eq!(text.lines().find(imports), None);
    // Names of the top level are unique, or a later module would replace those of an earlier one.
    let mut names: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("def ")
                .or_else(|| line.strip_prefix("class "))
        })
        .filter_map(|line| line.split(['(', ':']).next())
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(count > 30 && names.len() == count, "{names:?}");
}
