//! Delay from a written line to a published snapshot, sustained points per second, and the cost of following an
//! idle folder.

#![allow(clippy::print_stdout, reason = "its result goes to the terminal")]

use std::{
    error::Error,
    fs::File,
    io::Write,
    sync::mpsc::channel,
    time::{Duration, Instant},
};

use trainscape_source::{Follower, OpenOptions};

const LINES: usize = 1000;
const KEYS: usize = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("metrics.jsonl"))?;
    let (sender, snapshots) = channel();
    let _follower = Follower::spawn(
        vec![folder.path().to_owned()],
        OpenOptions::default(),
        move |snapshot| {
            let held = snapshot.runs.first().and_then(|run| run.series.get("step"));
            // Fails only after the measurement.
            let _ = sender.send((Instant::now(), held.map_or(0, |series| series.len())));
        },
    )?;
    let mut delays_ms = Vec::with_capacity(LINES);
    for step in 0..LINES {
        std::thread::sleep(Duration::from_millis(3 + (step % 23) as u64));
        let written = Instant::now();
        file.write_all(line(step).as_bytes())?;
        loop {
            let (published, held) = snapshots.recv_timeout(Duration::from_secs(10))?;
            if held > step {
                delays_ms.push((published - written).as_secs_f64() * 1e3);
                break;
            }
        }
    }
    delays_ms.sort_by(f64::total_cmp);
    println!(
        "write to snapshot: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
        delays_ms[LINES / 2],
        delays_ms[LINES * 99 / 100],
        delays_ms[LINES - 1]
    );

    let used = cpu_secs();
    let idle = Duration::from_secs(5);
    std::thread::sleep(idle);
    if let (Some(before), Some(after)) = (used, cpu_secs()) {
        println!(
            "idle: {:.2} % of one core",
            (after - before) / idle.as_secs_f64() * 100.0
        );
    }

    let used = cpu_secs();
    let begun = Instant::now();
    let mut step = LINES;
    // 100,000 points a second for three seconds, a row of 50 keys at a time.
    while begun.elapsed() < Duration::from_secs(3) {
        let due = (begun.elapsed().as_secs_f64() * 100_000.0 / KEYS as f64) as usize + LINES;
        while step < due {
            file.write_all(line(step).as_bytes())?;
            step += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let written = Instant::now();
    while snapshots.recv_timeout(Duration::from_secs(10))?.1 < step {}
    println!(
        "100,000 points a second: {:.2} ms behind at the end",
        written.elapsed().as_secs_f64() * 1e3
    );
    if let (Some(before), Some(after)) = (used, cpu_secs()) {
        println!(
            "  {:.0} % of one core, the writer's included",
            (after - before) / 3.0 * 100.0
        );
    }
    Ok(())
}

fn line(step: usize) -> String {
    let mut line = format!("{{\"step\": {step}");
    for key in 1..KEYS {
        line += &format!(
            ", \"train/metric_{key}\": {}",
            (step + key) as f64 * 0.123_456_789
        );
    }
    line + "}\n"
}

/// Processor time of this process, on systems that report it.
fn cpu_secs() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}
