//! Paths that are no files, and rows and arrays at the edge of what a file says: a sentence each, and soon.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use crate::support::{
    Ended,
    logs::{folder, write},
    run,
};

/// Runs a command that must not wait for anything.
#[track_caller]
fn soon(arguments: &[&Path]) -> Ended {
    let begun = Instant::now();
    let ended = run(arguments.iter().map(|argument| argument.as_os_str()));
    assert!(begun.elapsed() < Duration::from_secs(20), "{ended:?}");
    ended.check();
    ended
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_devices_sockets_and_files_of_the_kernel_are_refused_without_opening_them() {
    let folder = folder();
    let out = folder.path().join("y.npy");
    let pipe = |name: &str| {
        let path = folder.path().join(name);
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    };
    let (log, array) = (pipe("metrics.jsonl"), pipe("x.npy"));
    for path in [
        &log,
        &array,
        Path::new("/dev/zero"),
        Path::new("/proc/self/environ"),
    ] {
        for arguments in [
            &[Path::new("inspect"), path] as &[&Path],
            &["series".as_ref(), path, "--key".as_ref(), "loss".as_ref()],
        ] {
            let ended = soon(arguments);
            assert_eq!(ended.code, 1, "{ended:?}");
            assert!(
                ended.stderr.contains("cannot be read: it is a"),
                "{ended:?}"
            );
        }
    }
    let pca = ["compute", "pca"].map(Path::new);
    let ended = soon(&[pca[0], pca[1], &array, "-o".as_ref(), &out]);
    assert!(
        ended.code == 1 && ended.stderr.contains("named pipe"),
        "{ended:?}"
    );
    let interpolate = [
        "compute",
        "interpolate",
        "--grid",
        "8x8",
        "--method",
        "linear",
        "-o",
    ];
    let mut arguments: Vec<&Path> = interpolate.iter().map(Path::new).collect();
    arguments.extend([out.as_path(), &log]);
    let ended = soon(&arguments);
    assert!(
        ended.code == 1 && ended.stderr.contains("named pipe"),
        "{ended:?}"
    );

    // Found in a folder, beside a log; also as configuration and labels.
    pipe("config.yaml");
    pipe("x.labels.txt");
    std::os::unix::fs::symlink("loop.jsonl", folder.path().join("loop.jsonl")).unwrap();
    write(folder.path(), "ok.csv", "step,loss\n0,2\n1,1\n");
    let ended = soon(&["inspect".as_ref(), folder.path()]);
    assert_eq!(ended.code, 3, "{ended:?}");
    for name in ["metrics.jsonl", "x.npy", "loop.jsonl"] {
        assert!(ended.stderr.contains(name), "no {name} in {ended:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn views_that_are_no_file_are_told_apart_from_views_that_are_not_there() {
    let folder = folder();
    let log = write(folder.path(), "ok.csv", "step,loss\n0,2\n1,1\n");
    let pipe = folder.path().join("views.fifo");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for (path, why) in [
        (pipe.as_path(), "it is a pipe or a device"),
        (Path::new("/dev/null"), "it is a pipe or a device"),
        (folder.path(), "it is a folder"),
        (&folder.path().join("none.toml"), "the file does not exist"),
    ] {
        let ended = soon(&["inspect".as_ref(), &log, "--views".as_ref(), path]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains(why), "{ended:?}");
    }
}

#[test]
fn a_series_that_is_not_found_is_told_with_what_was_not_read() {
    let folder = folder();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    write(folder.path(), "metrics.jsonl", pointer);
    write(folder.path(), "other.csv", "step,accuracy\n0,2\n1,1\n");
    let key = ["--key", "loss"].map(Path::new);
    let ended = soon(&["series".as_ref(), folder.path(), key[0], key[1]]);
    assert_eq!(ended.code, 1, "{ended:?}");
    for part in ["no run has a series `loss`", "metrics.jsonl", "Git LFS"] {
        assert!(ended.stderr.contains(part), "no {part} in {ended:?}");
    }
}

#[test]
fn case_sec_14_a_row_that_may_grow_is_told_and_one_that_rests_is_not() {
    let folder = folder();
    let path = write(folder.path(), "metrics.csv", "step,loss\n0,1\n1,2");
    let arguments = [
        Path::new("series"),
        folder.path(),
        "--key".as_ref(),
        "loss".as_ref(),
    ];
    let ended = soon(&arguments);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(
        ended.stderr.contains("its last number may still grow"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("1,,2\n"), "{ended:?}");
    // Its writer leaves out the last line end.
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(hour_ago).unwrap();
    let ended = soon(&arguments);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    (&file).write_all(b"5.5\n").unwrap();
    let ended = soon(&arguments);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("1,,25.5\n"), "{ended:?}");
}

#[test]
fn case_sec_06_the_matrices_of_a_mixture_of_experts_are_listed_soon() {
    const MATRICES: usize = 18_432;
    let folder = folder();
    let entries: Vec<String> = (0..MATRICES)
        .map(|at| {
            let (layer, expert) = (at / 384, at / 3 % 128);
            let part = ["gate", "up", "down"][at % 3];
            let name = format!("model.layers.{layer}.mlp.experts.{expert}.{part}_proj.weight");
            let (from, to) = (at * 16, at * 16 + 16);
            format!(r#""{name}":{{"dtype":"F32","shape":[2,2],"data_offsets":[{from},{to}]}}"#)
        })
        .collect();
    let header = format!("{{{}}}", entries.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + MATRICES * 16, 0);
    write(folder.path(), "model.safetensors", bytes);
    let ended = soon(&["inspect".as_ref(), folder.path(), "--json".as_ref()]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let tensors = &ended.json()["runs"][0]["tensors"];
    assert_eq!(tensors.as_array().unwrap().len(), MATRICES);
}

/// An array of zeros without any blocks on the disk.
fn sparse(folder: &Path, name: &str, dtype: &str, shape: &[u64]) {
    let lens: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let shape_text = lens.join(", ");
    let header =
        format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape_text}), }}");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(118_u16.to_le_bytes());
    bytes.extend(format!("{header:<117}\n").bytes());
    let item: u64 = dtype[2..].parse().unwrap();
    let len = bytes.len() as u64 + shape.iter().product::<u64>() * item;
    let path = write(folder, name, bytes);
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_len(len).unwrap();
}

/// A view of one array that would take more memory than there is: it is refused without taking it.
#[track_caller]
fn refused(name: &str, dtype: &str, shape: &[u64], view: &str, message: &str) {
    let folder = folder();
    sparse(folder.path(), name, dtype, shape);
    let picture = folder.path().join("x.png");
    let arguments = ["render", "--adapter=cpu", "--view", view, "-o"].map(Path::new);
    let ended = soon(&[&arguments[..], &[&picture, folder.path()]].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains(message), "{ended:?}");
}

#[test]
fn an_embedding_of_more_rows_than_memory_holds_is_refused() {
    let message = "7,000,000 rows, of which at most 4,000,000 can be drawn";
    refused(
        "embeddings.npy",
        "<f4",
        &[7_000_000, 512],
        "embedding",
        message,
    );
    let message = "300,000,000 numbers in each row, and a row can have at most 4,000,000";
    refused(
        "embeddings.npy",
        "|u1",
        &[4, 300_000_000],
        "embedding",
        message,
    );
}

#[test]
fn attention_of_more_weights_than_memory_holds_is_refused() {
    let message = "`attention` is too large: matrices of 40,000 x 40,000 weights";
    refused(
        "attention.npy",
        "|u1",
        &[1, 1, 40_000, 40_000],
        "attention",
        message,
    );
    let message = "weights, 90,000,000 of them";
    refused(
        "attention.npy",
        "|u1",
        &[1, 90_000_000, 2, 2],
        "attention",
        message,
    );
}

#[test]
fn a_landscape_of_more_nodes_than_memory_holds_is_refused() {
    let message = "`loss_landscape` has 16,000,000 values, of which at most 4,194,304 can be drawn";
    refused(
        "loss_landscape.npy",
        "<f4",
        &[4000, 4000],
        "loss-landscape",
        message,
    );
}
