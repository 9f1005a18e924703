//! Golden images of every primitive and of the views of series. Set `UPDATE_GOLDEN=1` to regenerate them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/figures.rs"]
mod figures;

use std::{f32::consts::TAU, sync::Arc};

use figures::{Difference, SIZE_PT, assert_golden, demo, draw, empty_scene, project_blocking};
use trainscape_compute::{Field, GridSize, InterpolationMethod, MISSING, Refine, Scatter};
use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    camera::Projection,
    colour::{Colour, ColourMap, run_colour},
    figure::{Callout, FigureCamera, FigureSpec},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, LegendEntry, LegendMark,
        Markers, Path, PathColour, PointLabel, Surface, SurfaceWork,
    },
    theme::ThemeName,
};
use trainscape_views::{ViewKind, ViewSettings};

fn hill(x: f32, y: f32) -> f32 {
    0.45 + 0.3 * (4.5 * x).sin() * (3.5 * y).cos() + 0.12 * y
}

/// The hill on a grid; `present` returns whether a node has a value.
fn field(width: u32, height: u32, present: impl Fn(u32, u32) -> bool) -> Arc<Field> {
    let size = GridSize { width, height };
    let (x_unit, y_unit) = (size.x_unit(), size.y_unit());
    let (mut values, mut support) = (Vec::new(), Vec::new());
    for row in 0..height {
        for column in 0..width {
            values.push(hill(x_unit[column as usize], y_unit[row as usize]));
            support.push(if present(column, row) { 1.0 } else { MISSING });
        }
    }
    Arc::new(Field {
        x_unit,
        y_unit,
        values,
        support,
    })
}

fn surface(work: SurfaceWork) -> Surface {
    Surface {
        work,
        map: ColourMap::Viridis,
        colour_range: [0.1, 0.9],
        shading: 0.7,
        contours: None,
        wireframe: false,
        floor_projection: false,
        opacity: 1.0,
        records: None,
    }
}

fn smooth_hill() -> Surface {
    let work = Refine {
        nodes: field(14, 10, |_, _| true),
        factor_x: 6,
        factor_y: 6,
    };
    Surface {
        contours: Some([0.08, 0.0]),
        ..surface(SurfaceWork::Refine(work))
    }
}

fn paper() -> FigureSpec {
    FigureSpec::new(SIZE_PT)
}

fn themed(theme: ThemeName) -> FigureSpec {
    FigureSpec { theme, ..paper() }
}

fn path(name: &str, positions: Vec<[f32; 3]>, colour: PathColour, width_pt: f32) -> Path {
    let strip = 0..positions.len() as u32;
    Path {
        name: name.to_owned(),
        positions_unit: positions.into(),
        strips: vec![strip],
        colour,
        width_pt,
        series_key: "".into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    }
}

#[test]
fn surface_with_contours() {
    let scene = Scene {
        surfaces: vec![smooth_hill()],
        ..empty_scene()
    };
    assert_golden("surface-contours", &draw(&scene, &paper()));
}

#[test]
fn surface_with_wireframe_and_missing_cells() {
    let holes = |column: u32, row: u32| {
        !((5..8).contains(&column) && (3..5).contains(&row)) && column + row > 2
    };
    let wired = Surface {
        wireframe: true,
        map: ColourMap::Batlow,
        ..surface(SurfaceWork::Nodes(field(16, 12, holes)))
    };
    let scene = Scene {
        surfaces: vec![wired],
        ..empty_scene()
    };
    assert_golden(
        "surface-wireframe",
        &draw(&scene, &themed(ThemeName::Light)),
    );
}

#[test]
fn surface_that_fades_out_with_its_floor_projection() {
    let samples = (0..90).map(|index| {
        let turn = index as f32 / 90.0;
        let radius = 0.12 + 0.3 * turn;
        let (x, y) = (
            0.5 + radius * (3.0 * TAU * turn).cos(),
            0.5 + radius * (3.0 * TAU * turn).sin(),
        );
        [x, y, 0.3 + 0.6 * hill(x, y)]
    });
    let work = Scatter {
        samples: samples.collect(),
        method: InterpolationMethod::Rbf {
            neighbours: 24,
            smoothing: 1e-6,
        },
        size: GridSize {
            width: 96,
            height: 96,
        },
        support_radius: Some(0.09),
    };
    let soft = Surface {
        floor_projection: true,
        opacity: 1.0,
        map: ColourMap::Plasma,
        colour_range: [0.35, 0.8],
        ..surface(SurfaceWork::Scatter(work))
    };
    let scene = Scene {
        surfaces: vec![soft],
        ..empty_scene()
    };
    assert_golden("surface-support", &draw(&scene, &paper()));
}

