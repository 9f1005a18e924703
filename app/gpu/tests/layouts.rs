//! The passes of t-SNE and UMAP against their CPU twins, on Mesa's software driver.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::context;
use trainscape_compute::projection::{
    Layout, Matrix, ProjectionError, Start, Tsne, Umap, scramble, tsne, umap,
};
use trainscape_gpu::{ComputePasses, shaders};

/// Rows in seven groups, in eight dimensions.
fn groups(rows: usize) -> Matrix {
    let noise = |index: u32| scramble(index) as f32 / (1_u32 << 31) as f32 - 1.0;
    let value = |at: usize| {
        let (row, column) = (at / 8, at % 8);
        4.0 * noise((8 * (row % 7) + column) as u32) + noise(1_000_000 + at as u32)
    };
    Matrix {
        columns: 8,
        values: (0..8 * rows).map(value).collect(),
    }
}

fn after(mut layout: Box<dyn Layout>, steps: u32) -> Vec<f32> {
    layout.advance(steps).unwrap();
    assert_eq!(layout.progress()[0], steps);
    layout.positions().unwrap()
}

/// The difference of coordinates that all but two in a hundred stay below, as a part of the layouts' extent.
/// Not the largest: two points that come within a thirtieth of each other separate depending on the last bit.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let widest = a
        .iter()
        .chain(b)
        .fold(0.0_f32, |widest, x| widest.max(x.abs()));
    let mut apart: Vec<f32> = a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect();
    apart.sort_by(f32::total_cmp);
    apart[apart.len() * 98 / 100] / widest
}

fn tsne_difference(passes: &ComputePasses, dims: usize, steps: u32) -> f32 {
    // More rows than fill the last workgroup, and few enough for the twin to be exact.
    let (matrix, settings) = (groups(333), Tsne::default());
    let gpu = after(passes.tsne(&matrix, dims, &settings).unwrap(), steps);
    let cpu = after(tsne::start(&matrix, dims, &settings).unwrap(), steps);
    difference(&gpu, &cpu)
}

fn umap_difference(passes: &ComputePasses, dims: usize, steps: u32) -> f32 {
    let (matrix, settings) = (groups(333), Umap::default());
    let gpu = after(passes.umap(&matrix, dims, &settings).unwrap(), steps);
    let cpu = after(umap::start(&matrix, dims, &settings).unwrap(), steps);
    difference(&gpu, &cpu)
}

#[test]
fn tsne_equals_its_twin() {
    let passes = ComputePasses::new(&context());
    for dims in 1..=3 {
        // The first steps from rest; later ones amplify what rounding makes different.
        for (steps, tolerance) in [(1, 1.0e-6), (5, 1.0e-5), (20, 2.0e-2)] {
            let found = tsne_difference(&passes, dims, steps);
            assert!(
                found <= tolerance,
                "{dims} dimensions, {steps} steps: {found}"
            );
        }
    }
}

#[test]
fn umap_equals_its_twin() {
    let passes = ComputePasses::new(&context());
    // A push changes by thirty times what two near points are displaced, so that each of the first epochs
    // amplifies what rounding makes different; in one dimension all points are near.
    for (dims, tolerances) in [
        (1, [1.0e-3, 1.0]),
        (2, [1.0e-5, 1.0e-3]),
        (3, [1.0e-5, 1.0e-3]),
    ] {
        for (steps, tolerance) in (1..).zip(tolerances) {
            let found = umap_difference(&passes, dims, steps);
            assert!(
                found <= tolerance,
                "{dims} dimensions, {steps} epochs: {found}"
            );
        }
    }
}

#[test]
fn the_same_bytes_again_and_in_any_portions() {
    let passes = ComputePasses::new(&context());
    let matrix = groups(200);
    let start = || {
        [
            passes.tsne(&matrix, 2, &Tsne::default()).unwrap(),
            passes.umap(&matrix, 3, &Umap::default()).unwrap(),
        ]
    };
    for (mut whole, mut parts) in start().into_iter().zip(start()) {
        whole.advance(40).unwrap();
        for portion in [1, 2, 30, 7] {
            parts.advance(portion).unwrap();
        }
        assert_eq!(whole.progress(), parts.progress());
        assert_eq!(whole.positions(), parts.positions());
    }
}

