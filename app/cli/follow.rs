//! `follow`: prints each new record of a run while it trains.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use serde_json::{Value, json};
use trainscape_run::{Run, Snapshot, Step};
use trainscape_source::{
    Follower, NewRecords, OpenOptions, Record, Revoked, WhyRevoked, is_readable,
};

use super::{
    args::{ReadArgs, XArgs},
    common,
    console::{self, Lines, OutputError},
    inputs::Inputs,
    outcome::Outcome,
};

/// Time without a change after which a stream that has ended counts as read: longer than that between two
/// checks of all files.
const INPUT_INTERVAL: Duration = Duration::from_millis(1500);

#[derive(Debug, clap::Args)]
pub(super) struct FollowArgs {
    /// A run folder, a log file or a URL (gs://, s3://, az://, https://, ssh://, flightsql://); `-` for a log from standard input.
    path: PathBuf,
    /// Print one JSON object per record.
    #[arg(long)]
    json: bool,
    /// Also print the existing records.
    #[arg(long)]
    from_start: bool,
    #[command(flatten)]
    x: XArgs,
    #[command(flatten)]
    read: ReadArgs,
}

impl FollowArgs {
    /// The engine that is asked, and for which paths.
    pub(super) fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        let engine = self.read.engine.as_deref();
        (engine, std::slice::from_mut(&mut self.path))
    }
}

pub(super) fn run(args: &FollowArgs) -> anyhow::Result<Outcome> {
    // One pending notification is enough: a later snapshot includes the earlier ones.
    let (sender, snapshots) = mpsc::sync_channel::<()>(1);
    let inputs = Inputs::follow(std::slice::from_ref(&args.path), args.read.quiet)?;
    // What is printed cannot be taken back: a last line may still grow.
    let options = OpenOptions {
        only_whole_lines: true,
        ..common::options(&args.read.with_x(&args.x))
    };
    let choices = options.clone();
    let follower = Follower::spawn(inputs.paths.clone(), options, move |_| {
        // If the channel is full, a notification is already pending.
        let _ = sender.try_send(());
    })?;
    // Of a stream, everything is new.
    let from_start = args.from_start || args.path == Path::new("-");
    let mut printed = from_start.then(NewRecords::default);
    let mut told = Told::default();
    let mut was_quiet = false;
    let mut is_missing = false;
    loop {
        let snapshot = follower.snapshot();
        match &mut printed {
            None if snapshot.progress.caught_up => {
                common::check_choices(&snapshot.runs, &choices)?;
                if !args.read.quiet {
                    let runs = snapshot.runs.len();
                    console::note(format!("following {} ({runs} runs)", args.path.display()));
                }
                printed = Some(NewRecords::after(snapshot));
            }
            None => {}
            Some(printed) => {
                let records = printed.next(Arc::clone(&snapshot));
                if !args.read.quiet {
                    tell_revoked(printed.revoked());
                }
                print(&with_x(&records, &snapshot), args.json)?;
            }
        }
        if !args.read.quiet && follower.snapshot().progress.caught_up {
            told.tell(&follower.snapshot());
        }
        match snapshots.recv_timeout(INPUT_INTERVAL) {
            Ok(()) => was_quiet = false,
            Err(RecvTimeoutError::Timeout) => {
                // The stream has ended and everything was read.
                if let Some(ended) = inputs.ended().filter(|_| was_quiet) {
                    ended?;
                    common::check_choices(&follower.snapshot().runs, &choices)?;
                    return Ok(Outcome::Done);
                }
                was_quiet = inputs.ended().is_some();
                is_missing = note_missing(&inputs.paths, is_missing);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(Outcome::Done),
        }
    }
}

/// What was told of the files that are followed.
#[derive(Default)]
struct Told(HashSet<String>);

impl Told {
    /// Tells what was left out of each file, once: the counts in a sentence grow with the file.
    fn tell(&mut self, snapshot: &Snapshot) {
        let sources = snapshot.runs.iter().flat_map(|run| &run.sources);
        let notes = sources.filter_map(|source| {
            let parts = source.note.split("; ").filter(|part| !may_pass(part));
            let parts: Vec<&str> = parts.collect();
            let path = source.path.display();
            (!parts.is_empty()).then(|| format!("{path}: {}", parts.join("; ")))
        });
        for note in notes.chain(snapshot.warnings.iter().cloned()) {
            let kind = note.chars().filter(|c| !c.is_ascii_digit()).collect();
            if self.0.insert(kind) {
                console::note(note);
            }
        }
    }
}

/// True for what is no more than the state of a file that is being written or replaced.
fn may_pass(note: &str) -> bool {
    const BEGINNINGS: [&str; 5] = [
        "the file is empty",
        "the file was removed",
        "what had been read is kept",
        "the last line is",
        "the last record is",
    ];
    // What is followed may be moved away for a while, which is told of the folder.
    let is_gone = note.starts_with("the file cannot be read") && note.contains("directory");
    note.is_empty() || is_gone || BEGINNINGS.iter().any(|start| note.starts_with(start))
}

/// Tells that what was read of some series, and perhaps printed, does not hold any more.
fn tell_revoked(revoked: &[Revoked]) {
    let mut keys: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for Revoked { run, key, why } in revoked {
        let why = match why {
            WhyRevoked::ReadDifferently => format!(
                "later records of {run} show that its file is to be read in another way, or it was written again"
            ),
            WhyRevoked::OtherFile(file) => format!("{run} has it in {}, too", file.display()),
        };
        keys.entry(why).or_default().push(key);
    }
    for (why, keys) in keys {
        let more = match keys.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        console::note(format!(
            "what was read of `{}`{more} so far does not hold any more: {why}",
            keys[0]
        ));
    }
}

/// Tells once that what is followed is gone or no longer a file or folder, and once that it is there again. Returns
/// whether it is gone.
fn note_missing(paths: &[PathBuf], was_missing: bool) -> bool {
    let is_missing = paths.iter().any(|path| !is_readable(path));
    if is_missing == was_missing {
        return is_missing;
    }
    for path in paths {
        let name = path.display();
        console::note(match (is_missing, path.exists()) {
            (true, true) => {
                format!("{name} is no file or folder any more: waiting until it is one again")
            }
            (true, false) => {
                format!("{name} was deleted or moved: waiting until it is there again")
            }
            (false, _) => format!("{name} is there again"),
        });
    }
    is_missing
}

/// A record with the key and the value of the x axis that was chosen for it, where that was logged at its step.
type RecordWithX<'a> = (&'a Record, Option<(Arc<str>, f64)>);

