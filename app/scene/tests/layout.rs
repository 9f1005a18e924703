//! For all texts, sizes and cameras, the axis box and every text are inside the page.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    camera::Projection,
    colour::{Colour, ColourMap},
    figure::{Figure, FigureCamera, FigureSpec, overlay::Shape},
    font,
    scene::{ColourBar, LegendEntry, LegendMark},
};

const SENTENCE: &str =
    "train/loss of 12 runs (4,800 logged points, each the centred mean over 9 points) by step. ";

fn axes() -> Vec<[Axis; 3]> {
    let axis = |title: &str, scale: Scale, low: f64, high: f64| Axis {
        title: title.to_owned(),
        scale,
        low,
        high,
    };
    let layers = (0..12).map(|layer| format!("layers.{layer}.attention.output"));
    let layers = Scale::Category(layers.collect());
    vec![
        [
            axis("step", Scale::Linear, 0.0, 400.0),
            axis("peak learning rate", Scale::Log10, 1e-4, 0.1),
            axis("train/loss", Scale::Linear, 1.9, 4.4),
        ],
        [
            axis("time (UTC)", Scale::Date, 1.70e9, 1.71e9),
            axis("layer", layers, -0.5, 11.5),
            axis("a long title of the gradient norm", Scale::Log10, 1e-7, 3e4),
        ],
    ]
}

fn scene(axes: [Axis; 3], sentences: usize, entries: usize) -> Scene {
    let mut scene = Scene::new(axes);
    scene.title = "Training loss by step and peak learning rate (12 runs)".to_owned();
    scene.caption = SENTENCE.repeat(sentences);
    scene.legend = (0..entries)
        .map(|run| LegendEntry {
            label: format!("sweep/learning-rate-{run}"),
            colour: Some(Colour::hex(0x336699)),
            mark: LegendMark::Line,
        })
        .collect();
    if entries != 1 {
        scene.colour_bar = Some(ColourBar {
            axis: scene.axes[2].clone(),
            map: ColourMap::Viridis,
        });
    }
    scene
}

/// Descriptions of everything outside of the page or of the clip rectangle.
fn faults(figure: &Figure) -> Vec<String> {
    let mut faults = Vec::new();
    let tolerance_pt = 0.6;
    for corner in 0..8_u8 {
        let unit = [0, 1, 2].map(|axis| f32::from(corner >> axis & 1));
        let (at, _) = figure.point_from_unit(unit).unwrap();
        let rect = &figure.clip_rect;
        let inside = (rect.x - tolerance_pt..=rect.right() + tolerance_pt).contains(&at.x)
            && (rect.y - tolerance_pt..=rect.bottom() + tolerance_pt).contains(&at.y);
        if !inside {
            faults.push(format!("corner {unit:?} at {at} outside {rect:?}"));
        }
    }
    let [width, height] = figure.size_pt;
    for shape in &figure.overlay.shapes {
        let Shape::Text(text) = shape else { continue };
        let length = font::text_width(&text.text, text.size, text.weight);
        let (sin, cos) = text.angle.sin_cos();
        let start = text.baseline_start;
        let end = [start[0] + length * cos, start[1] + length * sin];
        let outside = [start, end].iter().any(|at| {
            !(-tolerance_pt..=width + tolerance_pt).contains(&at[0])
                || !(-tolerance_pt..=height + tolerance_pt).contains(&at[1])
        });
        if outside {
            faults.push(format!("text '{}' from {start:?} to {end:?}", text.text));
        }
    }
    faults
}

const SIZES_PT: [[f32; 2]; 9] = [
    [252.0, 142.0],
    [252.0, 189.0],
    [141.0, 423.0],
    [576.0, 432.0],
    [680.0, 170.0],
    [960.0, 540.0],
    [300.0, 300.0],
    [518.0, 389.0],
    [1383.0, 778.0],
];

#[test]
fn every_layout_fits_its_page() {
    let mut tried = 0;
    for axes in axes() {
        for sentences in [0, 1, 3, 12] {
            for entries in [0, 1, 5, 30] {
                let scene = scene(axes.clone(), sentences, entries);
                for size_pt in SIZES_PT {
                    for turn in 0..6 {
                        let spec = FigureSpec {
                            view: FigureCamera::Fit {
                                azimuth: Some(-1.05 + 1.1 * turn as f32),
                                elevation: Some([0.5, 0.05, 1.5, 0.9, -0.4, 0.3][turn]),
                                roll: 0.0,
                                zoom: 1.0,
                                projection: Projection::default(),
                            },
                            ..FigureSpec::new(size_pt)
                        };
                        let figure = Figure::lay_out(&scene, &spec);
                        let faults = faults(&figure);
                        assert!(
                            faults.is_empty(),
                            "{size_pt:?}, {sentences} sentences, {entries} entries, camera {turn}: {faults:#?}"
                        );
                        tried += 1;
                    }
                }
            }
        }
    }
    assert_eq!(tried, 2 * 4 * 4 * 9 * 6);
}

#[test]
fn a_box_that_is_zoomed_out_of_its_page_is_found() {
    let scene = scene(axes().remove(0), 1, 5);
    let spec = FigureSpec {
        view: FigureCamera::Fit {
            azimuth: None,
            elevation: None,
            roll: 0.0,
            zoom: 3.0,
            projection: Projection::default(),
        },
        ..FigureSpec::new([576.0, 432.0])
    };
    let faults = faults(&Figure::lay_out(&scene, &spec));
    assert!(
        faults.iter().any(|fault| fault.starts_with("corner")),
        "{faults:?}"
    );
}

#[test]
fn a_flat_scene_is_seen_from_above_without_perspective_unless_a_camera_is_given() {
    let mut scene = scene(axes().remove(0), 1, 0);
    scene.lay_flat();
    let mut spec = FigureSpec::new([576.0, 432.0]);
    let figure = Figure::lay_out(&scene, &spec);
    assert_eq!(figure.camera.projection, Projection::Orthographic);
    let at = |unit: [f32; 3]| figure.point_from_unit(unit).unwrap().0;
    let [origin, right, up, above] = [
        [0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
    ]
    .map(at);
    assert!(right.x > origin.x + 100.0 && (right.y - origin.y).abs() < 0.01);
    assert!(up.y < origin.y - 100.0 && (up.x - origin.x).abs() < 0.01);
    assert!(above.distance(origin) < 0.01, "height is not seen");
    assert!(faults(&figure).is_empty());
    // The axes run along the bottom and the left.
    let axis_lines: Vec<[[f32; 2]; 2]> = figure
        .overlay
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Line { ends, .. } => Some(*ends),
            _ => None,
        })
        .collect();
    for far in [right, up] {
        let ends: [[f32; 2]; 2] = [origin.into(), far.into()];
        let near = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]) < 0.1;
        assert!(
            axis_lines
                .iter()
                .any(|line| near(line[0], ends[0]) && near(line[1], ends[1])),
            "no axis from {origin} to {far}"
        );
    }

    spec.view = FigureCamera::Fit {
        azimuth: Some(-1.0),
        elevation: Some(0.5),
        roll: 0.0,
        zoom: 1.0,
        projection: Projection::Perspective,
    };
    let figure = Figure::lay_out(&scene, &spec);
    assert_eq!(figure.camera.projection, Projection::Perspective);
}
