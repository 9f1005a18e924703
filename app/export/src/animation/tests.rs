use std::{fs, io::Cursor, path::Path};

use super::*;
use crate::{
    animation::{frames::numbered, gif::delay_in_hundredths},
    raster::Raster,
};

const SIZE: [u32; 2] = [16, 10];

fn spec(frames: u32) -> AnimationSpec {
    AnimationSpec {
        size_in_pixel: SIZE,
        frames_per_second: 15,
        frames,
        dots_per_inch: 72.0,
        is_transparent: false,
    }
}

/// A bright column that moves over a dark ground.
fn frame(index: u32) -> Raster {
    let [width, height] = SIZE;
    let pixels = (0..width * height).flat_map(|at| match at % width == index {
        true => [250, 240, 10, 255],
        false => [10, 20, 60, 255],
    });
    Raster {
        size_in_pixel: SIZE,
        rgba: pixels.collect(),
    }
}

fn write(path: &Path, frames: u32) {
    let format = animation_format_of(path).unwrap();
    let mut writer = format.begin(spec(frames), path).unwrap();
    for index in 0..frames {
        writer.add(&frame(index)).unwrap();
    }
    assert!(!path.exists());
    writer.finish().unwrap();
}

#[test]
fn a_gif_plays_the_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turn.gif");
    write(&path, 5);
    let mut options = ::gif::DecodeOptions::new();
    options.set_color_output(::gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(fs::File::open(&path).unwrap()).unwrap();
    let mut canvas = frame(99).rgba;
    let mut hundredths = 0;
    let mut count = 0;
    while let Some(part) = decoder.read_next_frame().unwrap() {
        hundredths += u32::from(part.delay);
        let (pixels, _) = part.buffer.as_chunks::<4>();
        let (canvas_pixels, _) = canvas.as_chunks_mut::<4>();
        for (pixel, shown) in pixels.iter().zip(canvas_pixels) {
            if pixel[3] > 0 {
                *shown = *pixel;
            }
        }
        let expected = frame(count).rgba;
        let difference = canvas
            .iter()
            .zip(&expected)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(difference < Some(8), "frame {count}: {difference:?}");
        count += 1;
    }
    assert_eq!((count, hundredths), (5, 33));
}

#[test]
fn an_animated_png_plays_the_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turn.apng");
    write(&path, 4);
    let bytes = fs::read(&path).unwrap();
    let mut reader = png::Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
    let control = *reader.info().animation_control().unwrap();
    assert_eq!((control.num_frames, control.num_plays), (4, 0));
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    for index in 0..4 {
        reader.next_frame(&mut pixels).unwrap();
        let timing = reader.info().frame_control().unwrap();
        assert_eq!((timing.delay_num, timing.delay_den), (1, 15));
        let expected = frame(index).rgba;
        let expected: Vec<u8> = expected
            .chunks(4)
            .flat_map(|pixel| &pixel[..3])
            .copied()
            .collect();
        assert_eq!(pixels, expected, "frame {index}");
    }
}

#[test]
fn frames_are_numbered_in_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turn-%03d.png");
    let format = animation_format_of(&path).unwrap();
    let mut writer = format.begin(spec(2), &path).unwrap();
    (0..2).for_each(|index| writer.add(&frame(index)).unwrap());
    writer.finish().unwrap();
    for name in ["turn-000.png", "turn-001.png"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    let name =
        |pattern: &str| numbered(Path::new(pattern), 7).map(|path| path.display().to_string());
    assert_eq!(name("a/f%d.png").as_deref(), Some("a/f7.png"));
    assert_eq!(name("f%04d.PNG").as_deref(), Some("f0007.PNG"));
    for other in ["f.png", "f%04d.gif", "f%s.png", "100%.png", "f%099d.png"] {
        assert_eq!(name(other), None, "{other}");
    }
}

#[test]
fn an_animation_that_is_not_finished_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["turn.gif", "turn.apng"] {
        let path = folder.path().join(name);
        let format = animation_format_of(&path).unwrap();
        let mut writer = format.begin(spec(3), &path).unwrap();
        writer.add(&frame(0)).unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn what_a_format_cannot_do_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |name: &str, spec: AnimationSpec| {
        let path = folder.path().join(name);
        let begun = animation_format_of(&path).unwrap().begin(spec, &path);
        begun.err().unwrap().to_string()
    };
    let transparent = AnimationSpec {
        is_transparent: true,
        ..spec(2)
    };
    assert!(fails("turn.mp4", transparent).contains("no transparency"));
    let wide = AnimationSpec {
        size_in_pixel: [70_000, 10],
        ..spec(2)
    };
    assert!(fails("turn.gif", wide).contains("at most 65535 pixels"));
    assert!(fails("no-such-folder/turn.gif", spec(2)).contains("no-such-folder"));
    assert!(animation_format_of(Path::new("figure.png")).is_none());
}

#[test]
fn the_durations_of_frames_add_up() {
    for rate in [1, 7, 15, 24, 25, 30, 60] {
        let sum: u32 = (0..rate * 3)
            .map(|frame| u32::from(delay_in_hundredths(frame, rate)))
            .sum();
        assert_eq!(sum, 300, "{rate}");
    }
}
