//! Shared by several commands: reading paths, selecting runs, reporting skipped input.

use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow};
use trainscape_expression::nearest_names;
use trainscape_run::{Run, Series, Snapshot, SourceState, Unread, XOfSeries};
use trainscape_source::{EngineOpener, Loader, OpenOptions, lacking_x};
use trainscape_temporary::TemporaryFolder;
use trainscape_views::{ViewKind, ViewSettings, opening_view};

use super::{
    args::{ReadArgs, ViewArgs},
    console, demo,
    inputs::Inputs,
    outcome::{Outcome, UsageError},
    progress::Bar,
};

/// Names that a message lists of those that the data offer.
const MAX_NAMED: usize = 8;

/// Keys like one that no run has, in a message.
const MAX_NEAR: usize = 3;

/// Files that were not read are reported one by one up to this number.
const MAX_REPORTED: usize = 8;

pub(super) fn options(read: &ReadArgs) -> OpenOptions {
    OpenOptions {
        roles: read
            .roles
            .iter()
            .map(|(role, key)| (key.clone(), *role))
            .collect(),
        x: read.x.clone(),
        mapping: read.mapping.clone().unwrap_or_default(),
        buffer: read.buffer,
        axes: read.axes.iter().cloned().collect(),
        views: read.views.clone(),
        pattern: read.pattern.clone(),
        engine: engine_opener(),
        ..OpenOptions::default()
    }
}

/// What opens the URLs of engines, if the program was built with it.
fn engine_opener() -> Option<EngineOpener> {
    #[cfg(feature = "engine")]
    return Some(trainscape_engine::open);
    #[cfg(not(feature = "engine"))]
    None
}

/// What was read. Arrays are read when they are drawn: what they are read from must outlive that.
pub(super) struct Opened {
    pub(super) snapshot: Arc<Snapshot>,
    _inputs: Inputs,
    _demo: Option<TemporaryFolder>,
}

/// Reads all data at the paths, with a progress bar.
pub(super) fn read(paths: &[PathBuf], read: &ReadArgs) -> anyhow::Result<Opened> {
    check_views(&read.views)?;
    let inputs = Inputs::read_to_end(paths, read.quiet)?;
    let options = options(read);
    let loader = Loader::open(&inputs.paths, options.clone());
    let mut loader = loader.map_err(|error| inputs.copies.error_at_the_places(error))?;
    let mut bar = Bar::new(read.quiet);
    loop {
        loader.poll(Some(Duration::from_millis(200)));
        let snapshot = loader.snapshot();
        bar.update(snapshot.progress);
        if let Some(failure) = loader.failure() {
            return Err(anyhow!("{failure}"));
        }
        if snapshot.progress.caught_up {
            check_choices(&snapshot.runs, &options)?;
            return Ok(Opened {
                snapshot: inputs.copies.as_at_the_places(snapshot),
                _inputs: inputs,
                _demo: None,
            });
        }
    }
}

/// Refuses an x axis and keys of roles that no run has.
pub(super) fn check_choices(runs: &[Arc<Run>], options: &OpenOptions) -> Result<(), UsageError> {
    for (key, role) in &options.roles {
        let has =
            |run: &Arc<Run>| run.series.contains_key(&**key) || run.histograms.contains_key(&**key);
        if !runs.is_empty() && !runs.iter().any(has) {
            return Err(no_key(&format!("--role {}={key}", role.name()), key, runs));
        }
    }
    check_x(runs, options)
}

/// Refuses an x axis that no run has.
pub(super) fn check_x(runs: &[Arc<Run>], options: &OpenOptions) -> Result<(), UsageError> {
    for choice in options.x_choices() {
        let (lacking, concerned) = lacking_x(runs, choice);
        if concerned > 0 && lacking.len() == concerned {
            let flag = if options.x.is_some() {
                "--x"
            } else {
                "--mapping: x axis"
            };
            return Err(no_x(flag, choice.x, runs));
        }
    }
    Ok(())
}

/// The series that the user chose as the x axis of another one.
pub(super) fn chosen_x<'a>(run: &'a Run, key: &str) -> Option<&'a Arc<Series>> {
    let is_chosen = run.chosen_x.contains_key(key) || run.chosen_x.contains_key("*");
    match run.x_of_series(key) {
        XOfSeries::Series(x) if is_chosen => Some(x),
        _ => None,
    }
}

/// The sentence on an x axis that no run has, with keys like it.
fn no_x(flag: &str, x: &str, runs: &[Arc<Run>]) -> UsageError {
    if x == "wall_time" {
        return UsageError(format!("{flag} {x}: no run has the times of its points"));
    }
    no_key(&format!("{flag} {x}"), x, runs)
}

