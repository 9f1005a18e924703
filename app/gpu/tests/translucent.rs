//! Translucent things against what a CPU computes by hand, from both sides, in any order of drawing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use common::context;
use trainscape_compute::{Field, GridSize};
use trainscape_gpu::{Background, Renderer, Targets};
use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    camera::{Camera, Projection},
    colour::{Colour, ColourMap},
    figure::{Figure, FigureCamera, FigureSpec},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Markers, Mesh, MeshColour, Path,
        PathColour, Surface, SurfaceWork,
    },
};

const SIZE: [u32; 2] = [160, 120];

fn empty_scene() -> Scene {
    let axis = |title: &str| Axis {
        title: title.to_owned(),
        scale: Scale::Linear,
        low: 0.0,
        high: 1.0,
    };
    Scene {
        box_aspect: [1.0; 3],
        default_view: [0.0, 0.0],
        ..Scene::new([axis("x"), axis("y"), axis("z")])
    }
}

/// A rectangle of one colour that nothing shades.
fn sheet(corners: [[f32; 3]; 4], colour: u32, opacity: f32) -> Mesh {
    Mesh {
        steps: Arc::new([]),
        name: format!("{colour:06x}"),
        positions_unit: corners.into(),
        triangles: [[0, 1, 2], [0, 2, 3]].into(),
        colour: MeshColour::Solid(Colour::hex(colour)),
        shading: 0.0,
        opacity,
        records: None,
    }
}

/// An upright sheet across the box from corner to corner, seen as an X from above.
fn diagonal(rising: bool, colour: u32, opacity: f32) -> Mesh {
    let (start, end) = if rising { (0.1, 0.9) } else { (0.9, 0.1) };
    sheet(
        [
            [0.1, start, 0.1],
            [0.9, end, 0.1],
            [0.9, end, 0.9],
            [0.1, start, 0.9],
        ],
        colour,
        opacity,
    )
}

/// The figure without anything around the box, from the side: `azimuth` 0 has the eye at large x.
fn figure(scene: &Scene, azimuth: f32, elevation: f32) -> Figure {
    let camera = Camera::looking_from(azimuth, elevation, Projection::Orthographic);
    let size_pt = SIZE.map(|side| side as f32);
    let spec = FigureSpec {
        view: FigureCamera::Fixed(camera.framing(scene.box_aspect, size_pt[0] / size_pt[1], 0.9)),
        grid: false,
        caption: false,
        ..FigureSpec::new(size_pt)
    };
    let mut figure = Figure::lay_out(scene, &spec);
    figure.frame.clear();
    figure.walls.clear();
    figure
}

struct Picture {
    figure: Figure,
    pixels: Vec<u8>,
}

impl Picture {
    fn draw(renderer: &Renderer, scene: &Scene, azimuth: f32, background: Background) -> Self {
        Self::draw_raised(renderer, scene, azimuth, 0.0, background)
    }

    fn draw_raised(
        renderer: &Renderer,
        scene: &Scene,
        azimuth: f32,
        elevation: f32,
        background: Background,
    ) -> Self {
        let figure = figure(scene, azimuth, elevation);
        let on_gpu = renderer.upload(scene).unwrap();
        let targets = Targets::new(renderer.context(), SIZE).unwrap();
        renderer
            .draw_whole(&on_gpu, &figure, &targets, background)
            .unwrap();
        let pixels = targets.read_back(renderer.context()).unwrap();
        Self { figure, pixels }
    }

    /// The pixel at a place of the box, as stored.
    fn at(&self, unit: [f32; 3]) -> [u8; 4] {
        let (at, _) = self.figure.point_from_unit(unit).unwrap();
        let [x, y] = [at.x as usize, at.y as usize];
        let start = 4 * (y * SIZE[0] as usize + x);
        self.pixels[start..start + 4].try_into().unwrap()
    }
}

