//! However long names, titles and captions are, the axis box remains the figure, and every axis can be read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    figure::{Figure, FigureSpec, MIN_BOX_SHARE, overlay::Shape},
    scene::{ColourBar, LegendEntry, LegendMark},
};

const SENTENCE: &str =
    "train/loss of 12 runs (4,800 logged points, each the centred mean over 9 points) by step. ";

fn axis(title: &str, scale: Scale, low: f64, high: f64) -> Axis {
    Axis {
        title: title.to_owned(),
        scale,
        low,
        high,
    }
}

fn run_name(run: usize) -> String {
    format!("PPO_CartPole-v1_seed{run}_lr3e-4_batch64")
}

/// Axes as strangers' runs have them: long names, long keys, few round values.
fn axes() -> [[Axis; 3]; 4] {
    let layer = |layer| format!("model.layers.{layer}.self_attn.q_proj");
    let layers = Scale::Category((0..36).map(layer).collect());
    let runs = Scale::Category((0..9).map(run_name).collect());
    let key = "ray/tune/info/learner/default_policy/learner_stats/total_loss";
    [
        [
            axis("step", Scale::Linear, 0.0, 400.0),
            axis("peak learning rate", Scale::Log10, 1e-4, 0.1),
            axis("train/loss", Scale::Linear, 1.9, 4.4),
        ],
        [
            axis("step", Scale::Linear, 0.0, 4e6),
            axis("layer", layers, -0.5, 35.5),
            axis("gradient norm (L2), per parameter", Scale::Log10, 1e-7, 3e4),
        ],
        [
            axis("step", Scale::Linear, 0.0, 4e7),
            axis("run", runs, -0.5, 8.5),
            axis(key, Scale::Linear, -0.3, 3e4),
        ],
        [
            axis("time (UTC)", Scale::Date, 1.70e9, 1.71e9),
            axis("learning rate", Scale::Log10, 3e-4, 3e-3),
            axis("loss", Scale::Log10, 0.15, 0.21),
        ],
    ]
}

fn scene(axes: [Axis; 3], sentences: usize, entries: usize) -> Scene {
    let mut scene = Scene::new(axes);
    scene.title = "Training loss by step and peak learning rate, 12 runs".to_owned();
    scene.caption = SENTENCE.repeat(sentences);
    scene.legend = (0..entries)
        .map(|run| LegendEntry {
            label: run_name(run),
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

/// 89 mm wide in two heights, a strip, a column, the default size, a screen, 4:1.
const SIZES_PT: [[f32; 2]; 7] = [
    [252.0, 142.0],
    [252.0, 189.0],
    [680.0, 170.0],
    [141.0, 423.0],
    [576.0, 432.0],
    [1383.0, 778.0],
    [504.0, 126.0],
];

#[test]
fn the_box_takes_its_share_of_the_page() {
    // A caption of 540 characters, and one of 900, which is long for a page of 89 x 50 mm.
    for (sentences, entries, share) in [(1, 0, 1.0), (3, 1, 1.0), (6, 9, 1.0), (10, 30, 0.78)] {
        for axes in axes() {
            for size_pt in SIZES_PT {
                let scene = scene(axes.clone(), sentences, entries);
                let figure = Figure::lay_out(&scene, &FigureSpec::new(size_pt));
                assert!(
                    figure.box_share() >= MIN_BOX_SHARE * share,
                    "{:.3} of {size_pt:?} with {sentences} sentences and {entries} entries, {axes:?}",
                    figure.box_share(),
                );
            }
        }
    }
}

#[test]
fn a_long_text_takes_space_from_the_box_if_it_is_not_drawn_smaller() {
    let size_pt = [252.0, 142.0];
    let scene = scene(axes()[1].clone(), 6, 9);
    let figure = Figure::lay_out(&scene, &FigureSpec::new(size_pt));
    let sizes = figure
        .overlay
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Text(text) => Some(text.size),
            _ => None,
        });
    let smallest = sizes.fold(f32::INFINITY, f32::min);
    assert!((3.5..6.0).contains(&smallest), "{smallest}");
}

/// Texts near an axis that are its labels: for each axis the number of its ticks' labels that are drawn.
#[test]
fn every_axis_has_two_labels() {
    for axes in axes() {
        for size_pt in SIZES_PT {
            let scene = Scene::new(axes.clone());
            let figure = Figure::lay_out(&scene, &FigureSpec::new(size_pt));
            let texts: Vec<&str> = figure
                .overlay
                .shapes
                .iter()
                .filter_map(|shape| match shape {
                    Shape::Text(text) => Some(text.text.as_str()),
                    _ => None,
                })
                .collect();
            for axis in &axes {
                let labels = (2..64).flat_map(|count| axis.labelled_ticks(count));
                let labels: Vec<String> = labels
                    .filter(|tick| !tick.is_minor())
                    .map(|tick| tick.label)
                    .collect();
                let is_label = |text: &&&str| match &axis.scale {
                    // Names are drawn without what all of them share.
                    Scale::Category(names) => names.iter().any(|name| {
                        text.split('…')
                            .all(|part| !part.is_empty() && name.contains(part))
                    }),
                    _ => labels.iter().any(|label| label == **text),
                };
                let drawn = texts.iter().filter(is_label).count();
                assert!(
                    drawn >= 2,
                    "{drawn} labels of `{}` on {size_pt:?}: {texts:?}",
                    axis.title
                );
            }
        }
    }
}

/// Labels and camera depend on each other, so that some sizes need many rounds until everything fits.
#[test]
fn every_axis_keeps_its_title() {
    let axes = [
        axis("step", Scale::Linear, 0.0, 1999.0),
        axis("learning rate", Scale::Linear, 0.0, 0.0035),
        axis("loss", Scale::Linear, 1.0, 4.5),
    ];
    for view in [
        [-76.0_f32, 31.0],
        [-76.0, 30.0],
        [-52.0, 45.0],
        [-35.0, 45.0],
    ] {
        for width in (300..=900).step_by(12) {
            let mut scene = scene(axes.clone(), 3, 0);
            scene.colour_bar = None;
            scene.default_view = view.map(f32::to_radians);
            scene.box_aspect = [1.4, 1.0, 0.8];
            for aspect in [0.75, 0.5625] {
                let size_pt = [width as f32, width as f32 * aspect];
                let figure = Figure::lay_out(&scene, &FigureSpec::new(size_pt));
                for title in axes.iter().map(|axis| &axis.title) {
                    let is_title =
                        |shape: &Shape| matches!(shape, Shape::Text(text) if text.text == *title);
                    assert!(
                        figure.overlay.shapes.iter().any(is_title),
                        "no `{title}` on {size_pt:?} seen from {view:?}"
                    );
                }
            }
        }
    }
}