#[test]
fn surface_without_shading_has_the_colours_of_the_map() {
    let flat = Surface {
        shading: 0.0,
        ..surface(SurfaceWork::Nodes(field(40, 30, |_, _| true)))
    };
    let scene = Scene {
        surfaces: vec![flat],
        ..empty_scene()
    };
    let view = FigureCamera::Fit {
        azimuth: Some(2.2),
        elevation: Some(0.6),
        roll: 0.0,
        zoom: 1.0,
        projection: Projection::Orthographic,
    };
    assert_golden(
        "surface-flat",
        &draw(&scene, &FigureSpec { view, ..paper() }),
    );
}

#[test]
fn lines_with_sharp_joints() {
    let zigzag = |offset: f32| -> Vec<[f32; 3]> {
        (0..9)
            .map(|index| {
                let up = if index % 2 == 0 { 0.1 } else { 0.9 };
                [0.05 + index as f32 * 0.11, offset, up]
            })
            .collect()
    };
    let scene = Scene {
        paths: vec![
            path("broad", zigzag(0.1), PathColour::Solid(run_colour(0)), 6.0),
            path("fine", zigzag(0.5), PathColour::Theme, 1.5),
            path("hair", zigzag(0.9), PathColour::Muted, 0.4),
        ],
        ..empty_scene()
    };
    assert_golden("lines-joints", &draw(&scene, &paper()));
}

#[test]
fn markers_with_rings_and_labels() {
    let spiral = |phase: f32| -> Arc<[[f32; 3]]> {
        (0..24)
            .map(|index| {
                let turn = index as f32 / 24.0;
                let (sin, cos) = (TAU * turn * 2.0 + phase).sin_cos();
                [0.5 + 0.4 * cos, 0.5 + 0.4 * sin, 0.05 + 0.9 * turn]
            })
            .collect()
    };
    let marks = |name: &str, phase, colour, diameter_pt, outline| Markers {
        records: None,
        steps: Arc::new([]),
        name: name.to_owned(),
        positions_unit: spiral(phase),
        colour,
        diameter_pt,
        outline,
    };
    let label = |at: [f32; 3], text: &str| PointLabel {
        position_unit: at,
        text: text.to_owned(),
    };
    let scene = Scene {
        surfaces: vec![smooth_hill()],
        markers: vec![
            marks(
                "ringed",
                0.0,
                Colour::hex(0xffffff),
                7.0,
                Some(Colour::hex(0xd55e00)),
            ),
            marks("plain", 3.1, Colour::hex(0x0072b2), 4.0, None),
        ],
        labels: vec![
            label([0.9, 0.5, 0.05], "start"),
            label([0.9, 0.5, 0.95], "best 0.123"),
        ],
        ..empty_scene()
    };
    assert_golden("markers-labels", &draw(&scene, &paper()));
}

#[test]
fn logarithmic_and_date_axes_on_dark_walls() {
    let axis = |title: &str, scale, low, high| Axis {
        title: title.to_owned(),
        scale,
        low,
        high,
    };
    let noon = 1_795_262_400.0;
    let scene = Scene {
        title: "Logarithms and dates".to_owned(),
        axes: [
            axis("time (UTC)", Scale::Date, noon, noon + 6.0 * 3600.0),
            axis("learning rate", Scale::Log10, 1e-6, 1e-1),
            axis("loss", Scale::Linear, -0.4, 1.2),
        ],
        surfaces: vec![smooth_hill()],
        ..empty_scene()
    };
    assert_golden("axes-log-date", &draw(&scene, &themed(ThemeName::Dark)));
}

fn with_legend() -> Scene {
    let names = (0..9).map(|layer| format!("layers.{layer}")).collect();
    let axis = |title: &str, scale, low, high| Axis {
        title: title.to_owned(),
        scale,
        low,
        high,
    };
    let entry = |label: &str, colour, dot| LegendEntry {
        label: label.to_owned(),
        colour,
        mark: LegendMark::of_dots(dot),
    };
    Scene {
        title: "Names, a colour bar and a legend".to_owned(),
        caption:
            "Caption: the quick brown fox jumps over the lazy dog, twice, so that the line must be \
                  broken somewhere; Größe µ × 10⁻³."
                .to_owned(),
        axes: [
            axis("step", Scale::Linear, 0.0, 40_000.0),
            axis("layer", Scale::Category(names), -0.5, 8.5),
            axis("gradient norm", Scale::Log10, 1e-7, 1e1),
        ],
        surfaces: vec![smooth_hill()],
        colour_bar: Some(ColourBar {
            axis: axis("norm", Scale::Log10, 1e-7, 1e1),
            map: ColourMap::Viridis,
        }),
        legend: vec![
            entry("all runs", None, false),
            entry("lr 0.003", Some(run_colour(1)), false),
            entry("best", Some(run_colour(2)), true),
        ],
        ..empty_scene()
    }
}

