use trainscape_run::Step;

use crate::{
    keys::Keys,
    line_points::{LineFormat, number},
    points::Points,
};

/// The lines of a metric's file: `timestamp_ms value step`.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    key: String,
    /// True once a line had a step: then one without is cut.
    has_steps: bool,
}

impl Metric {
    pub(super) fn new(key: String) -> Self {
        Self {
            key,
            has_steps: false,
        }
    }
}

impl LineFormat for Metric {
    fn add(&mut self, line: &str, keys: &Keys, points: &mut Points) -> Result<bool, &'static str> {
        let point = point(line).ok_or("it is not `timestamp value step`")?;
        if point.step.is_none() && self.has_steps {
            return Err("it has no step, unlike the lines before it");
        }
        self.has_steps |= point.step.is_some();
        let step = point.step.unwrap_or(0);
        points.start_row(Step::Int(step), Some(point.wall_time_secs));
        points.push(keys, &self.key, point.value);
        Ok(true)
    }

    fn may_lack_line_end(&self) -> bool {
        false
    }
}

pub(super) struct MetricPoint {
    wall_time_secs: f64,
    value: f64,
    step: Option<i64>,
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
        step: step.map(str::parse).transpose().ok()?,
    })
}

/// MLflow writes milliseconds; before version 1.0 seconds.
fn wall_time_secs(time: i64) -> f64 {
    match time {
        ..100_000_000_000 => time as f64,
        _ => time as f64 / 1000.0,
    }
}
