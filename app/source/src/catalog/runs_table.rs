//! The table of a part's runs.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use parquet::data_type::ByteArray;
use serde::Deserialize;
use trainscape_run::{Media, Run, RunStatus, Source, SourceContent, SourceFormat, SourceState};

use super::{
    columns::Rows,
    error::CatalogError,
    file::CatalogFile,
    layout::{RunColumn, STATUS, config_from_json},
    table::Table,
};
use crate::{formats::LOG_FORMATS, limits};

/// The format of a source that this program does not know.
const OTHER_FORMAT: SourceFormat = SourceFormat {
    name: "catalog",
    content: SourceContent::Records,
};

/// A row of the table.
pub(super) struct RunRow {
    pub(super) run: Run,
    pub(super) origin: Arc<str>,
    pub(super) position: i64,
    pub(super) fingerprint: Arc<str>,
}

#[derive(Deserialize)]
struct SourceRow {
    path: PathBuf,
    format: String,
    bytes: u64,
    state: StateRow,
    records: u64,
    skipped: u64,
    note: String,
    #[serde(default)]
    steps_count: Option<String>,
}

#[derive(Deserialize)]
struct MediaRow {
    key: String,
    kind: String,
    count: usize,
}

/// What some runs of a catalog were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOrigin {
    /// The id of the origin.
    pub id: String,
    /// The folder or the file of its runs.
    pub path: PathBuf,
    /// What its files were when they were read.
    pub fingerprint: String,
}

/// Reads the origins of all runs, once for each run.
pub(super) fn read_origins(file: &CatalogFile) -> Result<Vec<KnownOrigin>, CatalogError> {
    let mut origins = Vec::new();
    for (group, rows) in file.row_groups() {
        let rows = Rows {
            file,
            group,
            rows: 0..rows,
        };
        let column = |column: RunColumn| {
            let cells = rows.texts(column.name())?.into_iter().flatten();
            Ok(cells.map(|cell| String::from_utf8_lossy(cell.data()).into_owned()))
        };
        let ids = column(RunColumn::Origin)?;
        let others = column(RunColumn::Path)?.zip(column(RunColumn::Fingerprint)?);
        origins.extend(
            ids.zip(others)
                .map(|(id, (path, fingerprint))| KnownOrigin {
                    id,
                    path: path.into(),
                    fingerprint,
                }),
        );
    }
    Ok(origins)
}

/// Reads all runs, without their series.
pub(super) fn read(file: &CatalogFile) -> Result<Vec<RunRow>, CatalogError> {
    if file.rows() > limits::CATALOG_RUNS.items as u64 {
        let reason = format!("it claims to have {} runs", file.rows());
        return Err(CatalogError::damaged(file.path(), reason));
    }
    let mut runs = Vec::new();
    for (group, rows) in file.row_groups() {
        let rows = Rows {
            file,
            group,
            rows: 0..rows,
        };
        add_rows(&rows, &mut runs)?;
    }
    Ok(runs)
}

/// Adds the runs of some rows.
pub(super) fn add_rows(rows: &dyn Table, runs: &mut Vec<RunRow>) -> Result<(), CatalogError> {
    let column = |column: RunColumn| Ok(rows.texts(column.name())?.into_iter());
    let mut ids = column(RunColumn::Id)?;
    let mut names = column(RunColumn::Name)?;
    let mut paths = column(RunColumn::Path)?;
    let mut origins = column(RunColumn::Origin)?;
    let mut positions = rows.whole_numbers(RunColumn::Position.name())?.into_iter();
    let mut fingerprints = column(RunColumn::Fingerprint)?;
    let mut configs = column(RunColumn::Config)?;
    let mut sources = column(RunColumn::Sources)?;
    let mut declared_x = column(RunColumn::DeclaredX)?;
    let mut media = column(RunColumn::Media)?;
    let mut statuses = status_cells(rows)?.into_iter();
    let path = rows.place();
    let damaged = |column: RunColumn| {
        let reason = format!("a cell of `{}` is not what the column holds", column.name());
        CatalogError::damaged(path, reason)
    };
    let text = |cells: &mut dyn Iterator<Item = Option<ByteArray>>, column| {
        let cell = cells.next().flatten();
        let text = cell.and_then(|cell| Some(cell.as_utf8().ok()?.to_owned()));
        text.ok_or_else(|| damaged(column))
    };
    for _ in 0..rows.rows() {
        let id = text(&mut ids, RunColumn::Id)?;
        let name = text(&mut names, RunColumn::Name)?;
        let mut run = Run::new(id, name, text(&mut paths, RunColumn::Path)?.into());
        let config = config_from_json(&text(&mut configs, RunColumn::Config)?);
        run.config = Arc::new(config.ok_or_else(|| damaged(RunColumn::Config))?);
        let status = statuses.next().flatten();
        run.ended = status.and_then(|status| RunStatus::from_name(status.as_utf8().ok()?));
        let of_run = sources_of_json(&text(&mut sources, RunColumn::Sources)?);
        run.sources = of_run.ok_or_else(|| damaged(RunColumn::Sources))?;
        let of_run = text(&mut declared_x, RunColumn::DeclaredX)?;
        let of_run: Option<BTreeMap<String, String>> = serde_json::from_str(&of_run).ok();
        let of_run = of_run.ok_or_else(|| damaged(RunColumn::DeclaredX))?;
        let declared = of_run.into_iter().map(|(key, x)| (key.into(), x.into()));
        run.declared_x = declared.collect();
        let of_run = media_of_json(&text(&mut media, RunColumn::Media)?);
        run.other_media = of_run.ok_or_else(|| damaged(RunColumn::Media))?;
        runs.push(RunRow {
            run,
            origin: text(&mut origins, RunColumn::Origin)?.into(),
            position: positions
                .next()
                .flatten()
                .ok_or_else(|| damaged(RunColumn::Position))?,
            fingerprint: text(&mut fingerprints, RunColumn::Fingerprint)?.into(),
        });
    }
    Ok(())
}

/// The cells of the column of statuses, of which older catalogs have none.
fn status_cells(rows: &dyn Table) -> Result<Vec<Option<ByteArray>>, CatalogError> {
    match rows.texts(STATUS) {
        Err(CatalogError::Column { .. }) => Ok(Vec::new()),
        cells => cells,
    }
}

fn sources_of_json(text: &str) -> Option<Vec<Source>> {
    let rows: Vec<SourceRow> = serde_json::from_str(text).ok()?;
    let sources = rows.into_iter().map(|row| {
        let mut formats = LOG_FORMATS.iter();
        let format = formats.find(|format| format.name() == row.format);
        Source {
            path: row.path,
            format: format.map_or(OTHER_FORMAT, |format| format.source_format()),
            bytes: row.bytes,
            state: match row.state {
                StateRow::Ok => SourceState::Ok,
                StateRow::Partial => SourceState::Partial,
                StateRow::Failed => SourceState::Failed,
            },
            records: row.records,
            skipped: row.skipped,
            note: row.note,
            steps_count: row.steps_count.map(Into::into),
            has_open_row: false,
        }
    });
    Some(sources.collect())
}

/// [`SourceState`] as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateRow {
    Ok,
    Partial,
    Failed,
}

fn media_of_json(text: &str) -> Option<Vec<Media>> {
    let rows: Vec<MediaRow> = serde_json::from_str(text).ok()?;
    let media = rows.into_iter().map(|row| Media {
        key: row.key,
        kind: row.kind,
        count: row.count,
    });
    Some(media.collect())
}