#[test]
fn names_colour_bar_and_legend() {
    assert_golden("axes-names-legend", &draw(&with_legend(), &paper()));
}

fn view_of_demo(view: ViewKind, runs: impl Fn(&str) -> bool) -> Scene {
    let snapshot = demo();
    let chosen = snapshot
        .runs
        .iter()
        .filter(|run| runs(&run.id))
        .map(|run| run.id.to_string());
    let settings = ViewSettings {
        runs: Some(chosen.collect()),
        ..ViewSettings::default()
    };
    view.build(&snapshot.runs, &settings, &project_blocking())
        .unwrap()
}

#[test]
fn loss_surface_of_a_sweep_in_the_three_themes() {
    let scene = view_of_demo(ViewKind::named("loss-surface"), |id| {
        id.starts_with("sweep/")
    });
    for theme in ThemeName::ALL {
        let name = format!("loss-surface-sweep-{}", theme.name());
        assert_golden(&name, &draw(&scene, &themed(theme)));
    }
}

#[test]
fn loss_surface_of_one_run() {
    let scene = view_of_demo(ViewKind::named("loss-surface"), |id| id == "pretrain");
    assert_golden("loss-curve-paper", &draw(&scene, &paper()));
    let snapshot = demo();
    let mut settings = ViewSettings {
        runs: Some(["pretrain".to_owned()].into()),
        ..ViewSettings::default()
    };
    let view = ViewKind::named("loss-surface");
    view.set(&mut settings, "surface", true).unwrap();
    let scene = view.build(&snapshot.runs, &settings, &project_blocking());
    assert_golden("loss-surface-run-paper", &draw(&scene.unwrap(), &paper()));
}

#[test]
fn gradient_flow_in_the_three_themes() {
    let scene = view_of_demo(ViewKind::named("gradient-flow"), |id| id == "pretrain");
    for theme in ThemeName::ALL {
        let name = format!("gradient-flow-{}", theme.name());
        assert_golden(&name, &draw(&scene, &themed(theme)));
    }
}

/// Two intersecting translucent surfaces, a translucent cloud, an opaque path and opaque markers.
fn translucent_scene() -> Scene {
    let hill = Surface {
        opacity: 0.55,
        floor_projection: true,
        ..smooth_hill()
    };
    let size = GridSize {
        width: 24,
        height: 24,
    };
    let (x_unit, y_unit) = (size.x_unit(), size.y_unit());
    let slope = y_unit.iter().flat_map(|y| {
        x_unit
            .iter()
            .map(move |x| 0.15 + 0.55 * x + 0.15 * y * (3.0 * x).sin())
    });
    let plane = Surface {
        map: ColourMap::Plasma,
        wireframe: true,
        opacity: 0.45,
        ..surface(SurfaceWork::Nodes(Arc::new(Field {
            values: slope.collect(),
            support: vec![1.0; size.nodes()],
            x_unit: x_unit.clone(),
            y_unit: y_unit.clone(),
        })))
    };
    let points = (0..400).map(|index| {
        let share = |step: f64| (f64::from(index) * step).fract() as f32;
        CloudPoint {
            position_unit: [share(0.618_034), share(0.754_878), share(0.569_840)],
            value: share(0.569_840),
        }
    });
    let cloud = Cloud {
        steps: Arc::new([]),
        name: "cloud".to_owned(),
        work: CloudWork::Points(points.collect()),
        colour: CloudColour::Map(ColourMap::Turbo),
        size: CloudSize::Constant(5.0),
        floor_projection: false,
        opacity: 0.5,
        records: None,
    };
    let descent = (0..60).map(|index| {
        let share = index as f32 / 59.0;
        [share, 0.3 + 0.4 * share, 0.9 - 0.8 * share]
    });
    Scene {
        surfaces: vec![hill, plane],
        clouds: vec![cloud],
        paths: vec![path("descent", descent.collect(), PathColour::Theme, 1.6)],
        ..empty_scene()
    }
}

#[test]
fn translucent_surfaces_from_two_sides() {
    let from = |azimuth| FigureCamera::Fit {
        azimuth: Some(azimuth),
        elevation: Some(0.4),
        roll: 0.0,
        zoom: 1.0,
        projection: Projection::Perspective,
    };
    for (name, azimuth, theme) in [
        ("translucent-front-paper", -0.9, ThemeName::Paper),
        ("translucent-back-paper", -0.9 + TAU / 2.0, ThemeName::Paper),
        ("translucent-front-dark", -0.9, ThemeName::Dark),
    ] {
        let spec = FigureSpec {
            view: from(azimuth),
            ..themed(theme)
        };
        assert_golden(name, &draw(&translucent_scene(), &spec));
    }
}

