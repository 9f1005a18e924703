//! The columns of a view over series: expressions of each run on the steps of its first series.

use std::sync::Arc;

use trainscape_run::{Run, Series};

use super::spec::{Placed, Spec};
use crate::{
    expression::{Expression, role_series},
    view::{NotAvailable, ViewSettings, samples::Follower},
};

/// Names that are no series.
const OWN_NAMES: [&str; 2] = ["step", "time"];

/// The expressions of a view.
pub(super) struct Expressions {
    pub(super) axes: [Expression; 3],
    pub(super) colour: Option<Expression>,
    pub(super) size: Option<Expression>,
    filter: Option<Expression>,
}

/// One run's rows.
pub(super) struct Rows {
    /// Index among the drawn runs.
    pub(super) run: usize,
    /// The series on whose points the rows stand, and the index of each.
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
        let parse = |name: &str, placed: &Placed| -> Result<Expression, NotAvailable> {
            let mistake =
                |error| NotAvailable::new(spec.at(placed.line, &format!("`{name}`: {error}")));
            let expression = Expression::parse(&placed.text).map_err(mistake)?;
            expression.check(&known).map_err(mistake)?;
            Ok(expression)
        };
        let optional = |name: &str, placed: &Option<Placed>| {
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

    /// A run's rows; `None` where it lacks one of the names.
    pub(super) fn rows(
        &self,
        run: &Arc<Run>,
        index: usize,
        settings: &ViewSettings,
    ) -> Option<Rows> {
        let names = || self.all().flat_map(Expression::names);
        let has = |name: &str| {
            OWN_NAMES.contains(&name)
                || series(run, name).is_some()
                || constant(run, name).is_some()
        };
        if !names().all(has) {
            return None;
        }
        let base = names()
            .filter(|name| !OWN_NAMES.contains(name))
            .find_map(|name| series(run, name))?;
        let points: Vec<_> = base.live().collect();
        let steps: Vec<f64> = points
            .iter()
            .map(|(_, point)| point.step.as_f64())
            .collect();
        let rows = steps.len();
        let mut carried = vec![false; rows];
        for name in names() {
            if let Some(found) = series(run, name)
                .filter(|found| !OWN_NAMES.contains(&name) && found.key() != base.key())
            {
                let mut follower = Follower::new(found);
                for (row, &step) in steps.iter().enumerate() {
                    carried[row] |= follower.value_at(step).is_some_and(|(_, carried)| carried);
                }
            }
        }
        let lookup = |name: &str| -> Option<Vec<f64>> {
            match name {
                "step" => return Some(steps.clone()),
                "time" => {
                    return Some(
                        points
                            .iter()
                            .map(|(_, point)| point.wall_time_secs.unwrap_or(f64::NAN))
                            .collect(),
                    );
                }
                _ => {}
            }
            if let Some(found) = series(run, name) {
                if found.key() == base.key() {
                    return Some(points.iter().map(|(_, point)| point.value).collect());
                }
                let mut follower = Follower::new(found);
                let values = steps
                    .iter()
                    .map(|&step| follower.value_at(step).map_or(f64::NAN, |(value, _)| value));
                return Some(values.collect());
            }
            constant(run, name).map(|value| vec![value; rows])
        };
        let column = |expression: &Expression| {
            expression
                .column(rows, &lookup)
                .unwrap_or_else(|_| vec![f64::NAN; rows])
        };
        let axes = [0, 1, 2].map(|axis| column(&self.axes[axis]));
        let colour = self.colour.as_ref().map(column);
        let size = self.size.as_ref().map(column);
        let filter = self.filter.as_ref().map(column);
        let mut out = Rows {
            run: index,
            series_key: Arc::clone(base.key()),
            indices: Vec::new(),
            steps: Vec::new(),
            axes: Default::default(),
            colour: colour.as_ref().map(|_| Vec::new()),
            size: size.as_ref().map(|_| Vec::new()),
            gaps: Vec::new(),
            left_out: LeftOut {
                superseded: base.superseded(),
                ..LeftOut::default()
            },
        };
        let mut gap = false;
        for row in 0..rows {
            let in_time = settings.draws_step(steps[row])
                && settings.at_step.is_none_or(|at| steps[row] <= at);
            if !in_time {
                continue;
            }
            if filter
                .as_ref()
                .is_some_and(|filter| filter[row] == 0.0 || filter[row].is_nan())
            {
                out.left_out.filtered += 1;
                gap = true;
                continue;
            }
            let extra = colour
                .iter()
                .chain(&size)
                .all(|column| column[row].is_finite());
            if !extra || !axes.iter().all(|column| column[row].is_finite()) {
                out.left_out.not_finite += 1;
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                out.gaps.push(out.steps.len() as u32);
            }
            out.left_out.carried += usize::from(carried[row]);
            out.indices.push(points[row].0 as u32);
            out.steps.push(steps[row]);
            for (to, from) in out.axes.iter_mut().zip(&axes) {
                to.push(from[row]);
            }
            for (to, from) in [(&mut out.colour, &colour), (&mut out.size, &size)] {
                if let (Some(to), Some(from)) = (to, from) {
                    to.push(from[row]);
                }
            }
        }
        Some(out)
    }
}

impl Rows {
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
    let mut names: Vec<String> = OWN_NAMES.map(str::to_owned).to_vec();
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
