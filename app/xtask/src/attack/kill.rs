//! Exports that are killed or ended by a signal at any moment: the file is the old one or the new one, a signal leaves
//! nothing else in its folder, and neither does the next export after a kill.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    arena::Arena,
    child::{Limits, signal},
};
use crate::{failure::Failure, process};

const LIMITS: Limits = Limits {
    time: Duration::from_secs(120),
    memory: 2 << 30,
};

/// Endings of animations, which are drawn small and short.
const ANIMATIONS: &[&str] = &["gif", "apng", "mp4", "webm"];
const SMALL_AND_SHORT: &[&str] = &["--size", "320x240", "--seconds", "0.4", "--fps", "10"];
/// Those that ffmpeg writes.
const VIDEOS: &[&str] = &["mp4", "webm"];

/// A command that writes, and an ending that it writes.
struct Output {
    verb: &'static str,
    ending: String,
    content: Vec<u8>,
    taken: Duration,
}

pub(super) fn run(arena: &mut Arena) -> Result<(), Failure> {
    let outputs = outputs(arena)?;
    let endings: Vec<&str> = outputs.iter().map(|output| &*output.ending).collect();
    arena.notes.push(endings.join(" "));
    let before = arena.tried;
    while arena.tried == before || arena.continues() {
        for output in &outputs {
            attack(arena, output)?;
        }
    }
    Ok(())
}

/// What the commands can write, by their own help, with what they write when they are left alone.
fn outputs(arena: &mut Arena) -> Result<Vec<Output>, Failure> {
    let mut outputs = Vec::new();
    for verb in ["render", "export"] {
        let help = arena.command(&[verb, "--help"])?;
        let help = Command::output(&mut { help }).map_err(|error| error.to_string())?;
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        let line = help
            .split("Output file:")
            .nth(1)
            .and_then(|rest| rest.lines().next());
        let endings = line
            .unwrap_or_default()
            .split([' ', ';', ','])
            .filter_map(|word| word.strip_prefix('.'));
        for ending in endings.filter(|ending| !ending.is_empty()) {
            if VIDEOS.contains(&ending) && process::find("ffmpeg").is_none() {
                arena.notes.push(format!("no .{ending}: ffmpeg is missing"));
                continue;
            }
            let path = arena.folder.path().join(format!("whole.{ending}"));
            let mut command = command(arena, verb, &path)?;
            let ended = arena.run(&mut command, &LIMITS, None)?;
            if !ended.succeeded() {
                return Err(format!("`{verb}` cannot write .{ending}: {}", ended.stderr));
            }
            let content = fs::read(&path).map_err(|error| error.to_string())?;
            outputs.push(Output {
                verb,
                ending: ending.to_owned(),
                content,
                taken: ended.taken,
            });
        }
    }
    match outputs.is_empty() {
        true => Err("the help of `render` and `export` names no ending".to_owned()),
        false => Ok(outputs),
    }
}

fn command(arena: &Arena, verb: &str, path: &Path) -> Result<Command, Failure> {
    let mut command = arena.command(&[verb, "--quiet", "--view", "loss-surface", "-o"])?;
    command.arg(path);
    let ending = path.extension().unwrap_or_default();
    if ANIMATIONS.iter().any(|animation| ending == *animation) {
        command.args(SMALL_AND_SHORT);
    }
    Ok(command)
}

fn attack(arena: &mut Arena, output: &Output) -> Result<(), Failure> {
    let failed = |error: std::io::Error| format!("cannot prepare an export: {error}");
    let folder = arena.folder.path().join("out");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    let path = folder.join(format!("figure.{}", output.ending));
    let old = arena.random.bool().then(|| b"old".to_vec());
    if let Some(old) = &old {
        fs::write(&path, old).map_err(failed)?;
    }
    let mut child = command(arena, output.verb, &path)?
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    // Most of the time passes before anything is written: half of the kills fall into the last tenth.
    let share = match arena.random.bool() {
        true => arena.random.f64() * 1.05,
        false => 0.9 + arena.random.f64() * 0.2,
    };
    let until = Instant::now() + output.taken.mul_f64(share);
    while Instant::now() < until && matches!(child.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_micros(200));
    }
    // It may have ended already.
    let is_signal = arena.random.bool();
    let _ = match is_signal {
        true => signal(&child, "TERM"),
        false => child.kill(),
    };
    let _ = child.wait();
    arena.tried += 1;
    let names = fs::read_dir(&folder).map_err(failed)?.flatten();
    let left = names.filter(|entry| entry.path() != path).count();
    if is_signal && left > 0 {
        arena.fault(
            format!(
                "a signal during an export of a .{} left {left} files",
                output.ending
            ),
            Some(&folder),
        );
    }
    let now = fs::read(&path).ok();
    if now != old && now.as_ref() != Some(&output.content) {
        arena.fault(
            format!("a killed export left a part of a .{}", output.ending),
            Some(&folder),
        );
    }
    if arena.random.u8(0..4) > 0 {
        return Ok(());
    }
    let mut again = command(arena, output.verb, &path)?;
    arena.run(&mut again, &LIMITS, None)?;
    let left = fs::read_dir(&folder).map_err(failed)?.count();
    if left != 1 || fs::read(&path).ok().as_ref() != Some(&output.content) {
        arena.fault(
            format!(
                "{left} files are left after the next export of a .{}",
                output.ending
            ),
            Some(&folder),
        );
    }
    Ok(())
}
