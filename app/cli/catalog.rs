//! `catalog`: writes many runs and their history as Parquet.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use trainscape_catalog::{BuildOptions, BuildReport, CommitReport, Shard, build, commit};
use trainscape_remote::Building;
use trainscape_scene::ticks::group_thousands;

use super::{
    args::{ReadArgs, XArgs},
    catalog_place::{CatalogPlace, absolute},
    common, console,
    outcome::{Outcome, UsageError},
    progress::Bar,
};

/// Sentences that are printed one by one up to this number.
const MAX_REPORTED: usize = 8;

#[derive(Debug, clap::Args)]
pub(super) struct CatalogArgs {
    #[command(subcommand)]
    command: CatalogCommand,
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Write the runs in folders as Parquet: only what is new or changed since the last time is read.
    Build(Box<BuildArgs>),
    /// Join what all shards have built.
    Commit(CommitArgs),
}

#[derive(Debug, clap::Args)]
struct BuildArgs {
    /// Run folders or log files.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Folder of the catalog, or its URL in a bucket (gs://, s3://, az://).
    #[arg(short, long, value_name = "DIR|URL")]
    output: PathBuf,
    /// Read only this part of the runs, so that N processes share the work; `catalog commit` joins them.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Remove runs from the catalog that are no longer found; without this they are kept.
    #[arg(long)]
    prune: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    x: XArgs,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, clap::Args)]
struct CommitArgs {
    /// Folder of the catalog, or its URL in a bucket (gs://, s3://, az://).
    #[arg(value_name = "DIR|URL")]
    folder: PathBuf,
    /// Remove runs from the catalog that no shard has found; without this they are kept.
    #[arg(long)]
    prune: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CatalogArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        CatalogCommand::Build(args) => run_build(args),
        CatalogCommand::Commit(args) => run_commit(args),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    trainscape_export::write_output(path, bytes).map_err(|error| error.to_string())
}

fn run_build(args: &BuildArgs) -> anyhow::Result<Outcome> {
    if let Some(engine) = &args.read.engine {
        let text =
            format!("--engine {engine}: a catalog is built from logs, which no engine reads");
        return Err(UsageError(text).into());
    }
    // The catalog keeps the paths, whichever folder it is built from.
    let paths: Vec<PathBuf> = args.paths.iter().map(|path| absolute(path)).collect();
    let shard = args.shard.unwrap_or(Shard::ONLY);
    let building = match shard == Shard::ONLY {
        true => Building::Catalog,
        false => Building::Shard(shard.to_string()),
    };
    let place = CatalogPlace::open(&args.output, building, args.read.quiet)?;
    let bar = std::cell::RefCell::new(Bar::new(args.read.quiet));
    let report = build(&BuildOptions {
        paths: &paths,
        folder: &place.folder(),
        shard,
        prune: args.prune,
        open: &common::options(&args.read.with_x(&args.x)),
        write: &write,
        progress: &|progress| bar.borrow_mut().update(progress),
    });
    drop(bar);
    let report = report.map_err(|error| place.failed(error))?;
    let written = place.publish(args.read.quiet)?;
    if args.json {
        console::print_json(&with_written(report_as_json(&report), written))?;
    } else {
        let mut lines = console::Lines::default();
        lines.add(format_args!("{}", built(&report)));
        match &report.commit {
            Some(commit) => {
                let written = sent(written);
                lines.add(format_args!("{}{written}", joined(commit, &args.output)));
            }
            None => lines.add(format_args!(
                "when every shard is built: trainscape catalog commit {}",
                args.output.display()
            )),
        }
        console::print_lines(&lines)?;
    }
    Ok(tell(&report, args.read.quiet))
}

