//! Many rows: these are divided into cells by k-means, and each row searches only the cells nearest to it
//! (an inverted file: Jégou, Douze and Schmid 2011). The number of cells to search is measured: as many as contain the
//! true neighbours of randomly chosen rows.

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::super::split_mix::SplitMix64;
use super::super::{ProgressCallback, ProjectionError};
use super::exact::{self, compare};
use super::found::Neighbours;
use super::nearest::{List, Nearest, spare};
use super::points::Points;

/// Share of the true neighbours of the picked rows that the cells must hold.
const WANTED_RECALL: f64 = 0.97;

/// Rows picked to measure it.
const PICKED: usize = 512;

/// Rows a cell that the centres are found with.
const ROWS_PER_CENTRE: usize = 48;

/// Rounds of k-means (Lloyd 1982).
const ROUNDS: usize = 8;

/// Rows one task assigns or searches for.
const TASK_ROWS: usize = 256;

/// Above this share of all cells, comparing all pairs is as quick.
const MOST_CELLS: f64 = 0.5;

/// The neighbours of all rows, of which about 97 % are the true ones.
pub(super) fn search(
    points: Points,
    count: usize,
    seed: u64,
    progress: ProgressCallback<'_>,
) -> Result<Neighbours, ProjectionError> {
    let rows = points.rows();
    let mut random = SplitMix64::new(seed);
    let cells = ((rows as f64).sqrt() as usize).max(1);
    let centres = Centres::new(&points, cells, &mut random);
    let homes = centres.homes(&points);
    let starts = starts(&homes, cells);
    let mut order: Vec<u32> = (0..rows as u32).collect();
    order.sort_by_key(|row| homes[*row as usize]);
    let points = points.reordered(&order);
    if !progress([0, rows as u32]) {
        return Err(ProjectionError::Stopped);
    }
    let probes = probes(&points, &centres, &starts, &order, count, &mut random);
    if probes as f64 > MOST_CELLS * cells as f64 {
        // Back in order, so that the first of equals wins.
        let mut back = vec![0; rows];
        order
            .iter()
            .zip(0..)
            .for_each(|(row, at)| back[*row as usize] = at);
        return exact::search(&points.reordered(&back), count, progress);
    }

    let tasks: Vec<std::ops::Range<usize>> = starts
        .windows(2)
        .flat_map(|cell| {
            (cell[0]..cell[1])
                .step_by(TASK_ROWS)
                .map(|from| from..cell[1].min(from + TASK_ROWS))
        })
        .collect();
    let done = AtomicUsize::new(0);
    let found: Vec<(usize, Vec<List>)> = tasks
        .into_par_iter()
        .map(|range| {
            if !progress([done.load(Ordering::Relaxed) as u32, rows as u32]) {
                return Err(ProjectionError::Stopped);
            }
            let first = range.start;
            done.fetch_add(range.len(), Ordering::Relaxed);
            Ok((
                first,
                near(&points, &centres, &starts, range, count, probes),
            ))
        })
        .collect::<Result<_, _>>()?;

    let mut neighbours = Neighbours {
        count,
        indices: vec![0; rows * count],
        distances: vec![0.0; rows * count],
    };
    for (first, lists) in found {
        for (at, list) in (first..).zip(lists) {
            let to = order[at] as usize * count;
            for (to, (squared, name)) in (to..).zip(list) {
                neighbours.indices[to] = name;
                neighbours.distances[to] = points.distance(squared);
            }
        }
    }
    Ok(neighbours)
}

/// Where each cell's rows start, once they are in order; one more entry marks the end.
fn starts(homes: &[u32], cells: usize) -> Vec<usize> {
    let mut starts = vec![0; cells + 1];
    for home in homes {
        starts[*home as usize + 1] += 1;
    }
    for cell in 0..cells {
        starts[cell + 1] += starts[cell];
    }
    starts
}

/// How many cells hold enough of the true neighbours of picked rows.
fn probes(
    points: &Points,
    centres: &Centres,
    starts: &[usize],
    order: &[u32],
    count: usize,
    random: &mut SplitMix64,
) -> usize {
    let rows = points.rows();
    let picked: Vec<u32> = (0..PICKED).map(|_| random.below(rows) as u32).collect();
    let mut places = vec![0_u32; rows];
    order
        .iter()
        .zip(0..)
        .for_each(|(row, at)| places[*row as usize] = at);
    let held: Vec<Vec<usize>> = picked
        .par_chunks(32)
        .map(|picked| {
            let ranked = centres.ranked(points, picked);
            let mut held = vec![0; centres.count];
            for (found, ranked) in exact::of(points, picked, count).iter().zip(ranked) {
                let mut ranks = vec![0; centres.count];
                ranked
                    .iter()
                    .enumerate()
                    .for_each(|(rank, cell)| ranks[*cell as usize] = rank);
                for (_, name) in found {
                    let place = places[*name as usize] as usize;
                    let cell = starts.partition_point(|start| *start <= place) - 1;
                    held[ranks[cell]] += 1;
                }
            }
            held
        })
        .collect();
    let wanted = (WANTED_RECALL * (PICKED * count) as f64).ceil() as usize;
    let mut sum = 0;
    for probes in 1..centres.count {
        sum += held.iter().map(|held| held[probes - 1]).sum::<usize>();
        if sum >= wanted {
            // Enough cells also where the picked rows' were large.
            return probes + 1;
        }
    }
    centres.count
}

