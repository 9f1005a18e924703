//! Records of series behind drawn points.

use std::sync::Arc;

use trainscape_run::{Point, Run};

use super::record::{Describe, Mark};

/// Points that show records of series, in parts that follow each other.
#[derive(Clone, Debug, Default)]
pub struct SeriesRecords {
    parts: Vec<Part>,
}

/// The points of one series.
#[derive(Clone, Debug)]
struct Part {
    /// Number of points of the parts before.
    first: usize,
    run: Arc<Run>,
    key: Arc<str>,
    /// Index of each point in the series; their steps never decrease.
    indices: Arc<[u32]>,
    details: Vec<(String, Arc<[f64]>)>,
}

impl SeriesRecords {
    /// Adds points: their indices in the series `key` of `run`, with the name and value of what else is told of each.
    /// Their steps never decrease.
    pub fn add(
        &mut self,
        run: &Arc<Run>,
        key: &Arc<str>,
        indices: Arc<[u32]>,
        details: Vec<(String, Arc<[f64]>)>,
    ) {
        let last = self.parts.last();
        let first = last.map_or(0, |part| part.first + part.indices.len());
        self.parts.push(Part {
            first,
            run: Arc::clone(run),
            key: Arc::clone(key),
            indices,
            details,
        });
    }

    /// The part of a point, and the point's index in it.
    fn part(&self, index: usize) -> Option<(&Part, usize)> {
        let after = self.parts.partition_point(|part| part.first <= index);
        let part = self.parts.get(after.checked_sub(1)?)?;
        Some((part, index - part.first))
    }
}

impl Part {
    fn point(&self, at: usize) -> Option<Point> {
        let index = *self.indices.get(at)?;
        self.run.series.get(&self.key)?.get(index as usize)
    }

    fn step(&self, at: usize) -> Option<f64> {
        Some(self.point(at)?.step.as_f64())
    }

    /// The point whose step is nearest to `step`; `None` before the first and after the last.
    fn nearest(&self, step: f64) -> Option<usize> {
        let (mut low, mut high) = (0, self.indices.len().checked_sub(1)?);
        if step < self.step(low)? || step > self.step(high)? {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.step(middle)? <= step {
                low = middle;
            } else {
                high = middle;
            }
        }
        let is_high_nearer = (self.step(high)? - step).abs() < (step - self.step(low)?).abs();
        Some(if is_high_nearer { high } else { low })
    }
}

impl Describe for SeriesRecords {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let lines = || {
            let (part, at) = self.part(index)?;
            let point = part.point(at)?;
            Some(lines_of_record(
                &part.run,
                &part.key,
                point,
                &part.details,
                at,
            ))
        };
        lines().unwrap_or_default()
    }

    fn mark(&self, index: usize) -> Option<Mark> {
        let (part, at) = self.part(index)?;
        Some(Mark {
            run: Arc::clone(&part.run.id),
            step: part.step(at),
            row: None,
        })
    }

    fn find(&self, mark: &Mark) -> Vec<usize> {
        let of_run = self.parts.iter().filter(|part| part.run.id == mark.run);
        let at = |part: &Part| Some(part.first + part.nearest(mark.step?)?);
        of_run.filter_map(at).collect()
    }
}

/// What is told of a record: its run, step and value, further values of the point at `index`, and its file.
pub(super) fn lines_of_record(
    run: &Run,
    key: &str,
    point: Point,
    details: &[(String, Arc<[f64]>)],
    index: usize,
) -> Vec<(String, String)> {
    let mut lines = vec![
        ("run".to_owned(), run.name.to_string()),
        ("step".to_owned(), point.step.to_string()),
        (key.to_owned(), point.value.to_string()),
    ];
    for (name, values) in details {
        if let Some(value) = values.get(index) {
            lines.push((name.clone(), value.to_string()));
        }
    }
    lines.extend(file_of(run, key).map(|file| ("file".to_owned(), file)));
    lines
}

/// The file that a series was read from; `None` where several files of its format are one log, any of which may hold it.
fn file_of(run: &Run, key: &str) -> Option<String> {
    let source = run.sources.get(*run.series_source.get(key)?)?;
    let mut alike = run
        .sources
        .iter()
        .filter(|other| other.format == source.format);
    (alike.next().is_some() && alike.next().is_none()).then(|| run.path_text(&source.path))
}

#[cfg(test)]
mod tests {
    use trainscape_run::Series;

    use super::*;

    fn run(id: &str, steps: &[i64]) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        let mut series = Series::new("loss");
        series.extend(steps.iter().map(|step| Point {
            step: (*step).into(),
            wall_time_secs: None,
            value: *step as f64 / 10.0,
        }));
        run.series.insert("loss".into(), Arc::new(series));
        Arc::new(run)
    }

    #[test]
    fn each_point_is_told_with_its_run_step_and_value() {
        let runs = [run("a", &[0, 10, 20]), run("b", &[0, 5])];
        let key: Arc<str> = "loss".into();
        let mut records = SeriesRecords::default();
        let detail = ("lr".to_owned(), Arc::from([0.5, 0.25]));
        records.add(&runs[0], &key, Arc::from([0, 2]), vec![detail]);
        records.add(&runs[1], &key, Arc::from([1]), Vec::new());
        let lines = |index| {
            let lines = records.lines(index).into_iter();
            lines.map(|(_, value)| value).collect::<Vec<_>>()
        };
        assert_eq!(lines(1), ["a", "20", "2", "0.25"]);
        assert_eq!(lines(2), ["b", "5", "0.5"]);
        assert!(lines(3).is_empty());
        let mark = records.mark(1).expect("a record");
        assert_eq!((&*mark.run, mark.step), ("a", Some(20.0)));
        assert_eq!(records.find(&mark), [1]);
        let beyond = Mark {
            step: Some(21.0),
            ..mark
        };
        assert!(records.find(&beyond).is_empty());
    }
}
