//! A scene clipped at the current step: paths, ribbons and surfaces over steps end there, later markers and points are
//! removed. Axes and colours do not change, so that the picture is steady during playback.

use std::sync::Arc;

use trainscape_compute::{Field, InterpolationMethod, MISSING, MISSING_BELOW, Refine, refine};
use trainscape_run::{Series, Step};
use trainscape_scene::{
    colour::Colour,
    scene::{
        Cloud, CloudWork, Describe, Mark, Markers, NodeRecords, Path, PathColour, Scene, Surface,
        SurfaceWork,
    },
};

use super::{ViewSettings, tensors::step_text};

/// The name of the marks at the current step.
const CURRENT_STEP: &str = "current step";

/// Smallest and largest step of series within the settings' range; `None` if they are equal.
pub(super) fn range_of<'a>(
    series: impl Iterator<Item = &'a Series>,
    settings: &ViewSettings,
) -> Option<(f64, f64)> {
    let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
    for series in series {
        for range in series.live_ranges() {
            let ends = [range.start, range.end - 1].map(|index| series.get(index));
            for step in ends.into_iter().flatten().map(|point| point.step.as_f64()) {
                first = first.min(step);
                last = last.max(step);
            }
        }
    }
    if let Some((low, high)) = settings.steps {
        (first, last) = (first.max(low), last.min(high));
    }
    (first < last && first.is_finite() && last.is_finite()).then_some((first, last))
}

/// Clips the paths and surfaces of a scene at a step, marks the ends of paths, and draws a line across surfaces over
/// steps. A surface that is interpolated across several paths stays whole: there it does not end at a step.
pub fn clip_at_step(scene: &mut Scene, at: f64) {
    let (mut has_steps, ends) = clip_paths(scene, at);
    for surface in &scene.surfaces {
        let Some(column) = column_until(surface, at) else {
            continue;
        };
        has_steps = true;
        if let Some(line) = line_across(surface, column) {
            scene.paths.push(line);
        }
    }
    let reached_x = ends.iter().map(|end| end[0]).reduce(f32::max);
    for surface in &mut scene.surfaces {
        clip_surface(surface, at, reached_x);
    }
    clip_elements(scene, at);
    clip_by_x(scene, at);
    scene
        .markers
        .retain(|markers| !markers.positions_unit.is_empty());
    if !ends.is_empty() {
        let diameter_pt = if ends.len() > 20 { 2.6 } else { 5.0 };
        scene.markers.push(Markers {
            records: None,
            name: CURRENT_STEP.to_owned(),
            positions_unit: ends.into(),
            steps: Arc::new([]),
            colour: Colour::hex(0xffffff),
            diameter_pt,
            outline: Some(Colour::hex(0x111111)),
        });
    }
    if has_steps {
        // At the beginning, because long captions are cut at the end.
        scene.caption = format!(
            "Clipped at step {}; counts refer to all steps. {}",
            step_text(at),
            scene.caption
        );
    }
}

/// Ends the paths at a step; returns whether any has steps, and the ends of those that reach it.
fn clip_paths(scene: &mut Scene, at: f64) -> (bool, Vec<[f32; 3]>) {
    let mut has_steps = false;
    let mut ends = Vec::new();
    let paths = std::mem::take(&mut scene.paths);
    let mut clipped = Vec::with_capacity(paths.len());
    for path in paths {
        let Some(kept) = positions_until(scene, &path, at) else {
            clipped.push(path);
            continue;
        };
        has_steps = true;
        let reaches_step = kept < path.positions_unit.len()
            || kept
                .checked_sub(1)
                .and_then(|last| step_at(scene, &path, last))
                .is_some_and(|step| step >= at);
        if reaches_step && let Some(last) = kept.checked_sub(1) {
            ends.push(path.positions_unit[last]);
        }
        if kept > 0 {
            clipped.push(cut(path, kept));
        }
    }
    scene.paths = clipped;
    (has_steps, ends)
}

