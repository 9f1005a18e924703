//! `series`: writes all points of one series as CSV.

use std::{fs, io::Write as _, path::PathBuf, sync::Arc, time::Duration};

use anyhow::anyhow;
use trainscape_run::{Snapshot, Source};

use super::{
    args::ReadArgs,
    common, console,
    input_files::InputFiles,
    outcome::{Outcome, UsageError},
};

/// A file that has not changed for this long is no longer written to.
const AT_REST: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct SeriesArgs {
    /// A run folder, a log file or a URL (gs://, s3://, az://, https://, ssh://).
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
    read: ReadArgs,
}

pub(super) fn run(args: &SeriesArgs) -> anyhow::Result<Outcome> {
    let opened = common::read(std::slice::from_ref(&args.path), &args.read)?;
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
    let series = &run.series[args.key.as_str()];
    let mut csv = Vec::with_capacity(series.len() * 32);
    writeln!(csv, "step,wall_time,value")?;
    for point in series.iter() {
        let wall_time = point
            .wall_time_secs
            .map_or_else(String::new, |secs| secs.to_string());
        writeln!(csv, "{},{wall_time},{}", point.step, point.value)?;
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
