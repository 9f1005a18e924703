//! The first dictionary of values in the output of a trainer.

use trainscape_run::Step;

use super::sink::Sink;
use crate::batch::RowHead;

/// The first dictionary of values, until the second shows whether the progress bar states its step.
#[derive(Clone, Debug)]
pub(super) struct FirstDictionary {
    pub(super) by_bar: Step,
    pub(super) by_epoch: Step,
    pub(super) wall_time_secs: Option<f64>,
    pub(super) values: Vec<(String, f64)>,
}

impl FirstDictionary {
    pub(super) fn push(&self, step: Step, sink: &mut Sink<'_>) {
        sink.start(RowHead {
            step,
            wall_time_secs: self.wall_time_secs,
        });
        for (key, value) in &self.values {
            if key != "epoch" || step != self.by_epoch {
                sink.push(key, *value);
            }
        }
        sink.finish(false);
    }
}
