//! `summary`: figures of all views and the page that shows them.

use std::fs;

use crate::support::{
    Running,
    logs::{folder, run as write_run, sweep, write},
    run_command, trainscape,
};

#[test]
fn a_summary_has_each_view_and_a_page() {
    let folder = folder();
    let path = sweep(folder.path(), &[0.0003, 0.001, 0.003], 25);
    let out = folder.path().join("out");
    let mut command = trainscape();
    command
        .args([
            "summary",
            "--adapter",
            "cpu",
            "--size=240x180",
            "--prefix=final",
        ])
        .arg("-o")
        .arg(&out)
        .arg(&path);
    let ended = run_command(&mut command).code(0);
    assert!(
        ended
            .stderr
            .contains("Generating 3D visualizations at step "),
        "{}",
        ended.stderr
    );
    let out = out.join("final");
    for name in ["3d/loss_surface", "3d/gradient_flow"] {
        let png = fs::read(out.join(format!("{name}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        let glb = fs::read(out.join(format!("{name}.glb"))).unwrap();
        assert!(glb.starts_with(b"glTF"));
    }
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("http:") && !page.contains("https:"));
    // Each file is linked, and each link is a file.
    let mut links = 0;
    for part in page.split("href=\"").chain(page.split("src=\"")).skip(1) {
        let link = part.split('"').next().unwrap();
        if link.starts_with("3d/") {
            assert!(out.join(link).is_file(), "{link}");
            links += 1;
        }
    }
    let files = fs::read_dir(out.join("3d")).unwrap().count();
    assert!(
        links >= files && files >= 4,
        "{links} links to {files} files"
    );
}

#[test]
fn a_page_that_no_summary_wrote_stays() {
    let folder = folder();
    let run = write_run(folder.path(), "run", 20);
    let out = folder.path().join("site");
    let page = write(folder.path(), "site/index.html", "<p>mine</p>");
    let summary = || {
        let mut command = trainscape();
        let flags = ["--quiet", "--adapter=cpu", "--size=160x120", "-o"];
        command.arg("summary").args(flags).arg(&out).arg(&run);
        run_command(&mut command)
    };
    let ended = summary().code(2);
    assert!(ended.stderr.contains("no summary wrote it"), "{ended:?}");
    assert_eq!(fs::read(&page).unwrap(), b"<p>mine</p>");
    assert!(!out.join("3d").exists());
    fs::remove_file(&page).unwrap();
    // Its own page is replaced.
    summary().code(0);
    summary().code(0);
}

#[test]
fn names_in_the_page_are_escaped() {
    let folder = folder();
    let run = folder.path().join("<img src=x onerror=alert(1)>");
    fs::create_dir(&run).unwrap();
    write_run(&run, "a", 20);
    let out = folder.path().join("out");
    let mut command = trainscape();
    command
        .args([
            "summary",
            "--quiet",
            "--adapter",
            "cpu",
            "--size=160x120",
            "-o",
        ])
        .arg(&out)
        .arg(&run);
    run_command(&mut command).code(0);
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(!page.contains("<img src=x"), "{page}");
}

#[test]
fn data_without_a_view_are_an_error() {
    let folder = folder();
    write(folder.path(), "empty/notes.txt", "nothing");
    let mut command = trainscape();
    command
        .args(["summary", "--quiet", "--adapter", "cpu", "-o"])
        .arg(folder.path().join("out"))
        .arg(folder.path().join("empty"));
    let ended = run_command(&mut command);
    assert_eq!(ended.code, 1, "{ended:?}");
}

#[test]
fn a_checkpoint_summary_is_written_while_a_run_goes_on() {
    let folder = folder();
    let log = folder.path().join("log.jsonl");
    let lines = |steps: std::ops::Range<u32>| -> String {
        let line = |step| {
            format!(
                "{{\"step\": {step}, \"loss\": {}}}\n",
                1.0 / f64::from(step + 1)
            )
        };
        steps.map(line).collect()
    };
    write(folder.path(), "log.jsonl", lines(0..31));
    let out = folder.path().join("out");
    let mut running = Running::start([
        "summary".as_ref(),
        log.as_os_str(),
        "-o".as_ref(),
        out.as_os_str(),
        "--every=20".as_ref(),
        "--adapter=cpu".as_ref(),
        "--size=160x120".as_ref(),
    ]);
    let until = |running: &mut Running, wanted: &str| {
        while !running.line().contains(wanted) {}
    };
    until(&mut running, "wrote");
    assert!(out.join("step-30/index.html").is_file());
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    std::io::Write::write_all(&mut file, lines(31..46).as_bytes()).unwrap();
    until(&mut running, "wrote");
    assert!(out.join("step-45/index.html").is_file());
}