/// Layers over each other, the nearest first, over a linear premultiplied background; as stored.
fn composited(layers: &[(u32, f32)], background: [f32; 4]) -> [u8; 4] {
    let mut light = [0.0; 3];
    let mut through = 1.0;
    for (colour, opacity) in layers {
        let linear = Colour::hex(*colour).to_linear();
        for channel in 0..3 {
            light[channel] += through * opacity * linear[channel];
        }
        through *= 1.0 - opacity;
    }
    let stored = |channel: usize| {
        trainscape_scene::colour::srgb_from_linear(light[channel] + through * background[channel])
    };
    let alpha = 1.0 - through * (1.0 - background[3]);
    [
        stored(0),
        stored(1),
        stored(2),
        (alpha * 255.0).round() as u8,
    ]
}

/// Colours and opacities are kept in eight bits each, which may move a mixture by one or two.
fn is_near(found: [u8; 4], wanted: [u8; 4]) -> bool {
    found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 2)
}

const WHITE: [f32; 4] = [1.0; 4];
const RED: (u32, f32) = (0xd0_2020, 0.5);
const BLUE: (u32, f32) = (0x20_40d0, 0.7);

fn crossing() -> Scene {
    Scene {
        meshes: vec![
            diagonal(true, RED.0, RED.1),
            diagonal(false, BLUE.0, BLUE.1),
        ],
        ..empty_scene()
    }
}

/// Where crossing sheets are seen from an azimuth, and what is in front there.
fn check_crossing(picture: &Picture, from_front: bool, order: impl Fn(bool) -> [(u32, f32); 2]) {
    for y in [0.2, 0.35, 0.65, 0.8] {
        // The rising sheet passes x = y, the other x = 1 - y.
        let rising_is_nearer = (y > 0.5) == from_front;
        let found = picture.at([0.5, y, 0.5]);
        let wanted = composited(&order(rising_is_nearer), WHITE);
        assert!(
            is_near(found, wanted),
            "{y}, from the front: {from_front}: {found:?}, not {wanted:?}"
        );
    }
}

#[test]
fn crossing_sheets_are_right_from_both_sides() {
    let renderer = Renderer::new(&context());
    let mut swapped = crossing();
    swapped.meshes.reverse();
    for scene in [crossing(), swapped] {
        for (azimuth, from_front) in [(0.0, true), (std::f32::consts::PI, false)] {
            let picture = Picture::draw(&renderer, &scene, azimuth, Background::Theme);
            check_crossing(&picture, from_front, |rising_is_nearer| {
                if rising_is_nearer {
                    [RED, BLUE]
                } else {
                    [BLUE, RED]
                }
            });
        }
    }
}

#[test]
fn a_wrong_order_is_found() {
    let renderer = Renderer::new(&context());
    let picture = Picture::draw(&renderer, &crossing(), 0.0, Background::Theme);
    // As if the one drawn first were always behind.
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        check_crossing(&picture, true, |_| [BLUE, RED]);
    }));
    assert!(found.is_err(), "the order does not show");
}

