//! Monotone cubic refinement of a measured grid; the twin of `shaders/refine.wgsl`.
//!
//! Piecewise cubic Hermite along x, then along y, with the tangents of Fritsch and Butland (SIAM J. Sci.
//! Stat. Comput. 5, 1984) and the three-point end formula, as SciPy's `PchipInterpolator` has them: no
//! overshoot, and measured nodes exact to the bit. A missing node is a boundary to its neighbours.

use std::sync::Arc;

use rayon::prelude::*;

use crate::{Field, GridSize, MISSING};

/// A grid of measured nodes to be refined for smooth shading. The measured nodes stay exact.
#[derive(Clone, Debug)]
pub struct Refine {
    /// The measured nodes; spacing may differ from cell to cell.
    pub nodes: Arc<Field>,
    /// Refined cells per measured cell along x, at least 1.
    pub factor_x: u32,
    /// Refined cells per measured cell along y, at least 1.
    pub factor_y: u32,
}

impl Refine {
    /// Columns and rows of the refined grid.
    #[must_use]
    pub fn size(&self) -> GridSize {
        let refined = |nodes: usize, factor: u32| (nodes as u32 - 1) * factor.max(1) + 1;
        GridSize {
            width: refined(self.nodes.x_unit.len(), self.factor_x),
            height: refined(self.nodes.y_unit.len(), self.factor_y),
        }
    }

    /// x of each refined column: each cell divided evenly, measured columns as they are.
    #[must_use]
    pub fn x_unit(&self) -> Vec<f32> {
        subdivided(&self.nodes.x_unit, self.factor_x)
    }

    /// y of each refined row: each cell divided evenly, measured rows as they are.
    #[must_use]
    pub fn y_unit(&self) -> Vec<f32> {
        subdivided(&self.nodes.y_unit, self.factor_y)
    }
}

fn subdivided(nodes: &[f32], factor: u32) -> Vec<f32> {
    let factor = factor.max(1);
    let within = |pair: &[f32]| {
        let (from, to) = (f64::from(pair[0]), f64::from(pair[1]));
        (0..factor).map(move |at| (from + (to - from) * (f64::from(at) / f64::from(factor))) as f32)
    };
    nodes
        .windows(2)
        .flat_map(within)
        .chain(nodes.last().copied())
        .collect()
}

/// A node of a line: where it is, its value, and whether it has one.
#[derive(Clone, Copy)]
struct Knot {
    at_unit: f32,
    value: f32,
    is_present: bool,
}

/// The value of a line at one position.
#[derive(Clone, Copy)]
struct Refined {
    value: f32,
    is_present: bool,
}

/// Refines a measured grid on the CPU.
///
/// A refined node has a value when all measured nodes of its cell (of the edge or the node that it
/// is on) have one; where it has none its value is a linear blend, finite but meaningless. Support
/// is blended linearly.
#[must_use]
pub fn refine(work: &Refine) -> Field {
    let nodes = work.nodes.as_ref();
    let (x_unit, y_unit) = (work.x_unit(), work.y_unit());
    let mut values = vec![0.0; work.size().nodes()];
    let mut support = vec![0.0; work.size().nodes()];
    let width = x_unit.len();
    values
        .par_chunks_mut(width)
        .zip(support.par_chunks_mut(width))
        .enumerate()
        .for_each(|(row, (values, support))| {
            let y = Place::new(row, work.factor_y, nodes.y_unit.len());
            for (column, (value, support)) in values.iter_mut().zip(support).enumerate() {
                let x = Place::new(column, work.factor_x, nodes.x_unit.len());
                (*value, *support) = node(nodes, x, y, x_unit[column], y_unit[row]);
            }
        });
    Field {
        x_unit,
        y_unit,
        values,
        support,
    }
}

/// The monotone cubic of [`refine`] through the values at ascending positions, at one point between them. `None` outside of
/// them and beside a missing value.
#[must_use]
pub fn monotone_cubic_at(at_unit: &[f32], values: &[Option<f32>], point_unit: f32) -> Option<f32> {
    let next = at_unit.partition_point(|at| *at <= point_unit);
    let cell = next.checked_sub(1)?;
    if at_unit[cell] == point_unit {
        return values[cell];
    }
    let end = *at_unit.get(next)?;
    let place = Place {
        cell,
        part: (point_unit - at_unit[cell]) / (end - at_unit[cell]),
        count: at_unit.len(),
    };
    let knots = four(place, |at| Knot {
        at_unit: at_unit[at],
        value: values[at].unwrap_or(0.0),
        is_present: values[at].is_some(),
    });
    let Refined { value, is_present } = segment(&knots, place.part, point_unit);
    is_present.then_some(value)
}

/// The position of a refined node among the measured ones, along one axis.
#[derive(Clone, Copy)]
struct Place {
    /// The measured cell.
    cell: usize,
    /// How far into it, 0 to 1; 0 on a measured node.
    part: f32,
    /// Measured nodes on this axis.
    count: usize,
}