/// The sentence on a key that no run has, with keys like it.
fn no_key(option: &str, key: &str, runs: &[Arc<Run>]) -> UsageError {
    let keys: BTreeSet<&str> = runs
        .iter()
        .flat_map(|run| run.series.keys().map(|key| &**key))
        .collect();
    let near: Vec<String> = nearest_names(key, keys.into_iter(), MAX_NEAR)
        .into_iter()
        .map(|key| format!("`{key}`"))
        .collect();
    let near = match near.is_empty() {
        true => "`trainscape inspect PATH` lists all".to_owned(),
        false => format!("did you mean {}?", near.join(" or ")),
    };
    UsageError(format!(
        "{option}: no run has a series with this key; {near}"
    ))
}

/// Finds files of views that cannot be read, before anything waits for them.
fn check_views(paths: &[PathBuf]) -> Result<(), UsageError> {
    for path in paths {
        let why = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                "the file does not exist".to_owned()
            }
            Err(error) => format!("the file cannot be read: {error}"),
            Ok(found) if found.is_dir() => "it is a folder, not a file".to_owned(),
            Ok(found) if !found.is_file() => {
                "it is a pipe or a device, not a file: write its content to a file first".to_owned()
            }
            Ok(_) => match fs::File::open(path) {
                Ok(_) => continue,
                Err(error) => format!("the file cannot be read: {error}"),
            },
        };
        return Err(UsageError(format!("--views {}: {why}", path.display())));
    }
    Ok(())
}

/// The files after the first one of these of which the same is said.
fn and_more(files: usize) -> String {
    match files {
        1 => String::new(),
        2 => " and 1 more file".to_owned(),
        files => format!(" and {} more files", files - 1),
    }
}

/// What was skipped, a sentence each.
pub(super) fn problems(snapshot: &Snapshot) -> Vec<String> {
    let mut problems = snapshot.warnings.clone();
    // Several runs may be in one file, and many files may be alike.
    let mut reported = BTreeSet::new();
    let mut of_notes: Vec<(&str, &Path, usize)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for source in snapshot.runs.iter().flat_map(|run| &run.sources) {
        // A note may report single cells skipped in a file that was otherwise read completely.
        let is_whole = source.state == SourceState::Ok && source.note.is_empty();
        if !is_whole && reported.insert(&source.path) {
            let place = *places.entry(&source.note).or_insert(of_notes.len());
            match of_notes.get_mut(place) {
                Some((_, _, files)) => *files += 1,
                None => of_notes.push((&source.note, &source.path, 1)),
            }
        }
    }
    for (note, first, files) in of_notes {
        problems.push(format!("{}{}: {note}", first.display(), and_more(files)));
    }
    let missing = || {
        snapshot
            .unread
            .iter()
            .filter(|file| file.kind != Unread::COPY)
    };
    // A few are named one by one.
    let are_few = missing().count() <= MAX_REPORTED;
    let mut of_reasons: Vec<(&str, &Path, usize)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for unread in missing() {
        let place = match are_few {
            true => of_reasons.len(),
            false => *places.entry(&unread.why).or_insert(of_reasons.len()),
        };
        match of_reasons.get_mut(place) {
            Some((_, _, files)) => *files += 1,
            None => of_reasons.push((&unread.why, &unread.path, 1)),
        }
    }
    for (why, first, files) in of_reasons.iter().take(MAX_REPORTED) {
        let were = match files {
            1 => "was",
            _ => "were",
        };
        let path = first.display();
        problems.push(format!("{path}{} {were} not read: {why}", and_more(*files)));
    }
    let more: usize = of_reasons.iter().skip(MAX_REPORTED).map(|of| of.2).sum();
    if more > 0 {
        problems.push(format!(
            "{more} more files were not read; `trainscape inspect` lists them"
        ));
    }
    problems
}

/// The files that have the same bytes as one whose name differs in numbers only, as `seed1.csv` and `seed0.csv` do: they may
/// have been meant to be two runs.
fn copies_of_other_runs(snapshot: &Snapshot) -> impl Iterator<Item = &Unread> {
    let without_digits =
        |text: &str| -> String { text.chars().filter(|c| !c.is_ascii_digit()).collect() };
    let copies = snapshot
        .unread
        .iter()
        .filter(|file| file.kind == Unread::COPY);
    copies.filter(move |copy| {
        let Some(name) = copy.path.file_name().and_then(|name| name.to_str()) else {
            return false;
        };
        let is_numbered = without_digits(name) != name && !copy.why.contains(name);
        is_numbered && without_digits(&copy.why).contains(&without_digits(name))
    })
}

/// Reports on stderr what was skipped.
pub(super) fn report(snapshot: &Snapshot, quiet: bool) -> Outcome {
    let copies = copies_of_other_runs(snapshot).filter(|_| !quiet);
    for copy in copies.take(MAX_REPORTED) {
        console::note(format!(
            "{} was not read: {}",
            copy.path.display(),
            copy.why
        ));
    }
    let problems = problems(snapshot);
    if problems.is_empty() {
        return Outcome::Done;
    }
    for problem in problems.iter().filter(|_| !quiet) {
        console::note(problem);
    }
    Outcome::InputSkipped
}

