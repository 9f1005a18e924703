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
    // Rasterisers differ at edges, so blocks of pixels are compared; a blank page has the difference `ink`.
    const BLOCK: usize = 6;
    let block = |(row_width, _, pixels): &(u32, u32, Vec<u8>), x: usize, y: usize| -> f64 {
        let rows = y * BLOCK..(y + 1) * BLOCK;
        let of_row = |row: usize| {
            let at = 3 * (row * *row_width as usize + x * BLOCK);
            let values = pixels[at..at + 3 * BLOCK].iter();
            values.map(|value| f64::from(*value)).sum::<f64>()
        };
        rows.map(of_row).sum::<f64>() / (3 * BLOCK * BLOCK) as f64
    };
    let (mut difference, mut ink) = (0.0, 0.0);
    for y in 0..height / BLOCK {
        for x in 0..width / BLOCK {
            let (a, b) = (block(&ours, x, y), block(&theirs, x, y));
            difference += (a - b).abs();
            ink += 255.0 - a;
        }
    }
    let share = difference / ink;
    assert!(share < 0.2, "{share:.3} of the ink differs");
}