fn with_x<'a>(records: &'a [Record], snapshot: &Snapshot) -> Vec<RecordWithX<'a>> {
    let has_x = |run: &&Arc<Run>| !run.chosen_x.is_empty();
    let runs: HashMap<&str, &Arc<Run>> = snapshot
        .runs
        .iter()
        .filter(has_x)
        .map(|run| (&*run.id, run))
        .collect();
    let x_of = |record: &Record| {
        let x = common::chosen_x(runs.get(&*record.run)?, &record.key)?;
        Some((Arc::clone(x.key()), x.value_at_step(record.point.step)?))
    };
    records
        .iter()
        .map(|record| (record, x_of(record)))
        .collect()
}

fn print(records: &[RecordWithX<'_>], as_json: bool) -> Result<(), OutputError> {
    if as_json {
        let values: Vec<Value> = records.iter().map(record_json).collect();
        return console::print_json_lines(&values);
    }
    let mut lines = Lines::default();
    for (Record { run, key, point }, x) in records {
        let x = x
            .as_ref()
            .map_or_else(String::new, |(key, x)| format!("  {key} {x}"));
        lines.add(format_args!(
            "{run}  {key}  {}  {}{x}",
            point.step, point.value
        ));
    }
    console::print_lines(&lines)
}

fn record_json((Record { run, key, point }, x): &RecordWithX<'_>) -> Value {
    let step = match point.step {
        Step::Int(step) => json!(step),
        Step::Float(step) => json!(step),
    };
    let value = if point.value.is_finite() {
        json!(point.value)
    } else {
        // JSON has no NaN; a string is more informative than null.
        json!(point.value.to_string())
    };
    let time = point.wall_time_secs;
    let mut record = json!({ "run": run, "key": key, "step": step, "value": value, "time": time });
    if let Some((key, x)) = x {
        record["x_key"] = json!(key);
        record["x"] = json!(x);
    }
    record
}
