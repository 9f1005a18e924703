//! The coordinates of a trajectory: x, y, z and colour.

use std::sync::Arc;

use trainscape_run::{Point, Role, Run, Series};
use trainscape_scene::axis::Scale;

use super::{
    nearest::{Nearest, rarely_meets},
    options::TrajectoryOptions,
};
use crate::{
    NotAvailable, ViewSettings,
    palette::is_configured,
    samples,
    x_lookup::{self, Follower, XLookup},
};

/// One coordinate of a trajectory.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Coordinate {
    /// The x axis of the settings: the logger's step by default.
    X,
    /// The logger's step.
    Step,
    /// Wall time.
    WallTime,
    /// The values of a series.
    Series(Arc<str>),
    /// A number of each run's configuration; colours only.
    Configuration(String),
}

/// What a view shows along an axis by default.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DefaultCoordinate {
    /// The x axis of the settings.
    X,
    /// The series with a role.
    Role(Role),
}

impl Coordinate {
    /// The key, if it is a series.
    pub(super) fn key(&self) -> Option<&Arc<str>> {
        match self {
            Self::Series(key) => Some(key),
            _ => None,
        }
    }

    /// Title and scale of its axis.
    pub(super) fn title(
        &self,
        runs: &[Arc<Run>],
        base: &str,
        settings: &ViewSettings,
    ) -> (String, Scale) {
        match self {
            Self::X => x_lookup::x_title(runs, base, settings),
            Self::Step => ("step".to_owned(), Scale::Linear),
            Self::WallTime => ("time (UTC)".to_owned(), Scale::Date),
            Self::Series(key) => (key.to_string(), Scale::Linear),
            Self::Configuration(key) => (key.clone(), Scale::Linear),
        }
    }
}

/// The coordinates along x, y, z and colour.
pub(super) fn resolve(
    drawn: &[&Arc<Run>],
    options: &TrajectoryOptions,
    defaults: [DefaultCoordinate; 4],
) -> Result<[Coordinate; 4], NotAvailable> {
    let wanted = [&options.x, &options.y, &options.z, &options.colour];
    // Runs of one folder may log under different keys: the runs that have all roles of the view decide.
    let roles: Vec<Role> = wanted
        .iter()
        .zip(defaults)
        .filter_map(|(wanted, default)| match default {
            DefaultCoordinate::Role(role) if wanted.is_none() => Some(role),
            _ => None,
        })
        .collect();
    let has_all = |run: &Run| {
        let has = |role: &Role| samples::series_with_role(run, *role).is_some();
        roles.iter().all(has)
    };
    let complete: Vec<&Arc<Run>> = drawn.iter().copied().filter(|run| has_all(run)).collect();
    let deciding = if complete.is_empty() {
        drawn
    } else {
        &complete
    };
    let mut found = [const { Coordinate::X }; 4];
    for (axis, coordinate) in found.iter_mut().enumerate() {
        *coordinate = match wanted[axis].as_deref() {
            Some(key) => named(drawn, key, axis == 3)?,
            None => default(deciding, defaults[axis])?,
        };
    }
    if found[..3]
        .iter()
        .all(|coordinate| coordinate.key().is_none())
    {
        return Err(NotAvailable::new(
            "needs a series along at least one axis: step and time alone do not make a trajectory",
        ));
    }
    Ok(found)
}

fn named(drawn: &[&Arc<Run>], key: &str, is_colour: bool) -> Result<Coordinate, NotAvailable> {
    match key {
        "step" => return Ok(Coordinate::Step),
        "wall_time" => return Ok(Coordinate::WallTime),
        _ => {}
    }
    if let Some((key, _)) = drawn.iter().find_map(|run| run.series.get_key_value(key)) {
        return Ok(Coordinate::Series(key.clone()));
    }
    if is_colour && is_configured(key, drawn.iter().copied()) {
        return Ok(Coordinate::Configuration(key.to_owned()));
    }
    let also = if is_colour {
        " or a number of that name in its configuration"
    } else {
        ""
    };
    Err(NotAvailable::new(format!(
        "no run has a series called `{key}`{also}; `step` and `wall_time` can be chosen as well"
    )))
}

