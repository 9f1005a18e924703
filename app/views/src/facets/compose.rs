//! Scenes of one plane each, as panels of one scene.

use trainscape_scene::{
    axis::Axis,
    scene::{
        Cloud, CloudPoint, CloudWork, Facet, LegendEntry, Markers, Mesh, Path, PathColour,
        PointLabel, Scene,
    },
};

use crate::clip::Kept;

/// The part of a usual page that panels fill, in sizes of its text: what gaps for labels are parts of.
const USUAL_PAGE: [f32; 2] = [46.0, 25.0];
/// Space for the labels left of a panel, below it and above it, and between panels without labels, in sizes of the text.
const LABELS: [f32; 2] = [4.2, 1.9];
const TITLE: f32 = 1.8;
const GAP: f32 = 1.0;
/// Gaps take at most this part of the box.
const MOST_GAPS: f32 = 0.5;

/// A scene that has `panels`, with titles, side by side; `are_shared` says which of the axes, to the right and upwards, is the
/// same in all of them. Where these count different things to the right, the titles of the panels say what. The other contents of the
/// scene are those of the first panel, without title and caption.
pub(crate) fn compose(panels: Vec<(String, Scene)>, are_shared: [bool; 2]) -> Option<Scene> {
    let mut composed = panels.first()?.1.clone();
    composed.title.clear();
    composed.caption.clear();
    composed.legend.clear();
    composed.paths.clear();
    composed.meshes.clear();
    composed.markers.clear();
    composed.clouds.clear();
    composed.surfaces.clear();
    composed.labels.clear();
    composed.runs.clear();
    let grid = Grid::new(panels.len(), are_shared);
    let x = composed.axes[0].title.clone();
    let count_alike = panels.iter().all(|(_, scene)| scene.axes[0].title == x);
    if !count_alike {
        composed.axes[0].title.clear();
    }
    for (place, (title, scene)) in panels.into_iter().enumerate() {
        let title = match count_alike {
            true => title,
            false => format!("{title} by {}", scene.axes[0].title),
        };
        let facet = grid.facet(place, title, &scene.axes);
        add(&mut composed, &facet, scene);
        composed.facets.push(facet);
    }
    Some(composed)
}

/// What a title says of the axis to the right of panels that count different things.
pub(crate) fn x_of_title(scene: &Scene) -> &str {
    match scene.axes[0].title.as_str() {
        "" => "step",
        x => x,
    }
}

/// Where panels stand.
struct Grid {
    panels: usize,
    columns: usize,
    are_shared: [bool; 2],
    /// Between panels beside each other and above each other, in parts of the box.
    gaps: [f32; 2],
    /// Of a panel, in parts of the box.
    size: [f32; 2],
}

impl Grid {
    fn new(panels: usize, are_shared: [bool; 2]) -> Self {
        let columns = match panels {
            0..=3 => panels.max(1),
            4 => 2,
            5 | 6 | 9 => 3,
            7..=16 => 4,
            17..=20 => 5,
            _ => 6,
        };
        let rows = panels.div_ceil(columns);
        let [shares_x, shares_z] = are_shared;
        let beside = GAP + if shares_z { 0.0 } else { LABELS[0] };
        let above = TITLE + if shares_x { 0.8 } else { LABELS[1] };
        let gap = |space: f32, of_page: f32, count: usize| {
            let gaps = count.saturating_sub(1).max(1) as f32;
            (space / of_page).min(MOST_GAPS / gaps)
        };
        let gaps = [
            gap(beside, USUAL_PAGE[0], columns),
            gap(above, USUAL_PAGE[1], rows),
        ];
        let size = |gap: f32, count: usize| (1.0 - gap * (count as f32 - 1.0)) / count as f32;
        Self {
            panels,
            columns,
            are_shared,
            size: [size(gaps[0], columns), size(gaps[1], rows)],
            gaps,
        }
    }

    /// The panel at a place, in rows from the top.
    fn facet(&self, place: usize, title: String, axes: &[Axis; 3]) -> Facet {
        let (row, column) = (place / self.columns, place % self.columns);
        let left = column as f32 * (self.size[0] + self.gaps[0]);
        let top = 1.0 - row as f32 * (self.size[1] + self.gaps[1]);
        let has_none_below = place + self.columns >= self.panels;
        let [shares_x, shares_z] = self.are_shared;
        Facet {
            title,
            corners_unit: [[left, top - self.size[1]], [left + self.size[0], top]],
            axes: [axes[0].clone(), axes[2].clone()],
            labelled: [!shares_x || has_none_below, !shares_z || column == 0],
        }
    }
}

