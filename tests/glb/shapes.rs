//! What surfaces, lines, points and labels become.

use std::collections::HashMap;

use trainscape_scene::{
    camera::world_from_unit,
    colour::{Colour, ColourMap},
    figure::overlay::Shape,
    scene::{CloudColour, CloudPoint, CloudWork, PathColour},
};

use crate::{
    compare::{centres_of, differ},
    glb_file::GlbFile,
    scenes::{encode, figure_of, scene_beyond_the_box, small_scene},
};

#[test]
fn a_surface_is_lit_and_coloured_by_a_texture() {
    let file = GlbFile::parse(&encode(&small_scene(false)));
    let primitive = file.primitives("surface")[0];
    let lowest = file
        .positions(primitive)
        .iter()
        .position(|p| p[2] == -0.35)
        .unwrap();
    // Viridis begins with #440154.
    assert_eq!(file.colours(primitive)[lowest], [0x44, 0x01, 0x54, 255]);
    assert!(file.is_lit(primitive));
    let material = &file.document["materials"][primitive["material"].as_u64().unwrap() as usize];
    assert_eq!(
        material["emissiveTexture"],
        material["pbrMetallicRoughness"]["baseColorTexture"]
    );
    // What is emitted and what is lit together are about the colour.
    let emitted = material["emissiveFactor"][0].as_f64().unwrap();
    let lit = material["pbrMetallicRoughness"]["baseColorFactor"][0]
        .as_f64()
        .unwrap();
    assert!(
        lit > 0.3 && (0.9..1.1).contains(&(emitted + lit)),
        "{emitted} {lit}"
    );
    assert_eq!(file.indices(primitive).len(), 8 * 3);
    let holed = GlbFile::parse(&encode(&small_scene(true)));
    let primitive = holed.primitives("surface")[0];
    assert!(
        holed.indices(primitive).len() < 8 * 3,
        "a missing node has no triangles"
    );
    assert_eq!(holed.positions(primitive).len(), 8);
}

/// How often each edge of the triangles of a name is used in each direction; vertices at one place are the same.
fn open_edges(file: &GlbFile, name: &str) -> usize {
    let mut open = 0;
    for primitive in file.primitives(name) {
        let mut uses: HashMap<[u32; 2], i32> = HashMap::new();
        for triangle in file.indices(primitive).chunks(3) {
            let [a, b, c] = [triangle[0], triangle[1], triangle[2]];
            for [from, to] in [[a, b], [b, c], [c, a]] {
                let way = if from < to { 1 } else { -1 };
                *uses.entry([from.min(to), from.max(to)]).or_insert(0) += way;
            }
        }
        open += uses.values().filter(|balance| **balance != 0).count();
    }
    open
}

#[test]
fn lines_are_closed_tubes_as_wide_as_in_the_figure() {
    let mut scene = scene_beyond_the_box();
    scene.paths[0].colour = PathColour::Solid(Colour::hex(0x3366cc));
    scene.paths[0].width_pt = 3.0;
    let figure = figure_of(&scene);
    let file = GlbFile::parse(&encode(&scene));
    for name in ["path", "axis box", "axes", "cloud", "markers"] {
        assert_eq!(open_edges(&file, name), 0, "{name}");
    }
    assert!(open_edges(&file, "surface") > 0, "the edges of a surface");
    let tube = file.primitives("path")[0];
    assert_eq!(file.colours(tube)[0], [0x33, 0x66, 0xcc, 255]);
    assert!(!file.is_lit(tube));
    // Half of three points, at the scale of the camera's target.
    let radius = 1.5 / (figure.camera.scale * figure.plot_rect.height / 2.0);
    let end = world_from_unit([0.0, 0.5, 0.5], file.box_edges());
    let positions = file.positions(tube);
    let ring = positions
        .iter()
        .take(6)
        .map(|at| end.distance((*at).into()));
    for distance in ring {
        assert!(
            (distance / radius - 1.0).abs() < 0.02,
            "{distance} {radius}"
        );
    }
}

/// The texts are in a texture, each on a quad for either side, where the figure has them.
#[test]
fn labels_stand_where_the_figure_has_them() {
    let scene = scene_beyond_the_box();
    let figure = figure_of(&scene);
    let file = GlbFile::parse(&encode(&scene));
    let labels = file.primitives("labels")[0];
    assert!(file.blends(labels));
    let positions = file.positions(labels);
    let coordinates = file.texture_coordinates(labels);
    let texts: Vec<_> = figure
        .overlay
        .shapes
        .iter()
        .enumerate()
        .filter(|(index, _)| !figure.page_shapes.contains(index))
        .filter_map(|(_, shape)| match shape {
            Shape::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    assert!(texts.len() > 8);
    assert_eq!(positions.len(), 8 * texts.len());
    let ([width, height], pixels) =
        file.texture(file.document["textures"].as_array().unwrap().len() - 1);
    for (text, (quad, part)) in texts
        .iter()
        .zip(positions.chunks(8).zip(coordinates.chunks(8)))
    {
        // The lower left corner is below the start of the baseline.
        let (corner, _) = figure.point_from_world(quad[3].into()).unwrap();
        let [x, y] = text.baseline_start;
        let apart = (corner.x - x).hypot(corner.y - y);
        assert!(apart < text.size, "{}: {corner}", text.text);
        // Its part of the texture has the colour of the text.
        let [left, top] = part[0];
        let [right, bottom] = part[2];
        let columns = (left * width as f32) as usize..(right * width as f32) as usize;
        let mut rows = (top * height as f32) as usize..(bottom * height as f32) as usize;
        let inked = rows.any(|y| {
            columns.clone().any(|x| {
                let pixel = &pixels[4 * (y * width as usize + x)..][..4];
                pixel[3] == 255 && differ(pixel.try_into().unwrap(), text.colour.rgb) < 8
            })
        });
        assert!(inked, "{}", text.text);
    }
}

#[test]
fn very_many_points_are_points_and_the_file_stays_small() {
    let cloud = |count: usize| {
        let mut scene = scene_beyond_the_box();
        let at = |index: usize| index as f32 / count as f32;
        let points = (0..count).map(|index| CloudPoint {
            position_unit: [at(index), at(index * 7 % count), at(index * 31 % count)],
            value: at(index),
        });
        scene.clouds[0].work = CloudWork::Points(points.collect());
        scene.clouds[0].colour = CloudColour::Map(ColourMap::Viridis);
        encode(&scene)
    };
    for (count, mode, most_bytes) in [(50_000, 4, 8_000_000), (70_000, 0, 1_500_000)] {
        let bytes = cloud(count);
        assert!(bytes.len() < most_bytes, "{count}: {}", bytes.len());
        let file = GlbFile::parse(&bytes);
        let primitives = file.primitives("cloud");
        assert!(primitives.len() > 100 && primitives.len() <= 128);
        assert!(primitives.iter().all(|primitive| primitive["mode"] == mode));
        let centres: usize = centres_of(&file, "cloud").0.values().map(Vec::len).sum();
        assert_eq!(centres, count);
    }
}
