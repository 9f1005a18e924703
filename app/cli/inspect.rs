//! `inspect`: lists the contents of folders or files.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use serde_json::{Value, json};
use trainscape_run::{Run, Series, Snapshot, SourceContent, Step, Tensor, Unread, XOfSeries};
use trainscape_scene::ticks::{format_value, group_thousands};
use trainscape_source::SourceError;
use trainscape_views::{VIEWS, ViewSettings};

use super::{
    args::{ReadArgs, XArgs},
    common,
    console::{self, Lines},
    outcome::Outcome,
};

#[derive(Debug, clap::Args)]
pub(super) struct InspectArgs {
    /// Run folders, log files or URLs (gs://, s3://, az://, https://, ssh://, flightsql://); `-` for standard input.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    x: XArgs,
    #[command(flatten)]
    read: ReadArgs,
}

impl InspectArgs {
    /// The engine that is asked, and for which paths.
    pub(super) fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        (self.read.engine.as_deref(), &mut self.paths)
    }
}

/// Maximum number of entries printed of a long list.
const MAX_LISTED: usize = 12;

pub(super) fn run(args: &InspectArgs) -> anyhow::Result<Outcome> {
    let opened = match common::read(&args.paths, &args.read.with_x(&args.x)) {
        Ok(opened) => opened,
        Err(error) => {
            // Programs that read the output learn what was seen, too.
            if let Some(SourceError::NothingFound { unread, .. }) = error.downcast_ref()
                && args.json
            {
                console::print_json(&json!({ "runs": [], "unread": unread, "warnings": [] }))?;
            }
            return Err(error);
        }
    };
    let snapshot = &opened.snapshot;
    if args.json {
        console::print_json(&as_json(snapshot))?;
    } else {
        let mut lines = Lines::default();
        add_snapshot(&mut lines, snapshot);
        console::print_lines(&lines)?;
    }
    Ok(common::report(snapshot, args.read.quiet))
}

fn as_json(snapshot: &Snapshot) -> Value {
    let runs: Vec<Value> = snapshot.runs.iter().map(run_json).collect();
    json!({ "runs": runs, "unread": &*snapshot.unread, "warnings": snapshot.warnings })
}

fn run_json(run: &Arc<Run>) -> Value {
    let series: Vec<Value> = run
        .series
        .values()
        .map(|series| series_json(run, series))
        .collect();
    let tensors: Vec<Value> = run
        .tensors
        .values()
        .map(|tensor| tensor_json(tensor))
        .collect();
    json!({
        "id": run.id,
        "name": run.name,
        "path": run.path.to_string_lossy(),
        "sources": run.sources,
        "config": run.config,
        "series": series,
        "tensors": tensors,
        "media": run.media(),
        "views": views_json(run),
    })
}

fn series_json(run: &Run, series: &Series) -> Value {
    let step = |point: Option<trainscape_run::Point>| match point.map(|point| point.step) {
        Some(Step::Int(step)) => json!(step),
        Some(Step::Float(step)) => json!(step),
        None => Value::Null,
    };
    let range = series.value_range();
    json!({
        "key": series.key(),
        "logged_as": run.logged_keys.get(series.key()),
        "role": run.roles.get(series.key()),
        "x": x_of(run, series),
        "points": series.len(),
        "superseded": series.superseded(),
        "first_step": step(series.first()),
        "last_step": step(series.last()),
        "last_value": series.last().map(|point| point.value),
        "min": range.map(|range| range.0),
        "max": range.map(|range| range.1),
        "non_finite": series.non_finite(),
    })
}

/// What the x axis of a series shows, unless it is the logger's step.
fn x_of<'a>(run: &'a Run, series: &Series) -> Option<&'a str> {
    match run.x_of_series(series.key()) {
        XOfSeries::Series(x) => Some(x.key()),
        XOfSeries::WallTime => Some("wall_time"),
        XOfSeries::Step | XOfSeries::Missing | XOfSeries::Undeclared => None,
    }
}

fn tensor_json(tensor: &Tensor) -> Value {
    json!({
        "key": tensor.key,
        "shape": &*tensor.shape,
        "dtype": tensor.dtype.name(),
        "axes": tensor.axes.as_deref(),
        "path": tensor.path.to_string_lossy(),
        "steps": tensor.steps.as_ref().map(|steps| steps.len()),
        "labels": tensor.labels.as_ref().map(|labels| labels.len()),
    })
}

fn views_json(run: &Arc<Run>) -> Vec<Value> {
    let settings = ViewSettings::default();
    VIEWS
        .iter()
        .map(|view| {
            let available = view.available(std::slice::from_ref(run), &settings);
            let why = available
                .as_ref()
                .err()
                .map_or_else(String::new, ToString::to_string);
            json!({ "view": view.name(), "available": available.is_ok(), "why": why })
        })
        .collect()
}

fn add_snapshot(out: &mut Lines, snapshot: &Snapshot) {
    for run in &snapshot.runs {
        out.add(format_args!("{}", run.id));
        if run.name != run.id {
            out.add(format_args!("  name     {}", run.name));
        }
        add_sources(out, run);
        out.add(format_args!(
            "  series   {} with {} points, {} histogram series, {} configuration values",
            thousands(run.series.len()),
            thousands(run.points()),
            thousands(run.histograms.len()),
            thousands(run.config.len())
        ));
        add_x(out, run);
        add_series(out, run);
        add_tensors(out, run);
        // Of several runs, what they allow together is said below.
        if snapshot.runs.len() > 1 {
            let views = available_views(std::slice::from_ref(run));
            out.add(format_args!("  views    {}", joined_or_none(&views)));
        }
    }
    add_unread(out, snapshot);
    add_views_of_all_runs(out, snapshot);
}

