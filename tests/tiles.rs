//! Pictures that are drawn in tiles: without seams, whatever the tiles' size.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/figures.rs"]
mod figures;

use figures::{demo, renderer};
use trainscape_export::raster::in_tiles;
use trainscape_gpu::{Background, BlockingProjector, Projections};
use trainscape_scene::{
    Scene,
    figure::{Figure, FigureSpec},
};
use trainscape_views::{ViewKind, ViewSettings};

/// A surface with contours and points, translucent or not, of the demo run.
fn scene(opacity: f64) -> Scene {
    let view = ViewKind::named("loss-surface");
    let mut settings = ViewSettings::default();
    view.set(&mut settings, "opacity", opacity).unwrap();
    let projector = BlockingProjector::new(Projections::fastest(None), &|_| true);
    view.build(&demo().runs, &settings, &projector).unwrap()
}

fn pixels(scene: &Scene, size_in_pixel: [u32; 2], tile_in_pixel: u32) -> Vec<u8> {
    let renderer = renderer();
    let figure = Figure::lay_out(scene, &FigureSpec::new([256.0, 192.0]));
    let on_gpu = renderer.upload(scene).unwrap();
    let background = Background::Theme;
    in_tiles(
        renderer,
        &on_gpu,
        &figure,
        size_in_pixel,
        background,
        tile_in_pixel,
    )
    .unwrap()
}

#[test]
fn all_tilings_give_the_same_picture() {
    for opacity in [1.0, 0.6] {
        let scene = scene(opacity);
        let whole = pixels(&scene, [600, 450], 600);
        assert!(whole.chunks_exact(4).any(|pixel| pixel != &whole[..4]));
        for tile in [256, 100, 170] {
            let tiled = pixels(&scene, [600, 450], tile);
            let pairs = whole.iter().zip(&tiled);
            let differing = pairs.filter(|(a, b)| a != b).count();
            // A corner is rounded within a tile, so a sample on an edge may change sides; a seam is a whole row.
            assert!(
                differing * 100_000 <= whole.len(),
                "{differing} bytes differ in tiles of {tile} at opacity {opacity}"
            );
            if tile == 256 {
                assert_eq!(differing, 0, "tiles of {tile} at opacity {opacity}");
            }
        }
    }
}

#[test]
fn a_tiled_picture_made_smaller_is_the_smaller_picture() {
    let mut spec = scene(1.0);
    // Lines have at least the width of a pixel, which is less of a larger picture.
    spec.paths.clear();
    let (small, factor) = ([320_u32, 240_u32], 4_u32);
    let expected = pixels(&spec, small, 320);
    let large = pixels(&spec, small.map(|side| side * factor), 300);
    let mut difference = 0.0;
    for y in 0..small[1] {
        for x in 0..small[0] {
            for channel in 0..3 {
                let mut sum = 0_u32;
                for dy in 0..factor {
                    for dx in 0..factor {
                        let at = (y * factor + dy) * small[0] * factor + x * factor + dx;
                        sum += u32::from(large[(4 * at + channel) as usize]);
                    }
                }
                let mean = f64::from(sum) / f64::from(factor * factor);
                let at = (4 * (y * small[0] + x) + channel) as usize;
                difference += (mean - f64::from(expected[at])).abs();
            }
        }
    }
    let mean = difference / f64::from(3 * small[0] * small[1]);
    assert!(mean < 1.5, "the mean difference is {mean:.2} of 255");
}