#[test]
fn opaque_things_hide_and_are_seen_through() {
    let renderer = Renderer::new(&context());
    let upright = |x: f32, colour, opacity| {
        let corners = [[x, 0.1, 0.1], [x, 0.9, 0.1], [x, 0.9, 0.9], [x, 0.1, 0.9]];
        sheet(corners, colour, opacity)
    };
    let line = Path {
        name: "line".to_owned(),
        positions_unit: [[0.5, 0.0, 0.3], [0.5, 1.0, 0.3]].into(),
        strips: std::iter::once(0..2).collect(),
        colour: PathColour::Solid(Colour::hex(0x00_7000)),
        width_pt: 6.0,
        series_key: "".into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    };
    let disc = |colour: u32, x: f32| Markers {
        records: None,
        steps: Arc::new([]),
        name: "disc".to_owned(),
        positions_unit: [[x, 0.3, 0.7]].into(),
        colour: Colour::hex(colour),
        diameter_pt: 10.0,
        outline: None,
    };
    let points = [CloudPoint::from_rgb([0.2, 0.7, 0.7], [250, 200, 10])];
    let cloud = Cloud {
        steps: Arc::new([]),
        name: "cloud".to_owned(),
        work: CloudWork::Points(points.into()),
        colour: CloudColour::Rgb,
        // Too small for the darker rim.
        size: CloudSize::Constant(5.0),
        floor_projection: false,
        opacity: 0.4,
        records: None,
    };
    let scene = Scene {
        meshes: vec![
            upright(0.4, RED.0, RED.1),
            upright(0.8, BLUE.0, BLUE.1),
            upright(0.6, 0x10_a040, 0.25),
        ],
        paths: vec![line],
        markers: vec![disc(0xff_ff00, 0.7), disc(0x00_ffff, 0.1)],
        clouds: vec![cloud],
        ..empty_scene()
    };
    let green = (0x10_a040, 0.25);
    let point = (0xfa_c80a, 0.4);
    let check = |azimuth, at: [f32; 3], layers: &[(u32, f32)]| {
        let picture = Picture::draw(&renderer, &scene, azimuth, Background::Theme);
        let (found, wanted) = (picture.at(at), composited(layers, WHITE));
        assert!(
            is_near(found, wanted),
            "{azimuth} {at:?}: {found:?}, not {wanted:?}"
        );
    };
    let line = (0x00_7000, 1.0);
    let yellow = (0xff_ff00, 1.0);
    let front = 0.0;
    check(front, [0.5, 0.5, 0.5], &[BLUE, green, RED]);
    check(front, [0.5, 0.5, 0.3], &[BLUE, green, line]);
    check(front, [0.7, 0.3, 0.7], &[BLUE, yellow]);
    check(front, [0.2, 0.7, 0.7], &[BLUE, green, RED, point]);
    let back = std::f32::consts::PI;
    check(back, [0.5, 0.5, 0.5], &[RED, green, BLUE]);
    check(back, [0.5, 0.5, 0.3], &[RED, line]);
    check(back, [0.1, 0.3, 0.7], &[(0x00_ffff, 1.0)]);
    check(back, [0.2, 0.7, 0.7], &[point, RED, green, BLUE]);
}

#[test]
fn a_transparent_picture_has_the_layers_opacity() {
    let renderer = Renderer::new(&context());
    let picture = Picture::draw(&renderer, &crossing(), 0.0, Background::Transparent);
    let found = picture.at([0.5, 0.8, 0.5]);
    let wanted = composited(&[RED, BLUE], [0.0; 4]);
    assert!(is_near(found, wanted), "{found:?}, not {wanted:?}");
    assert_eq!(picture.at([0.5, 0.02, 0.02]), [0; 4]);
}

/// Sheets behind each other, more than are put in order at once.
fn stack(count: u32, opacity: f32) -> (Scene, Vec<(u32, f32)>) {
    let sheets: Vec<(f32, u32)> = (0..count)
        .map(|index| {
            let x = 0.05 + 0.9 * index as f32 / count as f32;
            let colour = if index < count / 2 {
                0xd0_2000
            } else {
                0x20_4080
            };
            (x, colour + 3 * index)
        })
        .collect();
    // The eye is at large x.
    let layers = sheets.iter().rev().map(|(_, colour)| (*colour, opacity));
    let mut meshes: Vec<Mesh> = sheets
        .iter()
        .map(|(x, colour)| {
            let corners = [
                [*x, 0.1, 0.1],
                [*x, 0.9, 0.1],
                [*x, 0.9, 0.9],
                [*x, 0.1, 0.9],
            ];
            sheet(corners, *colour, opacity)
        })
        .collect();
    meshes.rotate_left(count as usize / 3);
    let scene = Scene {
        meshes,
        ..empty_scene()
    };
    (scene, layers.collect())
}

#[test]
fn many_layers_are_all_put_in_order() {
    let renderer = Renderer::new(&context());
    // An opacity that eight bits hold exactly.
    let (scene, layers) = stack(70, 10.0 / 255.0);
    let picture = Picture::draw(&renderer, &scene, 0.0, Background::Theme);
    let (found, wanted) = (picture.at([0.5, 0.4, 0.6]), composited(&layers, WHITE));
    assert!(is_near(found, wanted), "{found:?}, not {wanted:?}");
    let mut reversed = layers;
    reversed.reverse();
    assert!(!is_near(found, composited(&reversed, WHITE)));
}

