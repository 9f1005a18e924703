//! Time in all tiles: a scrubber over steps that plays, and steps by key.

use std::ops::RangeInclusive;

use crate::app::ViewerApp;

/// Time that playing all steps of series takes at normal speed.
const SERIES_SECS: f64 = 12.0;
/// Time a snapshot stays on screen at normal speed.
const SNAPSHOT_SECS: f64 = 0.22;
/// Steps of a key over series without snapshots.
const KEY_STEPS: f64 = 100.0;
/// Speeds to choose from.
pub(crate) const SPEEDS: [f32; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];

/// Whether time plays.
#[derive(Debug)]
pub(crate) struct Player {
    /// egui's time when it last moved on; `None` where it stands still.
    since_secs: Option<f64>,
    /// 1 is normal.
    pub(crate) speed: f32,
}

impl Default for Player {
    fn default() -> Self {
        Self {
            since_secs: None,
            speed: 1.0,
        }
    }
}

impl Player {
    pub(crate) fn is_playing(&self) -> bool {
        self.since_secs.is_some()
    }
}

impl ViewerApp {
    /// The steps that time can move over; `None` where no tile has any.
    pub(crate) fn time_range(&self) -> Option<RangeInclusive<f64>> {
        let panes = std::iter::once(&self.pane).chain(self.others.values());
        let of_panes = panes.filter_map(|pane| match pane.choices.steps.as_slice() {
            [first, .., last] => Some(*first..=*last),
            _ => pane.time_range.map(|(first, last)| first..=last),
        });
        let all = of_panes.reduce(|a, b| a.start().min(*b.start())..=a.end().max(*b.end()))?;
        let (first, last) = self.shared.steps.unwrap_or((*all.start(), *all.end()));
        let (first, last) = (first.max(*all.start()), last.min(*all.end()));
        (first < last).then_some(first..=last)
    }

    /// The steps at which the tile at hand has something new: its snapshots, or round shares of all steps.
    fn stops(&self) -> Vec<f64> {
        let Some(range) = self.time_range() else {
            return Vec::new();
        };
        let snapshots = &self.pane.choices.steps;
        if snapshots.len() > 1 {
            let inside = snapshots
                .iter()
                .copied()
                .filter(|step| range.contains(step));
            return inside.collect();
        }
        let length = range.end() - range.start();
        let stride = (length / KEY_STEPS).ceil().max(1.0);
        let count = (length / stride).ceil() as usize;
        let stop = |index: usize| (range.start() + index as f64 * stride).min(*range.end());
        (0..=count).map(stop).collect()
    }

    /// Where time stands.
    pub(crate) fn now(&self) -> Option<f64> {
        let range = self.time_range()?;
        let at = self.shared.at_step.unwrap_or(*range.end());
        Some(at.clamp(*range.start(), *range.end()))
    }

    /// Lets time stand at a step; at the end it goes on with a run that is followed.
    pub(crate) fn stand_at(&mut self, step: f64) {
        let end = self.time_range().map(|range| *range.end());
        self.shared.at_step = end.filter(|end| step < *end).map(|_| step);
    }

    /// Moves by so many stops.
    pub(crate) fn step_time(&mut self, by: i64) {
        let (stops, Some(now)) = (self.stops(), self.now()) else {
            return;
        };
        let Some(at) = stops.iter().rposition(|stop| *stop <= now) else {
            return;
        };
        // Between two stops a step back leads to the one just passed.
        let between = by < 0 && stops[at] < now;
        let target = at as i64 + by + i64::from(between);
        let target = target.clamp(0, stops.len() as i64 - 1) as usize;
        self.stand_at(stops[target]);
    }

    pub(crate) fn first_step(&mut self) {
        if let Some(range) = self.time_range() {
            self.stand_at(*range.start());
        }
    }

    pub(crate) fn last_step(&mut self) {
        self.shared.at_step = None;
    }

    pub(crate) fn toggle_play(&mut self, ctx: &egui::Context) {
        self.player.since_secs = match self.player.since_secs {
            None => {
                if self.shared.at_step.is_none() {
                    self.first_step();
                }
                Some(ctx.input(|input| input.time))
            }
            Some(_) => None,
        };
    }

    /// Moves on where time plays; after the end comes the beginning.
    pub(crate) fn play(&mut self, ctx: &egui::Context) {
        let Some(since_secs) = self.player.since_secs else {
            return;
        };
        let (Some(range), Some(now)) = (self.time_range(), self.now()) else {
            self.player.since_secs = None;
            return;
        };
        ctx.request_repaint();
        // The next picture waits until this one is on screen.
        if self.is_building() {
            return;
        }
        let now_secs = ctx.input(|input| input.time);
        let snapshots = self.pane.choices.steps.len();
        let all_secs = if snapshots > 1 {
            (snapshots as f64 * SNAPSHOT_SECS).min(2.0 * SERIES_SECS)
        } else {
            SERIES_SECS
        };
        let length = range.end() - range.start();
        // A slow picture makes time slower rather than jump.
        let passed_secs = (now_secs - since_secs).min(0.1) * f64::from(self.player.speed);
        let next = now + length * passed_secs / all_secs;
        let next = if next >= *range.end() {
            *range.start()
        } else {
            next
        };
        self.player.since_secs = Some(now_secs);
        self.shared.at_step = Some(next);
    }
}
