//! The table of a part's series: what is known of each without its points.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use parquet::data_type::ByteArray;
use trainscape_run::{
    HistogramPoint, HistogramSeries, Point, PointStore, Role, Series, SeriesSummary, StoredRows,
};

use super::{
    columns::Rows,
    error::CatalogError,
    file::CatalogFile,
    histories::PartStore,
    layout::{SeriesColumn, SeriesKind},
    point_rows::step,
    runs_table::RunRow,
    table::Table,
};
use crate::limits;

/// Texts that many rows share.
#[derive(Default)]
struct Texts(HashSet<Arc<str>>);

impl Texts {
    fn get(&mut self, cell: Option<&ByteArray>) -> Option<Arc<str>> {
        let text = cell?.as_utf8().ok()?;
        if let Some(known) = self.0.get(text) {
            return Some(Arc::clone(known));
        }
        let text: Arc<str> = text.into();
        self.0.insert(Arc::clone(&text));
        Some(text)
    }
}

/// Adds the series to the runs, which are in the order of the table.
pub(super) fn read(
    file: &CatalogFile,
    runs: &mut [RunRow],
    store: &Arc<PartStore>,
) -> Result<(), CatalogError> {
    let most = runs.len().saturating_mul(limits::KEYS.items) as u64;
    if file.rows() > most {
        let reason = format!("it claims to have {} series", file.rows());
        return Err(CatalogError::damaged(file.path(), reason));
    }
    let mut reader = SeriesReader::new(
        store,
        FileRows {
            numbers: store.numbers(),
            files: Vec::new(),
            first_rows: Vec::new(),
            at: 0,
        },
    );
    for (group, rows) in file.row_groups() {
        let rows = Rows {
            file,
            group,
            rows: 0..rows,
        };
        reader.read(&rows, runs)?;
    }
    Ok(())
}

/// Finds the run of each row, and the points of its series.
pub(super) trait Locate {
    /// Reads what is needed of some rows.
    fn read(&mut self, rows: &dyn Table) -> Result<(), CatalogError>;

    /// The place of the run with this id.
    fn run(&mut self, id: &[u8], runs: &[RunRow]) -> Option<usize>;

    /// Where the points of a row are.
    fn points(&mut self, row: usize, series: &Located<'_>) -> Option<StoredRows>;
}

/// A series of which the points are asked for.
pub(super) struct Located<'a> {
    pub(super) key: &'a Arc<str>,
    /// The place of its run.
    pub(super) run: usize,
    pub(super) points: u64,
}

/// The rows of files, which are in the order of the runs.
struct FileRows<'a> {
    numbers: HashMap<&'a str, u32>,
    files: Vec<Option<ByteArray>>,
    first_rows: Vec<Option<i64>>,
    /// The run that the rows belong to.
    at: usize,
}

impl Locate for FileRows<'_> {
    fn read(&mut self, rows: &dyn Table) -> Result<(), CatalogError> {
        self.files = rows.texts(SeriesColumn::File.name())?;
        self.first_rows = rows.whole_numbers(SeriesColumn::FirstRow.name())?;
        Ok(())
    }

    /// The run of the row before, or one of the next.
    fn run(&mut self, id: &[u8], runs: &[RunRow]) -> Option<usize> {
        let ahead = runs.get(self.at..)?.iter();
        let mut ids = ahead.map(|row| row.run.id.as_bytes());
        self.at += ids.position(|known| known == id)?;
        Some(self.at)
    }

    fn points(&mut self, row: usize, series: &Located<'_>) -> Option<StoredRows> {
        let file = self.files[row].as_ref()?.as_utf8().ok()?;
        Some(StoredRows {
            table: *self.numbers.get(file)?,
            first_row: u64::try_from(self.first_rows[row]?).ok()?,
            rows: series.points,
        })
    }
}

/// Adds series to runs.
pub(super) struct SeriesReader<'a, S, L> {
    texts: Texts,
    store: &'a Arc<S>,
    locate: L,
}

/// The columns of a row group.
struct Columns {
    run_ids: Vec<Option<ByteArray>>,
    keys: Vec<Option<ByteArray>>,
    kinds: Vec<Option<ByteArray>>,
    roles: Vec<Option<ByteArray>>,
    points: Vec<Option<i64>>,
    superseded: Vec<Option<i64>>,
    non_finite: Vec<Option<i64>>,
    whole_steps: Vec<Option<i64>>,
    first_seen: Vec<Option<i64>>,
    sources: Vec<Option<i64>>,
    first: PointColumns,
    last: PointColumns,
    min: Vec<Option<f64>>,
    max: Vec<Option<f64>>,
}

struct PointColumns {
    steps: Vec<Option<i64>>,
    fractional_steps: Vec<Option<f64>>,
    wall_times: Vec<Option<f64>>,
    values: Vec<Option<f64>>,
}

