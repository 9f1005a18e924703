//! Runs the binary, and writes the logs it reads.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod events;
pub mod logs;
pub mod wandb;

use std::{
    ffi::OsStr,
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Timeout of a command: longer than any takes on a slow machine, so that a hanging command fails its test.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// The binary under test.
pub fn trainscape() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainscape"));
    command.stdin(Stdio::null());
    if cfg!(unix) && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // Without this variable Mesa prints an error on stderr, which the tests check.
        command.env("XDG_RUNTIME_DIR", std::env::temp_dir());
    }
    command
}

/// Exit code and output of a command.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}) in {self:?}"))
    }

    /// Asserts the exit code, and that failures and skipped input are reported in plain sentences.
    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, wanted, "{self:?}");
        self.check();
        self
    }

    /// Asserts that the command did not panic, and that codes 1 and 3 have a reason on stderr.
    #[track_caller]
    pub fn check(&self) {
        assert!(
            (0..=3).contains(&self.code),
            "not a documented exit code: {self:?}"
        );
        for text in [&self.stderr, &self.stdout] {
            assert!(!text.contains("panicked"), "{self:?}");
            assert!(!text.contains("RUST_BACKTRACE"), "{self:?}");
        }
        if self.code == 1 {
            let lines: Vec<&str> = self.stderr.lines().collect();
            assert_eq!(lines.len(), 1, "one line must report the failure: {self:?}");
        }
        if matches!(self.code, 1 | 3) {
            for line in self.stderr.lines() {
                let message = line.strip_prefix("trainscape: ").unwrap_or_default();
                assert!(
                    message.len() > 10 && message.contains(' '),
                    "no sentence: {line:?} in {self:?}"
                );
            }
            assert!(
                !self.stderr.is_empty(),
                "it must report what was skipped: {self:?}"
            );
        }
    }
}

/// Runs the binary with arguments until it exits.
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    let mut command = trainscape();
    command.args(arguments);
    run_command(&mut command)
}

/// Runs a command until it exits, for at most [`TIMEOUT`].
pub fn run_command(command: &mut Command) -> Ended {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    let status = wait(&mut child, TIMEOUT);
    let text = |bytes: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8(bytes.join().unwrap()).expect("the output is UTF-8")
    };
    let (stdout, stderr) = (text(stdout), text(stderr));
    let Some(status) = status else {
        panic!("{command:?} still ran after {TIMEOUT:?}; stdout {stdout:?}, stderr {stderr:?}")
    };
    let code = status
        .code()
        .unwrap_or_else(|| panic!("killed: {status}; stderr {stderr:?}"));
    Ended {
        code,
        stdout,
        stderr,
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    let read = move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    };
    thread::Builder::new()
        .name("pipe".to_owned())
        .spawn(read)
        .unwrap()
}

/// Waits for a child process; kills it and returns `None` after the timeout.
pub fn wait(child: &mut Child, timeout: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if begun.elapsed() > timeout {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A command in the background, killed when the value is dropped.
pub struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    /// Starts the binary; its output can be read line by line.
    pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        Self::start_command(trainscape().args(arguments))
    }

    /// Starts a command of the binary.
    pub fn start_command(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let pipes: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for pipe in pipes {
            let sender = sender.clone();
            let read = move || {
                use std::io::BufRead as _;
                for line in std::io::BufReader::new(pipe).lines() {
                    let Ok(line) = line else { return };
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new()
                .name("pipe".to_owned())
                .spawn(read)
                .unwrap();
        }
        Self { child, lines }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of either stream.
    #[track_caller]
    pub fn line(&mut self) -> String {
        match self.lines.recv_timeout(Duration::from_secs(20)) {
            Ok(line) => line,
            Err(error) => {
                panic!(
                    "no line came ({error}); the process: {:?}",
                    self.child.try_wait().unwrap()
                )
            }
        }
    }

    /// The next line as JSON.
    #[track_caller]
    pub fn json(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Discards output until none arrives for a moment.
    pub fn drain(&mut self) {
        while self.lines.recv_timeout(Duration::from_millis(200)).is_ok() {}
    }

    /// Asserts that nothing is printed for a while.
    #[track_caller]
    pub fn stays_silent(&mut self, time: Duration) {
        if let Ok(line) = self.lines.recv_timeout(time) {
            panic!("unexpected line: {line}");
        }
        assert!(self.child.try_wait().unwrap().is_none(), "it ended");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
