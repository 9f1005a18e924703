//! Exports what the window shows, from the same scene and camera.

use std::path::Path;

use trainscape_export::{
    Content, ExportError, ExportJob, FigureJob, PictureOptions, RecordTable, exporter_of,
    exporters_of,
};
use trainscape_gpu::{Background, GpuScene, Renderer};
use trainscape_scene::{
    Scene,
    camera::Camera,
    figure::{Callout, Figure, FigureCamera, FigureSpec, POINTS_PER_INCH},
    theme::ThemeName,
};

use crate::selection::Selected;

/// Size of an exported figure in points: eight by six inches.
const SIZE_PT: [f32; 2] = [576.0, 432.0];
pub(crate) const DOTS_PER_INCH: f32 = 300.0;

/// Name and endings of the files that content can be written to, for the filters of a file dialog; the first is the
/// default.
pub(crate) fn filters(
    content: Content,
) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    exporters_of(content).map(|exporter| (exporter.name(), exporter.endings()))
}

/// Writes a picture by the name's ending, in the paper theme and from the window's direction.
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
    let job = FigureJob::new(renderer, scene, &figure, options(), Some(gpu_scene));
    write(&ExportJob::of_figure(job), Content::Picture, path)
}

/// Writes the geometry.
pub(crate) fn geometry(
    renderer: &Renderer,
    scene: &Scene,
    camera: &Camera,
    path: &Path,
) -> Result<(), ExportError> {
    let figure = Figure::lay_out(scene, &spec(camera));
    let job = FigureJob::new(renderer, scene, &figure, options(), None);
    write(&ExportJob::of_figure(job), Content::Geometry, path)
}

/// Writes the selected records as a table.
pub(crate) fn records(selected: &Selected, path: &Path) -> Result<(), ExportError> {
    write(&records_job(selected), Content::Records, path)
}

/// The selected records as text for the clipboard, one column for each name of a value.
pub(crate) fn records_text(selected: &Selected) -> Result<String, ExportError> {
    let job = records_job(selected);
    let mut exporters = exporters_of(Content::Records);
    let exporter = exporters
        .next()
        .expect("invariant: the list has an exporter for each content");
    let text = String::from_utf8(exporter.encode(&job)?);
    text.map_err(|error| ExportError::Encode {
        reason: error.to_string(),
    })
}

fn records_job(selected: &Selected) -> ExportJob<'_> {
    let row = |record| {
        let columns = selected.columns.iter();
        columns
            .map(|column| selected.cell(record, column))
            .collect()
    };
    ExportJob::Records(RecordTable {
        columns: &selected.columns,
        rows: (0..selected.records.len()).map(row).collect(),
    })
}

/// Writes a job by the name's ending; by the default exporter where the name has none.
fn write(job: &ExportJob<'_>, content: Content, path: &Path) -> Result<(), ExportError> {
    let exporter = match exporter_of(path, content) {
        Err(error) if path.extension().is_none() => exporters_of(content).next().ok_or(error)?,
        found => found?,
    };
    exporter.write(job, path).map(|_| ())
}

/// Width and height of an exported figure in pixels.
pub(crate) fn size_in_pixel() -> [u32; 2] {
    SIZE_PT.map(|points| (points / POINTS_PER_INCH * DOTS_PER_INCH).round() as u32)
}

fn options() -> PictureOptions {
    PictureOptions {
        size_in_pixel: size_in_pixel(),
        dots_per_inch: DOTS_PER_INCH,
        background: Background::Theme,
        software: None,
    }
}

fn spec(camera: &Camera) -> FigureSpec {
    FigureSpec {
        theme: ThemeName::Paper,
        view: FigureCamera::Fit {
            azimuth: Some(camera.azimuth),
            elevation: Some(camera.elevation),
            roll: camera.roll,
            zoom: 1.0,
            projection: camera.projection,
        },
        ..FigureSpec::new(SIZE_PT)
    }
}
