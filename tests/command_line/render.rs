//! `render` and `export`: sizes, metadata, and atomic writing of files.

use std::{ffi::OsStr, fs, path::Path};

use serde_json::Value;

use crate::support::{
    logs::{folder, run as write_run, sweep, write},
    run, run_command, trainscape,
};

/// Chunks of a PNG: type and data.
fn chunks(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let (mut at, mut chunks) = (8, Vec::new());
    while at < bytes.len() {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let name = String::from_utf8(bytes[at + 4..at + 8].to_vec()).unwrap();
        chunks.push((name, bytes[at + 8..at + 8 + length].to_vec()));
        at += length + 12;
    }
    chunks
}

/// Width, height and pixels per metre.
fn size_of(path: &Path) -> [u32; 3] {
    let chunks = chunks(&fs::read(path).unwrap());
    let find = |name: &str| &chunks.iter().find(|(found, _)| found == name).unwrap().1;
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().unwrap());
    let (header, dots) = (find("IHDR"), find("pHYs"));
    assert_eq!(dots[8], 1, "per metre");
    assert_eq!(dots[..4], dots[4..8]);
    [number(header), number(&header[4..]), number(dots)]
}

fn render(path: &Path, out: &Path, arguments: &[&str]) -> Value {
    let mut command = trainscape();
    command
        .arg("render")
        .arg(path)
        .args(["--adapter", "cpu", "--json", "-o"])
        .arg(out);
    run_command(command.args(arguments)).code(0).json()
}

#[test]
fn a_picture_has_the_requested_size() {
    let folder = folder();
    let path = write_run(folder.path(), "run", 30);
    let out = folder.path().join("figure.png");
    let view = ["--view", "loss-surface"];
    for (size, wanted) in [
        (&["--size", "320x200"][..], [320, 200, 7874]),
        (&["--size", "320x200", "--dpi", "100"], [320, 200, 3937]),
        // 89 mm at 300 dots per inch, with an aspect ratio of 4:3.
        (&["--width", "89mm", "--dpi", "300"], [1051, 788, 11811]),
        (
            &["--width", "2in", "--height", "1in", "--dpi", "150"],
            [300, 150, 5906],
        ),
    ] {
        let metadata = render(&path, &out, &[&view[..], size].concat());
        assert_eq!(size_of(&out), wanted, "{size:?}");
        assert_eq!(metadata["size"], serde_json::json!([wanted[0], wanted[1]]));
    }
}

#[test]
fn the_json_describes_the_figure() {
    let folder = folder();
    let path = sweep(folder.path(), &[0.0003, 0.001, 0.003, 0.01], 25);
    let out = folder.path().join("figure.png");
    for (view, role) in [
        ("loss-surface", "loss"),
        ("gradient-flow", "layer_gradient_norm"),
    ] {
        let metadata = render(&path, &out, &["--view", view, "--size", "320x240"]);
        assert_eq!(metadata["view"], view);
        assert!(!metadata["adapter"].as_str().unwrap().is_empty());
        assert!(metadata["points"].as_u64().unwrap() >= 25, "{metadata}");
        assert!(metadata["triangles"].as_u64().unwrap() > 100, "{metadata}");
        assert_eq!(metadata["out"], serde_json::json!([out]));
        assert!(
            metadata["keys"][role].is_string(),
            "the key of the {role}: {metadata}"
        );
        for lap in ["open", "view", "compute", "draw", "encode", "total"] {
            assert!(
                metadata["ms"][lap].as_f64().unwrap() >= 0.0,
                "{lap}: {metadata}"
            );
        }
        let caption = metadata["caption"].as_str().unwrap();
        assert!(
            caption.contains(
                metadata["keys"][role]
                    .as_str()
                    .unwrap()
                    .trim_end_matches('…')
            ),
            "{caption}"
        );
    }
}

#[test]
fn the_picture_has_its_title_and_caption_as_metadata() {
    let folder = folder();
    let path = write_run(folder.path(), "run", 30);
    let out = folder.path().join("figure.png");
    let metadata = render(
        &path,
        &out,
        &["--view", "loss-surface", "--size", "320x240"],
    );
    let texts: Vec<String> = chunks(&fs::read(&out).unwrap())
        .into_iter()
        .filter(|(name, _)| name == "iTXt")
        .map(|(_, data)| String::from_utf8(data).unwrap())
        .collect();
    let caption = metadata["caption"].as_str().unwrap();
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("Description") && text.ends_with(caption)),
        "{texts:?}"
    );
    assert!(
        texts.iter().any(|text| text.starts_with("Title")),
        "{texts:?}"
    );
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let folder = folder();
    let path = sweep(folder.path(), &[0.001, 0.003, 0.01], 25);
    for view in ["loss-surface", "gradient-flow"] {
        let [first, second] = ["a", "b"].map(|name| {
            let [png, svg, glb] =
                ["png", "svg", "glb"].map(|ending| folder.path().join(format!("{name}.{ending}")));
            render(
                &path,
                &png,
                &[
                    "--view",
                    view,
                    "--size",
                    "400x300",
                    "-o",
                    svg.to_str().unwrap(),
                ],
            );
            let mut export = trainscape();
            export
                .arg("export")
                .arg(&path)
                .args(["--view", view, "--adapter", "cpu", "-o"])
                .arg(&glb);
            run_command(&mut export).code(0);
            [png, svg, glb].map(|path| fs::read(path).unwrap())
        });
        assert!(first == second, "{view}");
    }
}

