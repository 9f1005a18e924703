//! The geometry of a scene as triangles, lines and points with a colour for each vertex, cut at the axis box: what files
//! of models contain.

pub(crate) mod clip;
mod colour;
mod paint;
mod surface;

use trainscape_compute::Field;
use trainscape_gpu::{GpuError, Renderer};
use trainscape_scene::{
    Scene,
    colour::Colour,
    figure::Figure,
    scene::{CloudColour, Mesh, MeshColour, Path, PathColour, Surface, SurfaceWork, is_in_box},
};

use crate::error::ExportError;

pub(crate) use colour::LinearColour;
pub(crate) use paint::Paint;
pub(crate) use surface::Triangles;

/// Vertices in the unit box, each with its paint.
#[derive(Debug, Default)]
pub(crate) struct Vertices {
    pub(crate) positions_unit: Vec<[f32; 3]>,
    pub(crate) paints: Vec<Paint>,
}

impl Vertices {
    fn of_one_colour(positions_unit: Vec<[f32; 3]>, colour: Colour) -> Self {
        Self {
            paints: vec![Paint::of(colour); positions_unit.len()],
            positions_unit,
        }
    }
}

/// How triangles look, apart from their colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// 0 (invisible) to 1 (opaque).
    pub(crate) opacity: f32,
    /// Strength of directional lighting: 0 (flat colours) to 1.
    pub(crate) shading: f32,
}

/// What takes the parts of a scene. Widths and diameters are in points, before the figure's scale of lines.
pub(crate) trait Sink {
    /// Adds triangles.
    fn triangles(&mut self, name: &str, triangles: Triangles, look: Look);

    /// Adds lines, each from one vertex to the next.
    fn strips(&mut self, name: &str, strips: Vec<Vertices>, width_pt: f32);

    /// Adds lines, each between two vertices.
    fn segments(&mut self, name: &str, ends: Vertices, width_pt: f32);

    /// Adds points, each with its diameter.
    fn points(&mut self, name: &str, points: Vertices, diameters_pt: Vec<f32>, opacity: f32);
}

/// A field of each surface of the scene, read back from the GPU's compute passes.
///
/// # Errors
/// When a pass fails.
pub fn fields(renderer: &Renderer, scene: &Scene) -> Result<Vec<Field>, GpuError> {
    let passes = renderer.passes();
    scene
        .surfaces
        .iter()
        .map(|surface| match &surface.work {
            SurfaceWork::Nodes(field) => Ok(field.as_ref().clone()),
            SurfaceWork::Refine(work) => passes.read_back(&passes.refine(work)?),
            SurfaceWork::Scatter(work) => passes.read_back(&passes.interpolate_fastest(work)?),
        })
        .collect()
}

/// Gives everything in a scene to a sink; `fields` are the heights of its surfaces, `figure` has the axis box.
///
/// # Errors
/// When the scene has nothing to draw.
pub(crate) fn walk(
    scene: &Scene,
    figure: &Figure,
    fields: &[Field],
    sink: &mut dyn Sink,
) -> Result<(), ExportError> {
    if fields.is_empty()
        && scene.meshes.is_empty()
        && scene.paths.is_empty()
        && scene.clouds.is_empty()
        && scene.markers.is_empty()
    {
        return Err(ExportError::Empty {
            why: "nothing is within the chosen steps".to_owned(),
        });
    }
    for (surface, field) in scene.surfaces.iter().zip(fields) {
        add_surface(surface, field, sink);
    }
    for mesh in &scene.meshes {
        add_mesh(mesh, sink);
    }
    for path in &scene.paths {
        add_path(path, figure, sink);
    }
    add_clouds(scene, sink);
    add_markers(scene, sink);
    add_frame(figure, sink);
    Ok(())
}

/// The lines of the axis box, those of one width together.
fn add_frame(figure: &Figure, sink: &mut dyn Sink) {
    let mut of_width: Vec<(f32, Vertices)> = Vec::new();
    for line in &figure.frame {
        let known = of_width
            .iter()
            .position(|(width, _)| *width == line.width_pt);
        let place = known.unwrap_or_else(|| {
            of_width.push((line.width_pt, Vertices::default()));
            of_width.len() - 1
        });
        let ends = &mut of_width[place].1;
        ends.positions_unit.extend(line.ends_unit);
        ends.paints.extend([Paint::of(line.colour); 2]);
    }
    for (width_pt, ends) in of_width {
        sink.segments("axis box", ends, width_pt);
    }
}

