//! Exports what the window shows, from the same scene and camera.

use std::path::Path;

use trainscape_export::{
    Content, ExportError, ExportJob, FigureJob, PictureOptions, RecordTable, exporter_of,
    exporters_of,
};
use trainscape_gpu::{GpuScene, Renderer};
use trainscape_scene::{
    Scene,
    figure::{Figure, FigureSpec},
};

use crate::selection::Selected;

/// Name and endings of the files that content can be written to, for the filters of a file dialog; the first is the
/// default.
pub(crate) fn filters(
    content: Content,
) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    exporters_of(content).map(|exporter| (exporter.name(), exporter.endings()))
}

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

/// Writes the geometry.
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
