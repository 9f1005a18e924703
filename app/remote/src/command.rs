//! Programs of the clouds, which sign in where their files alone do not suffice.

use std::{
    env,
    io::Read as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::limits;

/// How long such a program may take.
const LONGEST: Duration = Duration::from_secs(30);

/// Whether a program is on the search path.
pub(crate) fn is_installed(program: &str) -> bool {
    let Some(path) = env::var_os("PATH") else {
        return false;
    };
    let endings: &[&str] = if cfg!(windows) {
        &[".exe", ".cmd"]
    } else {
        &[""]
    };
    env::split_paths(&path).any(|folder| {
        let mut files = endings
            .iter()
            .map(|ending| folder.join(format!("{program}{ending}")));
        files.any(|file| file.is_file())
    })
}

/// What a program prints; `None` where it is missing, fails or takes too long. What it says is shown to nobody, because
/// it may hold a token.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let stdout = child.stdout.take()?;
    let read = thread::Builder::new()
        .name("trainscape-command".to_owned())
        .spawn(move || {
            let mut text = String::new();
            let mut limited = stdout.take(limits::SETTINGS);
            limited.read_to_string(&mut text).map(|_| text)
        })
        .ok()?;
    let succeeded = wait(&mut child);
    let text = read.join().ok()?.ok()?;
    succeeded.then(|| text.trim().to_owned())
}

fn wait(child: &mut Child) -> bool {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if begun.elapsed() < LONGEST => thread::sleep(Duration::from_millis(20)),
            _ => {
                let _it_may_have_ended = child.kill();
                let _it_may_have_ended = child.wait();
                return false;
            }
        }
    }
}