/// Adds what a panel draws within its axes.
fn add(composed: &mut Scene, facet: &Facet, scene: Scene) {
    let first_run = composed.runs.len() as u32;
    composed.runs.extend(scene.runs);
    for path in scene.paths {
        let mut path = clipped_path(path);
        let records = path.records.iter().map(|record| {
            let mut record = *record;
            record.run += first_run;
            record
        });
        path.records = records.collect();
        let places = path.positions_unit.iter();
        path.positions_unit = places.map(|at| facet.unit_from_panel(*at)).collect();
        composed.paths.push(path);
    }
    for mesh in scene.meshes {
        let mut mesh = clipped_mesh(mesh);
        let places = mesh.positions_unit.iter();
        mesh.positions_unit = places.map(|at| facet.unit_from_panel(*at)).collect();
        composed.meshes.push(mesh);
    }
    for markers in scene.markers {
        let mut markers = clipped_markers(markers);
        let places = markers.positions_unit.iter();
        markers.positions_unit = places.map(|at| facet.unit_from_panel(*at)).collect();
        composed.markers.push(markers);
    }
    for cloud in scene.clouds {
        composed.clouds.push(cloud_within(cloud, facet));
    }
    let labels = scene.labels.into_iter();
    let labels = labels.filter(|label| is_inside(label.position_unit));
    composed.labels.extend(labels.map(|label| PointLabel {
        position_unit: facet.unit_from_panel(label.position_unit),
        ..label
    }));
    for entry in scene.legend {
        let is_known = |known: &LegendEntry| known.label == entry.label;
        if !composed.legend.iter().any(is_known) {
            composed.legend.push(entry);
        }
    }
    composed.picks_paths &= scene.picks_paths;
}

/// The points in their panel; records and steps are those of the same points.
fn cloud_within(mut cloud: Cloud, facet: &Facet) -> Cloud {
    if let CloudWork::Points(points) = &cloud.work {
        let moved = points.iter().map(|point| CloudPoint {
            position_unit: facet.unit_from_panel(point.position_unit),
            ..*point
        });
        cloud.work = CloudWork::Points(moved.collect());
    }
    cloud
}

/// Rounding at the edge of a panel.
const SLACK: f32 = 1.0e-4;

fn is_inside([x, _, z]: [f32; 3]) -> bool {
    let range = -SLACK..=1.0 + SLACK;
    range.contains(&x) && range.contains(&z)
}

/// The line within the panel: it ends at the edges that it crosses.
fn clipped_path(path: Path) -> Path {
    if path.positions_unit.iter().all(|at| is_inside(*at)) {
        return path;
    }
    let mut positions = Vec::new();
    let mut kept: Vec<usize> = Vec::new();
    let mut strips = Vec::new();
    for strip in &path.strips {
        let mut start = positions.len() as u32;
        for at in strip.start as usize..strip.end as usize {
            let here = path.positions_unit[at];
            let before = (at > strip.start as usize).then(|| path.positions_unit[at - 1]);
            let crossing = before.and_then(|before| part_inside(before, here));
            match (before.is_some_and(is_inside), is_inside(here), crossing) {
                (_, true, Some([entry, _])) if !before.is_some_and(is_inside) => {
                    start = positions.len() as u32;
                    positions.extend([entry, here]);
                    kept.extend([at, at]);
                }
                (_, true, _) => {
                    positions.push(here);
                    kept.push(at);
                }
                (true, false, Some([_, exit])) => {
                    positions.push(exit);
                    kept.push(at - 1);
                    strips.push(start..positions.len() as u32);
                    start = positions.len() as u32;
                }
                (false, false, Some(ends)) => {
                    start = positions.len() as u32;
                    positions.extend(ends);
                    kept.extend([at - 1, at]);
                    strips.push(start..positions.len() as u32);
                    start = positions.len() as u32;
                }
                _ => start = positions.len() as u32,
            }
        }
        let end = positions.len() as u32;
        if end > start {
            strips.push(start..end);
        }
    }
    let pick = |values: &[f64]| kept.iter().map(|at| values[*at]).collect();
    Path {
        colour: match path.colour {
            PathColour::Values(values, map) => {
                PathColour::Values(kept.iter().map(|at| values[*at]).collect(), map)
            }
            colour => colour,
        },
        records: match path.records.is_empty() {
            true => path.records,
            false => kept.iter().map(|at| path.records[*at]).collect(),
        },
        details: path
            .details
            .iter()
            .map(|(name, values)| (name.clone(), pick(values)))
            .collect(),
        describe: Kept::of(path.describe, kept.clone()),
        positions_unit: positions.into(),
        strips,
        ..path
    }
}

/// The ends of the part of a segment in the panel, along the first and the third axis (Liang and Barsky).
fn part_inside(start: [f32; 3], end: [f32; 3]) -> Option<[[f32; 3]; 2]> {
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for axis in [0, 2] {
        let (low, span) = (
            f64::from(start[axis]),
            f64::from(end[axis]) - f64::from(start[axis]),
        );
        if span.abs() < 1e-12 {
            if !(0.0..=1.0).contains(&low) {
                return None;
            }
            continue;
        }
        let shares = [-low / span, (1.0 - low) / span];
        from = from.max(shares[0].min(shares[1]));
        to = to.min(shares[0].max(shares[1]));
    }
    let at = |share: f64| -> [f32; 3] {
        std::array::from_fn(|axis| {
            let (a, b) = (f64::from(start[axis]), f64::from(end[axis]));
            (a + share * (b - a)) as f32
        })
    };
    (from < to).then(|| [at(from), at(to)])
}