#[test]
fn too_little_room_is_noticed_and_made() {
    let context = context();
    let (scene, _) = stack(12, 0.3);
    let whole = Picture::draw(&Renderer::new(&context), &scene, 0.3, Background::Theme);
    // Room for two rows of the picture.
    let scant = Renderer::with_fragment_capacity(&context, Some(2 * 12 * SIZE[0]));
    let banded = Picture::draw(&scant, &scene, 0.3, Background::Theme);
    assert!(whole.pixels == banded.pixels);

    // The window draws once, is told, and draws again.
    let figure = figure(&scene, 0.3, 0.0);
    let on_gpu = scant.upload(&scene).unwrap();
    let targets = Targets::new(&context, SIZE).unwrap();
    let mut frames = 0;
    loop {
        scant.draw(&on_gpu, &figure, &targets, Background::Theme, 1);
        frames += 1;
        context.wait().unwrap();
        assert!(!targets.is_counting());
        if !targets.lacks_fragments(&context) {
            break;
        }
        assert!(frames < 8);
    }
    assert!(frames > 1, "everything fitted");
    assert!(targets.read_back(&context).unwrap() == whole.pixels);
}

fn wave(shift: f32, opacity: f32) -> Surface {
    let size = GridSize {
        width: 40,
        height: 30,
    };
    let (x_unit, y_unit) = (size.x_unit(), size.y_unit());
    let values = y_unit.iter().flat_map(|y| {
        x_unit
            .iter()
            .map(move |x| 0.5 + 0.3 * (6.0 * x + shift).sin() * (5.0 * y).cos())
    });
    Surface {
        work: SurfaceWork::Nodes(Arc::new(Field {
            values: values.collect(),
            support: vec![1.0; size.nodes()],
            x_unit: x_unit.clone(),
            y_unit: y_unit.clone(),
        })),
        map: ColourMap::Viridis,
        colour_range: [0.2, 0.8],
        shading: 0.7,
        contours: Some([0.05, 0.0]),
        wireframe: true,
        floor_projection: true,
        opacity,
        records: None,
    }
}

#[test]
fn the_same_bytes_on_every_run() {
    let context = context();
    let points = (0..5000).map(|index: u32| {
        let share = |step: f64| (f64::from(index / 2) * step).fract() as f32;
        // Each twice, with another colour: equal depths have an order too.
        CloudPoint {
            position_unit: [share(0.618), share(0.755), share(0.57)],
            value: (index % 2) as f32,
        }
    });
    let scene = Scene {
        surfaces: vec![wave(0.0, 0.6), wave(1.0, 0.4)],
        clouds: vec![Cloud {
            steps: Arc::new([]),
            name: "points".to_owned(),
            work: CloudWork::Points(points.collect()),
            colour: CloudColour::Map(ColourMap::Turbo),
            size: CloudSize::Constant(4.0),
            floor_projection: true,
            opacity: 0.5,
            records: None,
        }],
        ..empty_scene()
    };
    let renderer = Renderer::new(&context);
    let draw =
        |renderer| Picture::draw_raised(renderer, &scene, 0.7, 0.4, Background::Theme).pixels;
    let first = draw(&renderer);
    assert!(first == draw(&renderer));
    assert!(first == draw(&Renderer::new(&context)));
}

