//! Prints each series below a folder, one a line: run, key, role, points, live points, first and last step, last value;
//! and the files that were not read. For comparison with other programs.

#![allow(clippy::print_stdout, reason = "its result goes to the terminal")]

use std::path::PathBuf;

use trainscape_run::Point;
use trainscape_source::{Loader, OpenOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut loader = Loader::open(&paths, OpenOptions::default())?;
    loader.read_to_end();
    let snapshot = loader.snapshot();
    for run in &snapshot.runs {
        for (key, series) in &run.series {
            let step = |point: Option<Point>| point.map_or(f64::NAN, |point| point.step.as_f64());
            let (first, last) = (step(series.first()), step(series.last()));
            let value = series.last().map_or(f64::NAN, |point| point.value);
            println!(
                "{}\t{key}\t{}\t{}\t{}\t{first}\t{last}\t{value}",
                run.id,
                run.roles.get(key).map_or("-", |role| role.name()),
                series.len(),
                series.live().count(),
            );
        }
        println!("{}\tconfiguration: {} values", run.id, run.config.len());
    }
    for unread in snapshot.unread.iter() {
        println!("not read\t{}\t{}", unread.path.display(), unread.why);
    }
    Ok(())
}
