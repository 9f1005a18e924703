//! Exports what the window shows, from the same scene and camera.

use std::path::Path;

use trainscape_export::{
    Content, ExportError, ExportJob, FigureJob, PictureOptions, RecordTable, exporter_of,
    exporters_of, raster::Raster,
};
use trainscape_gpu::{GpuScene, Renderer};
use trainscape_scene::{
    Scene,
    figure::{Figure, FigureSpec},
};

use crate::selection::Selected;

/// Writes a picture by the name's ending, of the scene that is on the GPU.
pub(crate) fn picture(
    (renderer, gpu_scene): (&Renderer, &GpuScene),
    scene: &Scene,
    spec: &FigureSpec,
    options: PictureOptions,
    path: &Path,
) -> Result<(), ExportError> {
    let figure = Figure::lay_out(scene, spec);
    let job = FigureJob::new(renderer, scene, &figure, options, Some(gpu_scene));
    write(&ExportJob::of_figure(job), Content::Picture, path)
}

/// Writes the geometry or its data by the name's ending.
pub(crate) fn geometry(
    renderer: &Renderer,
    scene: &Scene,
    spec: &FigureSpec,
    options: PictureOptions,
    path: &Path,
) -> Result<(), ExportError> {
    let figure = Figure::lay_out(scene, spec);
    let job = FigureJob::new(renderer, scene, &figure, options, None);
    write(&ExportJob::of_figure(job), Content::Geometry, path)
}

/// Draws a picture of the scene that is on the GPU.
pub(crate) fn raster(
    (renderer, gpu_scene): (&Renderer, &GpuScene),
    scene: &Scene,
    spec: &FigureSpec,
    options: PictureOptions,
) -> Result<Raster, ExportError> {
    let figure = Figure::lay_out(scene, spec);
    FigureJob::new(renderer, scene, &figure, options, Some(gpu_scene)).draw_figure()
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

/// Writes a job by the name's ending.
fn write(job: &ExportJob<'_>, content: Content, path: &Path) -> Result<(), ExportError> {
    exporter_of(path, content)?.write(job, path).map(|_| ())
}