#[test]
fn an_opacity_of_nearly_one_looks_opaque() {
    let renderer = Renderer::new(&context());
    let draw = |opacity| {
        let scene = Scene {
            surfaces: vec![Surface {
                contours: None,
                wireframe: false,
                ..wave(0.0, opacity)
            }],
            ..empty_scene()
        };
        Picture::draw_raised(&renderer, &scene, 0.7, 0.5, Background::Theme).pixels
    };
    let apart = |a: &[u8], b: &[u8]| {
        a.iter()
            .zip(b)
            // A dark channel shows a 255th of white behind it as seven.
            .filter(|(a, b)| a.abs_diff(**b) > 8)
            .count()
    };
    // Lists, samples and depths of a translucent surface against the same surface drawn as ever.
    let (opaque, nearly) = (draw(1.0), draw(0.997));
    let off = apart(&opaque, &nearly);
    assert!(off < opaque.len() / 1000, "{off} bytes of {}", opaque.len());
    assert!(apart(&opaque, &draw(0.5)) > opaque.len() / 20);
}

#[test]
fn values_and_solid_colours_of_meshes() {
    let renderer = Renderer::new(&context());
    let corners = [
        [0.5, 0.1, 0.1],
        [0.5, 0.9, 0.1],
        [0.5, 0.9, 0.9],
        [0.5, 0.1, 0.9],
    ];
    let by_value = Mesh {
        colour: MeshColour::Values([0.0, 0.0, 1.0, 1.0].into(), ColourMap::Viridis),
        ..sheet(corners, 0, 1.0)
    };
    // Fewer values than corners: the others count as 0.
    let short = Mesh {
        colour: MeshColour::Values([0.0].into(), ColourMap::Viridis),
        ..sheet(corners, 0, 1.0)
    };
    let draw = |mesh: Mesh| {
        let scene = Scene {
            meshes: vec![mesh],
            ..empty_scene()
        };
        Picture::draw(&renderer, &scene, 0.0, Background::Theme)
    };
    let found = draw(by_value);
    for height in [0.2_f32, 0.5, 0.7] {
        // The middle of the pixel is what is coloured.
        let near = (-6..=6).any(|off| {
            let off = 0.002 * off as f32;
            let [r, g, b] = ColourMap::Viridis.colour((height + off - 0.1) / 0.8).rgb;
            is_near(found.at([0.5, 0.5, height]), [r, g, b, 255])
        });
        assert!(near, "{height}: {:?}", found.at([0.5, 0.5, height]));
    }
    let [r, g, b] = ColourMap::Viridis.colour(0.0).rgb;
    assert_eq!(draw(short).at([0.5, 0.5, 0.7]), [r, g, b, 255]);
    let solid = draw(sheet(corners, 0x12_3456, 1.0));
    assert_eq!(solid.at([0.5, 0.5, 0.5]), [0x12, 0x34, 0x56, 255]);
}

#[test]
fn what_lies_outside_of_the_box_is_not_drawn() {
    let renderer = Renderer::new(&context());
    let wide = |colour, opacity| {
        let corners = [
            [0.5, -0.5, 0.1],
            [0.5, 1.5, 0.1],
            [0.5, 1.5, 0.9],
            [0.5, -0.5, 0.9],
        ];
        sheet(corners, colour, opacity)
    };
    let disc = |y: f32| Markers {
        records: None,
        steps: Arc::new([]),
        name: "disc".to_owned(),
        positions_unit: [[0.6, y, 0.5]].into(),
        colour: Colour::hex(0xff_ff00),
        diameter_pt: 8.0,
        outline: None,
    };
    for opacity in [1.0, 0.5] {
        let scene = Scene {
            meshes: vec![wide(0xd0_2020, opacity)],
            markers: vec![disc(0.8), disc(1.1)],
            ..empty_scene()
        };
        let picture = Picture::draw(&renderer, &scene, 0.0, Background::Theme);
        let wanted = composited(&[(0xd0_2020, opacity)], WHITE);
        assert!(is_near(picture.at([0.5, 0.95, 0.3]), wanted), "{opacity}");
        for y in [1.03, 1.1] {
            assert_eq!(picture.at([0.5, y, 0.3]), [255; 4], "{opacity} {y}");
        }
        assert_eq!(
            picture.at([0.6, 0.8, 0.5]),
            composited(&[(0xff_ff00, 1.0)], WHITE)
        );
        assert_eq!(picture.at([0.6, 1.1, 0.5]), [255; 4]);
    }
}
