//! `fetch`: brings run folders from a bucket, a web server or another machine.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use serde_json::json;
use trainscape_remote::{
    Location, RemoteError, bucket_of_environment,
    fetch::{Report, RunFolder, RunSize, Runs},
};
use trainscape_scene::ticks::group_thousands;

use super::{
    console::{self, Lines},
    outcome::{Outcome, UsageError},
    progress::StepBar,
};

/// Failures that are told one by one.
const MOST_TOLD: usize = 8;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").args(["list", "latest", "all", "run"]))]
pub(super) struct FetchArgs {
    /// Folder that contains run folders: gs://BUCKET/runs, s3://, az://, https://, ssh://HOST/PATH or a folder; by default
    /// the bucket that GCS_BUCKET names, in the environment or in `.env`.
    url: Option<PathBuf>,
    /// Name of a run, with or without its time (then its newest one).
    run: Option<String>,
    /// List the runs.
    #[arg(long)]
    list: bool,
    /// Bring the newest run, by the time in its name (NAME-YYYYMMDD-HHMMSS).
    #[arg(long)]
    latest: bool,
    /// Bring all runs.
    #[arg(long)]
    all: bool,
    /// Folder to write into; it is created.
    #[arg(short, long, value_name = "DIR", required_unless_present = "list")]
    output: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Show no progress and no warnings.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &FetchArgs) -> anyhow::Result<Outcome> {
    let (url, name) = place(args)?;
    let runs = Runs::list(&url).map_err(usage)?;
    if args.list {
        return list(&runs, args);
    }
    let wanted: Vec<&RunFolder> = match &name {
        Some(name) => vec![runs.named(name)?],
        None if args.latest => vec![runs.latest()?],
        None => runs.runs.iter().collect(),
    };
    let output = args.output.as_deref().unwrap_or(Path::new("."));
    let bar = StepBar::of_bytes("bringing", args.quiet);
    let never = AtomicBool::new(false);
    let report = runs.fetch(&wanted, output, &never, &|transfer| {
        bar.show(transfer.bytes_done, transfer.bytes_total);
    })?;
    drop(bar);
    let folders: Vec<PathBuf> = wanted.iter().map(|run| output.join(&run.name)).collect();
    tell(&report, &folders, args)?;
    Ok(match report.failures.is_empty() {
        true => Outcome::Done,
        false => Outcome::InputSkipped,
    })
}

/// Where the runs are, and the name of the wanted one.
fn place(args: &FetchArgs) -> Result<(PathBuf, Option<String>), UsageError> {
    let is_chosen = args.list || args.latest || args.all || args.run.is_some();
    let of_environment = bucket_of_environment().map(PathBuf::from);
    match (&args.url, of_environment) {
        (Some(url), _) if is_chosen => Ok((url.clone(), args.run.clone())),
        (None, Some(bucket)) if is_chosen => Ok((bucket, None)),
        (Some(name), Some(bucket)) if !Location::is_url(name) => {
            Ok((bucket, Some(name.to_string_lossy().into_owned())))
        }
        (None, None) => {
            let text = "give the URL of the folder that contains run folders, or set GCS_BUCKET";
            Err(UsageError(text.to_owned()))
        }
        _ => {
            let text = "say what to bring: --list, --latest, --all or the name of a run";
            Err(UsageError(text.to_owned()))
        }
    }
}

/// What is no URL is wrong usage.
fn usage(error: RemoteError) -> anyhow::Error {
    match error {
        RemoteError::NotALocation { .. } => UsageError(error.to_string()).into(),
        _ => error.into(),
    }
}

fn list(runs: &Runs, args: &FetchArgs) -> anyhow::Result<Outcome> {
    let bar = StepBar::new("listing", args.quiet);
    let all = u32::try_from(runs.runs.len()).unwrap_or(u32::MAX);
    let mut rows = Vec::new();
    for (done, run) in (0..).zip(&runs.runs) {
        bar.update([done, all]);
        rows.push((run, runs.size(run)?));
    }
    drop(bar);
    if args.json {
        let row = |(run, size): &(&RunFolder, RunSize)| json!({"name": run.name, "title": run.title(), "time": run.time, "files": size.files, "bytes": size.bytes});
        let rows: Vec<_> = rows.iter().map(row).collect();
        console::print_json(&json!({ "runs": rows }))?;
        return Ok(Outcome::Done);
    }
    let mut lines = Lines::default();
    for (run, size) in rows {
        lines.add(format_args!(
            "{:<48} {:>6} files {:>16} bytes",
            run.name,
            group_thousands(&size.files.to_string()),
            group_thousands(&size.bytes.to_string())
        ));
    }
    console::print_lines(&lines)?;
    Ok(Outcome::Done)
}

fn tell(report: &Report, folders: &[PathBuf], args: &FetchArgs) -> anyhow::Result<()> {
    if args.json {
        let folders: Vec<_> = folders
            .iter()
            .map(|folder| folder.to_string_lossy())
            .collect();
        console::print_json(&json!({
            "out": folders,
            "brought": report.brought,
            "bytes": report.bytes,
            "present": report.present,
            "by_checksum": report.by_checksum,
            "failures": report.failures,
        }))?;
    } else {
        let mut lines = Lines::default();
        for folder in folders {
            lines.add(format_args!("{}", folder.display()));
        }
        console::print_lines(&lines)?;
    }
    if args.quiet {
        return Ok(());
    }
    let thousands = |number: u64| group_thousands(&number.to_string());
    console::note(format!(
        "{} files with {} bytes were brought, {} were there; {} have the checksum of the store, the others its size",
        thousands(report.brought as u64),
        thousands(report.bytes),
        thousands(report.present as u64),
        thousands(report.by_checksum as u64),
    ));
    for failure in report.failures.iter().take(MOST_TOLD) {
        console::note(failure);
    }
    if report.failures.len() > MOST_TOLD {
        let more = report.failures.len() - MOST_TOLD;
        console::note(format!(
            "{more} more files were not brought (--json lists all)"
        ));
    }
    Ok(())
}
