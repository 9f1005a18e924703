//! Whether the runs on screen still grow, and since when they do not.

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};

use trainscape_run::Snapshot;
use trainscape_source::is_readable;

/// A run that has been silent for longer is not live.
const LIVE_FOR: Duration = Duration::from_secs(5 * 60);
/// Time between two checks whether what is open still exists.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of the growth of the runs.
#[derive(Default)]
pub(crate) struct Live {
    /// Updates are held back.
    pub(crate) is_paused: bool,
    /// Of the snapshot that was seen last.
    generation: u64,
    was_caught_up: bool,
    /// When the newest records were written.
    newest: Option<SystemTime>,
    /// Records have arrived since the runs were opened.
    has_grown: bool,
    checked: Option<Instant>,
    is_missing: bool,
}

/// What the runs on screen are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiveStatus {
    Paused,
    /// What was opened no longer exists, or is no file or folder any more.
    Missing,
    /// Records arrived this long ago.
    Live(Duration),
    /// No records for this long, after some had arrived.
    Stalled(Duration),
    /// The files were written this long ago; nothing has arrived since they were opened.
    AtRest(Duration),
    /// The files are new, or of unknown age, and nothing has arrived yet.
    Waiting,
}

impl Live {
    /// Takes note of a new snapshot, and from time to time of whether the opened paths exist.
    ///
    /// What comes while a URL `is_brought` was there before.
    pub(crate) fn update(&mut self, snapshot: &Snapshot, paths: &[PathBuf], is_brought: bool) {
        let is_new = snapshot.generation != self.generation;
        self.generation = snapshot.generation;
        if is_new && self.was_caught_up {
            self.newest = Some(SystemTime::now());
            self.has_grown = true;
        } else if !self.was_caught_up && snapshot.progress.caught_up && !is_brought {
            self.newest = newest_file(snapshot);
            self.was_caught_up = true;
        }
        if self.checked.is_none_or(|at| at.elapsed() > CHECK_INTERVAL) {
            self.checked = Some(Instant::now());
            self.is_missing = !paths.is_empty() && paths.iter().all(|path| !is_readable(path));
        }
    }

    pub(crate) fn status(&self, now: SystemTime) -> LiveStatus {
        if self.is_paused {
            return LiveStatus::Paused;
        }
        if self.is_missing {
            return LiveStatus::Missing;
        }
        let Some(newest) = self.newest else {
            return LiveStatus::Waiting;
        };
        // A clock that was set back counts as no time at all.
        let age = now.duration_since(newest).unwrap_or_default();
        match (self.has_grown, age <= LIVE_FOR) {
            (true, true) => LiveStatus::Live(age),
            // An age that nothing updates would soon be wrong.
            (false, true) => LiveStatus::Waiting,
            (true, false) => LiveStatus::Stalled(age),
            (false, false) => LiveStatus::AtRest(age),
        }
    }

    /// Time after which the status reads differently, so that the window is drawn again; `None` while nothing arrives.
    pub(crate) fn changes_after(&self, now: SystemTime) -> Option<Duration> {
        if !self.has_grown {
            return None;
        }
        match self.status(now) {
            LiveStatus::Live(age) if age < MINUTE => Some(Duration::from_secs(1)),
            LiveStatus::Live(_) => Some(MINUTE),
            LiveStatus::Stalled(age) if age < DAY => Some(MINUTE),
            _ => None,
        }
    }
}

impl LiveStatus {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Paused => "Paused".to_owned(),
            Self::Missing => "Source missing".to_owned(),
            Self::Live(age) => format!("Live · {} ago", rounded(age)),
            Self::Stalled(age) => format!("Stalled for {}", rounded(age)),
            Self::AtRest(age) => format!("Last record {} ago", rounded(age)),
            Self::Waiting => "Following".to_owned(),
        }
    }
}

/// A duration in its largest whole unit: `2 s`, `5 min`, `3 h`, `2 days`.
fn rounded(age: Duration) -> String {
    let whole = |unit: Duration| age.as_secs() / unit.as_secs();
    if age < MINUTE {
        format!("{} s", age.as_secs())
    } else if age < HOUR {
        format!("{} min", whole(MINUTE))
    } else if age < DAY {
        format!("{} h", whole(HOUR))
    } else if whole(DAY) == 1 {
        "1 day".to_owned()
    } else {
        format!("{} days", whole(DAY))
    }
}

/// When the newest of the files that hold records was written.
fn newest_file(snapshot: &Snapshot) -> Option<SystemTime> {
    let sources = snapshot.runs.iter().flat_map(|run| &run.sources);
    let times = sources.filter_map(|source| {
        let metadata = std::fs::metadata(&source.path).ok()?;
        metadata.modified().ok()
    });
    times.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_follows_the_age_of_the_newest_record() {
        let newest = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let at = |secs| newest + Duration::from_secs(secs);
        let mut live = Live {
            newest: Some(newest),
            ..Live::default()
        };
        let texts = |live: &Live| [2, 90, 420, 200_000].map(|secs| live.status(at(secs)).text());
        let at_rest = [
            "Following",
            "Following",
            "Last record 7 min ago",
            "Last record 2 days ago",
        ];
        assert_eq!(texts(&live), at_rest);
        assert_eq!(live.changes_after(at(2)), None);
        live.has_grown = true;
        let growing = [
            "Live · 2 s ago",
            "Live · 1 min ago",
            "Stalled for 7 min",
            "Stalled for 2 days",
        ];
        assert_eq!(texts(&live), growing);
        assert_eq!(live.changes_after(at(2)), Some(Duration::from_secs(1)));
        live.is_paused = true;
        assert_eq!(live.status(at(2)).text(), "Paused");
    }

    #[test]
    fn a_pipe_in_the_place_of_the_folder_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run");
        std::fs::create_dir(&path).expect("created");
        let paths = [path.clone()];
        let mut live = Live::default();
        live.update(&Snapshot::default(), &paths, false);
        assert_eq!(live.status(SystemTime::now()), LiveStatus::Waiting);
        std::fs::remove_dir(&path).expect("removed");
        #[cfg(unix)]
        {
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            assert!(made.expect("started").success());
        }
        live.checked = None;
        live.update(&Snapshot::default(), &paths, false);
        assert_eq!(live.status(SystemTime::now()), LiveStatus::Missing);
    }
}
