//! The table of a part's runs: what the viewer needs to show them, and what engines select and sort by.

use std::collections::{BTreeMap, BTreeSet};

use trainscape_run::{Config, Point, Role, Run, SourceState};
use trainscape_source::catalog::{
    CatalogRun, OTHER_SETTINGS, RunColumn, STATUS, SettingKind, config_as_json,
};

use crate::{
    encode::{Cells, Column, encode},
    error::BuildError,
    settings,
};

/// Roles of which each run has one series that stands for it.
fn roles() -> impl Iterator<Item = Role> {
    let is_single = |role: &Role| !matches!(role, Role::Step | Role::LayerGradientNorm);
    Role::ALL.into_iter().filter(is_single)
}

/// The file of the table. Runs are in the order of their ids.
pub(crate) fn encode_runs(
    runs: &[CatalogRun],
    kinds: &BTreeMap<String, SettingKind>,
) -> Result<Vec<u8>, BuildError> {
    let mut columns = described(runs);
    for role in roles() {
        columns.extend(of_role(runs, role));
    }
    let configs: Vec<&Config> = runs.iter().map(|entry| &*entry.run.config).collect();
    columns.extend(settings::columns(kinds, &configs));
    columns.extend(exact(runs)?);
    columns.push(Column::new(
        OTHER_SETTINGS,
        settings::others(kinds, &configs),
    ));
    Ok(encode(&columns, &[RunColumn::Id.name()])?)
}

fn text(name: &str, runs: &[CatalogRun], cell: impl Fn(&CatalogRun) -> String) -> Column {
    let cells: Vec<String> = runs.iter().map(cell).collect();
    Column::new(
        name,
        Cells::texts(cells.iter().map(|cell| Some(cell.as_str()))),
    )
}

/// What a run is.
fn described(runs: &[CatalogRun]) -> Vec<Column> {
    let count = |count: usize| i64::try_from(count).ok();
    let whole = |name: &str, cell: &dyn Fn(&Run) -> Option<i64>| {
        let cells = runs.iter().map(|entry| cell(&entry.run));
        Column::new(name, Cells::Whole(cells.collect()))
    };
    let number = |name: &str, cell: &dyn Fn(&Run) -> Option<f64>| {
        let cells = runs.iter().map(|entry| cell(&entry.run));
        Column::new(name, Cells::Numbers(cells.collect()))
    };
    vec![
        text(RunColumn::Id.name(), runs, |entry| entry.run.id.to_string()),
        text(RunColumn::Name.name(), runs, |entry| {
            entry.run.name.to_string()
        }),
        text(RunColumn::Path.name(), runs, |entry| {
            entry.run.path.display().to_string()
        }),
        text("logger", runs, |entry| logger(&entry.run)),
        text("read_state", runs, |entry| {
            read_state(&entry.run).to_owned()
        }),
        Column::new(
            STATUS,
            Cells::texts(runs.iter().map(|entry| Some(entry.run.status()?.name()))),
        ),
        number("first_time", &|run| {
            let first = run
                .series
                .values()
                .filter_map(|series| time(series.first()));
            first.min_by(f64::total_cmp)
        }),
        number("last_time", &|run| {
            let last = run.series.values().filter_map(|series| time(series.last()));
            last.max_by(f64::total_cmp)
        }),
        whole("series", &|run| count(run.series.len())),
        whole("points", &|run| count(run.points())),
    ]
}

fn time(point: Option<Point>) -> Option<f64> {
    point?.wall_time_secs
}

/// The formats of the run's logs.
fn logger(run: &Run) -> String {
    let names = run.sources.iter().map(|source| source.format.name);
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

/// How far the run's logs could be read: the worst of them.
fn read_state(run: &Run) -> &'static str {
    let is = |state| run.sources.iter().any(|source| source.state == state);
    if is(SourceState::Failed) {
        "failed"
    } else if is(SourceState::Partial) {
        "partial"
    } else {
        "ok"
    }
}

/// The series that stands for a role.
fn of_role(runs: &[CatalogRun], role: Role) -> [Column; 5] {
    let series: Vec<_> = runs
        .iter()
        .map(|entry| entry.run.series_with_role(role).into_iter().next())
        .collect();
    let name = |what: &str| format!("{}_{what}", role.name());
    let number = |what: &str, cell: &dyn Fn(&trainscape_run::Series) -> Option<f64>| {
        let cells = series.iter().map(|series| cell((*series)?));
        Column::new(name(what), Cells::Numbers(cells.collect()))
    };
    let keys = series
        .iter()
        .map(|series| series.map(|series| &**series.key()));
    [
        Column::new(name("key"), Cells::texts(keys)),
        number("first", &|series| Some(series.first()?.value)),
        number("last", &|series| Some(series.last()?.value)),
        number("min", &|series| Some(series.value_range()?.0)),
        number("max", &|series| Some(series.value_range()?.1)),
    ]
}

/// What the viewer needs to show the run as its logs do.
fn exact(runs: &[CatalogRun]) -> Result<Vec<Column>, BuildError> {
    let json = |cell: &dyn Fn(&Run) -> serde_json::Result<String>| {
        let cells = runs.iter().map(|entry| cell(&entry.run));
        let cells: Result<Vec<String>, _> = cells.collect();
        cells.map_err(|error| BuildError::Write(error.to_string()))
    };
    let column = |column: RunColumn, cells: &[String]| {
        let cells = cells.iter().map(|cell| Some(cell.as_str()));
        Column::new(column.name(), Cells::texts(cells))
    };
    let sources = json(&|run| serde_json::to_string(&run.sources))?;
    let media = json(&|run| serde_json::to_string(&run.other_media))?;
    let declared_x = json(&|run| {
        // What the user chose is what the catalog declares.
        let declared = run.declared_x.iter().chain(&run.chosen_x);
        let declared: BTreeMap<&str, &str> = declared.map(|(key, x)| (&**key, &**x)).collect();
        serde_json::to_string(&declared)
    })?;
    let positions = runs.iter().map(|entry| Some(entry.position));
    Ok(vec![
        text(RunColumn::Config.name(), runs, |entry| {
            config_as_json(&entry.run.config)
        }),
        column(RunColumn::Sources, &sources),
        column(RunColumn::DeclaredX, &declared_x),
        column(RunColumn::Media, &media),
        text(RunColumn::Origin.name(), runs, |entry| {
            entry.origin.to_string()
        }),
        Column::new(
            RunColumn::Position.name(),
            Cells::Whole(positions.collect()),
        ),
        text(RunColumn::Fingerprint.name(), runs, |entry| {
            entry.fingerprint.to_string()
        }),
    ])
}
