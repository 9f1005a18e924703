//! Figure files, presets and the metadata of PNG: the same figure from each of them.

use std::{fs, path::Path};

use crate::support::{
    Ended,
    logs::{folder, run as write_run, write},
    run_command, trainscape,
};

fn render(arguments: &[&str]) -> Ended {
    let mut command = trainscape();
    run_command(
        command
            .args(["render", "--adapter", "cpu", "--quiet"])
            .args(arguments),
    )
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_figure_is_made_again_from_its_file_and_from_its_picture() {
    let folder = folder();
    let run = write_run(folder.path(), "run", 30);
    let [first, second, third, toml] =
        ["1.png", "2.png", "3.png", "figure.toml"].map(|name| folder.path().join(name));
    render(&[
        text(&run),
        "--view=loss-surface",
        "--camera=-30.1,20,1,5",
        "--smooth=3",
        "--range=z=..9",
        "--steps=2..",
        "--theme=dark",
        "--size=320x240",
        "--dpi=91.7",
        "--font-size=4.4",
        "--no-grid",
        "-o",
        text(&first),
        "--save",
        text(&toml),
    ])
    .code(0);
    let saved = fs::read_to_string(&toml).unwrap();
    assert!(saved.contains("inputs = [\"run\"]"), "{saved}");
    assert!(saved.contains("smooth = 3"), "{saved}");
    render(&[text(&toml), "-o", text(&second)]).code(0);
    render(&["--from", text(&first), "-o", text(&third)]).code(0);
    let bytes = fs::read(&first).unwrap();
    assert!(bytes == fs::read(&second).unwrap(), "from the figure file");
    assert!(bytes == fs::read(&third).unwrap(), "from the picture");
    // A flag changes what the file says.
    render(&[text(&toml), "--theme=paper", "-o", text(&second)]).code(0);
    assert!(bytes != fs::read(&second).unwrap());
}

#[test]
fn a_wrong_ending_is_found_before_anything_is_drawn() {
    let folder = folder();
    let run = write_run(folder.path(), "run", 20);
    let picture = write(folder.path(), "a.png", "the picture before");
    let toml = folder.path().join("figure.txt");
    let out = ["-o", text(&picture), "--save", text(&toml)];
    let ended = render(&[&[text(&run), "--size=160x120"], &out[..]].concat()).code(2);
    assert!(ended.stderr.contains("end the name in .toml"), "{ended:?}");
    assert_eq!(fs::read(&picture).unwrap(), b"the picture before");
    assert!(!toml.exists());
}

#[test]
fn the_folder_of_a_figure_file_can_be_moved() {
    let folder = folder();
    let before = folder.path().join("before");
    fs::create_dir(&before).unwrap();
    let run = write_run(&before, "run", 20);
    let toml = before.join("figure.toml");
    render(&[text(&run), "--view=loss-surface", "--save", text(&toml)]).code(0);
    let after = folder.path().join("after");
    fs::rename(&before, &after).unwrap();
    let out = folder.path().join("a.png");
    render(&[
        text(&after.join("figure.toml")),
        "--size=160x120",
        "-o",
        text(&out),
    ])
    .code(0);
    assert!(out.exists());
}

#[test]
fn a_bad_figure_file_is_reported_in_one_sentence() {
    let folder = folder();
    let out = folder.path().join("a.png");
    let toml = folder.path().join("bad.toml");
    let page = "[page]\nsize = [64, 48]\ndpi = 100\n";
    let head = "figure = 1\nview = \"loss-surface\"\ninputs = []\n";
    for (content, wanted) in [
        (String::new(), "it is not a figure file"),
        (format!("figure = 9\n{page}"), "figure file of version 9"),
        (
            format!("{head}colour = 1\n{page}"),
            "unknown field `colour`",
        ),
        (
            format!("{}{page}", head.replace("[]", "[\"gone\"]")),
            "gone does not exist",
        ),
        (
            format!("{head}{page}[reading]\nroles = [\"x\"]\n"),
            "write ROLE=KEY",
        ),
        ("figure = [".to_owned(), "line 1"),
    ] {
        write(folder.path(), "bad.toml", &content);
        let ended = render(&[text(&toml), "-o", text(&out)]).code(1);
        assert!(
            ended.stderr.contains(wanted),
            "{content:?}: {}",
            ended.stderr
        );
        assert!(ended.stderr.contains("bad.toml"), "{}", ended.stderr);
        assert!(!out.exists());
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_no_figure_file() {
    let folder = folder();
    let pipe = folder.path().join("pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let ended = render(&[text(&pipe), "-o", text(&folder.path().join("a.png"))]).code(1);
    assert!(ended.stderr.contains("pipe"), "{}", ended.stderr);
}

#[test]
fn another_picture_holds_no_figure() {
    let folder = folder();
    let (other, out) = (folder.path().join("other.png"), folder.path().join("a.png"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[7]).unwrap();
    writer.finish().unwrap();
    fs::write(&other, bytes).unwrap();
    let ended = render(&["--from", text(&other), "-o", text(&out)]).code(1);
    assert!(
        ended.stderr.contains("it holds no figure"),
        "{}",
        ended.stderr
    );
    fs::write(&other, "no picture").unwrap();
    let ended = render(&["--from", text(&other), "-o", text(&out)]).code(1);
    assert!(ended.stderr.contains("it is not a PNG"), "{}", ended.stderr);
}

#[test]
fn a_preset_sets_size_and_resolution() {
    let folder = folder();
    let run = write_run(folder.path(), "run", 20);
    let out = folder.path().join("a.png");
    for (arguments, wanted) in [
        (&["--preset=nature-1"][..], [1577, 1183]),
        (&["--preset=slide"], [1920, 1080]),
        (&["--preset=ieee", "--dpi=100"], [350, 263]),
    ] {
        let arguments = [
            &[text(&run), "--view=loss-surface", "-o", text(&out)][..],
            arguments,
        ]
        .concat();
        render(&arguments).code(0);
        let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(&out).unwrap()));
        let reader = decoder.read_info().unwrap();
        let info = reader.info();
        assert_eq!([info.width, info.height], wanted, "{arguments:?}");
    }
    let ended = render(&[text(&run), "--preset=poster", "-o", text(&out)]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("nature-2"), "{}", ended.stderr);
}

#[test]
fn a_picture_larger_than_the_adapter_draws_is_refused() {
    let folder = folder();
    let run = write_run(folder.path(), "run", 20);
    let out = folder.path().join("a.png");
    let ended = render(&[
        text(&run),
        "--view=loss-surface",
        "--size=20000x15000",
        "-o",
        text(&out),
    ]);
    let ended = ended.code(1);
    assert!(
        ended.stderr.contains("choose a smaller size"),
        "{}",
        ended.stderr
    );
    assert!(!out.exists());
}
