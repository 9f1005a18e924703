//! `trainscape follow` at the far end, where it is installed: it tells that something was logged, so that files need not be
//! looked at all the time. What it prints is not read: the copy of the files stays the only source.

use std::{
    io::Read,
    process::{Child, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{command, failure};
use crate::{location::Location, store::Watch};

/// Follows, and ends when its input does: without a terminal nothing else ends it when the connection is lost.
const SCRIPT: &str = "exec 3<&0; trainscape follow -q --json -- \"$1\" </dev/null & p=$!; \
    (cat <&3 >/dev/null; kill $p) >/dev/null 2>&1 & c=$!; wait $p; kill $c";

/// The program at the far end. It ends when this is dropped.
pub(super) struct FarFollow {
    child: Child,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct Signals {
    has_told: AtomicBool,
    is_telling: AtomicBool,
}

impl FarFollow {
    /// Starts it for a path as the far end takes it; `None` where ssh or a thread cannot be started.
    pub(super) fn start(location: &Location, path: &str) -> Option<Self> {
        let mut ssh = command::ssh(location);
        // Nobody is asked a second time: where signing in needs a person, files are looked at.
        ssh.args(["-o", "BatchMode=yes", "--"]);
        ssh.arg(failure::destination(location));
        ssh.arg(format!("sh -c {} sh {}", quoted(SCRIPT), quoted(path)));
        let mut child = ssh
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let stdout = child.stdout.take()?;
        let signals = Arc::<Signals>::default();
        let of_thread = Arc::clone(&signals);
        let started = thread::Builder::new()
            .name("trainscape-far-follow".to_owned())
            .spawn(move || listen(stdout, &of_thread));
        let follow = Self { child, signals };
        started.ok().map(|_| follow)
    }
}

impl Watch for FarFollow {
    fn has_told(&self) -> bool {
        self.signals.has_told.swap(false, Ordering::AcqRel)
    }

    fn is_telling(&self) -> bool {
        self.signals.is_telling.load(Ordering::Acquire)
    }
}

impl Drop for FarFollow {
    fn drop(&mut self) {
        // The far end ends with its input.
        drop(self.child.stdin.take());
        let _it_may_have_ended = self.child.kill();
        let _it_may_have_ended = self.child.wait();
    }
}

fn listen(mut stdout: impl Read, signals: &Signals) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = stdout.read(&mut buffer) {
        signals.is_telling.store(true, Ordering::Release);
        signals.has_told.store(true, Ordering::Release);
    }
    signals.is_telling.store(false, Ordering::Release);
}

/// A word for the shell of the far end.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(quoted("/runs/it's $(x)"), "'/runs/it'\\''s $(x)'");
    }
}