fn thousands(number: usize) -> String {
    group_thousands(&number.to_string())
}

/// Adds what series are drawn over, where that is not the logger's step.
fn add_x(out: &mut Lines, run: &Run) {
    let axes: BTreeSet<&str> = run
        .series
        .values()
        .filter_map(|series| x_of(run, series))
        .collect();
    for x in axes {
        let of_x = |series: &&Arc<Series>| x_of(run, series) == Some(x);
        let count = run.series.values().filter(of_x).count();
        out.add(format_args!(
            "  x axis   {x}, of {} series",
            thousands(count)
        ));
    }
}

/// Adds the first series, those with a role before the others.
fn add_series(out: &mut Lines, run: &Run) {
    let role = |series: &&Arc<Series>| run.roles.get(series.key());
    let with_role = run.series.values().filter(|series| role(series).is_some());
    let without = run.series.values().filter(|series| role(series).is_none());
    for series in with_role.chain(without).take(MAX_LISTED) {
        let last = series.last().map_or(f64::NAN, |point| point.value);
        let repeated = match series.superseded() {
            0 => String::new(),
            count => format!(", {} repeated by a restart", thousands(count)),
        };
        let in_turn = match series.turns() {
            0 => String::new(),
            turns => format!(
                ", steps go back {} times, too often for restarts: all points count",
                thousands(turns)
            ),
        };
        let logged_as = run
            .logged_keys
            .get(series.key())
            .map_or_else(String::new, |key| format!(", logged as {key}"));
        out.add(format_args!(
            "    {:<32} {:<20} {:>9} points, last {}{repeated}{in_turn}{logged_as}",
            series.key(),
            role(&series).map_or("", |role| role.name()),
            thousands(series.len()),
            format_value(last)
        ));
    }
    if run.series.len() > MAX_LISTED {
        out.add(format_args!(
            "    … {} more series (--json lists all)",
            thousands(run.series.len() - MAX_LISTED)
        ));
    }
}

fn available_views(runs: &[Arc<Run>]) -> Vec<&'static str> {
    let settings = ViewSettings::default();
    let views = VIEWS.iter();
    let available = views.filter(|view| view.available(runs, &settings).is_ok());
    available.map(|view| view.name()).collect()
}

fn joined_or_none(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

/// Adds the files that were not read.
fn add_unread(out: &mut Lines, snapshot: &Snapshot) {
    for unread in snapshot.unread.iter().take(MAX_LISTED) {
        let Unread { path, kind, why } = unread;
        out.add(format_args!(
            "not read   {} [{kind}]: {why}",
            path.display()
        ));
    }
    if snapshot.unread.len() > MAX_LISTED {
        out.add(format_args!(
            "    … {} more files were not read (--json lists all)",
            group_thousands(&(snapshot.unread.len() - MAX_LISTED).to_string())
        ));
    }
}

/// Adds all logs and all files with a note; of the other files of arrays and figures only the first ones.
fn add_sources(out: &mut Lines, run: &Run) {
    let (mut listed, mut omitted) = (0, 0);
    for source in &run.sources {
        let what = match source.format.content {
            SourceContent::Arrays | SourceContent::OneArray => "arrays",
            SourceContent::Figure => "figures",
            SourceContent::Records => "records",
        };
        if what != "records" && source.note.is_empty() {
            listed += 1;
            if listed > MAX_LISTED {
                omitted += 1;
                continue;
            }
        }
        let note = if source.note.is_empty() {
            String::new()
        } else {
            format!(" ({})", source.note)
        };
        out.add(format_args!(
            "  source   {} [{}] {} {what}{note}",
            source.path.display(),
            source.format.name,
            group_thousands(&source.records.to_string())
        ));
    }
    if omitted > 0 {
        let omitted = group_thousands(&omitted.to_string());
        out.add(format_args!(
            "    … {omitted} more files of arrays and figures (--json lists all)"
        ));
    }
}

fn add_tensors(out: &mut Lines, run: &Run) {
    for tensor in run.tensors.values().take(MAX_LISTED) {
        let lens: Vec<String> = match &tensor.axes {
            Some(axes) => axes
                .iter()
                .zip(tensor.shape.iter())
                .map(|(axis, len)| format!("{axis} {len}"))
                .collect(),
            None => tensor
                .shape
                .iter()
                .enumerate()
                .map(|(axis, len)| match tensor.snapshot_axis() == Some(axis) {
                    true => format!("snapshot {len}"),
                    false => len.to_string(),
                })
                .collect(),
        };
        let shape = match lens.is_empty() {
            true => "scalar".to_owned(),
            false => lens.join(" x "),
        };
        out.add(format_args!(
            "  array    {:<32} {} of {}",
            tensor.key,
            shape,
            tensor.dtype.name()
        ));
    }
    if run.tensors.len() > MAX_LISTED {
        out.add(format_args!(
            "    … {} more arrays (--json lists all)",
            group_thousands(&(run.tensors.len() - MAX_LISTED).to_string())
        ));
    }
    for media in run.media().iter().filter(|media| media.kind != "histogram") {
        out.add(format_args!(
            "  {:<8} {} ({})",
            media.kind, media.key, media.count
        ));
    }
}

/// Adds the views that all runs allow together, and what the others need.
fn add_views_of_all_runs(out: &mut Lines, snapshot: &Snapshot) {
    let runs = &snapshot.runs;
    let of = match runs.len() {
        1 => String::new(),
        count => format!(" of all {} runs", thousands(count)),
    };
    let views = available_views(runs);
    out.add(format_args!("views{of}: {}", joined_or_none(&views)));
    for view in VIEWS {
        if let Err(why) = view.available(runs, &ViewSettings::default()) {
            out.add(format_args!("  no view  {view}: {why}"));
        }
    }
}
