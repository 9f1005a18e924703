//! `cargo xtask attack [--minutes N]`: hostile input and hostile circumstances, with other random numbers each time.
//! It prints a table, and fails if anything ended by a signal, panicked, hung, took too much memory, told a value that
//! was never logged, or lost a file or a setting. What failed is kept in the target folder.

mod arena;
mod child;
mod draw;
mod follow;
mod kill;
mod ladder;
mod mutate;
mod tests;

use std::time::{Duration, Instant};

use arena::Arena;

use crate::{failure::Failure, process, system, workspace::Workspace};

/// The time of all attacks, unless another one is given.
pub(crate) const MINUTES: f64 = 10.0;

/// An attack, and its share of the time in percent.
struct Attack {
    name: &'static str,
    percent: u64,
    run: fn(&mut Arena) -> Result<(), Failure>,
}

/// All attacks.
const ATTACKS: &[Attack] = &[
    Attack {
        name: "mutated files, read",
        percent: 25,
        run: tests::readers,
    },
    Attack {
        name: "mutated files, drawn",
        percent: 30,
        run: draw::run,
    },
    Attack {
        name: "killed while exporting",
        percent: 15,
        run: kill::run,
    },
    Attack {
        name: "followed under torture",
        percent: 15,
        run: follow::run,
    },
    Attack {
        name: "sizes",
        percent: 5,
        run: ladder::run,
    },
    Attack {
        name: "windows that share settings",
        percent: 10,
        run: tests::settings,
    },
];

/// Runs all attacks for about `minutes` in total.
pub(crate) fn run(minutes: f64) -> Result<(), Failure> {
    let workspace = Workspace::find()?;
    system::ensure(&[
        &system::SOFTWARE_VULKAN,
        &system::WINDOW,
        &system::VIRTUAL_DISPLAY,
    ])?;
    process::run(process::cargo(&workspace)?.args(["build", "--package", "trainscape"]))?;
    let mut rows = Vec::new();
    let mut faults = 0;
    for attack in ATTACKS {
        let time = Duration::from_secs_f64(minutes * 60.0 * attack.percent as f64 / 100.0);
        eprintln!("{} for {:.0} s", attack.name, time.as_secs_f64());
        let begun = Instant::now();
        let mut arena = Arena::new(&workspace, time)?;
        (attack.run)(&mut arena)?;
        for fault in &arena.faults {
            eprintln!("  fault: {fault}");
        }
        faults += arena.faults.len();
        rows.push(format!(
            "| {} | {} | {} | {:.0} | {} |",
            attack.name,
            arena.tried,
            arena.faults.len(),
            begun.elapsed().as_secs_f64(),
            arena.notes.join("; "),
        ));
    }
    println!(
        "| attack | tried | faults | s | |\n|---|---|---|---|---|\n{}",
        rows.join("\n")
    );
    match faults {
        0 => Ok(()),
        faults => Err(format!("{faults} faults, listed above")),
    }
}
