//! The columns of a view over series: expressions of each run on the steps of its first series.

use std::sync::Arc;

use trainscape_expression::{Expression, role_series};
use trainscape_run::{Point, Run, Series};

use super::spec::{Located, Spec};
use crate::{NotAvailable, ViewSettings, x_lookup::Follower};

/// Names that every run has, besides its series.
const BUILT_IN_NAMES: [&str; 2] = ["step", "time"];

/// The expressions of a view.
pub(super) struct Expressions {
    pub(super) axes: [Expression; 3],
    pub(super) colour: Option<Expression>,
    pub(super) size: Option<Expression>,
    filter: Option<Expression>,
}

/// One run's rows.
pub(super) struct RunRows {
    /// Index among the drawn runs.
    pub(super) run: usize,
    /// The series whose points are the rows, and the index of each.
    pub(super) series_key: Arc<str>,
    pub(super) indices: Vec<u32>,
    pub(super) steps: Vec<f64>,
    pub(super) axes: [Vec<f64>; 3],
    pub(super) colour: Option<Vec<f64>>,
    pub(super) size: Option<Vec<f64>>,
    /// Rows before which something was left out.
    pub(super) gaps: Vec<u32>,
    pub(super) left_out: LeftOut,
}

/// What is not drawn, and what was carried forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) not_finite: usize,
    pub(super) filtered: usize,
    /// Rows with a value carried forward from an earlier step.
    pub(super) carried: usize,
    pub(super) superseded: usize,
}