impl Place {
    fn new(refined: usize, factor: u32, count: usize) -> Self {
        let factor = factor.max(1) as usize;
        Self {
            cell: refined / factor,
            part: (refined % factor) as f32 / factor as f32,
            count,
        }
    }
}

fn node(nodes: &Field, x: Place, y: Place, x_unit: f32, y_unit: f32) -> (f32, f32) {
    let width = nodes.x_unit.len();
    let along_x = |row: usize| {
        let knots = four(x, |column| Knot {
            at_unit: nodes.x_unit[column],
            value: nodes.values[row * width + column],
            is_present: nodes.is_present(column, row),
        });
        segment(&knots, x.part, x_unit)
    };
    let knots = four(y, |row| {
        let Refined { value, is_present } = along_x(row);
        Knot {
            at_unit: nodes.y_unit[row],
            value,
            is_present,
        }
    });
    let Refined { value, is_present } = segment(&knots, y.part, y_unit);
    if !is_present {
        return (value, MISSING);
    }
    let support_along_x = |row: usize| {
        let from = nodes.support[row * width + x.cell];
        if x.part == 0.0 {
            return from;
        }
        from + (nodes.support[row * width + x.cell + 1] - from) * x.part
    };
    let from = support_along_x(y.cell);
    if y.part == 0.0 {
        return (value, from);
    }
    (value, from + (support_along_x(y.cell + 1) - from) * y.part)
}

/// The knots before, at the start, at the end and after a cell; those off the grid count as missing.
fn four(place: Place, knot: impl Fn(usize) -> Knot) -> [Knot; 4] {
    let nothing = Knot {
        at_unit: 0.0,
        value: 0.0,
        is_present: false,
    };
    [0, 1, 2, 3].map(|offset| {
        // On a measured node nothing but the node counts.
        if place.part == 0.0 && offset != 1 {
            return nothing;
        }
        match (place.cell + offset).checked_sub(1) {
            Some(at) if at < place.count => knot(at),
            _ => nothing,
        }
    })
}

/// The cubic between the second and the third of four knots.
fn segment(knots: &[Knot; 4], part: f32, at_unit: f32) -> Refined {
    let [before, from, to, after] = knots;
    if part == 0.0 {
        return Refined {
            value: from.value,
            is_present: from.is_present,
        };
    }
    if !(from.is_present && to.is_present) {
        let value = from.value + (to.value - from.value) * part;
        return Refined {
            value,
            is_present: false,
        };
    }
    let step = to.at_unit - from.at_unit;
    let slope = (to.value - from.value) / step;
    // Steps and slopes of the outer cells; a missing outer knot's are never used.
    let step_before = from.at_unit - before.at_unit;
    let slope_before = (from.value - before.value) / step_before;
    let step_after = after.at_unit - to.at_unit;
    let slope_after = (after.value - to.value) / step_after;
    let start = match (before.is_present, after.is_present) {
        (true, _) => inner(step_before, slope_before, step, slope),
        (false, true) => end(step, slope, step_after, slope_after),
        (false, false) => slope,
    };
    let finish = match (after.is_present, before.is_present) {
        (true, _) => inner(step, slope, step_after, slope_after),
        (false, true) => end(step, slope, step_before, slope_before),
        (false, false) => slope,
    };
    let into = at_unit - from.at_unit;
    let cubic = (start + finish - 2.0 * slope) * part;
    let square = 3.0 * slope - 2.0 * start - finish;
    let value = from.value + into * (start + part * (square + cubic));
    // The cubic is monotone; rounding must not be the exception.
    let value = value.clamp(from.value.min(to.value), from.value.max(to.value));
    Refined {
        value,
        is_present: true,
    }
}

/// Tangent at a knot between two cells: the weighted harmonic mean of their slopes.
fn inner(step_0: f32, slope_0: f32, step_1: f32, slope_1: f32) -> f32 {
    if slope_0 == 0.0 || slope_1 == 0.0 || (slope_0 > 0.0) != (slope_1 > 0.0) {
        return 0.0;
    }
    let (weight_0, weight_1) = (2.0 * step_1 + step_0, step_1 + 2.0 * step_0);
    (weight_0 + weight_1) / (weight_0 / slope_0 + weight_1 / slope_1)
}

/// Tangent at the end of a line: three points, kept in shape. The nearer cell comes first.
fn end(step_0: f32, slope_0: f32, step_1: f32, slope_1: f32) -> f32 {
    let tangent = ((2.0 * step_0 + step_1) * slope_0 - step_0 * slope_1) / (step_0 + step_1);
    if slope_0 == 0.0 || tangent == 0.0 || (tangent > 0.0) != (slope_0 > 0.0) {
        return 0.0;
    }
    if (slope_0 > 0.0) != (slope_1 > 0.0) && tangent.abs() > 3.0 * slope_0.abs() {
        return 3.0 * slope_0;
    }
    tangent
}
