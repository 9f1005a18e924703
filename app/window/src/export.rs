//! Exports what the window shows, from the same scene and camera.

use std::path::Path;

use trainscape_export::{ExportError, csv, glb, png, raster, svg, write_atomically};
use trainscape_gpu::{Background, GpuScene, Renderer};
use trainscape_scene::{
    Scene,
    camera::Camera,
    figure::{Callout, Figure, FigureSpec, POINTS_PER_INCH, View},
    theme::ThemeName,
};

use crate::selection::Selected;

/// Size of an exported figure in points: eight by six inches.
const SIZE_PT: [f32; 2] = [576.0, 432.0];
const DOTS_PER_INCH: f32 = 300.0;

/// Writes a picture, PNG or SVG by the name's ending, in the paper theme and from the window's direction.
pub(crate) fn picture(
    renderer: &Renderer,
    gpu_scene: &GpuScene,
    scene: &Scene,
    camera: &Camera,
    callouts: Vec<Callout>,
    path: &Path,
) -> Result<(), ExportError> {
    let spec = FigureSpec {
        callouts,
        ..spec(camera)
    };
    let figure = Figure::lay_out(scene, &spec);
    let size = SIZE_PT.map(|points| (points / POINTS_PER_INCH * DOTS_PER_INCH).round() as u32);
    let bytes = if path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("svg"))
    {
        let layer = raster::layer(renderer, gpu_scene, &figure, size, Background::Theme)?;
        let layer = png::encode(&layer, DOTS_PER_INCH, &[])?;
        svg::document(&figure, &scene.title, &scene.caption, Some(&layer)).into_bytes()
    } else {
        let picture = raster::figure(renderer, gpu_scene, scene, &figure, size, Background::Theme)?;
        let texts = [
            ("Title", scene.title.as_str()),
            ("Description", scene.caption.as_str()),
        ];
        png::encode(&picture, DOTS_PER_INCH, &texts)?
    };
    write_atomically(path, &bytes)
}

/// Writes the geometry.
pub(crate) fn geometry(
    renderer: &Renderer,
    scene: &Scene,
    camera: &Camera,
    path: &Path,
) -> Result<(), ExportError> {
    let fields = glb::fields(renderer, scene)?;
    let figure = Figure::lay_out(scene, &spec(camera));
    write_atomically(path, &glb::encode(scene, &figure, &fields)?)
}

/// Writes the selected records as a table.
pub(crate) fn records(selected: &Selected, path: &Path) -> Result<(), ExportError> {
    write_atomically(path, records_text(selected)?.as_bytes())
}

/// The selected records as CSV, a column for each name of a value.
pub(crate) fn records_text(selected: &Selected) -> Result<String, ExportError> {
    let rows = (0..selected.records.len()).map(|record| {
        selected
            .columns
            .iter()
            .map(move |column| selected.cell(record, column))
    });
    csv::table(&selected.columns, rows)
}

fn spec(camera: &Camera) -> FigureSpec {
    FigureSpec {
        theme: ThemeName::Paper,
        view: View::Fit {
            azimuth: Some(camera.azimuth),
            elevation: Some(camera.elevation),
            roll: camera.roll,
            zoom: 1.0,
            projection: camera.projection,
        },
        ..FigureSpec::new(SIZE_PT)
    }
}