/// Removes markers and labels further along x than the last column of a surface whose columns are steps.
fn clip_by_x(scene: &mut Scene, at: f64) {
    let current_x = scene
        .surfaces
        .iter()
        .filter_map(|surface| Some(x_of_column(surface, column_until(surface, at)?)))
        .reduce(f32::max);
    let Some(current_x) = current_x else {
        return;
    };
    let reached = |position: &[f32; 3]| position[0] <= current_x + 1.0e-5;
    for markers in &mut scene.markers {
        if !markers.positions_unit.iter().all(&reached) {
            let all = 0..markers.positions_unit.len();
            let kept: Vec<usize> = all
                .filter(|at| reached(&markers.positions_unit[*at]))
                .collect();
            markers.positions_unit = kept.iter().map(|&at| markers.positions_unit[at]).collect();
            markers.records = Kept::of(markers.records.take(), kept);
        }
    }
    scene.labels.retain(|label| reached(&label.position_unit));
}

/// The records of the points that are left.
#[derive(Debug)]
pub(super) struct Kept {
    all: Arc<dyn Describe>,
    /// Index of each point that is left among all, never decreasing.
    kept: Vec<usize>,
}

impl Kept {
    pub(super) fn of(
        records: Option<Arc<dyn Describe>>,
        kept: Vec<usize>,
    ) -> Option<Arc<dyn Describe>> {
        records.map(|all| -> Arc<dyn Describe> { Arc::new(Self { all, kept }) })
    }
}

impl Describe for Kept {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let at = self.kept.get(index);
        at.map_or_else(Vec::new, |at| self.all.lines(*at))
    }

    fn row(&self, index: usize) -> Option<usize> {
        self.all.row(*self.kept.get(index)?)
    }

    fn mark(&self, index: usize) -> Option<Mark> {
        self.all.mark(*self.kept.get(index)?)
    }

    fn find(&self, mark: &Mark) -> Vec<usize> {
        let found = self.all.find(mark).into_iter();
        found
            .filter_map(|at| self.kept.binary_search(&at).ok())
            .collect()
    }
}

/// Removes the markers, points and triangles whose step has not been reached.
fn clip_elements(scene: &mut Scene, at: f64) {
    let reached = |steps: &[f64], index: usize| steps.get(index).is_none_or(|step| *step <= at);
    let kept_of = |steps: &[f64]| -> Option<Vec<usize>> {
        let all = 0..steps.len();
        let kept: Vec<usize> = all.filter(|index| reached(steps, *index)).collect();
        (kept.len() < steps.len()).then_some(kept)
    };
    let mut left_out: Vec<[f32; 3]> = Vec::new();
    for markers in &mut scene.markers {
        if let Some(kept) = kept_of(&markers.steps) {
            let places = markers.positions_unit.iter().enumerate();
            let later = places.filter(|(index, _)| !reached(&markers.steps, *index));
            left_out.extend(later.map(|(_, at)| *at));
            markers.positions_unit = kept.iter().map(|&at| markers.positions_unit[at]).collect();
            markers.steps = kept.iter().map(|&at| markers.steps[at]).collect();
            markers.records = Kept::of(markers.records.take(), kept);
        }
    }
    // A label says what its marker is.
    scene
        .labels
        .retain(|label| !left_out.contains(&label.position_unit));
    for cloud in &mut scene.clouds {
        if let CloudWork::Points(points) = &mut cloud.work
            && let Some(kept) = kept_of(&cloud.steps)
        {
            *points = kept.iter().map(|&at| points[at]).collect();
            cloud.steps = kept.iter().map(|&at| cloud.steps[at]).collect();
            cloud.records = Kept::of(cloud.records.take(), kept);
        }
    }
    for mesh in &mut scene.meshes {
        let steps = &mesh.steps;
        let is_kept = |triangle: &[u32; 3]| triangle.iter().all(|at| reached(steps, *at as usize));
        if !mesh.triangles.iter().all(is_kept) {
            mesh.triangles = mesh.triangles.iter().copied().filter(is_kept).collect();
        }
    }
    let has_points = |cloud: &Cloud| match &cloud.work {
        CloudWork::Points(points) => !points.is_empty(),
        CloudWork::Cells(_) => true,
    };
    scene.clouds.retain(has_points);
    scene.meshes.retain(|mesh| !mesh.triangles.is_empty());
}