impl Expressions {
    /// Parses the expressions and checks their names against what the runs have.
    pub(super) fn new(spec: &Spec, runs: &[Arc<Run>]) -> Result<Self, NotAvailable> {
        let known = names(runs);
        let parse = |name: &str, placed: &Located| -> Result<Expression, NotAvailable> {
            let mistake =
                |error| NotAvailable::new(spec.at(placed.line, &format!("`{name}`: {error}")));
            let expression = Expression::parse(&placed.text).map_err(mistake)?;
            expression.check(&known).map_err(mistake)?;
            Ok(expression)
        };
        let optional = |name: &str, placed: &Option<Located>| {
            placed
                .as_ref()
                .map(|placed| parse(name, placed))
                .transpose()
        };
        let [x, y, z] = &spec.axes;
        Ok(Self {
            axes: [parse("x", x)?, parse("y", y)?, parse("z", z)?],
            colour: optional("colour", &spec.colour)?,
            size: optional("size", &spec.size)?,
            filter: optional("filter", &spec.filter)?,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Expression> {
        let more = [&self.colour, &self.size, &self.filter];
        self.axes.iter().chain(more.into_iter().flatten())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.all().flat_map(Expression::names)
    }

    /// A run's rows; `None` where it lacks one of the names.
    pub(super) fn rows(
        &self,
        run: &Arc<Run>,
        index: usize,
        settings: &ViewSettings,
    ) -> Option<RunRows> {
        let source = RowSource::new(self, run)?;
        let columns = RowColumns::new(self, &source);
        let mut rows = RunRows {
            run: index,
            series_key: Arc::clone(source.base.key()),
            indices: Vec::new(),
            steps: Vec::new(),
            axes: Default::default(),
            colour: columns.colour.as_ref().map(|_| Vec::new()),
            size: columns.size.as_ref().map(|_| Vec::new()),
            gaps: Vec::new(),
            left_out: LeftOut {
                superseded: source.base.superseded(),
                ..LeftOut::default()
            },
        };
        let mut gap = false;
        for (row, (&step, (index, _))) in source.steps.iter().zip(&source.points).enumerate() {
            if !settings.draws_step(step) || !settings.has_reached(step) {
                continue;
            }
            if columns.is_filtered(row) {
                rows.left_out.filtered += 1;
                gap = true;
                continue;
            }
            if !columns.is_finite(row) {
                rows.left_out.not_finite += 1;
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                rows.gaps.push(rows.steps.len() as u32);
            }
            rows.left_out.carried += usize::from(columns.carried[row]);
            rows.indices.push(*index as u32);
            rows.steps.push(step);
            columns.copy_row(row, &mut rows);
        }
        Some(rows)
    }
}

/// What the expressions of one run read.
struct RowSource<'a> {
    run: &'a Run,
    /// The series whose points are the rows.
    base: &'a Series,
    /// Index and point of each row.
    points: Vec<(usize, Point)>,
    steps: Vec<f64>,
}

impl<'a> RowSource<'a> {
    /// `None` where the run lacks one of the names.
    fn new(expressions: &Expressions, run: &'a Run) -> Option<Self> {
        let has = |name: &str| {
            BUILT_IN_NAMES.contains(&name)
                || series(run, name).is_some()
                || constant(run, name).is_some()
        };
        if !expressions.names().all(has) {
            return None;
        }
        let base = expressions
            .names()
            .filter(|name| !BUILT_IN_NAMES.contains(name))
            .find_map(|name| series(run, name))?;
        let points: Vec<_> = base.live().collect();
        let steps = points.iter().map(|(_, point)| point.step.as_f64());
        Some(Self {
            run,
            base,
            steps: steps.collect(),
            points,
        })
    }

    /// The series of a name, where it is another one than the base.
    fn other_series(&self, name: &str) -> Option<&'a Series> {
        let found = series(self.run, name).filter(|_| !BUILT_IN_NAMES.contains(&name))?;
        (found.key() != self.base.key()).then_some(&**found)
    }

    /// The values of a name, row by row.
    fn column(&self, name: &str) -> Option<Vec<f64>> {
        let of_points = |value: fn(&Point) -> f64| {
            let points = self.points.iter();
            Some(points.map(|(_, point)| value(point)).collect())
        };
        match name {
            "step" => return Some(self.steps.clone()),
            "time" => return of_points(|point| point.wall_time_secs.unwrap_or(f64::NAN)),
            _ => {}
        }
        if let Some(found) = self.other_series(name) {
            let mut follower = Follower::new(found);
            let steps = self.steps.iter();
            let values =
                steps.map(|&step| follower.value_at(step).map_or(f64::NAN, |(value, _)| value));
            return Some(values.collect());
        }
        if series(self.run, name).is_some() {
            return of_points(|point| point.value);
        }
        constant(self.run, name).map(|value| vec![value; self.steps.len()])
    }

    /// Whether a row has a value carried forward from an earlier step.
    fn carried(&self, expressions: &Expressions) -> Vec<bool> {
        let mut carried = vec![false; self.steps.len()];
        for found in expressions
            .names()
            .filter_map(|name| self.other_series(name))
        {
            let mut follower = Follower::new(found);
            for (carried, &step) in carried.iter_mut().zip(&self.steps) {
                *carried |= follower.value_at(step).is_some_and(|(_, carried)| carried);
            }
        }
        carried
    }
}

/// The values of all expressions, before anything is left out.
struct RowColumns {
    axes: [Vec<f64>; 3],
    colour: Option<Vec<f64>>,
    size: Option<Vec<f64>>,
    filter: Option<Vec<f64>>,
    carried: Vec<bool>,
}

impl RowColumns {
    fn new(expressions: &Expressions, source: &RowSource<'_>) -> Self {
        let rows = source.steps.len();
        let column = |expression: &Expression| {
            expression
                .column(rows, &|name: &str| source.column(name))
                .unwrap_or_else(|_| vec![f64::NAN; rows])
        };
        Self {
            axes: [0, 1, 2].map(|axis: usize| column(&expressions.axes[axis])),
            colour: expressions.colour.as_ref().map(column),
            size: expressions.size.as_ref().map(column),
            filter: expressions.filter.as_ref().map(column),
            carried: source.carried(expressions),
        }
    }

    fn is_filtered(&self, row: usize) -> bool {
        let filter = self.filter.as_ref();
        filter.is_some_and(|filter| filter[row] == 0.0 || filter[row].is_nan())
    }

    fn is_finite(&self, row: usize) -> bool {
        let more = self.colour.iter().chain(&self.size);
        let mut columns = self.axes.iter().chain(more);
        columns.all(|column| column[row].is_finite())
    }

    fn copy_row(&self, row: usize, rows: &mut RunRows) {
        for (to, from) in rows.axes.iter_mut().zip(&self.axes) {
            to.push(from[row]);
        }
        for (to, from) in [
            (&mut rows.colour, &self.colour),
            (&mut rows.size, &self.size),
        ] {
            if let (Some(to), Some(from)) = (to, from) {
                to.push(from[row]);
            }
        }
    }
}

impl RunRows {
    /// The stretches between gaps.
    pub(super) fn strips(&self) -> Vec<std::ops::Range<u32>> {
        let mut strips = Vec::new();
        let mut start = 0;
        for &gap in self
            .gaps
            .iter()
            .chain(std::iter::once(&(self.steps.len() as u32)))
        {
            if gap > start {
                strips.push(start..gap);
            }
            start = gap;
        }
        strips
    }
}

fn series<'a>(run: &'a Run, name: &str) -> Option<&'a Arc<Series>> {
    run.series.get(name).or_else(|| role_series(run, name))
}

