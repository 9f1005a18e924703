//! Progress bars on stderr.

use std::{
    io::IsTerminal as _,
    sync::OnceLock,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use trainscape_run::Progress;

/// Shorter tasks show no bar.
const DELAY: Duration = Duration::from_millis(500);

fn new_bar(template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    let bar = ProgressBar::new(0);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A progress bar for reading files; hidden if stderr is not a terminal.
pub(super) struct Bar {
    since: Instant,
    shown: Option<ProgressBar>,
    enabled: bool,
}

impl Bar {
    pub(super) fn new(quiet: bool) -> Self {
        let enabled = !quiet && std::io::stderr().is_terminal();
        Self {
            since: Instant::now(),
            shown: None,
            enabled,
        }
    }

    pub(super) fn update(&mut self, progress: Progress) {
        if !self.enabled || self.since.elapsed() < DELAY {
            return;
        }
        let bar = self.shown.get_or_insert_with(|| {
            new_bar("reading {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
        });
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.shown.take() {
            bar.finish_and_clear();
        }
    }
}

/// A progress bar for steps or bytes that are counted; hidden if stderr is not a terminal.
pub(super) struct StepBar {
    template: String,
    since: Instant,
    shown: OnceLock<ProgressBar>,
    enabled: bool,
}

impl StepBar {
    pub(super) fn new(what: &'static str, quiet: bool) -> Self {
        Self::with_template(format!("{what} {{bar:30}} {{pos}}/{{len}} {{eta}}"), quiet)
    }

    /// A bar of bytes.
    pub(super) fn of_bytes(what: &'static str, quiet: bool) -> Self {
        let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        Self::with_template(format!("{what} {template}"), quiet)
    }

    fn with_template(template: String, quiet: bool) -> Self {
        Self {
            template,
            since: Instant::now(),
            shown: OnceLock::new(),
            enabled: !quiet && std::io::stderr().is_terminal(),
        }
    }

    /// Shows completed and total steps; always returns true, so that a projection continues.
    pub(super) fn update(&self, [done, all]: [u32; 2]) -> bool {
        self.show(done.into(), all.into());
        true
    }

    /// Shows what has been done and all that is to do.
    pub(super) fn show(&self, done: u64, all: u64) {
        if self.enabled && self.since.elapsed() >= DELAY {
            let bar = self.shown.get_or_init(|| new_bar(&self.template));
            bar.set_length(all);
            bar.set_position(done);
        }
    }
}

impl Drop for StepBar {
    fn drop(&mut self) {
        if let Some(bar) = self.shown.take() {
            bar.finish_and_clear();
        }
    }
}
