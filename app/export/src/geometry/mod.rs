//! The geometry of a scene as triangles, lines and points with a colour for each vertex, cut at the axis box: what files
//! of models contain.

pub(crate) mod clip;
mod colour;
mod surface;

use trainscape_compute::Field;
use trainscape_gpu::{GpuError, Renderer};
use trainscape_scene::{
    Scene,
    colour::Colour,
    figure::Figure,
    scene::{Mesh, MeshColour, Path, PathColour, Surface, SurfaceWork, is_in_box},
};

use crate::error::ExportError;

pub(crate) use colour::LinearColour;
pub(crate) use surface::Triangles;

/// Vertices in the unit box, each with its colour.
#[derive(Debug, Default)]
pub(crate) struct Vertices {
    pub(crate) positions_unit: Vec<[f32; 3]>,
    pub(crate) colours: Vec<LinearColour>,
}

impl Vertices {
    fn of_one_colour(positions_unit: Vec<[f32; 3]>, colour: Colour) -> Self {
        Self {
            colours: vec![LinearColour::of(colour); positions_unit.len()],
            positions_unit,
        }
    }
}

/// What takes the parts of a scene.
pub(crate) trait Sink {
    /// Adds triangles.
    fn triangles(&mut self, name: &str, triangles: Triangles, opacity: f32);

    /// Adds lines, each from one vertex to the next.
    fn strips(&mut self, name: &str, strips: Vec<Vertices>);

    /// Adds lines, each between two vertices.
    fn segments(&mut self, name: &str, ends: Vertices);

    /// Adds points.
    fn points(&mut self, name: &str, points: Vertices, opacity: f32);
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
    let frame = figure.frame.iter().flat_map(|line| line.ends_unit);
    let ends = Vertices::of_one_colour(frame.collect(), figure.theme.axis);
    if !ends.positions_unit.is_empty() {
        sink.segments("axis box", ends);
    }
    Ok(())
}

fn add_triangles(name: &str, mut triangles: Triangles, opacity: f32, sink: &mut dyn Sink) {
    clip::triangles(
        &mut triangles.positions_unit,
        &mut triangles.colours,
        &mut triangles.indices,
    );
    if !triangles.indices.is_empty() {
        sink.triangles(name, triangles, opacity);
    }
}

fn add_surface(surface: &Surface, field: &Field, sink: &mut dyn Sink) {
    let mut triangles = surface::triangles(surface, field);
    for colour in &mut triangles.colours {
        *colour = colour.with_opacity(surface.opacity);
    }
    add_triangles("surface", triangles, surface.opacity, sink);
}

fn add_mesh(mesh: &Mesh, sink: &mut dyn Sink) {
    let corners = mesh.positions_unit.iter().enumerate();
    let colours = corners.map(|(index, unit)| {
        let colour = mesh.colour.at_vertex(index, unit[2]);
        let opacity = mesh.opacity * f32::from(colour.alpha) / 255.0;
        LinearColour::of(colour).with_opacity(opacity)
    });
    let triangles = Triangles {
        colours: colours.collect(),
        positions_unit: mesh.positions_unit.to_vec(),
        indices: mesh.triangles.iter().flatten().copied().collect(),
    };
    let opacity = match mesh.colour {
        MeshColour::Solid(colour) => mesh.opacity * f32::from(colour.alpha) / 255.0,
        _ => mesh.opacity,
    };
    add_triangles(&mesh.name, triangles, opacity, sink);
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
        let colours: Vec<_> = match &path.colour {
            PathColour::Values(values, map) => range
                .map(|index| values.get(index).copied().unwrap_or(0.0))
                .map(|value| LinearColour::of(map.colour(value)))
                .collect(),
            _ => vec![LinearColour::of(colour); positions.len()],
        };
        for part in clip::strip(positions, &colours) {
            let (positions_unit, colours) = part.into_iter().unzip();
            strips.push(Vertices {
                positions_unit,
                colours,
            });
        }
    }
    if !strips.is_empty() {
        sink.strips(&path.name, strips);
    }
}

fn add_clouds(scene: &Scene, sink: &mut dyn Sink) {
    for cloud in &scene.clouds {
        let mut points = Vertices::default();
        cloud.for_each(|_, point| {
            if is_in_box(point.position_unit) {
                points.positions_unit.push(point.position_unit);
                let colour = LinearColour::of(cloud.colour.of(&point));
                points.colours.push(colour.with_opacity(cloud.opacity));
            }
        });
        if !points.positions_unit.is_empty() {
            sink.points(&cloud.name, points, cloud.opacity);
        }
    }
}

fn add_markers(scene: &Scene, sink: &mut dyn Sink) {
    for markers in &scene.markers {
        let positions = markers.positions_unit.iter().copied();
        let positions: Vec<_> = positions.filter(|unit| is_in_box(*unit)).collect();
        if !positions.is_empty() {
            let colour = markers.outline.unwrap_or(markers.colour);
            sink.points(
                &markers.name,
                Vertices::of_one_colour(positions, colour),
                1.0,
            );
        }
    }
}