#[test]
fn data_outside_the_axes_are_clipped() {
    // Axes with a fixed range show the middle of the data.
    let beyond = |unit: [f32; 3]| unit.map(|at| 0.5 + (at - 0.5) * 1.7);
    let mut scene = translucent_scene();
    for surface in &mut scene.surfaces {
        surface.opacity = 1.0;
        surface.floor_projection = false;
        let field = match &surface.work {
            SurfaceWork::Nodes(field) => field,
            SurfaceWork::Refine(work) => &work.nodes,
            SurfaceWork::Scatter(_) => continue,
        };
        let away = |units: &[f32]| units.iter().map(|at| beyond([*at; 3])[0]).collect();
        surface.work = SurfaceWork::Nodes(Arc::new(Field {
            x_unit: away(&field.x_unit),
            y_unit: away(&field.y_unit),
            values: away(&field.values),
            support: field.support.clone(),
        }));
    }
    for path in &mut scene.paths {
        path.positions_unit = path.positions_unit.iter().copied().map(beyond).collect();
    }
    if let CloudWork::Points(points) = &mut scene.clouds[0].work {
        *points = points
            .iter()
            .map(|point| CloudPoint {
                position_unit: beyond(point.position_unit),
                ..*point
            })
            .collect();
    }
    scene.labels.push(PointLabel {
        position_unit: [1.3, 0.5, 0.5],
        text: "outside".to_owned(),
    });
    assert_golden("clipped", &draw(&scene, &paper()));
}

fn callouts(count: usize) -> Vec<Callout> {
    (0..count)
        .map(|index| {
            let share = (index as f32 + 0.5) / count as f32;
            let (x, y) = (0.25 + 0.5 * share, 0.5 + 0.35 * (4.0 * share).sin());
            let loss = hill(x, y);
            Callout {
                position_unit: [x, y, loss],
                lines: vec![
                    format!("run sweep/lr-0.{index}"),
                    format!("step {}", 1000 * index + 500),
                    format!("loss {loss:.4}"),
                ],
            }
        })
        .collect()
}

#[test]
fn one_and_six_callouts() {
    let scene = Scene {
        title: "Callouts".to_owned(),
        surfaces: vec![smooth_hill()],
        ..empty_scene()
    };
    for count in [1, 6] {
        for theme in [ThemeName::Paper, ThemeName::Dark] {
            let spec = FigureSpec {
                callouts: callouts(count),
                ..themed(theme)
            };
            let name = format!("callouts-{count}-{}", theme.name());
            assert_golden(&name, &draw(&scene, &spec));
        }
    }
}

#[test]
fn a_rolled_camera() {
    let scene = Scene {
        surfaces: vec![smooth_hill()],
        ..empty_scene()
    };
    for (name, roll, elevation) in [
        ("rolled-30", 30.0_f32, 0.45),
        ("rolled-90", 90.0, 0.45),
        ("rolled-180", 180.0, 0.45),
        ("rolled-from-below", -20.0, -0.5),
    ] {
        let view = FigureCamera::Fit {
            azimuth: None,
            elevation: Some(elevation),
            roll: roll.to_radians(),
            zoom: 1.0,
            projection: Projection::Perspective,
        };
        let spec = FigureSpec { view, ..paper() };
        assert_golden(name, &draw(&scene, &spec));
    }
}

#[test]
fn the_same_scene_gives_the_same_pixels() {
    let (a, b) = (
        draw(&with_legend(), &paper()),
        draw(&with_legend(), &paper()),
    );
    assert_eq!(a.rgba, b.rgba);
}

#[test]
fn a_wrong_picture_is_detected() {
    let good = draw(&with_legend(), &paper());
    let mut shifted = good.clone();
    shifted.rgba.rotate_right(4);
    assert!(
        !Difference::between(&good, &shifted).is_small(),
        "shifted by one pixel"
    );

    let mut recoloured = with_legend();
    recoloured.surfaces[0].map = ColourMap::Cividis;
    let recoloured = draw(&recoloured, &paper());
    assert!(
        !Difference::between(&good, &recoloured).is_small(),
        "another colour map"
    );

    let mut bare = with_legend();
    bare.surfaces[0].contours = None;
    let bare = draw(&bare, &paper());
    assert!(
        !Difference::between(&good, &bare).is_small(),
        "contours omitted"
    );

    let mut retitled = with_legend();
    retitled.axes[2].title = "gradient".to_owned();
    let retitled = draw(&retitled, &paper());
    assert!(
        !Difference::between(&good, &retitled).is_small(),
        "another axis title"
    );
    assert!(Difference::between(&good, &good).is_small());
}