/// The ids of the runs that match one of the patterns (`*` matches any text); `None`, meaning all, without patterns.
pub(super) fn select_runs(
    runs: &[Arc<Run>],
    patterns: &[String],
) -> anyhow::Result<Option<BTreeSet<String>>> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut selected = BTreeSet::new();
    // Thousands of names are looked up, not compared with each run.
    let mut named: HashMap<&str, Vec<&Arc<Run>>> = HashMap::new();
    for run in runs {
        named.entry(&run.id).or_default().push(run);
        if run.name != run.id {
            named.entry(&run.name).or_default().push(run);
        }
    }
    for pattern in patterns {
        let matching: Vec<String> = match pattern.contains('*') {
            false => named
                .get(pattern.as_str())
                .into_iter()
                .flatten()
                .map(|run| run.id.to_string())
                .collect(),
            true => runs
                .iter()
                .filter(|run| matches(pattern, &run.id) || matches(pattern, &run.name))
                .map(|run| run.id.to_string())
                .collect(),
        };
        if matching.is_empty() {
            let ids = some_of(runs.iter().map(|run| run.id.as_ref()));
            let text = format!("no run matches `{pattern}`; available: {ids}");
            return Err(UsageError(text).into());
        }
        selected.extend(matching);
    }
    Ok(Some(selected))
}

/// The first names of thousands, in one short sentence.
pub(super) fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(MAX_NAMED);
    let first: Vec<&str> = names.take(MAX_NAMED).collect();
    match more {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The view to draw, and its settings.
pub(super) fn view_and_settings(
    args: &ViewArgs,
    runs: &[Arc<Run>],
) -> anyhow::Result<(ViewKind, ViewSettings)> {
    let mut settings = ViewSettings {
        runs: select_runs(runs, &args.runs)?,
        steps: args.steps,
        at_step: args.at,
        ..ViewSettings::default()
    };
    let view = match args.view {
        Some(view) => view,
        None => opening(runs, &settings)?,
    };
    for note in args.controls.apply(view, &mut settings)? {
        if !args.read.quiet {
            console::note(note);
        }
    }
    if let Some(key) = settings.x()
        && !runs.iter().any(|run| run.has_x(key))
    {
        return Err(no_x("--x", key, runs).into());
    }
    Ok((view, settings))
}

fn opening(runs: &[Arc<Run>], settings: &ViewSettings) -> anyhow::Result<ViewKind> {
    let found = opening_view(runs, |view| view.available(runs, settings).is_ok());
    found.with_context(|| no_view(runs))
}

/// Why no view can be drawn: what most files of the runs say, if nothing was read of any.
pub(super) fn no_view(runs: &[Arc<Run>]) -> String {
    const INSPECT: &str = "`trainscape inspect PATH` lists what each view needs";
    let is_empty =
        |run: &Arc<Run>| run.series.is_empty() && run.tensors.is_empty() && run.plots.is_empty();
    let mut notes: HashMap<&str, BTreeSet<&Path>> = HashMap::new();
    for source in runs.iter().flat_map(|run| &run.sources) {
        if !source.note.is_empty() {
            notes.entry(&source.note).or_default().insert(&source.path);
        }
    }
    let most = notes
        .iter()
        .max_by_key(|(note, files)| (files.len(), *note));
    match most.filter(|_| runs.iter().all(is_empty)) {
        Some((note, files)) => {
            let first = files
                .first()
                .map_or_else(String::new, |path| path.display().to_string());
            let more = and_more(files.len());
            format!("no view can be drawn: {first}{more}: {note}")
        }
        None => format!("no view can be drawn from these data; {INSPECT}"),
    }
}

/// The runs at the paths, or the built-in demo run.
pub(super) fn read_or_demo(paths: &[PathBuf], args: &ReadArgs) -> anyhow::Result<Opened> {
    if !paths.is_empty() {
        return read(paths, args);
    }
    let demo = demo::unpack().context("cannot unpack the demo run")?;
    let opened = read(&[demo.path().to_owned()], args)?;
    Ok(Opened {
        _demo: Some(demo),
        ..opened
    })
}

/// Milliseconds since `since`; resets `since` to the current time.
pub(super) fn lap_ms(since: &mut Instant) -> f64 {
    let lap = since.elapsed();
    *since = Instant::now();
    (lap.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAMED, matches, some_of};

    #[test]
    fn of_thousands_of_names_some_are_listed() {
        assert_eq!(some_of(["a", "b"].into_iter()), "a, b");
        let many = vec!["a"; 5000];
        let text = some_of(many.into_iter());
        assert!(text.ends_with(", a and 4992 more"), "{text}");
        assert_eq!(text.matches(',').count(), MAX_NAMED - 1);
    }

    #[test]
    fn a_star_matches_any_text() {
        assert!(matches("lr-0.1", "lr-0.1"));
        assert!(!matches("lr-0.1", "lr-0.16"));
        assert!(matches("lr-*", "lr-0.16"));
        assert!(matches("*/lr-*6", "sweep/lr-0.16"));
        assert!(!matches("*x*", "sweep"));
    }
}
