//! Rows of several runs, which come in any order, as the points of each.

use std::{collections::HashMap, path::Path, sync::Arc};

use trainscape_run::{HistogramPoint, Point, Series};

use super::answer::Answer;
use crate::catalog::{
    error::CatalogError,
    layout::HistoryColumn,
    point_rows::{self, Restarts},
    table::Table as _,
};

/// The column of decimated points that counts all of them.
const COUNT: &str = "points";

/// What came of one run, each with its place in the run's log.
struct OfRun<T> {
    expected: u64,
    /// The points of which these are some, as the engine has counted them.
    whole: Option<u64>,
    rows: Vec<(i64, T)>,
}

/// What came of several runs.
pub(super) struct Collected<T> {
    runs: HashMap<Arc<str>, OfRun<T>>,
}

/// A point, and the number of restarts before it.
pub(super) type PlacedPoint = (Point, Option<usize>);

impl<T> Collected<T> {
    /// For the runs with these ids, of which so many rows are expected, and of how many points if they are decimated.
    pub(super) fn new(runs: impl Iterator<Item = (Arc<str>, u64, Option<u64>)>) -> Self {
        let runs = runs.map(|(id, expected, whole)| {
            let rows = Vec::new();
            let of_run = OfRun {
                expected,
                whole,
                rows,
            };
            (id, of_run)
        });
        Self {
            runs: runs.collect(),
        }
    }

    /// Adds the rows of an answer, whose contents are `items`. More than what was expected is refused, so that an engine
    /// never decides how much memory is taken.
    fn add(&mut self, answer: &Answer, items: Vec<T>) -> Result<(), CatalogError> {
        let ids = answer.texts(HistoryColumn::RunId.name())?;
        let places = answer.whole_numbers(HistoryColumn::Position.name())?;
        let other = |what: &str| CatalogError::OtherAnswer {
            path: answer.place().to_owned(),
            what: what.to_owned(),
        };
        let is_decimated = self.runs.values().any(|of_run| of_run.whole.is_some());
        let counts = match is_decimated {
            true => answer.whole_numbers(COUNT)?,
            false => vec![None; answer.len()],
        };
        let cells = ids.into_iter().zip(places).zip(counts);
        for (((id, place), count), item) in cells.zip(items) {
            let id = id.as_ref().and_then(|id| id.as_utf8().ok());
            let of_run = id.and_then(|id| self.runs.get_mut(id));
            let of_run =
                of_run.ok_or_else(|| other("answers with runs that were not asked for"))?;
            let place = place.ok_or_else(|| {
                other("has points without their place in the log (column `position`), as older catalogs")
            })?;
            let count = count.and_then(|count| u64::try_from(count).ok());
            if of_run.rows.len() as u64 >= of_run.expected || count != of_run.whole {
                return Err(other("has other points than its table of series says"));
            }
            of_run.rows.push((place, item));
        }
        Ok(())
    }

    /// What came of a run, in the order of its log; `None` if that is not what was expected.
    fn take(&mut self, id: &str) -> Option<Vec<T>> {
        let OfRun {
            expected, mut rows, ..
        } = self.runs.remove(id)?;
        if rows.len() as u64 != expected {
            return None;
        }
        if !rows.is_sorted_by_key(|(place, _)| *place) {
            rows.sort_by_key(|(place, _)| *place);
        }
        let is_twice = rows.windows(2).any(|pair| pair[0].0 == pair[1].0);
        (!is_twice).then(|| rows.into_iter().map(|(_, item)| item).collect())
    }
}

impl Collected<PlacedPoint> {
    pub(super) fn add_points(&mut self, answer: &Answer) -> Result<(), CatalogError> {
        self.add(answer, point_rows::points(answer)?)
    }

    pub(super) fn series(&mut self, id: &str) -> Option<Series> {
        let rows = self.take(id)?;
        let mut restarts = Restarts::default();
        for (at, (_, before)) in rows.iter().enumerate() {
            restarts.add(at, *before);
        }
        let points = rows.into_iter().map(|(point, _)| point);
        Some(Series::restored("", points, restarts.begins))
    }
}

impl Collected<HistogramPoint> {
    pub(super) fn add_histograms(&mut self, answer: &Answer) -> Result<(), CatalogError> {
        self.add(answer, point_rows::histograms(answer)?)
    }

    pub(super) fn histograms(&mut self, id: &str) -> Option<Vec<HistogramPoint>> {
        self.take(id)
    }
}

/// The error of a run of which too little came.
pub(super) fn incomplete(place: &Path, id: &str) -> CatalogError {
    CatalogError::OtherAnswer {
        path: place.to_owned(),
        what: format!("has other points of the run `{id}` than its table of series says"),
    }
}
