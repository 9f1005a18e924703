//! The table of a part's series: what is known of each without its points, and where those are.

use std::collections::HashMap;

use trainscape_run::{Point, Run, Series};
use trainscape_source::catalog::{SeriesColumn, SeriesKind};

use crate::{
    encode::{Cells, Column, encode},
    error::BuildError,
    history_table::step_cells,
};

/// Where the points of a series are.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The file below the catalog.
    pub(crate) file: String,
    pub(crate) first_row: u64,
}

/// The places of a part's series, by run and key.
pub(crate) type Places = HashMap<(usize, SeriesName), Place>;

/// A key, and whether it is one of histograms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SeriesName {
    pub(crate) key: std::sync::Arc<str>,
    pub(crate) is_histogram: bool,
}

/// A row of the table.
struct Row<'a> {
    run: &'a Run,
    key: &'a str,
    kind: SeriesKind,
    /// `None` for histograms.
    series: Option<&'a Series>,
    points: usize,
    place: &'a Place,
}

/// The file of the table.
pub(crate) fn encode_series(runs: &[&Run], places: &Places) -> Result<Vec<u8>, BuildError> {
    let mut rows = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let place = |key: &std::sync::Arc<str>, is_histogram| {
            let key = std::sync::Arc::clone(key);
            places.get(&(at, SeriesName { key, is_histogram }))
        };
        let scalars = run.series.iter().filter_map(|(key, series)| {
            Some(Row {
                run,
                key,
                kind: SeriesKind::Scalar,
                series: Some(series),
                points: series.len(),
                place: place(key, false)?,
            })
        });
        let histograms = run.histograms.iter().filter_map(|(key, series)| {
            Some(Row {
                run,
                key,
                kind: SeriesKind::Histogram,
                series: None,
                points: series.len(),
                place: place(key, true)?,
            })
        });
        rows.extend(scalars);
        rows.extend(histograms);
    }
    Ok(encode(&columns(&rows), &[SeriesColumn::RunId.name()])?)
}

fn columns(rows: &[Row<'_>]) -> Vec<Column> {
    let text = |column: SeriesColumn, cell: &dyn Fn(&Row<'_>) -> Option<String>| {
        let cells: Vec<Option<String>> = rows.iter().map(cell).collect();
        Column::new(
            column.name(),
            Cells::texts(cells.iter().map(Option::as_deref)),
        )
    };
    let whole = |column: SeriesColumn, cell: &dyn Fn(&Row<'_>) -> Option<i64>| {
        Column::new(column.name(), Cells::Whole(rows.iter().map(cell).collect()))
    };
    let number = |column: SeriesColumn, cell: &dyn Fn(&Row<'_>) -> Option<f64>| {
        Column::new(
            column.name(),
            Cells::Numbers(rows.iter().map(cell).collect()),
        )
    };
    let count = |count: usize| i64::try_from(count).ok();
    let first = |row: &Row<'_>| row.series?.first();
    let last = |row: &Row<'_>| row.series?.last();
    let whole_step = |point: Option<Point>| step_cells(point?.step).0;
    let fractional_step = |point: Option<Point>| step_cells(point?.step).1;
    let wall_time = |point: Option<Point>| point?.wall_time_secs;
    let value = |point: Option<Point>| point.map(|point| point.value);
    let range = |row: &Row<'_>| row.series?.value_range();
    vec![
        text(SeriesColumn::RunId, &|row| Some(row.run.id.to_string())),
        text(SeriesColumn::Key, &|row| Some(row.key.to_owned())),
        text(SeriesColumn::Kind, &|row| Some(row.kind.name().to_owned())),
        text(SeriesColumn::Role, &|row| {
            let role = row.run.roles.get(row.key)?;
            row.series.map(|_| role.name().to_owned())
        }),
        whole(SeriesColumn::Points, &|row| count(row.points)),
        whole(SeriesColumn::Superseded, &|row| {
            count(row.series?.superseded())
        }),
        whole(SeriesColumn::NonFinite, &|row| {
            count(row.series?.non_finite())
        }),
        whole(SeriesColumn::FirstStep, &|row| whole_step(first(row))),
        number(SeriesColumn::FirstFractionalStep, &|row| {
            fractional_step(first(row))
        }),
        number(SeriesColumn::FirstWallTime, &|row| wall_time(first(row))),
        number(SeriesColumn::First, &|row| value(first(row))),
        whole(SeriesColumn::LastStep, &|row| whole_step(last(row))),
        number(SeriesColumn::LastFractionalStep, &|row| {
            fractional_step(last(row))
        }),
        number(SeriesColumn::LastWallTime, &|row| wall_time(last(row))),
        number(SeriesColumn::Last, &|row| value(last(row))),
        number(SeriesColumn::Min, &|row| Some(range(row)?.0)),
        number(SeriesColumn::Max, &|row| Some(range(row)?.1)),
        whole(SeriesColumn::WholeSteps, &|row| {
            Some(row.series?.has_whole_steps().into())
        }),
        whole(SeriesColumn::FirstSeen, &|row| {
            row.run.first_seen.get(row.key).map(|&place| place.into())
        }),
        whole(SeriesColumn::Source, &|row| {
            count(*row.run.series_source.get(row.key)?)
        }),
        text(SeriesColumn::File, &|row| Some(row.place.file.clone())),
        whole(SeriesColumn::FirstRow, &|row| {
            i64::try_from(row.place.first_row).ok()
        }),
    ]
}