fn run_commit(args: &CommitArgs) -> anyhow::Result<Outcome> {
    let place = CatalogPlace::open(&args.folder, Building::Commit, args.json)?;
    let report = commit(&place.folder(), args.prune, &write);
    let report = report.map_err(|error| place.failed(error))?;
    let written = place.publish(args.json)?;
    if args.json {
        console::print_json(&with_written(commit_as_json(&report), written))?;
    } else {
        let mut lines = console::Lines::default();
        let written = sent(written);
        lines.add(format_args!("{}{written}", joined(&report, &args.folder)));
        console::print_lines(&lines)?;
    }
    Ok(Outcome::Done)
}

/// What was sent to a bucket.
fn sent(bytes: Option<u64>) -> String {
    match bytes {
        None | Some(0) => String::new(),
        Some(bytes) => format!("; {:.1} MB were written", bytes as f64 / 1e6),
    }
}

fn counted(count: u64, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {what}{ending}", group_thousands(&count.to_string()))
}

fn built(report: &BuildReport) -> String {
    let mut text = format!(
        "read {} with {}",
        counted(report.read, "run"),
        counted(report.points, "point")
    );
    if report.unchanged > 0 {
        text += &format!("; {} unchanged", counted(report.unchanged, "log"));
    }
    if report.resumed > 0 {
        text += &format!(
            "; {} read by an earlier build",
            counted(report.resumed, "log")
        );
    }
    if report.left_out > 0 {
        let left_out = counted(report.left_out as u64, "array");
        text += &format!("; {left_out} and figures stay in their files");
    }
    text
}

fn joined(report: &CommitReport, folder: &Path) -> String {
    let mut text = format!(
        "{} holds {} with {} in {} of {} MB",
        folder.display(),
        counted(report.runs, "run"),
        counted(report.points, "point"),
        counted(report.files as u64, "file"),
        group_thousands(&report.bytes.div_ceil(1_000_000).to_string()),
    );
    if report.kept > 0 {
        let kept = counted(report.kept, "run");
        text += &format!("; {kept} not found this time and kept (--prune removes them)");
    }
    if report.removed > 0 {
        text += &format!(
            "; {} not found this time and removed",
            counted(report.removed, "run")
        );
    }
    if !report.changed {
        text += "; nothing is new";
    }
    text
}

/// Reports on stderr what was not read.
fn tell(report: &BuildReport, quiet: bool) -> Outcome {
    let not_read = report.not_read.iter();
    let not_read = not_read.map(|file| format!("{} was not read: {}", file.path, file.why));
    let sentences: Vec<String> = report.warnings.iter().cloned().chain(not_read).collect();
    if sentences.is_empty() {
        return Outcome::Done;
    }
    if !quiet {
        for sentence in sentences.iter().take(MAX_REPORTED) {
            console::note(sentence);
        }
        if let Some(more) = sentences
            .len()
            .checked_sub(MAX_REPORTED)
            .filter(|more| *more > 0)
        {
            console::note(format!(
                "and {more} more files were not read, or not completely"
            ));
        }
    }
    Outcome::InputSkipped
}

fn report_as_json(report: &BuildReport) -> serde_json::Value {
    json!({
        "read": report.read,
        "points": report.points,
        "resumed": report.resumed,
        "unchanged": report.unchanged,
        "left_out": report.left_out,
        "not_read": report.not_read,
        "warnings": report.warnings,
        "commit": report.commit.as_ref().map(commit_as_json),
    })
}

/// With the bytes that were sent to a bucket.
fn with_written(mut report: serde_json::Value, bytes: Option<u64>) -> serde_json::Value {
    if let (Some(bytes), Some(fields)) = (bytes, report.as_object_mut()) {
        fields.insert("written".to_owned(), bytes.into());
    }
    report
}

fn commit_as_json(report: &CommitReport) -> serde_json::Value {
    json!({
        "runs": report.runs,
        "points": report.points,
        "bytes": report.bytes,
        "files": report.files,
        "kept": report.kept,
        "removed": report.removed,
        "changed": report.changed,
    })
}
