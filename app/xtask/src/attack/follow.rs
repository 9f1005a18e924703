//! `follow` while its log is written in all the ways that happen: it prints each record that was logged, and no other.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{arena::Arena, child::signal};
use crate::failure::Failure;

/// Enough for a log of any of the attacks to be read on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// After this time a finished log is taken to be read, and a file may be replaced.
const REST: Duration = Duration::from_millis(1500);

/// What happens to a log.
#[derive(Clone, Copy, Debug)]
enum Torture {
    /// Lines arrive in pieces that end within characters.
    Torn,
    /// Two files grow at a time.
    TwoWriters,
    /// The file is renamed, and another begins under its name.
    Rotated,
    /// The file is emptied and begins again.
    Truncated,
    /// The program is stopped while the file grows.
    Stopped,
    /// 100,000 lines arrive at once.
    Flood,
    /// A row is rewritten in place.
    Rewritten,
}

const ALL: [Torture; 7] = [
    Torture::Torn,
    Torture::TwoWriters,
    Torture::Rotated,
    Torture::Truncated,
    Torture::Stopped,
    Torture::Flood,
    Torture::Rewritten,
];

/// The value of a step: a record that mixes two is found.
fn value_of(step: u64) -> f64 {
    step as f64 * 3.0 + 0.25
}

fn line_of(step: u64) -> String {
    format!("{{\"step\":{step},\"verlust/größe\":{}}}\n", value_of(step))
}

pub(super) fn run(arena: &mut Arena) -> Result<(), Failure> {
    while arena.continues() {
        for torture in ALL {
            if let Err(error) = attack(arena, torture) {
                return Err(format!("{torture:?}: {error}"));
            }
        }
    }
    Ok(())
}

fn attack(arena: &mut Arena, torture: Torture) -> io::Result<()> {
    arena.tried += 1;
    let folder = arena.folder.path().join("run");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let printed = arena.folder.path().join("printed");
    append(&folder.join("metrics.jsonl"), &line_of(0))?;
    let mut child = Command::new(&arena.program)
        .args(["follow", "--json", "--quiet", "--from-start"])
        .arg(&folder)
        .stdin(Stdio::null())
        .stdout(File::create(&printed)?)
        .stderr(File::create(arena.folder.path().join("complaints"))?)
        .spawn()?;
    wait_for(&printed, 1)?;
    let steps = write(&folder, torture, &child, &printed, &mut arena.random)?;
    let found = wait_for(&printed, steps);
    let ended = child.try_wait()?;
    // It follows until it is told to end.
    let _ = child.kill();
    child.wait()?;
    let kept = Some(folder.as_path());
    if let Some(status) = ended {
        arena.fault(
            format!("{torture:?}: follow ended by itself ({status})"),
            kept,
        );
    }
    match found {
        Ok(found) if found.len() as u64 == steps => {}
        Ok(found) => arena.fault(
            format!(
                "{torture:?}: {} of {steps} records were printed",
                found.len()
            ),
            kept,
        ),
        Err(error) => arena.fault(format!("{torture:?}: {error}"), kept),
    }
    Ok(())
}

/// Writes the steps after the first; returns how many there are then.
fn write(
    folder: &Path,
    torture: Torture,
    child: &Child,
    printed: &Path,
    random: &mut fastrand::Rng,
) -> io::Result<u64> {
    let path = folder.join("metrics.jsonl");
    let steps = 200;
    let half = steps / 2;
    match torture {
        Torture::Torn => {
            let text: String = (1..steps).map(line_of).collect();
            let mut file = OpenOptions::new().append(true).open(&path)?;
            let mut rest = text.as_bytes();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(random.usize(1..=rest.len().min(120)));
                file.write_all(piece)?;
                thread::sleep(Duration::from_millis(random.u64(0..8)));
                rest = after;
            }
        }
        Torture::TwoWriters => {
            for step in 1..steps {
                let name = ["metrics.jsonl", "validation.jsonl"][(step % 2) as usize];
                append(&folder.join(name), &line_of(step))?;
                thread::sleep(Duration::from_millis(random.u64(0..6)));
            }
        }
        Torture::Rotated | Torture::Truncated => {
            append(&path, &(1..half).map(line_of).collect::<String>())?;
            wait_for(printed, half)?;
            thread::sleep(REST);
            if matches!(torture, Torture::Rotated) {
                fs::rename(&path, folder.join("metrics.jsonl.1"))?;
            } else {
                File::create(&path)?;
            }
            thread::sleep(Duration::from_millis(random.u64(0..300)));
            for step in half..steps {
                append(&path, &line_of(step))?;
            }
        }
        Torture::Stopped => {
            signal(child, "STOP")?;
            append(&path, &(1..half).map(line_of).collect::<String>())?;
            thread::sleep(Duration::from_millis(random.u64(0..1000)));
            signal(child, "CONT")?;
            append(&path, &(half..steps).map(line_of).collect::<String>())?;
        }
        Torture::Flood => {
            let steps = 100_000;
            append(&path, &(1..steps).map(line_of).collect::<String>())?;
            return Ok(steps);
        }
        Torture::Rewritten => {
            let row = random.u64(1..half);
            let (before, after) = (padded(steps + row), padded(row));
            append(&path, &(1..row).map(line_of).collect::<String>())?;
            let at = fs::metadata(&path)?.len();
            append(&path, &before)?;
            append(&path, &(row + 1..half).map(line_of).collect::<String>())?;
            wait_for(printed, half)?;
            thread::sleep(Duration::from_millis(random.u64(0..300)));
            let mut file = OpenOptions::new().write(true).open(&path)?;
            file.seek(SeekFrom::Start(at))?;
            file.write_all(after.as_bytes())?;
            for step in half..steps {
                append(&path, &line_of(step))?;
                thread::sleep(Duration::from_millis(random.u64(0..4)));
            }
            // The record that is no longer there was printed, too.
            return Ok(steps + 1);
        }
    }
    Ok(steps)
}

/// A line of a fixed length.
fn padded(step: u64) -> String {
    format!("{:<60}\n", line_of(step).trim_end())
}

fn append(path: &PathBuf, text: &str) -> io::Result<()> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(text.as_bytes())
}

/// Waits until `steps` records of the key are printed; an error if one was never logged.
fn wait_for(printed: &Path, steps: u64) -> io::Result<BTreeSet<u64>> {
    let begun = Instant::now();
    loop {
        let mut printed = fs::read(printed)?;
        // The last line may not be whole yet, and end within a character.
        let whole = printed.iter().rposition(|&byte| byte == b'\n');
        printed.truncate(whole.map_or(0, |end| end + 1));
        let text = String::from_utf8(printed).map_err(io::Error::other)?;
        let found = records(&text)?;
        if found.len() as u64 >= steps || begun.elapsed() > TIMEOUT {
            return Ok(found);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The steps of the records of the key.
fn records(printed: &str) -> io::Result<BTreeSet<u64>> {
    let mut steps = BTreeSet::new();
    for line in printed.lines() {
        let record: serde_json::Value = serde_json::from_str(line)
            .map_err(|error| io::Error::other(format!("{line} is no JSON: {error}")))?;
        // Of a second file, the counter has the file's name before its own.
        let is_counter = record["key"]
            .as_str()
            .is_some_and(|key| key == "step" || key.ends_with("/step"));
        if is_counter {
            continue;
        }
        let step = record["step"].as_u64();
        let value = record["value"].as_f64();
        match step {
            Some(step) if value == Some(value_of(step)) => steps.insert(step),
            _ => return Err(io::Error::other(format!("{line} was never logged"))),
        };
    }
    Ok(steps)
}