fn default(drawn: &[&Arc<Run>], default: DefaultCoordinate) -> Result<Coordinate, NotAvailable> {
    let role = match default {
        DefaultCoordinate::X => return Ok(chosen_x(drawn).unwrap_or(Coordinate::X)),
        DefaultCoordinate::Role(role) => role,
    };
    samples::key_with_role(drawn.iter().copied(), role)
        .map(Coordinate::Series)
        .ok_or_else(|| samples::missing_role(drawn.iter().copied(), role))
}

/// The series that the user chose as the x axis of all others, as if the control named it.
fn chosen_x(drawn: &[&Arc<Run>]) -> Option<Coordinate> {
    let chosen = drawn.iter().find_map(|run| run.chosen_x.get("*"))?;
    let mut series = drawn
        .iter()
        .filter_map(|run| run.series.get_key_value(chosen));
    series
        .next()
        .map(|(key, _)| Coordinate::Series(Arc::clone(key)))
}

/// Where the value of a coordinate at a step comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matched {
    /// It was logged at that step.
    Exactly,
    /// It was logged at an earlier step, and not since.
    Carried,
    /// It was logged within half a spacing.
    Nearest,
}

/// Reads a coordinate at increasing steps of a run.
pub(super) enum CoordinateReader<'a> {
    Base,
    X(XLookup<'a>),
    Step,
    WallTime,
    Series(Follower<'a>),
    /// A series that the base series never meets.
    Nearest(Nearest),
    Constant(f64),
}

impl<'a> CoordinateReader<'a> {
    /// `None` if the run does not have the coordinate.
    pub(super) fn new(
        coordinate: &Coordinate,
        run: &'a Run,
        base: &'a Series,
        settings: &ViewSettings,
    ) -> Option<Self> {
        Some(match coordinate {
            Coordinate::X => Self::X(XLookup::new(run, base, settings)),
            Coordinate::Step => Self::Step,
            Coordinate::WallTime => Self::WallTime,
            Coordinate::Series(key) if key == base.key() => Self::Base,
            Coordinate::Series(key) => {
                let series = run.series.get(key)?;
                if rarely_meets(series, base) {
                    Self::Nearest(Nearest::new(series))
                } else {
                    Self::Series(Follower::new(series))
                }
            }
            Coordinate::Configuration(key) => Self::Constant(run.config.get(key)?.as_f64()?),
        })
    }

    /// The step at which the last returned value was logged, if it can differ from the point's.
    pub(super) fn logged_at(&self) -> Option<f64> {
        match self {
            Self::Series(follower) => follower.logged_at(),
            Self::Nearest(nearest) => nearest.logged_at(),
            _ => None,
        }
    }

    /// The value at a point of the base series, and where it comes from.
    pub(super) fn at(&mut self, point: &Point) -> Option<(f64, Matched)> {
        let logged = |value| Some((value, Matched::Exactly));
        let step = point.step.as_f64();
        match self {
            Self::Base => logged(point.value),
            Self::X(lookup) => lookup.at(point).and_then(logged),
            Self::Step => logged(step),
            Self::WallTime => point.wall_time_secs.and_then(logged),
            Self::Series(follower) => {
                let (value, is_carried) = follower.value_at(step)?;
                let matched = if is_carried {
                    Matched::Carried
                } else {
                    Matched::Exactly
                };
                Some((value, matched))
            }
            Self::Nearest(nearest) => {
                let value = nearest.value_at(step)?;
                let is_exact = nearest.logged_at() == Some(step);
                let matched = if is_exact {
                    Matched::Exactly
                } else {
                    Matched::Nearest
                };
                Some((value, matched))
            }
            Self::Constant(value) => logged(*value),
        }
    }
}