fn add_triangles(name: &str, mut triangles: Triangles, look: Look, sink: &mut dyn Sink) {
    clip::triangles(
        &mut triangles.positions_unit,
        &mut triangles.paints,
        &mut triangles.indices,
    );
    if !triangles.indices.is_empty() {
        sink.triangles(name, triangles, look);
    }
}

fn add_surface(surface: &Surface, field: &Field, sink: &mut dyn Sink) {
    let triangles = surface::triangles(surface, field);
    let look = Look {
        opacity: surface.opacity,
        shading: surface.shading,
    };
    add_triangles("surface", triangles, look, sink);
}

fn add_mesh(mesh: &Mesh, sink: &mut dyn Sink) {
    let corners = mesh.positions_unit.iter().enumerate();
    let paint = |index: usize, height_unit: f32| match &mesh.colour {
        MeshColour::Height(map, [low, high]) => {
            Paint::OnMap(*map, (height_unit - low) / (high - low).max(1e-9))
        }
        MeshColour::Values(values, map) => {
            Paint::OnMap(*map, values.get(index).copied().unwrap_or(0.0))
        }
        MeshColour::Solid(colour) => Paint::of(*colour),
    };
    let triangles = Triangles {
        paints: corners.map(|(index, unit)| paint(index, unit[2])).collect(),
        positions_unit: mesh.positions_unit.to_vec(),
        indices: mesh.triangles.iter().flatten().copied().collect(),
    };
    let opacity = match mesh.colour {
        MeshColour::Solid(colour) => mesh.opacity * f32::from(colour.alpha) / 255.0,
        _ => mesh.opacity,
    };
    let look = Look {
        opacity,
        shading: mesh.shading,
    };
    add_triangles(&mesh.name, triangles, look, sink);
}

fn add_path(path: &Path, figure: &Figure, sink: &mut dyn Sink) {
    let theme = &figure.theme;
    let colour = match path.colour {
        PathColour::Theme | PathColour::Values(..) => theme.path,
        PathColour::Muted => theme.muted_path,
        PathColour::Solid(colour) | PathColour::Outlined(colour) => colour,
    };
    let mut strips = Vec::new();
    for strip in path.strips.iter().filter(|strip| strip.len() > 1) {
        let range = strip.start as usize..strip.end as usize;
        let positions = &path.positions_unit[range.clone()];
        let paints: Vec<_> = match &path.colour {
            PathColour::Values(values, map) => range
                .map(|index| values.get(index).copied().unwrap_or(0.0))
                .map(|value| Paint::OnMap(*map, value))
                .collect(),
            _ => vec![Paint::of(colour); positions.len()],
        };
        for part in clip::strip(positions, &paints) {
            let (positions_unit, paints) = part.into_iter().unzip();
            strips.push(Vertices {
                positions_unit,
                paints,
            });
        }
    }
    if !strips.is_empty() {
        sink.strips(&path.name, strips, path.width_pt);
    }
}

fn add_clouds(scene: &Scene, sink: &mut dyn Sink) {
    for cloud in &scene.clouds {
        let (mut points, mut diameters_pt) = (Vertices::default(), Vec::new());
        cloud.for_each(|_, point| {
            if is_in_box(point.position_unit) {
                points.positions_unit.push(point.position_unit);
                points.paints.push(match cloud.colour {
                    CloudColour::Map(map) => Paint::OnMap(map, point.value),
                    CloudColour::Rgb => Paint::Solid(point.rgb()),
                });
                diameters_pt.push(cloud.diameter_pt(&point));
            }
        });
        if !points.positions_unit.is_empty() {
            sink.points(&cloud.name, points, diameters_pt, cloud.opacity);
        }
    }
}

fn add_markers(scene: &Scene, sink: &mut dyn Sink) {
    for markers in &scene.markers {
        let positions = markers.positions_unit.iter().copied();
        let positions: Vec<_> = positions.filter(|unit| is_in_box(*unit)).collect();
        if !positions.is_empty() {
            let diameters_pt = vec![markers.diameter_pt; positions.len()];
            let points = Vertices::of_one_colour(positions, markers.colour);
            sink.points(&markers.name, points, diameters_pt, 1.0);
        }
    }
}
