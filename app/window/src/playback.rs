//! Whether the current step advances by itself, and how fast.

/// Speeds to choose from.
pub(crate) const SPEEDS: [f32; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];

/// Playback over steps.
#[derive(Clone, Debug)]
pub(crate) struct Playback {
    /// egui's time when the step last advanced; `None` while paused.
    pub(crate) since_secs: Option<f64>,
    /// Where it is between two whole steps; the current step is the whole one before.
    pub(crate) position: Option<f64>,
    /// 1 is normal.
    pub(crate) speed: f32,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            since_secs: None,
            position: None,
            speed: 1.0,
        }
    }
}

impl Playback {
    pub(crate) fn is_playing(&self) -> bool {
        self.since_secs.is_some()
    }

    /// The next faster or slower speed.
    pub(crate) fn change_speed(&mut self, by: i64) {
        let at = SPEEDS
            .iter()
            .position(|choice| *choice >= self.speed)
            .unwrap_or(0);
        let at = (at as i64 + by).clamp(0, SPEEDS.len() as i64 - 1) as usize;
        self.speed = SPEEDS[at];
    }
}
