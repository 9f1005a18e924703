use trainscape_run::Step;

use crate::{
    keys::Keys,
    line_points::{LineFormat, number},
    points::Points,
};

/// The lines of a metric's file: `timestamp_ms value step`.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    pub(super) key: String,
}

impl LineFormat for Metric {
    fn add(&mut self, line: &str, keys: &Keys, points: &mut Points) -> Result<bool, &'static str> {
        let point = point(line).ok_or("it is not `timestamp value step`")?;
        points.start_row(Step::Int(point.step), Some(point.wall_time_secs));
        points.push(keys, &self.key, point.value);
        Ok(true)
    }
}

pub(super) struct MetricPoint {
    wall_time_secs: f64,
    value: f64,
    step: i64,
}

/// A line's point. Before version 1.0 there were no steps; since version 3 the name and the digest of a data
/// set may follow.
pub(super) fn point(line: &str) -> Option<MetricPoint> {
    let mut fields = line.split_ascii_whitespace();
    let (time, value, step) = (fields.next()?, fields.next()?, fields.next());
    if !matches!(fields.count(), 0 | 2) {
        return None;
    }
    Some(MetricPoint {
        wall_time_secs: wall_time_secs(time.parse().ok()?),
        value: number(value)?,
        step: step.map_or(Ok(0), str::parse).ok()?,
    })
}

/// MLflow writes milliseconds; before version 1.0 seconds.
fn wall_time_secs(time: i64) -> f64 {
    match time {
        ..100_000_000_000 => time as f64,
        _ => time as f64 / 1000.0,
    }
}
