//! Search and focus: rows whose labels contain a text, and the nearest neighbours of a row in the original space.

use std::sync::Arc;

use trainscape_compute::projection::{Metric, ProjectionMethod};
use trainscape_scene::{
    colour::Colour,
    scene::{Markers, Path, PathColour, PointLabel, Scene},
};

use super::{
    options::{EmbeddingOptions, metric_name},
    projected::ProjectedRows,
    records::{MOST_LABELS, RowRecords, row_labels},
};
use crate::{NotAvailable, samples::counted};

const MARK: Colour = Colour::hex(0xe02020);
const FOCUS: Colour = Colour::hex(0x111111);

/// Marks the rows found and the neighbours; returns sentences for the caption.
pub(super) fn draw(
    scene: &mut Scene,
    embedding: &ProjectedRows,
    records: &RowRecords,
    options: &EmbeddingOptions,
    unit: &dyn Fn(usize) -> [f32; 3],
) -> Result<Vec<String>, NotAvailable> {
    let mut notes = Vec::new();
    let text = options.search.trim();
    if !text.is_empty() {
        let found = matching_rows(embedding, text);
        notes.push(format!(
            "{} with '{text}' in their labels.",
            counted(found.len(), "row")
        ));
        mark_found(scene, records, &found, unit);
    }
    if let Some(row) = options.focus {
        if row >= embedding.rows {
            return Err(NotAvailable::new(format!(
                "needs row {row}, and the matrix has {} (counted from 0)",
                counted(embedding.rows, "row")
            )));
        }
        let metric = match options.method {
            ProjectionMethod::Pca => Metric::Euclidean,
            ProjectionMethod::Tsne(settings) => settings.metric,
            ProjectionMethod::Umap(settings) => settings.metric,
        };
        let near = nearest(embedding, row, options.focus_neighbours, metric)?;
        let near: Vec<usize> = near.into_iter().map(|(row, _)| row).collect();
        notes.push(format!(
            "The {} nearest neighbours of '{}' ({} distance in the original {} dimensions) are marked.",
            near.len(),
            shortened(&records.name(row)),
            metric_name(metric),
            embedding.matrix.shape()[1],
        ));
        if keep_trajectories(scene, row, &near) {
            notes.push("Only their trajectories and that of the row itself are drawn.".to_owned());
        }
        mark_neighbours(scene, embedding, records, row, &near, unit);
    }
    Ok(notes)
}

fn label(records: &RowRecords, row: usize, unit: &dyn Fn(usize) -> [f32; 3]) -> PointLabel {
    PointLabel {
        position_unit: unit(row),
        text: shortened(&records.name(row)),
    }
}

/// Marks and labels the rows that a search found.
fn mark_found(
    scene: &mut Scene,
    records: &RowRecords,
    found: &[usize],
    unit: &dyn Fn(usize) -> [f32; 3],
) {
    let labelled = found.iter().take(MOST_LABELS / 4);
    scene
        .labels
        .extend(labelled.map(|&row| label(records, row, unit)));
    let places = found.iter().map(|&row| unit(row)).collect();
    mark(scene, "found", places, MARK);
}

/// Leaves the trajectories of a row and its neighbours, which all others would hide; whether there are trajectories.
fn keep_trajectories(scene: &mut Scene, row: usize, near: &[usize]) -> bool {
    if scene.paths.is_empty() {
        return false;
    }
    // So far each path is the trajectory of a row, in their order.
    let mut rows = 0..;
    scene.paths.retain(|_| {
        let path_row = rows.next();
        path_row == Some(row) || near.iter().any(|other| Some(*other) == path_row)
    });
    true
}

/// Marks and labels a row and its neighbours, with a line to each.
fn mark_neighbours(
    scene: &mut Scene,
    embedding: &ProjectedRows,
    records: &RowRecords,
    row: usize,
    near: &[usize],
    unit: &dyn Fn(usize) -> [f32; 3],
) {
    // The layout places the first labels first.
    let mut labels = vec![label(records, row, unit)];
    labels.extend(near.iter().map(|&row| label(records, row, unit)));
    labels.append(&mut scene.labels);
    scene.labels = labels;
    scene.paths.extend(near.iter().map(|&neighbour| Path {
        name: "neighbour".to_owned(),
        positions_unit: [unit(row), unit(neighbour)].into(),
        strips: Path::unbroken(2),
        colour: PathColour::Theme,
        width_pt: 0.6,
        series_key: Arc::clone(&embedding.tensor().key),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    }));
    let places = near.iter().map(|&row| unit(row)).collect();
    mark(scene, "neighbours", places, MARK);
    mark(scene, "focus", [unit(row)].into(), FOCUS);
}

fn mark(scene: &mut Scene, name: &str, positions_unit: Arc<[[f32; 3]]>, colour: Colour) {
    if positions_unit.is_empty() {
        return;
    }
    scene.markers.push(Markers {
        records: None,
        steps: Arc::new([]),
        name: name.to_owned(),
        positions_unit,
        colour,
        diameter_pt: 6.5,
        outline: Some(Colour::hex(0xffffff)),
    });
}

/// Rows whose labels contain `text`, ignoring case.
fn matching_rows(embedding: &ProjectedRows, text: &str) -> Vec<usize> {
    let Some(labels) = row_labels(embedding.tensor(), embedding.rows) else {
        return Vec::new();
    };
    let text = text.to_lowercase();
    (0..embedding.rows)
        .filter(|&row| {
            let mut cells = labels.cells.iter().filter_map(|cells| cells.get(row));
            cells.any(|cell| cell.to_lowercase().contains(&text))
        })
        .collect()
}

/// The rows of the shown snapshot nearest to one of them, with their distances, nearest first.
fn nearest(
    embedding: &ProjectedRows,
    row: usize,
    count: usize,
    metric: Metric,
) -> Result<Vec<(usize, f32)>, NotAvailable> {
    let [_, columns] = embedding.matrix.shape();
    let first_row = embedding.shown * embedding.rows;
    let mut focus = vec![0.0_f32; columns];
    let at = first_row + row;
    embedding.matrix.read(at..at + 1, 0..columns, &mut focus)?;
    let length = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>().sqrt();
    let focus_length = length(&focus);
    let mut found: Vec<(usize, f32)> = Vec::with_capacity(embedding.rows);
    let block = (1 << 20) / columns.max(1) + 1;
    let mut values = vec![0.0_f32; block * columns];
    for first in (0..embedding.rows).step_by(block) {
        let rows = block.min(embedding.rows - first);
        let values = &mut values[..rows * columns];
        let from = first_row + first;
        embedding
            .matrix
            .read(from..from + rows, 0..columns, values)?;
        found.extend(
            values
                .chunks_exact(columns)
                .enumerate()
                .map(|(index, values)| {
                    let pairs = values.iter().zip(&focus);
                    let distance = match metric {
                        Metric::Euclidean => {
                            pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
                        }
                        Metric::Cosine => {
                            let product: f32 = pairs.map(|(a, b)| a * b).sum();
                            1.0 - product / (length(values) * focus_length).max(f32::MIN_POSITIVE)
                        }
                    };
                    (first + index, distance)
                }),
        );
    }
    found.retain(|(other, distance)| *other != row && distance.is_finite());
    found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    found.truncate(count);
    Ok(found)
}

/// The beginning of a long label.
fn shortened(text: &str) -> String {
    const MOST: usize = 48;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST - 1).collect();
    format!("{}…", start.trim_end())
}