/// The step of a position of a path, if it has one.
fn step_at(scene: &Scene, path: &Path, index: usize) -> Option<f64> {
    match &path.describe {
        Some(describe) => describe.mark(index)?.step,
        None => scene.step_on_path(path, index).map(Step::as_f64),
    }
}

/// How many positions of a path are at or before a step; `None` if its positions have no steps. Steps never decrease
/// along a path.
fn positions_until(scene: &Scene, path: &Path, at: f64) -> Option<usize> {
    let (mut low, mut high) = (0, path.positions_unit.len());
    step_at(scene, path, 0)?;
    while low < high {
        let middle = low + (high - low) / 2;
        if step_at(scene, path, middle)? <= at {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// The first positions of a path.
fn cut(path: Path, kept: usize) -> Path {
    if kept >= path.positions_unit.len() {
        return path;
    }
    let end = kept as u32;
    Path {
        positions_unit: path.positions_unit[..kept].into(),
        strips: path
            .strips
            .iter()
            .filter(|strip| strip.start < end)
            .map(|strip| strip.start..strip.end.min(end))
            .collect(),
        colour: match path.colour {
            PathColour::Values(values, map) => PathColour::Values(values[..kept].into(), map),
            colour => colour,
        },
        records: path.records.iter().copied().take(kept).collect(),
        details: path
            .details
            .into_iter()
            .map(|(name, values)| (name, Arc::from(&values[..kept.min(values.len())])))
            .collect(),
        ..path
    }
}

/// Ends a surface at a step: at its column, or, where it is a ribbon along paths, at the x that they have reached.
fn clip_surface(surface: &mut Surface, at: f64, reached_x: Option<f32>) {
    if records_over_steps(surface).is_some() {
        let kept = column_until(surface, at).map_or(0, |column| column + 1);
        match &mut surface.work {
            SurfaceWork::Nodes(nodes) | SurfaceWork::Refine(Refine { nodes, .. }) => {
                cut_columns(nodes, kept);
            }
            SurfaceWork::Scatter(_) => {}
        }
        if let Some(records) = &mut surface.records {
            let width = records.x.len();
            let values = records.values.iter().enumerate();
            let cut = values.map(|(node, value)| match node % width < kept {
                true => *value,
                false => f64::NAN,
            });
            records.values = cut.collect();
        }
        return;
    }
    if let (SurfaceWork::Scatter(scatter), Some(x)) = (&mut surface.work, reached_x)
        && scatter.method == InterpolationMethod::Nearest
        && scatter.support_radius.is_some()
    {
        let samples = scatter.samples.iter().copied();
        let mut kept: Vec<[f32; 3]> = samples.filter(|sample| sample[0] <= x + 1.0e-5).collect();
        if kept.is_empty() {
            // A sample that no node uses.
            kept.push([-1.0, -1.0, 0.0]);
        }
        scatter.samples = kept.into();
    }
}

/// Leaves out all columns of a field but the first ones.
fn cut_columns(nodes: &mut Arc<Field>, kept: usize) {
    let width = nodes.x_unit.len();
    if kept < width {
        let support = nodes.support.iter().enumerate();
        let cut = support.map(|(node, support)| match node % width < kept {
            true => *support,
            false => MISSING,
        });
        *nodes = Arc::new(Field {
            support: cut.collect(),
            ..nodes.as_ref().clone()
        });
    }
}

fn records_over_steps(surface: &Surface) -> Option<&NodeRecords> {
    surface
        .records
        .as_ref()
        .filter(|nodes| !nodes.steps.is_empty() && nodes.steps.len() == nodes.x.len())
}

/// The last column at or before a step.
fn column_until(surface: &Surface, at: f64) -> Option<usize> {
    let nodes = records_over_steps(surface)?;
    nodes.steps.iter().rposition(|step| *step <= at)
}

fn x_of_column(surface: &Surface, column: usize) -> f32 {
    surface
        .records
        .as_ref()
        .and_then(|nodes| nodes.positions_unit.get(column))
        .map_or(1.0, |position| position[0])
}

/// The line of a column over a surface, refined like the surface between its measured nodes.
fn line_across(surface: &Surface, column: usize) -> Option<Path> {
    let nodes = records_over_steps(surface)?;
    let x = x_of_column(surface, column);
    let column_positions: Vec<Option<[f32; 3]>> = match &surface.work {
        SurfaceWork::Refine(work) => {
            let line = refined_column(work, column)?;
            (0..line.y_unit.len())
                .map(|row| line.is_present(0, row).then(|| (row, row * 2)))
                .map(|node| node.map(|(row, node)| [x, line.y_unit[row], line.values[node]]))
                .collect()
        }
        _ => nodes
            .positions_unit
            .iter()
            .zip(nodes.values.iter())
            .skip(column)
            .step_by(nodes.x.len())
            .map(|(position, value)| (!value.is_nan()).then_some(*position))
            .collect(),
    };
    let mut positions = Vec::new();
    let mut strips = Vec::new();
    let mut start = 0;
    for position in column_positions.into_iter().chain([None]) {
        let len = positions.len() as u32;
        if let Some(position) = position {
            positions.push(position);
        } else if len > start {
            strips.push(start..len);
            start = len;
        }
    }
    (positions.len() > 1).then(|| Path {
        name: CURRENT_STEP.to_owned(),
        positions_unit: positions.into(),
        strips,
        colour: PathColour::Theme,
        width_pt: 1.4,
        series_key: CURRENT_STEP.into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    })
}

/// A column as the refinement draws it: along y the refinement uses only the column itself.
fn refined_column(work: &Refine, column: usize) -> Option<Field> {
    let nodes = &work.nodes;
    let width = nodes.x_unit.len();
    let of_column = |values: &[f32]| -> Vec<f32> {
        values
            .chunks_exact(width)
            .flat_map(|row| [row[column]; 2])
            .collect()
    };
    let support = of_column(&nodes.support);
    if support.iter().all(|support| *support <= MISSING_BELOW) {
        return None;
    }
    let twice = Field {
        x_unit: vec![0.0, 1.0],
        y_unit: nodes.y_unit.clone(),
        values: of_column(&nodes.values),
        support,
    };
    Some(refine(&Refine {
        nodes: Arc::new(twice),
        factor_x: 1,
        factor_y: work.factor_y,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_scene::axis::{Axis, Scale};

    fn scene_with_surface(missing: bool) -> Scene {
        let axes = ["x", "y", "z"].map(|title| Axis {
            title: title.to_owned(),
            scale: Scale::Linear,
            low: 0.0,
            high: 1.0,
        });
        let mut scene = Scene::new(axes);
        let field = Field {
            x_unit: vec![0.0, 0.5, 1.0],
            y_unit: vec![0.0, 0.4, 1.0],
            values: vec![0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.2, 0.9, 0.4],
            support: (0..9)
                .map(|node| if missing && node == 4 { MISSING } else { 1.0 })
                .collect(),
        };
        let positions = (0..9).map(|node| {
            [
                field.x_unit[node % 3],
                field.y_unit[node / 3],
                field.values[node],
            ]
        });
        let records = NodeRecords {
            positions_unit: positions.collect(),
            rows: Arc::new(["a", "b", "c"].map(str::to_owned)),
            x: Arc::new([0.0, 10.0, 20.0]),
            steps: Arc::new([0.0, 10.0, 20.0]),
            values: field.values.iter().map(|value| f64::from(*value)).collect(),
            drawn: None,
            value_name: "value".to_owned(),
            run_of_row: Arc::new([0; 3]),
        };
        scene.surfaces.push(Surface {
            work: SurfaceWork::Refine(Refine {
                nodes: Arc::new(field),
                factor_x: 4,
                factor_y: 5,
            }),
            map: trainscape_scene::colour::ColourMap::Viridis,
            colour_range: [0.0, 1.0],
            shading: 0.0,
            contours: None,
            wireframe: false,
            floor_projection: false,
            opacity: 1.0,
            records: Some(records),
        });
        scene.markers.push(Markers {
            records: None,
            steps: Arc::new([]),
            name: "flags".to_owned(),
            positions_unit: Arc::new([[0.0, 0.0, 0.1], [1.0, 0.0, 0.3]]),
            colour: Colour::hex(0),
            diameter_pt: 1.0,
            outline: None,
        });
        scene
    }

    #[test]
    fn a_line_is_on_the_refined_surface() {
        let mut scene = scene_with_surface(false);
        let SurfaceWork::Refine(work) = scene.surfaces[0].work.clone() else {
            unreachable!("built above");
        };
        clip_at_step(&mut scene, 14.0);
        let line = &scene.paths[0];
        // Rows 0 to 10 of the refined surface, at the middle of its columns 0 to 8.
        let refined = refine(&work);
        let wanted: Vec<[f32; 3]> = (0..11)
            .map(|row| [0.5, refined.y_unit[row], refined.values[row * 9 + 4]])
            .collect();
        assert_eq!(line.positions_unit[..], wanted[..]);
        assert_eq!(line.strips, std::iter::once(0..11).collect::<Vec<_>>());
        assert_eq!(scene.markers[0].positions_unit[..], [[0.0, 0.0, 0.1]]);
        assert!(scene.caption.starts_with("Clipped at step 14; "));
    }

    #[test]
    fn a_line_ends_with_the_surface() {
        let mut scene = scene_with_surface(true);
        clip_at_step(&mut scene, 10.0);
        let joined: u32 = scene.paths[0]
            .strips
            .iter()
            .map(|strip| strip.len() as u32)
            .sum();
        assert!(joined < 11, "{:?}", scene.paths[0].strips);
        let mut whole = scene_with_surface(false);
        clip_at_step(&mut whole, 20.0);
        assert_eq!(whole.paths.len(), 1, "a line at the last column");
    }

    #[test]
    fn a_surface_ends_at_the_current_step() {
        let mut scene = scene_with_surface(false);
        clip_at_step(&mut scene, 14.0);
        let surface = &scene.surfaces[0];
        let SurfaceWork::Refine(work) = &surface.work else {
            unreachable!("built above");
        };
        let present = |column: usize| (0..3).all(|row| work.nodes.is_present(column, row));
        assert_eq!([0, 1, 2].map(present), [true, true, false]);
        let values = &surface.records.as_ref().unwrap().values;
        assert!(values[1].is_finite() && values[2].is_nan());
    }

    #[test]
    fn a_ribbon_ends_where_its_path_has_arrived() {
        let mut scene = scene_with_surface(false);
        let surface = &mut scene.surfaces[0];
        surface.records = None;
        surface.work = SurfaceWork::Scatter(trainscape_compute::Scatter {
            samples: Arc::new([[0.2, 0.5, 0.5], [0.4, 0.5, 0.5], [0.6, 0.5, 0.5]]),
            method: InterpolationMethod::Nearest,
            size: trainscape_compute::GridSize {
                width: 9,
                height: 9,
            },
            support_radius: Some(0.1),
        });
        let kept = |x: Option<f32>| {
            let mut surface = scene.surfaces[0].clone();
            clip_surface(&mut surface, 0.0, x);
            match surface.work {
                SurfaceWork::Scatter(scatter) => scatter.samples.len(),
                _ => unreachable!("built above"),
            }
        };
        assert_eq!(kept(Some(0.4)), 2);
        assert_eq!(kept(None), 3, "no path has an end");
    }

    #[test]
    fn no_line_is_drawn_before_the_first_step() {
        let mut scene = scene_with_surface(false);
        clip_at_step(&mut scene, -1.0);
        assert!(scene.paths.is_empty());
    }

    #[test]
    fn the_time_range_is_that_of_the_series() {
        let mut series = Series::new("loss");
        for step in [3_i64, 5, 9, 7, 8] {
            series.push(trainscape_run::Point {
                step: step.into(),
                wall_time_secs: None,
                value: 1.0,
            });
        }
        let settings = ViewSettings::default();
        let range = range_of([&series].into_iter(), &settings);
        assert_eq!(range, Some((3.0, 8.0)));
        let cut = ViewSettings {
            steps: Some((4.0, f64::INFINITY)),
            ..settings
        };
        assert_eq!(range_of([&series].into_iter(), &cut), Some((4.0, 8.0)));
        assert_eq!(range_of(std::iter::empty(), &cut), None);
    }
}
