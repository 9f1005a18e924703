//! Moving through snapshots: by step, or playing them one after another.

use std::time::{Duration, Instant};

use crate::app::ViewerApp;

/// Time a snapshot stays on screen at normal speed.
const SHOWN: Duration = Duration::from_millis(220);

/// Whether snapshots are playing.
#[derive(Debug, Default)]
pub(crate) struct Player {
    /// When the last one came up; `None` where they stand still.
    since: Option<Instant>,
}

impl Player {
    pub(crate) fn is_playing(&self) -> bool {
        self.since.is_some()
    }

    pub(crate) fn toggle(&mut self) {
        self.since = match self.since {
            None => Some(Instant::now()),
            Some(_) => None,
        };
    }
}

impl ViewerApp {
    /// Index of the snapshot on screen.
    pub(crate) fn shown_snapshot(&self) -> Option<usize> {
        let steps = &self.choices.steps;
        let last = steps.len().checked_sub(1)?;
        let Some(at) = self.settings.at_step else {
            return Some(last);
        };
        Some(steps.iter().rposition(|step| *step <= at).unwrap_or(0))
    }

    /// Shows a snapshot by its index; beyond the last means the last, also of those still to come.
    pub(crate) fn show_snapshot(&mut self, index: usize) {
        let steps = &self.choices.steps;
        if steps.is_empty() {
            return;
        }
        self.settings.at_step = steps.get(index).copied();
        if index.saturating_add(1) == steps.len() {
            self.settings.at_step = None;
        }
    }

    pub(crate) fn step_snapshots(&mut self, by: i64) {
        if let Some(shown) = self.shown_snapshot() {
            let last = self.choices.steps.len() as i64 - 1;
            self.show_snapshot((shown as i64 + by).clamp(0, last) as usize);
        }
    }

    /// Moves on where snapshots are playing; after the last comes the first.
    pub(crate) fn player_tick(&mut self, ctx: &egui::Context) {
        let Some(since) = self.player.since else {
            return;
        };
        let Some(shown) = self
            .shown_snapshot()
            .filter(|_| self.choices.steps.len() > 1)
        else {
            self.player.since = None;
            return;
        };
        let waited = since.elapsed();
        // The next one waits until this one is on screen.
        if waited >= SHOWN && !self.is_building() {
            self.show_snapshot((shown + 1) % self.choices.steps.len());
            self.player.since = Some(Instant::now());
            ctx.request_repaint_after(SHOWN);
        } else {
            ctx.request_repaint_after(SHOWN.saturating_sub(waited).max(Duration::from_millis(15)));
        }
    }
}
