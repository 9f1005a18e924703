//! A program that runs within limits.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::failure::Failure;

/// Sends a process a signal.
pub(super) fn signal(child: &Child, name: &str) -> io::Result<()> {
    let id = child.id().to_string();
    Command::new("kill")
        .args([&format!("-{name}"), &id])
        .status()
        .map(drop)
}

/// The exit status of a panic.
const PANIC: i32 = 101;

/// What a program may take.
pub(super) struct Limits {
    pub(super) time: Duration,
    /// Resident memory; looked at only on Linux.
    pub(super) memory: u64,
}

/// How a program ended.
pub(super) struct Ended {
    /// Nothing if it was ended because of the time.
    status: Option<ExitStatus>,
    pub(super) taken: Duration,
    /// The most resident memory, in bytes.
    pub(super) peak: u64,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ended {
    /// Runs the program; its output goes through files in `folder`, so that it never waits for a reader.
    pub(super) fn of(
        command: &mut Command,
        limits: &Limits,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let paths = ["stdout", "stderr"].map(|name| folder.join(name));
        let create = |path: &Path| {
            File::create(path).map_err(|error| format!("cannot create {}: {error}", path.display()))
        };
        let begun = Instant::now();
        let mut child = command
            .stdout(create(&paths[0])?)
            .stderr(create(&paths[1])?)
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("{command:?} could not be started: {error}"))?;
        let mut peak = 0;
        let status = loop {
            peak = peak_memory(&child).max(peak);
            match child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if begun.elapsed() < limits.time => {
                    thread::sleep(Duration::from_millis(3));
                }
                _ => {
                    // It may have ended meanwhile.
                    let _ = child.kill();
                    let _ = child.wait();
                    break None;
                }
            }
        };
        let text = |path: &Path| {
            let bytes = fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Self {
            status,
            taken: begun.elapsed(),
            peak,
            stdout: text(&paths[0]),
            stderr: text(&paths[1]),
        })
    }

    /// What is wrong with the way it ended.
    pub(super) fn fault(&self, limits: &Limits) -> Option<String> {
        let Some(status) = self.status else {
            return Some(format!("did not end within {} s", limits.time.as_secs()));
        };
        if self.stderr.contains("panicked at") || status.code() == Some(PANIC) {
            return Some(format!("panicked: {}", self.stderr.trim()));
        }
        if status.code().is_none() {
            return Some(format!("was ended: {status}"));
        }
        if !status.success() && self.stderr.trim().is_empty() {
            return Some(format!("failed without a word ({status})"));
        }
        if self
            .stderr
            .chars()
            .chain(self.stdout.chars())
            .any(is_control)
        {
            return Some("wrote control characters to the terminal".to_owned());
        }
        (self.peak > limits.memory).then(|| format!("took {} MB", self.peak >> 20))
    }

    pub(super) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// The most resident memory so far in bytes; zero where it cannot be told.
fn peak_memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes << 10)
}
