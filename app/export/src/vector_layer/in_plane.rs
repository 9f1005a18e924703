//! Data in one plane: bands by their outlines, lines and dots by colour.

use std::collections::{BTreeMap, HashMap};

use trainscape_scene::{
    Scene,
    colour::Colour,
    figure::{Figure, overlay::Rect},
    scene::{CloudSize, Markers, Mesh, MeshColour, Path, PathColour},
};

use super::shape::{NoVectors, Point, VectorShape, as_in_linear_light, placed, with_opacity};

/// Room around the plane, in points, so that lines at its edge keep their width.
const MARGIN_PT: f32 = 1.5;

/// The shapes, the farthest first.
pub(super) fn data(scene: &Scene, figure: &Figure) -> Result<Vec<VectorShape>, NoVectors> {
    let mut items: Vec<(f32, VectorShape)> = Vec::new();
    let colours = NoVectors::Colours;
    for mesh in &scene.meshes {
        items.extend(area(mesh, figure).ok_or(colours)?);
    }
    for path in &scene.paths {
        items.extend(lines(path, figure).ok_or(colours)?);
    }
    items.extend(dots_of_clouds(scene, figure).ok_or(colours)?);
    for markers in &scene.markers {
        items.extend(dots_of_markers(markers, figure));
    }
    items.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(items.into_iter().map(|(_, shape)| shape).collect())
}

/// The side of the box that the plane shows.
pub(super) fn plane(figure: &Figure) -> Option<Rect> {
    let corners = (0..8).map(|corner| [0, 1, 2].map(|axis| ((corner >> axis) & 1) as f32));
    let points: Option<Vec<Point>> = corners
        .map(|corner| placed(corner, figure).map(|(at, _)| at))
        .collect();
    let points = points?;
    let end = |axis: usize, of: fn(f32, f32) -> f32, from: f32| {
        points.iter().map(|point| point[axis]).fold(from, of)
    };
    let [left, top] = [0, 1].map(|axis| end(axis, f32::min, f32::MAX) - MARGIN_PT);
    let [right, bottom] = [0, 1].map(|axis| end(axis, f32::max, f32::MIN) + MARGIN_PT);
    Some(Rect {
        x: left,
        y: top,
        width: right - left,
        height: bottom - top,
    })
}

/// The lines of the axis box.
pub(super) fn grid(figure: &Figure) -> impl Iterator<Item = VectorShape> {
    figure.frame.iter().filter_map(|line| {
        let ends = line.ends_unit.map(|end| placed(end, figure));
        let [(start, _), (end, _)] = [ends[0]?, ends[1]?];
        Some(VectorShape::Lines {
            strips: vec![vec![start, end]],
            width: line.width_pt * figure.line_scale,
            colour: line.colour,
        })
    })
}

/// A mesh of one colour by its outline; `None` if it is shaded or of several colours.
fn area(mesh: &Mesh, figure: &Figure) -> Option<Option<(f32, VectorShape)>> {
    let MeshColour::Solid(colour) = mesh.colour else {
        return None;
    };
    if mesh.shading > 0.0 {
        return None;
    }
    let mut points = Vec::with_capacity(mesh.positions_unit.len());
    let mut nearest = f32::MIN;
    for unit in mesh.positions_unit.iter() {
        let (at, depth) = placed(*unit, figure)?;
        nearest = nearest.max(depth);
        points.push(at);
    }
    let rings = outline(&mesh.triangles)
        .into_iter()
        .map(|ring| ring.into_iter().map(|at| points[at as usize]).collect())
        .collect();
    let shape = VectorShape::Area {
        rings,
        colour: as_in_linear_light(with_opacity(colour, mesh.opacity), figure.theme.background),
    };
    Some((!points.is_empty()).then_some((nearest, shape)))
}

/// The closed lines around triangles: the edges that one triangle alone has, joined.
fn outline(triangles: &[[u32; 3]]) -> Vec<Vec<u32>> {
    let mut edges: HashMap<(u32, u32), usize> = HashMap::new();
    let ends = |triangle: &[u32; 3]| {
        let [a, b, c] = *triangle;
        [(a, b), (b, c), (c, a)]
    };
    for (start, end) in triangles.iter().flat_map(ends) {
        *edges.entry((start.min(end), start.max(end))).or_default() += 1;
    }
    let mut neighbours: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for ((start, end), _) in edges.into_iter().filter(|(_, count)| *count == 1) {
        neighbours.entry(start).or_default().push(end);
        neighbours.entry(end).or_default().push(start);
    }
    let mut rings = Vec::new();
    while let Some((&first, _)) = neighbours.iter().find(|(_, ends)| !ends.is_empty()) {
        let mut ring = vec![first];
        let mut at = first;
        while let Some(next) = neighbours.get_mut(&at).and_then(Vec::pop) {
            if let Some(back) = neighbours.get_mut(&next) {
                back.retain(|end| *end != at);
            }
            if next == first {
                break;
            }
            ring.push(next);
            at = next;
        }
        neighbours.retain(|_, ends| !ends.is_empty());
        rings.push(ring);
    }
    rings
}

