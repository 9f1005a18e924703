//! `series`: writes all points of one series as CSV.

use std::{collections::HashSet, fs, path::PathBuf, sync::Arc, time::Duration};

use anyhow::anyhow;
use trainscape_run::{Series, Snapshot, Source};

use super::{
    args::{ReadArgs, XArgs},
    common, console,
    input_files::InputFiles,
    outcome::{Outcome, UsageError},
};

/// A file that has not changed for this long is no longer written to.
const AT_REST: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct SeriesArgs {
    /// A run folder, a log file or a URL (gs://, s3://, az://, https://, ssh://, flightsql://).
    path: PathBuf,
    /// Key of the series.
    #[arg(long)]
    key: String,
    /// Id of the run, if several runs have the series.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Output file; by default standard output.
    #[arg(short, value_name = "F.csv")]
    output: Option<PathBuf>,
    #[command(flatten)]
    x: XArgs,
    #[command(flatten)]
    read: ReadArgs,
}

impl SeriesArgs {
    /// The engine that is asked, and for which paths.
    pub(super) fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        let engine = self.read.engine.as_deref();
        (engine, std::slice::from_mut(&mut self.path))
    }
}

pub(super) fn run(args: &SeriesArgs) -> anyhow::Result<Outcome> {
    let read = args.read.with_x(&args.x);
    let opened = common::read(std::slice::from_ref(&args.path), &read)?;
    let snapshot = &opened.snapshot;
    let inputs = InputFiles::of(snapshot, std::slice::from_ref(&args.path), &args.read);
    inputs.refuse(args.output.as_deref())?;
    let matching: Vec<_> = snapshot
        .runs
        .iter()
        .filter(|run| args.run.as_ref().is_none_or(|id| run.id.as_ref() == id))
        .filter(|run| run.series.contains_key(args.key.as_str()))
        .collect();
    let run = match matching.as_slice() {
        [run] => run,
        [] => {
            return Err(no_series(&args.key, snapshot));
        }
        several => {
            let ids = common::some_of(several.iter().map(|run| run.id.as_ref()));
            let text = format!(
                "several runs have `{}`; choose one with --run: {ids}",
                args.key
            );
            return Err(UsageError(text).into());
        }
    };
    common::check_x(std::slice::from_ref(run), &common::options(&read))?;
    let series = &run.series[args.key.as_str()];
    let (csv, without_x) = table(series, common::chosen_x(run, &args.key));
    if without_x > 0 && !args.read.quiet {
        console::note(format!(
            "{without_x} of {} points have no value of the x axis at their steps: their cells are empty, figures use the last \
             value before them",
            series.len()
        ));
    }
    if let Some(error) = series.load_error() {
        return Err(anyhow!("{error}"));
    }
    match &args.output {
        Some(path) => trainscape_export::write_output(path, &csv)?,
        None => console::print_data(&csv)?,
    }
    // Only problems of this run are reported.
    let reported = Snapshot {
        runs: vec![Arc::clone(run)],
        ..Snapshot::default()
    };
    let outcome = common::report(&reported, args.read.quiet);
    let open_rows: Vec<&Source> = run
        .sources
        .iter()
        .filter(|source| may_grow(source))
        .collect();
    if open_rows.is_empty() {
        return Ok(outcome);
    }
    for source in open_rows.iter().filter(|_| !args.read.quiet) {
        console::note(format!(
            "{}: the last row has no line end and the file has just changed, so its last number may still \
             grow: export it again when the row is finished",
            source.path.display()
        ));
    }
    Ok(Outcome::InputSkipped)
}

/// Points that memory is taken for before they are there: their number is what a catalog claims.
const MOST_AWAITED: usize = 1 << 20;

/// All points as CSV, with the values of the chosen x axis at their steps, and the number of points that have none.
fn table(series: &Series, x: Option<&Arc<Series>>) -> (Vec<u8>, usize) {
    let mut csv = String::with_capacity(series.len().min(MOST_AWAITED) * 32);
    csv += "step,wall_time,value";
    if let Some(x) = x {
        let key = x.key();
        csv += &match key.contains([',', '"', '\n', '\r']) {
            true => format!(",\"{}\"", key.replace('"', "\"\"")),
            false => format!(",{key}"),
        };
    }
    csv.push('\n');
    let live: HashSet<usize> = match x {
        Some(_) => series.live_ranges().into_iter().flatten().collect(),
        None => HashSet::new(),
    };
    let mut without = 0;
    for (index, point) in series.iter().enumerate() {
        let wall_time = point
            .wall_time_secs
            .map_or_else(String::new, |secs| secs.to_string());
        csv += &format!("{},{wall_time},{}", point.step, point.value);
        if let Some(x) = x {
            // What a restart repeats was at another value of the axis.
            let value = x
                .value_at_step(point.step)
                .filter(|_| live.contains(&index));
            without += usize::from(value.is_none());
            csv += &value.map_or_else(|| ",".to_owned(), |value| format!(",{value}"));
        }
        csv.push('\n');
    }
    (csv.into_bytes(), without)
}

/// The series may be in what could not be read, which is told with the error.
fn no_series(key: &str, snapshot: &Snapshot) -> anyhow::Error {
    let problems = common::problems(snapshot);
    let unread = match problems.as_slice() {
        [] => String::new(),
        [one] => format!(" (not everything was read: {one})"),
        [first, others @ ..] => format!(
            " (not everything was read: {first}; and {} more)",
            others.len()
        ),
    };
    anyhow!("no run has a series `{key}`{unread}; `trainscape inspect` lists all")
}

/// True if the last row of a file may not be whole. A file that rests ends without a line end because its writer
/// left it out.
fn may_grow(source: &Source) -> bool {
    let modified = fs::metadata(&source.path).and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|modified| modified.elapsed().ok());
    source.has_open_row && age.is_none_or(|age| age < AT_REST)
}
