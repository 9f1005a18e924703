//! Prints every run, series, histogram and point of a folder, a catalog or an engine, bit by bit, for tests that compare them.
//!
//! usage: points PATH|URL

use std::{io::Write as _, sync::Arc};

use trainscape_run::{Run, announce};
use trainscape_source::{Loader, OpenOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: points PATH|URL")?;
    let options = OpenOptions {
        engine: Some(trainscape_engine::open),
        ..OpenOptions::default()
    };
    let mut loader = Loader::open(&[path.into()], options)?;
    loader.read_to_end();
    if let Some(failure) = loader.failure() {
        return Err(failure.into());
    }
    let snapshot = loader.snapshot();
    let announced = announce(&snapshot.runs, |_| true);
    let runs = announced.map_or_else(|| snapshot.runs.clone(), |announced| announced.runs);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for run in &runs {
        print(run, &mut out)?;
    }
    out.flush()?;
    Ok(())
}

fn print(run: &Arc<Run>, out: &mut impl std::io::Write) -> Result<(), Box<dyn std::error::Error>> {
    writeln!(
        out,
        "{} {} {} {:?}",
        run.id,
        run.name,
        run.path.display(),
        run.config
    )?;
    for (key, series) in &run.series {
        let (role, restarts) = (run.roles.get(key), series.restarts().to_vec());
        let (superseded, range) = (series.superseded(), series.value_range());
        writeln!(out, "{key} {role:?} {restarts:?} {superseded} {range:?}")?;
        for point in series.iter() {
            let time = point.wall_time_secs.map(f64::to_bits);
            writeln!(out, "{:?} {time:?} {:x}", point.step, point.value.to_bits())?;
        }
        if let Some(error) = series.load_error() {
            return Err(error.into());
        }
    }
    for (key, histograms) in &run.histograms {
        writeln!(out, "{key} {:?}", histograms.points())?;
        if let Some(error) = histograms.load_error() {
            return Err(error.into());
        }
    }
    Ok(())
}