/// The mesh without what lies beside the panel; what is above or below it ends at its edge.
fn clipped_mesh(mut mesh: Mesh) -> Mesh {
    let beside = |at: u32| !(-SLACK..=1.0 + SLACK).contains(&mesh.positions_unit[at as usize][0]);
    if mesh.triangles.iter().flatten().any(|at| beside(*at)) {
        let triangles = mesh.triangles.iter().copied();
        mesh.triangles = triangles
            .filter(|triangle| !triangle.iter().any(|at| beside(*at)))
            .collect();
    }
    let places = mesh.positions_unit.iter();
    mesh.positions_unit = places
        .map(|[x, y, z]| [*x, *y, z.clamp(0.0, 1.0)])
        .collect();
    mesh
}

fn clipped_markers(mut markers: Markers) -> Markers {
    let all = 0..markers.positions_unit.len();
    let kept: Vec<usize> = all
        .filter(|at| is_inside(markers.positions_unit[*at]))
        .collect();
    if kept.len() == markers.positions_unit.len() {
        return markers;
    }
    let steps = kept.iter().filter_map(|at| markers.steps.get(*at).copied());
    markers.steps = steps.collect();
    markers.positions_unit = kept.iter().map(|at| markers.positions_unit[*at]).collect();
    markers.records = Kept::of(markers.records.take(), kept);
    markers
}

#[cfg(test)]
mod tests {
    use trainscape_scene::{axis::Scale, colour::Colour};

    use super::*;

    fn scene(heights: &[f32]) -> Scene {
        let axis = |title: &str| Axis {
            title: title.to_owned(),
            scale: Scale::Linear,
            low: 0.0,
            high: 1.0,
        };
        let mut scene = Scene::new(["x", "", "z"].map(axis));
        scene.stand_flat();
        let last = (heights.len() - 1) as f32;
        let places = heights.iter().enumerate();
        scene.paths.push(Path {
            name: "line".to_owned(),
            colour: PathColour::Solid(Colour::hex(0)),
            width_pt: 1.0,
            series_key: "loss".into(),
            records: [].into(),
            positions_unit: places.map(|(at, z)| [at as f32 / last, 0.5, *z]).collect(),
            strips: Path::unbroken(heights.len()),
            details: vec![(
                "height".to_owned(),
                (0..heights.len()).map(|at| at as f64).collect(),
            )],
            describe: None,
        });
        scene
    }

    #[test]
    fn panels_do_not_overlap() {
        for panels in 1..=30 {
            for shared in [[false; 2], [true; 2]] {
                let scenes = (0..panels).map(|at| (at.to_string(), scene(&[0.0, 1.0])));
                let composed = compose(scenes.collect(), shared).unwrap();
                assert_eq!(composed.facets.len(), panels);
                for (at, a) in composed.facets.iter().enumerate() {
                    let [low, high] = a.corners_unit;
                    assert!(
                        low.iter().all(|low| *low > -1e-5)
                            && high.iter().all(|high| *high < 1.0 + 1e-5)
                    );
                    assert!(low[0] < high[0] && low[1] < high[1]);
                    for b in &composed.facets[..at] {
                        let [other_low, other_high] = b.corners_unit;
                        let overlaps = |axis: usize| {
                            low[axis] < other_high[axis] && other_low[axis] < high[axis]
                        };
                        assert!(!(overlaps(0) && overlaps(1)), "{panels}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_line_ends_at_the_edges_of_its_panel() {
        let path = clipped_path(scene(&[0.5, 1.5, 0.5, -0.5, 2.0]).paths.remove(0));
        let places: Vec<[f32; 2]> = path
            .positions_unit
            .iter()
            .map(|at| [at[0], at[2]])
            .collect();
        let close = |a: &[f32; 2], b: &[f32; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
        let wanted = [
            [0.0, 0.5],
            [0.125, 1.0],
            [0.375, 1.0],
            [0.5, 0.5],
            [0.625, 0.0],
            [0.8, 0.0],
            [0.9, 1.0],
        ];
        assert!(
            places.len() == wanted.len() && places.iter().zip(&wanted).all(|(a, b)| close(a, b)),
            "{places:?}"
        );
        assert_eq!(path.strips, [0..2, 2..5, 5..7]);
        assert_eq!(path.details[0].1[..], [0.0, 0.0, 2.0, 2.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn what_is_drawn_is_in_its_panel() {
        let composed = compose(
            ["a", "b"]
                .map(|title| (title.to_owned(), scene(&[0.0, 3.0])))
                .to_vec(),
            [false; 2],
        )
        .unwrap();
        for (path, facet) in composed.paths.iter().zip(&composed.facets) {
            let [low, high] = facet.corners_unit;
            for [x, _, z] in path.positions_unit.iter() {
                assert!((low[0] - 1e-5..=high[0] + 1e-5).contains(x));
                assert!((low[1] - 1e-5..=high[1] + 1e-5).contains(z));
            }
        }
    }
}
