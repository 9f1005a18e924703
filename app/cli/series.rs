//! `series`: writes all points of one series as CSV.

use std::{io::Write as _, path::PathBuf, sync::Arc};

use anyhow::anyhow;
use trainscape_run::Snapshot;

use super::{
    args::ReadArgs,
    common, console,
    outcome::{Outcome, UsageError},
};

#[derive(Debug, clap::Args)]
pub(super) struct SeriesArgs {
    /// A run folder or a log file.
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
    let snapshot = common::read(std::slice::from_ref(&args.path), &args.read)?;
    let matching: Vec<_> = snapshot
        .runs
        .iter()
        .filter(|run| args.run.as_ref().is_none_or(|id| run.id.as_ref() == id))
        .filter(|run| run.series.contains_key(args.key.as_str()))
        .collect();
    let run = match matching.as_slice() {
        [run] => run,
        [] => {
            return Err(anyhow!(
                "no run has a series `{}`; `trainscape inspect` lists all",
                args.key
            ));
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|run| run.id.as_ref()).collect();
            let text = format!(
                "several runs have `{}`; choose one with --run: {}",
                args.key,
                ids.join(", ")
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
    match &args.output {
        Some(path) => trainscape_export::write_output(path, &csv)?,
        None => console::print_data(&csv)?,
    }
    // Only problems of this run are reported.
    let reported = Snapshot {
        runs: vec![Arc::clone(run)],
        ..Snapshot::default()
    };
    Ok(common::report(&reported, args.read.quiet))
}