/// The neighbours of rows of one cell.
fn near(
    points: &Points,
    centres: &Centres,
    starts: &[usize],
    range: std::ops::Range<usize>,
    count: usize,
    probes: usize,
) -> Vec<List> {
    let queries: Vec<u32> = range.map(|row| row as u32).collect();
    let mut wanting: Vec<Vec<u32>> = vec![Vec::new(); centres.count];
    for (at, ranked) in centres.ranked(points, &queries).iter().enumerate() {
        let mut held = 0;
        for (rank, cell) in ranked.iter().enumerate() {
            // More cells where these hold too few rows to find as many neighbours in.
            if rank >= probes && held > 2 * (count + 1) {
                break;
            }
            held += starts[*cell as usize + 1] - starts[*cell as usize];
            wanting[*cell as usize].push(at as u32);
        }
    }
    let mut nearest: Vec<Nearest> = queries
        .iter()
        .map(|_| Nearest::new(count + spare(count)))
        .collect();
    let mut own = Vec::new();
    let mut products = Vec::new();
    for (cell, wanting) in wanting.iter().enumerate() {
        let members = starts[cell]..starts[cell + 1];
        if wanting.is_empty() || members.is_empty() {
            continue;
        }
        let rows: Vec<u32> = wanting.iter().map(|at| queries[*at as usize]).collect();
        own.clear();
        rows.iter()
            .for_each(|row| own.extend_from_slice(points.row(*row as usize)));
        products.resize(rows.len() * members.len(), 0.0);
        let mut wanted = wanting.iter().peekable();
        let selected = nearest.iter_mut().enumerate().filter_map(|(at, near)| {
            (wanted.next_if(|wanted| **wanted as usize == at)).map(|_| near)
        });
        compare(points, &rows, &own, members, &mut products, selected);
    }
    let finished = queries.iter().zip(nearest).map(|(query, near)| {
        let own = *query as usize;
        pulp::Arch::new().dispatch(|| near.finish(points, own, count).0)
    });
    finished.collect()
}

/// The centres of the cells.
struct Centres {
    count: usize,
    columns: usize,
    values: Vec<f32>,
    squared: Vec<f32>,
}

impl Centres {
    fn new(points: &Points, count: usize, random: &mut SplitMix64) -> Self {
        let (rows, columns) = (points.rows(), points.columns());
        // One row out of each of as many equal stretches: spread out, none twice.
        let sampled = rows.min(count * ROWS_PER_CENTRE);
        let sample: Vec<u32> = (0..sampled)
            .map(|at| {
                let (from, to) = (at * rows / sampled, (at + 1) * rows / sampled);
                (from + random.below(to - from)) as u32
            })
            .collect();
        let first = (0..count).flat_map(|at| points.row(sample[at * sampled / count] as usize));
        let mut centres = Self::of(first.copied().collect(), columns);
        for _ in 0..ROUNDS {
            let homes = centres.homes_of(points, &sample);
            let mut sums = vec![0.0_f64; count * columns];
            let mut held = vec![0_u32; count];
            for (row, home) in sample.iter().zip(homes) {
                let home = home as usize;
                held[home] += 1;
                let sum = &mut sums[home * columns..(home + 1) * columns];
                for (sum, value) in sum.iter_mut().zip(points.row(*row as usize)) {
                    *sum += f64::from(*value);
                }
            }
            let mut values = centres.values;
            for (cell, held) in held.iter().enumerate().filter(|(_, held)| **held > 0) {
                let range = cell * columns..(cell + 1) * columns;
                for (value, sum) in values[range.clone()].iter_mut().zip(&sums[range]) {
                    *value = (sum / f64::from(*held)) as f32;
                }
            }
            centres = Self::of(values, columns);
        }
        centres
    }

    fn of(values: Vec<f32>, columns: usize) -> Self {
        Self {
            count: values.len() / columns,
            columns,
            squared: values
                .chunks_exact(columns)
                .map(|row| super::points::squared_distance(row, None))
                .collect(),
            values,
        }
    }

    /// For some rows the distances to each centre, squared and less what is common to a row.
    fn distances(&self, points: &Points, rows: &[u32]) -> Vec<f32> {
        let own: Vec<f32> = rows
            .iter()
            .flat_map(|row| points.row(*row as usize))
            .copied()
            .collect();
        let mut out: Vec<f32> = rows.iter().flat_map(|_| &self.squared).copied().collect();
        let shaped = "invariant: as many elements as rows x columns";
        let own = ArrayView2::from_shape((rows.len(), self.columns), &own).expect(shaped);
        let centres =
            ArrayView2::from_shape((self.count, self.columns), &self.values).expect(shaped);
        let mut view = ArrayViewMut2::from_shape((rows.len(), self.count), &mut out).expect(shaped);
        general_mat_mul(-2.0, &own, &centres.t(), 1.0, &mut view);
        out
    }

    /// The cell of each of some rows.
    fn homes_of(&self, points: &Points, rows: &[u32]) -> Vec<u32> {
        rows.par_chunks(TASK_ROWS)
            .flat_map_iter(|rows| {
                let distances = self.distances(points, rows);
                let nearest = |distances: &[f32]| {
                    let cells = distances.iter().zip(0_u32..);
                    cells
                        .min_by(|a, b| a.0.total_cmp(b.0))
                        .map_or(0, |(_, cell)| cell)
                };
                distances
                    .chunks_exact(self.count)
                    .map(nearest)
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    fn homes(&self, points: &Points) -> Vec<u32> {
        self.homes_of(points, &(0..points.rows() as u32).collect::<Vec<_>>())
    }

    /// For some rows all cells, nearest first.
    fn ranked(&self, points: &Points, rows: &[u32]) -> Vec<Vec<u32>> {
        let distances = self.distances(points, rows);
        let ranked = distances.chunks_exact(self.count).map(|distances| {
            let mut cells: Vec<u32> = (0..self.count as u32).collect();
            cells.sort_by(|a, b| distances[*a as usize].total_cmp(&distances[*b as usize]));
            cells
        });
        ranked.collect()
    }
}
