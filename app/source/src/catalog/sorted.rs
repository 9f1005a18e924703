//! The runs of a catalog in their order, and without what was read of them.

use std::{collections::HashSet, path::Path, sync::Arc};

use trainscape_run::{Run, natural_cmp};

use super::{catalog_run::CatalogRun, runs_table::RunRow};

impl From<RunRow> for CatalogRun {
    fn from(row: RunRow) -> Self {
        Self {
            run: Arc::new(row.run),
            origin: row.origin,
            position: row.position,
            fingerprint: row.fingerprint,
        }
    }
}

/// The runs in natural order of their origins. Of two with one id the second is left out, which is a sentence in `problems`.
pub(super) fn sorted(
    mut runs: Vec<CatalogRun>,
    place: &Path,
    problems: &mut Vec<String>,
) -> Vec<CatalogRun> {
    // The runs of an origin are beside each other, in the order of their log.
    runs.sort_by(|a, b| {
        let by_origin = natural_cmp(&a.origin, &b.origin);
        by_origin.then(a.position.cmp(&b.position))
    });
    let mut ids: HashSet<Arc<str>> = HashSet::with_capacity(runs.len());
    runs.retain(|CatalogRun { run, .. }| {
        let is_new = ids.insert(Arc::clone(&run.id));
        if !is_new {
            problems.push(format!(
                "two runs of {} have the id `{}`, and the second was left out: build the catalog again",
                place.display(),
                run.id
            ));
        }
        is_new
    });
    runs
}

/// The run without the histories that are in memory, or only without those that could not be read.
pub(super) fn unloaded(run: &Arc<Run>, only_failed: bool) -> Arc<Run> {
    let series = run.series.iter();
    let series = series
        .filter(|(_, series)| series.was_loaded())
        .filter(|(_, series)| !only_failed || series.load_error().is_some())
        .filter_map(|(key, series)| Some((key, series.unloaded()?)));
    let histograms = run.histograms.iter();
    let histograms = histograms
        .filter(|(_, series)| series.was_loaded())
        .filter(|(_, series)| !only_failed || series.load_error().is_some())
        .filter_map(|(key, series)| Some((key, series.unloaded()?)));
    let (series, histograms): (Vec<_>, Vec<_>) = (series.collect(), histograms.collect());
    if series.is_empty() && histograms.is_empty() {
        return Arc::clone(run);
    }
    let mut fresh = Run::clone(run);
    for (key, series) in series {
        fresh.series.insert(Arc::clone(key), Arc::new(series));
    }
    for (key, series) in histograms {
        fresh.histograms.insert(Arc::clone(key), Arc::new(series));
    }
    Arc::new(fresh)
}