impl PointColumns {
    fn read(
        rows: &dyn Table,
        [whole, fractional, time, value]: [SeriesColumn; 4],
    ) -> Result<Self, CatalogError> {
        Ok(Self {
            steps: rows.whole_numbers(whole.name())?,
            fractional_steps: rows.numbers(fractional.name())?,
            wall_times: rows.numbers(time.name())?,
            values: rows.numbers(value.name())?,
        })
    }

    fn get(&self, row: usize) -> Option<Point> {
        Some(Point {
            step: step(self.steps[row], self.fractional_steps[row])?,
            wall_time_secs: self.wall_times[row],
            value: self.values[row]?,
        })
    }
}

impl Columns {
    fn read(rows: &dyn Table) -> Result<Self, CatalogError> {
        let texts = |column: SeriesColumn| rows.texts(column.name());
        let whole = |column: SeriesColumn| rows.whole_numbers(column.name());
        Ok(Self {
            run_ids: texts(SeriesColumn::RunId)?,
            keys: texts(SeriesColumn::Key)?,
            kinds: texts(SeriesColumn::Kind)?,
            roles: texts(SeriesColumn::Role)?,
            points: whole(SeriesColumn::Points)?,
            superseded: whole(SeriesColumn::Superseded)?,
            non_finite: whole(SeriesColumn::NonFinite)?,
            whole_steps: whole(SeriesColumn::WholeSteps)?,
            first_seen: whole(SeriesColumn::FirstSeen)?,
            sources: whole(SeriesColumn::Source)?,
            first: PointColumns::read(
                rows,
                [
                    SeriesColumn::FirstStep,
                    SeriesColumn::FirstFractionalStep,
                    SeriesColumn::FirstWallTime,
                    SeriesColumn::First,
                ],
            )?,
            last: PointColumns::read(
                rows,
                [
                    SeriesColumn::LastStep,
                    SeriesColumn::LastFractionalStep,
                    SeriesColumn::LastWallTime,
                    SeriesColumn::Last,
                ],
            )?,
            min: rows.numbers(SeriesColumn::Min.name())?,
            max: rows.numbers(SeriesColumn::Max.name())?,
        })
    }
}

/// A count, which is never negative.
fn count(cell: Option<i64>) -> Option<usize> {
    usize::try_from(cell?).ok()
}

impl<'a, S, L> SeriesReader<'a, S, L>
where
    S: PointStore<Series> + PointStore<Vec<HistogramPoint>> + 'static,
    L: Locate,
{
    pub(super) fn new(store: &'a Arc<S>, locate: L) -> Self {
        Self {
            texts: Texts::default(),
            store,
            locate,
        }
    }

    /// What has found the points.
    pub(super) fn into_locate(self) -> L {
        self.locate
    }

    /// Adds the series of some rows to their runs.
    pub(super) fn read(
        &mut self,
        rows: &dyn Table,
        runs: &mut [RunRow],
    ) -> Result<(), CatalogError> {
        let columns = Columns::read(rows)?;
        self.locate.read(rows)?;
        for row in 0..columns.run_ids.len() {
            self.add(&columns, row, runs).ok_or_else(|| {
                let reason = "a row of it does not describe a series of its part";
                CatalogError::damaged(rows.place(), reason)
            })?;
        }
        Ok(())
    }

    fn add(&mut self, columns: &Columns, row: usize, runs: &mut [RunRow]) -> Option<()> {
        let id = columns.run_ids[row].as_ref()?.data();
        let at = self.locate.run(id, runs)?;
        let run = &mut runs.get_mut(at)?.run;
        let key = self.texts.get(columns.keys[row].as_ref())?;
        let points = count(columns.points[row])?;
        let located = Located {
            key: &key,
            run: at,
            points: points as u64,
        };
        let rows = self.locate.points(row, &located)?;
        let first_seen = u32::try_from(columns.first_seen[row]?).ok()?;
        run.first_seen.insert(Arc::clone(&key), first_seen);
        if columns.kinds[row].as_ref()?.data() == SeriesKind::Histogram.name().as_bytes() {
            let series =
                HistogramSeries::deferred(Arc::clone(&key), Arc::clone(self.store) as _, rows);
            run.histograms.insert(key, Arc::new(series));
            return Some(());
        }
        let summary = SeriesSummary {
            points,
            superseded: count(columns.superseded[row])?,
            non_finite: count(columns.non_finite[row])?,
            first: columns.first.get(row)?,
            last: columns.last.get(row)?,
            value_range: columns.min[row].zip(columns.max[row]),
            has_whole_steps: columns.whole_steps[row]? != 0,
        };
        if let Some(role) = &columns.roles[row] {
            let role = Role::from_name(role.as_utf8().ok()?)?;
            run.roles.insert(Arc::clone(&key), role);
        }
        let source = count(columns.sources[row])?;
        run.series_source.insert(Arc::clone(&key), source);
        let series = Series::deferred(Arc::clone(&key), summary, Arc::clone(self.store) as _, rows);
        run.series.insert(key, Arc::new(series));
        Some(())
    }
}
