//! Summaries while runs are trained: one each time that the last step has gone on far enough.

use std::{
    num::NonZeroU32,
    path::Path,
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};

use trainscape_source::Follower;

use super::{steps::last_step, writer::Writer};
use crate::cli::{
    common, console,
    inputs::Inputs,
    outcome::{Outcome, UsageError},
};

/// Time without a change after which a stream that has ended counts as read.
const INPUT_INTERVAL: Duration = Duration::from_millis(1500);

/// Follows the runs and writes a summary into `step-N` below the folder at the start, and every `every` steps.
pub(super) fn follow(
    writer: &Writer<'_>,
    folder: &Path,
    every: NonZeroU32,
) -> anyhow::Result<Outcome> {
    let args = writer.args;
    if args.paths.is_empty() {
        let text = "--every needs the path of a run that is trained";
        return Err(UsageError(text.to_owned()).into());
    }
    let (sender, changes) = mpsc::sync_channel::<()>(1);
    let inputs = Inputs::follow(&args.paths, args.read.quiet)?;
    let options = common::options(&args.read);
    let follower = Follower::spawn(inputs.paths.clone(), options, move |_| {
        // If the channel is full, a notification is already pending.
        let _ = sender.try_send(());
    })?;
    if !args.read.quiet {
        console::note("following; interrupt to stop");
    }
    let every = f64::from(every.get());
    let mut next = f64::NEG_INFINITY;
    let mut outcome = Outcome::Done;
    let mut was_quiet = false;
    loop {
        let snapshot = follower.snapshot();
        let step = last_step(&snapshot.runs).filter(|_| snapshot.progress.caught_up);
        if let Some(step) = step.filter(|step| *step >= next) {
            next = ((step / every).floor() + 1.0) * every;
            match writer.write(&snapshot, &folder.join(format!("step-{step}"))) {
                Ok(Outcome::Done) => {}
                Ok(Outcome::InputSkipped) => outcome = Outcome::InputSkipped,
                // The next records may allow a view, and a full disk may be emptied.
                Err(error) => {
                    outcome = Outcome::InputSkipped;
                    console::note(format!("no summary at step {step}: {error:#}"));
                }
            }
        }
        match changes.recv_timeout(INPUT_INTERVAL) {
            Ok(()) => was_quiet = false,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(ended) = inputs.ended().filter(|_| was_quiet) {
                    ended?;
                    return Ok(outcome);
                }
                was_quiet = inputs.ended().is_some();
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(outcome),
        }
    }
}
