//! Scenes with known positions and colours, and their files.

use std::sync::Arc;

use trainscape_compute::{Field, MISSING};
use trainscape_export::{geometry, glb};
use trainscape_scene::{
    Scene,
    colour::{Colour, ColourMap},
    figure::{Figure, FigureSpec},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Markers, Mesh, MeshColour,
        PathColour, Surface, SurfaceWork,
    },
};

use crate::figures::{empty_scene, renderer};

/// A surface whose four nodes have known colours, with one missing corner.
pub(crate) fn small_scene(missing: bool) -> Scene {
    let nodes = Field {
        x_unit: vec![0.0, 0.5, 1.0],
        y_unit: vec![0.0, 0.5, 1.0],
        values: vec![0.0, 0.5, 1.0, 0.25, 0.5, 0.75, 1.0, 0.5, 0.0],
        support: (0..9)
            .map(|node| if missing && node == 8 { MISSING } else { 1.0 })
            .collect(),
    };
    let surface = Surface {
        work: SurfaceWork::Nodes(nodes.into()),
        map: ColourMap::Viridis,
        colour_range: [0.0, 1.0],
        shading: 1.0,
        contours: None,
        wireframe: false,
        floor_projection: false,
        opacity: 1.0,
        records: None,
    };
    Scene {
        surfaces: vec![surface],
        ..empty_scene()
    }
}

pub(crate) fn figure_of(scene: &Scene) -> Figure {
    Figure::lay_out(scene, &FigureSpec::new([300.0, 200.0]))
}

pub(crate) fn encode(scene: &Scene) -> Vec<u8> {
    glb::encode(
        scene,
        &figure_of(scene),
        &geometry::fields(renderer(), scene).unwrap(),
    )
    .unwrap()
}

/// A translucent surface and mesh, a cloud, a coloured path and markers, partly outside the axis box.
pub(crate) fn scene_beyond_the_box() -> Scene {
    let mut scene = small_scene(false);
    let beyond = |at: f32| 0.5 + (at - 0.5) * 1.6;
    if let SurfaceWork::Nodes(field) = &mut scene.surfaces[0].work {
        let mut wider = field.as_ref().clone();
        for at in wider.x_unit.iter_mut().chain(&mut wider.values) {
            *at = beyond(*at);
        }
        *field = wider.into();
    }
    scene.surfaces[0].opacity = 0.25;
    scene.meshes = vec![Mesh {
        steps: Arc::new([]),
        name: "mesh".to_owned(),
        positions_unit: [[0.2, 0.2, 0.2], [0.8, 0.2, 0.5], [0.5, 0.8, 1.4]].into(),
        triangles: [[0, 1, 2]].into(),
        colour: MeshColour::Values([0.0, 0.5, 1.0].into(), ColourMap::Turbo),
        shading: 0.0,
        opacity: 0.5,
        records: None,
    }];
    scene.paths = vec![trainscape_scene::scene::Path {
        name: "path".to_owned(),
        positions_unit: [[-0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.7, 0.6, 0.5]].into(),
        strips: std::iter::once(0..3).collect(),
        colour: PathColour::Values([0.0, 0.5, 1.0].into(), ColourMap::Plasma),
        width_pt: 1.0,
        series_key: "".into(),
        records: [].into(),
        details: Vec::new(),
        describe: None,
    }];
    let points = [[0.5; 3], [1.5, 0.5, 0.5]];
    scene.clouds = vec![Cloud {
        steps: Arc::new([]),
        name: "cloud".to_owned(),
        work: CloudWork::Points(
            points
                .map(|at| CloudPoint::from_rgb(at, [255, 0, 128]))
                .into(),
        ),
        colour: CloudColour::Rgb,
        size: CloudSize::Constant(2.0),
        floor_projection: false,
        opacity: 0.4,
        records: None,
    }];
    scene.markers = vec![Markers {
        records: None,
        steps: Arc::new([]),
        name: "markers".to_owned(),
        positions_unit: points.into(),
        colour: Colour::hex(0x123456),
        diameter_pt: 2.0,
        outline: None,
    }];
    scene
}
