//! PDF files, read by Poppler.

use std::{fs, path::Path, process::Command};

use crate::support::{
    logs::{folder, run as write_run},
    run_command, trainscape,
};

/// The output of one of Poppler's programs.
fn poppler(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{program}: {error}; install poppler-utils, as `cargo xtask test` does")
    });
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn pixels(path: &Path) -> (u32, u32, Vec<u8>) {
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, pixels)
}

#[test]
fn a_page_has_real_text_its_fonts_and_the_look_of_the_picture() {
    let folder = folder();
    let run = write_run(folder.path(), "run", 30);
    let at = |name: &str| folder.path().join(name);
    let (png, pdf, drawn) = (at("a.png"), at("a.pdf"), at("drawn.png"));
    let mut command = trainscape();
    command
        .args([
            "render",
            "--adapter",
            "cpu",
            "--json",
            "--view=loss-surface",
        ])
        .args(["--width=120mm", "--dpi=150", "-o"])
        .arg(&png)
        .arg("-o")
        .arg(&pdf)
        .arg(&run);
    let metadata = run_command(&mut command).code(0).json();
    let path = pdf.to_str().unwrap();

    let fonts = poppler("pdffonts", &[path]);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!rows.is_empty(), "{fonts}");
    for row in rows {
        let words: Vec<&str> = row.split_whitespace().collect();
        let subset = words[0]
            .split_once('+')
            .is_some_and(|(tag, name)| tag.len() == 6 && name.starts_with("Inter"));
        assert!(subset, "a subset of an embedded font: {row}");
        // name, type, encoding, emb, sub, uni, object ID
        let flags = &words[words.len() - 5..words.len() - 2];
        assert_eq!(flags, ["yes", "yes", "yes"], "{row}");
    }

    let text = poppler("pdftotext", &[path, "-"]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let caption = metadata["caption"].as_str().unwrap();
    let text = words.join(" ");
    let first_words: Vec<&str> = caption.split_whitespace().take(4).collect();
    assert!(text.contains(&first_words.join(" ")), "{caption}: {text}");
    assert!(words.contains(&"Step") || words.contains(&"step"), "{text}");

    let stem = drawn.with_extension("");
    let stem = stem.to_str().unwrap();
    poppler(
        "pdftoppm",
        &["-png", "-r", "150", "-singlefile", path, stem],
    );
    let (ours, theirs) = (pixels(&png), pixels(&drawn));
    assert!(ours.0.abs_diff(theirs.0) <= 1 && ours.1.abs_diff(theirs.1) <= 1);
    let (width, height) = (ours.0.min(theirs.0) as usize, ours.1.min(theirs.1) as usize);
    let mut difference = 0;
    for y in 0..height {
        let row = |(row_width, _, pixels): &(u32, u32, Vec<u8>)| {
            let at = 3 * y * *row_width as usize;
            pixels[at..at + 3 * width].to_vec()
        };
        let pairs = row(&ours).into_iter().zip(row(&theirs));
        difference += pairs.map(|(a, b)| u64::from(a.abs_diff(b))).sum::<u64>();
    }
    let mean = difference as f64 / (3 * width * height) as f64;
    assert!(mean < 3.0, "the mean difference is {mean:.2} of 255");
}