/// Across both phases and to the end, where rounding has separated the twins: groups stay together.
#[test]
fn finished_layouts_keep_groups_together() {
    let passes = ComputePasses::new(&context());
    let matrix = groups(210);
    let (tsne_settings, umap_settings) = (
        Tsne {
            iterations: 300,
            perplexity: 8.0,
            start: Start::Random,
            ..Tsne::default()
        },
        Umap {
            epochs: Some(100),
            ..Umap::default()
        },
    );
    let layouts = [
        passes.tsne(&matrix, 2, &tsne_settings).unwrap(),
        passes.umap(&matrix, 2, &umap_settings).unwrap(),
    ];
    for mut layout in layouts {
        let [_, all] = layout.progress();
        layout.advance(all + 5).unwrap();
        assert_eq!(layout.progress(), [all, all]);
        let positions = layout.positions().unwrap();
        let nearest_is_kin = |row: &usize| {
            let squared = |other: usize| {
                let along = |axis| positions[2 * row + axis] - positions[2 * other + axis];
                along(0) * along(0) + along(1) * along(1)
            };
            let others = (0..210).filter(|other| other != row);
            let nearest = others.min_by(|a, b| squared(*a).total_cmp(&squared(*b)));
            nearest.unwrap() % 7 == row % 7
        };
        let kin = (0..210).filter(nearest_is_kin).count();
        assert!(kin >= 200, "{kin} of 210");
    }
}

/// Rows without groups shrink under exaggerated attraction until a pass notices, or they are one in f32.
#[test]
fn rows_without_groups_spread_out_too() {
    let context = context();
    let noise = |index| scramble(index) as f32 / (1_u32 << 31) as f32 - 1.0;
    let matrix = Matrix {
        columns: 40,
        values: (0..40 * 2400).map(noise).collect(),
    };
    let width = |source: fn(&str) -> String| {
        let passes = ComputePasses::with_source(&context, source);
        let layout = passes.tsne(&matrix, 2, &Tsne::default()).unwrap();
        let positions = after(layout, 340);
        (positions.iter().map(|x| x * x).sum::<f32>() / 2400.0).sqrt()
    };
    let found = width(shaders::source);
    assert!((1.0..100.0).contains(&found), "{found}");
    let found = width(|name| mutated(name, "tsne_sum", "squared > LEAST_SQUARED", "squared < 0.0"));
    assert!(found < 1.0e-3, "the fault does not show: {found}");
}

#[test]
fn few_and_equal_rows_give_finite_layouts_or_an_error_in_words() {
    let passes = ComputePasses::new(&context());
    for rows in [0, 1, 3, 5, 64] {
        for values in [groups(rows).values, vec![0.5; 8 * rows]] {
            let matrix = Matrix { columns: 8, values };
            for start in [Start::Pca, Start::Random] {
                let tsne = Tsne {
                    start,
                    ..Tsne::default()
                };
                let umap = Umap {
                    start,
                    ..Umap::default()
                };
                for layout in [
                    passes.tsne(&matrix, 3, &tsne),
                    passes.umap(&matrix, 3, &umap),
                ] {
                    match layout {
                        Ok(layout) => {
                            assert!(after(layout, 30).iter().all(|x| x.is_finite()), "{rows}");
                        }
                        Err(error) => assert!(!error.to_string().contains('\n')),
                    }
                }
            }
        }
    }
    let is_bad = |layout: Result<Box<dyn Layout>, ProjectionError>| {
        assert!(matches!(layout.err(), Some(ProjectionError::BadSetting(_))));
    };
    is_bad(passes.tsne(&groups(50), 4, &Tsne::default()));
    is_bad(passes.umap(&groups(50), 0, &Umap::default()));
}

/// The table's text with one place changed.
fn mutated(name: &str, of: &str, from: &str, to: &str) -> String {
    let text = shaders::source(name);
    if name != of {
        return text;
    }
    assert_eq!(text.matches(from).count(), 1, "{name} has not one `{from}`");
    text.replace(from, to)
}

#[test]
fn planted_faults_show() {
    let context = context();
    type Source = fn(&str) -> String;
    let tsne_faults: [Source; 4] = [
        |name| mutated(name, "tsne_repulsion", "q * q * apart", "q * apart"),
        |name| mutated(name, "tsne_repulsion", "sum.w - 1.0", "sum.w + 40.0"),
        |name| mutated(name, "tsne_sum", "half > 0u", "half > 1u"),
        |name| mutated(name, "tsne_step", "gains + 0.2", "gains + 0.4"),
    ];
    for (at, source) in tsne_faults.into_iter().enumerate() {
        let passes = ComputePasses::with_source(&context, source);
        let found = tsne_difference(&passes, 2, 20);
        assert!(found > 5.0e-2, "t-SNE's fault {at} does not show: {found}");
    }
    let umap_faults: [Source; 3] = [
        |name| mutated(name, "umap", "-2.0 * work.a", "-1.9 * work.a"),
        |name| mutated(name, "umap", "other != point", "other == point"),
        |name| mutated(name, "umap", "phase + 0x80000000u", "phase + 0x40000000u"),
    ];
    for (at, source) in umap_faults.into_iter().enumerate() {
        let passes = ComputePasses::with_source(&context, source);
        let found = umap_difference(&passes, 2, 1);
        assert!(found > 1.0e-2, "UMAP's fault {at} does not show: {found}");
    }
}