/// A path of one colour; `None` if its colours change along it or it has an outline.
fn lines(path: &Path, figure: &Figure) -> Option<Option<(f32, VectorShape)>> {
    let colour = match path.colour {
        PathColour::Theme => figure.theme.path,
        PathColour::Muted => figure.theme.muted_path,
        PathColour::Solid(colour) => colour,
        PathColour::Outlined(_) | PathColour::Values(..) => return None,
    };
    let mut nearest = f32::MIN;
    let mut strips = Vec::new();
    for strip in path.strips.iter().filter(|strip| strip.len() > 1) {
        let positions = &path.positions_unit[strip.start as usize..strip.end as usize];
        let mut points = Vec::with_capacity(positions.len());
        for unit in positions {
            let (at, depth) = placed(*unit, figure)?;
            nearest = nearest.max(depth);
            points.push(at);
        }
        strips.push(points);
    }
    let shape = VectorShape::Lines {
        width: path.width_pt * figure.line_scale,
        colour,
        strips: strips.clone(),
    };
    Some((!strips.is_empty()).then_some((nearest, shape)))
}

/// The dots of all clouds by colour; `None` if they differ in size.
fn dots_of_clouds(scene: &Scene, figure: &Figure) -> Option<Vec<(f32, VectorShape)>> {
    let mut shapes = Vec::new();
    for cloud in &scene.clouds {
        let CloudSize::Constant(diameter_pt) = cloud.size else {
            return None;
        };
        let mut by_colour: BTreeMap<[u8; 3], (f32, Vec<Point>)> = BTreeMap::new();
        cloud.for_each(|_, point| {
            if let Some((at, depth)) = placed(point.position_unit, figure) {
                let colour = cloud.colour.of(&point).rgb;
                let (nearest, centres) = by_colour.entry(colour).or_insert((f32::MIN, Vec::new()));
                *nearest = nearest.max(depth);
                centres.push(at);
            }
        });
        shapes.extend(by_colour.into_iter().map(|(rgb, (nearest, centres))| {
            let colour = Colour { rgb, alpha: 255 };
            let shape = VectorShape::Dots {
                centres,
                diameter: diameter_pt * figure.line_scale,
                colour: with_opacity(colour, cloud.opacity),
            };
            (nearest, shape)
        }));
    }
    Some(shapes)
}

/// Markers, with discs of the outline's colour behind them.
fn dots_of_markers(markers: &Markers, figure: &Figure) -> Vec<(f32, VectorShape)> {
    const OUTLINE_PT: f32 = 1.0;
    let placed: Vec<(Point, f32)> = markers
        .positions_unit
        .iter()
        .filter_map(|unit| placed(*unit, figure))
        .collect();
    let Some(nearest) = placed.iter().map(|(_, depth)| *depth).reduce(f32::max) else {
        return Vec::new();
    };
    let dots = |diameter_pt: f32, colour| {
        let shape = VectorShape::Dots {
            centres: placed.iter().map(|(at, _)| *at).collect(),
            diameter: diameter_pt * figure.line_scale,
            colour,
        };
        (nearest, shape)
    };
    let outline = markers
        .outline
        .map(|colour| dots(markers.diameter_pt, colour));
    let inner = match markers.outline {
        Some(_) => markers.diameter_pt - 2.0 * OUTLINE_PT,
        None => markers.diameter_pt,
    };
    outline
        .into_iter()
        .chain([dots(inner, markers.colour)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_of_a_band_have_one_outline() {
        // Two quadrilaterals beside each other, and a triangle apart.
        let triangles = [[0, 2, 1], [1, 2, 3], [2, 4, 3], [3, 4, 5], [6, 7, 8]];
        let mut rings = outline(&triangles);
        rings.sort_by_key(Vec::len);
        assert_eq!(rings.len(), 2);
        let mut corners = rings[1].clone();
        corners.sort_unstable();
        assert_eq!(corners, [0, 1, 2, 3, 4, 5]);
        let is_edge = |pair: &[u32]| matches!(pair[0].abs_diff(pair[1]), 1 | 2);
        assert!(rings[1].windows(2).all(is_edge), "{:?}", rings[1]);
        assert_eq!(rings[0].len(), 3);
    }
}