#[test]
fn themes_transparency_and_the_camera_change_the_picture() {
    let folder = folder();
    let path = write_run(folder.path(), "run", 30);
    let mut pictures = Vec::new();
    for (index, arguments) in [
        &[][..],
        &["--theme", "light"],
        &["--theme", "dark"],
        &["--transparent"],
        &["--camera=-20,60,1.2"],
        &["--orthographic"],
        &["--steps", "0..15"],
        &["--colours", "cividis"],
        &["--no-caption"],
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.path().join(format!("{index}.png"));
        render(
            &path,
            &out,
            &[&["--view", "loss-surface", "--size", "200x150"], arguments].concat(),
        );
        let bytes = fs::read(out).unwrap();
        assert!(!pictures.contains(&bytes), "{arguments:?} changes nothing");
        pictures.push(bytes);
    }
}

#[test]
fn svg_keeps_its_text() {
    let folder = folder();
    let path = write_run(folder.path(), "run", 30);
    let out = folder.path().join("figure.svg");
    let metadata = render(&path, &out, &["--view", "loss-surface", "--width", "89mm"]);
    let text = fs::read_to_string(&out).unwrap();
    assert!(
        text.contains("<text") && text.contains("train/loss"),
        "real text"
    );
    assert!(metadata["caption"].as_str().unwrap().contains("train/loss"));
}

#[test]
fn lines_in_depth_are_vectors_and_surfaces_a_picture() {
    let folder = folder();
    let word = |at: u32| {
        format!(
            "w{at} {} {} {} {}\n",
            at * 7 % 5,
            at * 3 % 7,
            at % 4,
            at * 5 % 9
        )
    };
    let words: String = (0..20).map(word).collect();
    let path = write(folder.path(), "run/words.vec", format!("20 4\n{words}"));
    let out = folder.path().join("figure.svg");
    let parts = |layer: &str| {
        let layer = format!("--data-layer={layer}");
        render(&path, &out, &["--view", "embedding", layer.as_str()]);
        let text = fs::read_to_string(&out).unwrap();
        ["<image", "<circle"].map(|part| text.matches(part).count())
    };
    assert_eq!(["auto", "vector"].map(parts), [[0, 20]; 2]);
    assert_eq!(parts("picture"), [1, 0]);

    let demo = "render --view loss-landscape --data-layer vector -o";
    let words = demo.split(' ').map(OsStr::new);
    let end = run(words.chain([out.as_os_str()])).code(1);
    assert!(
        end.stderr
            .contains("the data cannot be drawn as vectors: it has surfaces"),
        "{}",
        end.stderr
    );
}

/// The names in a folder.
fn listing(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_failure_keeps_the_existing_file() {
    let folder = folder();
    let run_path = write_run(folder.path(), "run", 30);
    let nothing = write(folder.path(), "other/metrics.csv", "step,seconds\n0,1\n");
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    for (command, name) in [
        ("render", "figure.png"),
        ("render", "figure.svg"),
        ("export", "figure.glb"),
    ] {
        let file = out.join(name);
        fs::write(&file, "earlier").unwrap();
        let end = run([
            command.as_ref(),
            nothing.as_os_str(),
            "--view".as_ref(),
            "loss-surface".as_ref(),
            "-o".as_ref(),
            file.as_os_str(),
        ]);
        end.code(1);
        assert_eq!(fs::read(&file).unwrap(), b"earlier");
        // A success replaces it and leaves no temporary file.
        let end = run([
            command.as_ref(),
            run_path.as_os_str(),
            "--view".as_ref(),
            "loss-surface".as_ref(),
            "-o".as_ref(),
            file.as_os_str(),
        ]);
        end.code(0);
        assert_ne!(fs::read(&file).unwrap(), b"earlier");
        fs::remove_file(&file).unwrap();
        assert_eq!(listing(&out), Vec::<String>::new());
    }
}

#[test]
fn an_unwritable_path_is_reported() {
    let folder = folder();
    let path = write_run(folder.path(), "run", 10);
    let out = folder.path().join("no/such/folder/figure.png");
    let end = run([
        "render".as_ref(),
        path.as_os_str(),
        "--view".as_ref(),
        "loss-surface".as_ref(),
        "-o".as_ref(),
        out.as_os_str(),
    ]);
    let end = end.code(1);
    assert!(end.stderr.contains("no/such/folder/figure.png"), "{end:?}");
}

#[test]
fn without_a_path_the_demo_run_is_drawn() {
    let folder = folder();
    let out = folder.path().join("figure.png");
    let arguments = [
        "render",
        "--view",
        "loss-surface",
        "--runs",
        "sweep/*",
        "--adapter",
        "cpu",
        "--json",
    ];
    let mut command = trainscape();
    let metadata = run_command(
        command
            .args(arguments)
            .args(["--size", "320x240", "-o"])
            .arg(&out),
    )
    .code(0);
    assert!(
        metadata.json()["points"].as_u64().unwrap() >= 4800,
        "{metadata:?}"
    );
}

#[test]
fn without_a_view_the_first_available_one_is_drawn() {
    let folder = folder();
    let path = write_run(folder.path(), "run", 30);
    let out = folder.path().join("figure.png");
    let metadata = render(&path, &out, &["--size", "160x120"]);
    assert_eq!(metadata["view"], "loss-surface");
    assert!(out.exists());
}
