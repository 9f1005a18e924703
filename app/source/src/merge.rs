//! Combining the logs and arrays of one run.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Config, Role, RoleOverrides, Run, Series};

use crate::{arrays::Assembled, log_file::Log, run_plan::RunPlan};

/// Builds the run. For each key the points of a single log are used: the one with the most points, and
/// among equals the one whose format has the lowest rank.
pub(crate) fn build(
    plan: &RunPlan,
    logs: &[&Log],
    config: &Config,
    arrays: &Assembled,
    roles: &RoleOverrides,
) -> Run {
    let mut logs = logs.to_vec();
    logs.sort_by_key(|log| log.format.rank());
    let mut run = Run::new(plan.id.as_str(), plan.name.as_str(), plan.path.clone());
    let mut config = config.clone();
    let mut globs: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    for log in logs.iter().rev() {
        config.extend(
            log.store
                .config
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        globs.extend(
            log.store
                .declared_x
                .iter()
                .map(|(key, x)| (Arc::clone(key), Arc::clone(x))),
        );
        if let Some(name) = &log.store.display_name {
            run.name = name.as_str().into();
        }
    }
    run.config = Arc::new(config);
    let mut chosen: BTreeMap<Arc<str>, (Arc<Series>, usize, Option<Role>)> = BTreeMap::new();
    let mut histogram_points: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for log in &logs {
        let source = run.sources.len();
        run.sources.extend(log.sources());
        let total = |series: &Series| series.len() + series.dropped();
        for (key, series, role) in log.store.series() {
            match chosen.get(key) {
                Some((known, _, _)) if total(known) >= total(&series) => {}
                _ => {
                    chosen.insert(Arc::clone(key), (series, source, role));
                }
            }
        }
        for (key, series) in log.store.histograms() {
            let points = series.points.len();
            if histogram_points
                .get(key)
                .is_none_or(|&known| known < points)
            {
                histogram_points.insert(Arc::clone(key), points);
                run.histograms.insert(Arc::clone(key), Arc::clone(series));
            }
        }
    }
    for (key, (series, source, role)) in chosen {
        if let Some(role) = roles.get(&*key).copied().or(role) {
            run.roles.insert(Arc::clone(&key), role);
        }
        run.series_source.insert(Arc::clone(&key), source);
        run.series.insert(key, series);
    }
    run.declared_x = declared_x(&globs, &run);
    run.sources.extend(arrays.sources.iter().cloned());
    run.tensors.clone_from(&arrays.tensors);
    run.plots.clone_from(&arrays.plots);
    run
}

/// Expands `train/*` to the existing keys; `*` alone is kept.
fn declared_x(globs: &BTreeMap<Arc<str>, Arc<str>>, run: &Run) -> BTreeMap<Arc<str>, Arc<str>> {
    let mut declared = BTreeMap::new();
    for (glob, x) in globs {
        match glob.strip_suffix('*') {
            Some(prefix) if !prefix.is_empty() => {
                let keys = run
                    .series
                    .keys()
                    .filter(|key| key.starts_with(prefix) && *key != x);
                for key in keys {
                    declared
                        .entry(Arc::clone(key))
                        .or_insert_with(|| Arc::clone(x));
                }
            }
            _ => {
                declared.insert(Arc::clone(glob), Arc::clone(x));
            }
        }
    }
    // The declaration of a key overrides that of a pattern.
    for (glob, x) in globs.iter().filter(|(glob, _)| !glob.contains('*')) {
        declared.insert(Arc::clone(glob), Arc::clone(x));
    }
    declared
}