/// A configuration value, the same in each row.
fn constant(run: &Run, name: &str) -> Option<f64> {
    run.config.get(name)?.as_f64()
}

/// All names that an expression over these runs can use.
fn names(runs: &[Arc<Run>]) -> Vec<String> {
    let mut names: Vec<String> = BUILT_IN_NAMES.map(str::to_owned).to_vec();
    for run in runs {
        names.extend(run.series.keys().map(ToString::to_string));
        names.extend(run.roles.values().map(|role| role.name().to_owned()));
        let numbers = run
            .config
            .iter()
            .filter(|(_, value)| value.as_f64().is_some());
        names.extend(numbers.map(|(key, _)| key.clone()));
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Role, ViewFile};

    use super::*;
    use crate::custom::spec;

    fn run() -> Arc<Run> {
        let mut run = Run::new("r", "r", "r".into());
        for (key, points) in [
            (
                "train/loss",
                &[(0, 4.0), (1, 3.0), (2, f64::NAN), (3, 2.0), (4, 1.0)][..],
            ),
            ("lr", &[(0, 0.1), (3, 0.2)]),
        ] {
            let mut series = Series::new(key);
            for &(step, value) in points {
                series.push(Point {
                    step: step.into(),
                    wall_time_secs: None,
                    value,
                });
            }
            run.series.insert(key.into(), Arc::new(series));
        }
        run.roles.insert("train/loss".into(), Role::Loss);
        Arc::new(run)
    }

    fn spec(text: &str) -> Spec {
        let file = Arc::new(ViewFile {
            path: "views.toml".into(),
            text: format!("[[view]]\n{text}"),
        });
        spec::parse(&file).unwrap().remove(0).1.unwrap()
    }

    #[test]
    fn values_are_carried_forward_and_counted() {
        let spec = spec("x = \"step\"\ny = \"loss\"\nz = \"lr * 10\"\ncolour = \"diff(loss)\"\n");
        let runs = [run()];
        let expressions = Expressions::new(&spec, &runs).unwrap();
        let rows = expressions
            .rows(&runs[0], 0, &ViewSettings::default())
            .unwrap();
        // diff has no value at the first row, and none next to the gap.
        assert_eq!(rows.steps, [1.0, 4.0]);
        assert_eq!(rows.axes[2], [1.0, 2.0]);
        assert_eq!(rows.colour.as_deref(), Some(&[-1.0, -1.0][..]));
        assert_eq!((rows.left_out.carried, rows.left_out.not_finite), (2, 3));
        assert_eq!(rows.strips(), [0..1, 1..2]);
        assert_eq!(rows.indices, [1, 4]);
        let until = ViewSettings {
            at_step: Some(2.0),
            ..ViewSettings::default()
        };
        assert_eq!(expressions.rows(&runs[0], 0, &until).unwrap().steps, [1.0]);
    }

    #[test]
    fn filters_leave_rows_out_and_are_counted() {
        let spec = spec("x = \"step\"\ny = \"lr\"\nz = \"{train/loss}\"\nfilter = \"step >= 3\"\n");
        let runs = [run()];
        let expressions = Expressions::new(&spec, &runs).unwrap();
        let rows = expressions
            .rows(&runs[0], 0, &ViewSettings::default())
            .unwrap();
        // The rows are the points of the first axis that is a series.
        assert_eq!(
            (rows.series_key.as_ref(), rows.steps.as_slice()),
            ("lr", &[3.0][..])
        );
        assert_eq!(rows.left_out.filtered, 1);
    }

    #[test]
    fn an_unknown_name_is_reported_with_line_and_column() {
        let spec = spec("x = \"step\"\ny = \"1 + lrr\"\nz = \"loss\"\n");
        let error = Expressions::new(&spec, &[run()]).err().unwrap();
        assert_eq!(
            error.reason,
            "views.toml line 3: `y`: unknown name `lrr`; did you mean `lr`? (column 5)"
        );
    }
}
