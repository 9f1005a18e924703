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

#[test]
fn an_embedding_of_more_rows_than_memory_holds_is_refused() {
    const ROWS: usize = 7_000_000;
    let folder = folder();
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({ROWS}, 512), }}");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(118_u16.to_le_bytes());
    bytes.extend(format!("{header:<117}\n").bytes());
    let len = bytes.len() as u64 + ROWS as u64 * 512 * 4;
    let path = write(folder.path(), "embeddings.npy", bytes);
    fs::File::options()
        .append(true)
        .open(&path)
        .unwrap()
        .set_len(len)
        .unwrap();
    let picture = folder.path().join("x.png");
    let arguments = ["render", "--view", "embedding", "-o"].map(Path::new);
    let ended = soon(&[&arguments[..], &[&picture, folder.path()]].concat());
    assert_ne!(ended.code, 0);
    assert!(
        ended
            .stderr
            .contains("7,000,000 rows, of which at most 4,000,000 can be drawn"),
        "{ended:?}"
    );
}
