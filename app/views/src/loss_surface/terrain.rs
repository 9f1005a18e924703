//! The terrain of a sweep: one row a value of the second coordinate, measured along the steps,
//! interpolated between neighbouring rows.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, MISSING, Refine, Scatter};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap, run_colour},
    scene::{
        ColourBar, Markers, NodeRecords, Path, PathColour, PointLabel, RecordRef, Scene, Surface,
        SurfaceWork,
    },
    ticks::format_value,
};

use super::Member;
use crate::{
    NotAvailable, Remedy, ViewSettings, axes,
    heights::{self, colour_range, contour_levels},
    samples::{self, Samples, counted, left_out},
};

/// Points in the moving average by default: noise from batch to batch hides the terrain.
const SMOOTHING: usize = 9;
/// Columns of the measured grid; longer runs are averaged into this many.
const COLUMNS: usize = 1024;
/// Runs whose lines are drawn, at most.
const MOST_LINES: usize = 40;
/// Rows that the refined surface has at least.
const REFINED_ROWS: usize = 160;

struct Row {
    member: usize,
    y: f64,
    samples: Samples,
    smooth: Vec<f64>,
}

/// The second coordinate of a sweep.
pub(super) struct PerRun {
    /// What to call it.
    pub(super) title: String,
    /// Where it comes from.
    pub(super) source: String,
    /// A number for each member; an index into the names where there are some.
    pub(super) values: Vec<f64>,
    /// Its values, where they are no numbers.
    pub(super) names: Option<Vec<String>>,
}

pub(super) fn build(
    members: &[Member],
    second: &PerRun,
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let PerRun {
        title: y_title,
        source: y_source,
        values: y_values,
        names,
    } = second;
    let window = settings.smoothing().unwrap_or(SMOOTHING).max(1);
    let mut rows: Vec<Row> = members
        .iter()
        .zip(y_values)
        .enumerate()
        .map(|(member, (Member { run, loss, .. }, &y))| {
            let samples = samples::samples(run, loss, settings);
            let smooth = samples::smoothed(&samples, window);
            Row {
                member,
                y,
                samples,
                smooth,
            }
        })
        .filter(|row| !row.samples.points.is_empty())
        .collect();
    if rows.is_empty() {
        return Err(
            NotAvailable::new("no run has a loss within the chosen steps")
                .remedied_by(Remedy::DrawAll),
        );
    }
    rows.sort_by(|a, b| a.y.total_cmp(&b.y));
    let all_rows = rows.len();
    if settings.log(1) == Some(true) && names.is_none() {
        rows.retain(|row| row.y > 0.0);
    }
    if rows.is_empty() {
        return Err(NotAvailable::new(format!(
            "no run has a {y_title} above zero, which a logarithmic axis needs; choose a linear one \
             (`--linear y`)"
        )));
    }
    let without_log = all_rows - rows.len();

    let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
    let key = members[0].loss.key().clone();
    let spread = rows[rows.len() - 1].y / rows[0].y;
    let y_scale = match names {
        Some(names) => Scale::Category(names.clone()),
        None if rows[0].y > 0.0 && spread >= 10.0 => Scale::Log10,
        None => Scale::Linear,
    };
    let (x_title, x_scale) = samples::x_title(&runs, &key, settings);
    let all_x = rows
        .iter()
        .flat_map(|row| row.samples.points.iter().map(|sample| sample.x));
    let x_axis = axes::axis(settings, 0, x_title, x_scale, all_x);
    let y_of_rows = rows.iter().map(|row| row.y);
    let mut y_axis = axes::axis(settings, 1, y_title.as_str(), y_scale, y_of_rows);
    if names.is_some() {
        (y_axis.low, y_axis.high) = (rows[0].y - 0.5, rows[rows.len() - 1].y + 0.5);
    }
    let drawn = rows.iter().flat_map(|row| {
        let raw = row.samples.points.iter().map(|sample| sample.value);
        row.smooth
            .iter()
            .copied()
            .chain(raw.filter(|_| settings.samples()))
    });
    let z_axis = axes::rounded_axis(settings, 2, key.as_ref(), Scale::Linear, drawn);

    let axes = [x_axis, y_axis, z_axis];
    // Between names there is no surface, so each run keeps its own row.
    let grid = measured_grid(&rows, &axes, names.is_none());
    let lowest = lowest_node(&grid);
    let map = settings.colours(ColourMap::default());
    let colour_range = colour_range(&grid.field);
    let (work, how) = match settings.method() {
        None => {
            let rows = grid.field.y_unit.len();
            let factor_y = (REFINED_ROWS.div_ceil(rows.max(2) - 1)).clamp(1, 24) as u32;
            let columns = grid.field.x_unit.len();
            let factor_x = if columns < 256 {
                (256 / columns).clamp(1, 8) as u32
            } else {
                1
            };
            let nodes = Arc::new(grid.field.clone());
            (
                SurfaceWork::Refine(Refine {
                    nodes,
                    factor_x,
                    factor_y,
                }),
                "monotone cubic between neighbouring runs",
            )
        }
        Some(method) => {
            let samples = scattered(&rows, &axes);
            let size = trainscape_compute::GridSize {
                width: 512,
                height: 256,
            };
            (
                SurfaceWork::Scatter(Scatter {
                    samples,
                    method,
                    size,
                    support_radius: None,
                }),
                heights::method_name(method),
            )
        }
    };

    let mut scene = Scene::new(axes);
    scene.title = format!("{key} over {} and {y_title}", scene.axes[0].title);
    scene.box_aspect = [1.45, 1.15, 0.78];
    scene.default_view = [(-52.0_f32).to_radians(), 30.0_f32.to_radians()];
    scene.keys = BTreeMap::from([
        ("loss".to_owned(), key.to_string()),
        ("second".to_owned(), y_source.clone()),
    ]);
    scene.runs = runs;
    let z_axis = &scene.axes[2];
    let z_at = |unit: f32| z_axis.value_from_unit(f64::from(unit));
    let bar_axis = Axis {
        title: key.to_string(),
        scale: z_axis.scale.clone(),
        low: z_at(colour_range[0]),
        high: z_at(colour_range[1]),
    };
    let contours = settings
        .contours()
        .then(|| contour_levels(&bar_axis, z_axis))
        .flatten();
    // Names have no order that a surface between them could mean.
    let has_surface =
        names.is_none() && grid.field.y_unit.len() >= 2 && grid.field.x_unit.len() >= 2;
    if has_surface {
        scene.surfaces.push(Surface {
            work,
            map,
            colour_range,
            shading: settings.shading(),
            contours,
            wireframe: settings.wireframe(),
            floor_projection: settings.floor(false),
            opacity: settings.opacity(1.0),
            records: Some(grid.records(&rows, &key)),
        });
        scene.colour_bar = Some(ColourBar {
            axis: bar_axis,
            map,
        });
    }
    let mut refused = 0;
    let every = rows.len().div_ceil(MOST_LINES);
    for (index, row) in rows.iter().enumerate() {
        let points = &row.samples.points;
        let placed = axes::placed(&scene.axes, &row.samples.strips(), |at| {
            [points[at].x, row.y, row.smooth[at]]
        });
        refused += placed.refused;
        if settings.samples() {
            let raw = points
                .iter()
                .filter_map(|sample| axes::place(&scene.axes, [sample.x, row.y, sample.value]));
            scene.markers.push(Markers {
                steps: Arc::new([]),
                name: "samples".to_owned(),
                positions_unit: raw.collect(),
                colour: Colour::hex(0x303030).with_opacity(0.9),
                diameter_pt: 1.6,
                outline: None,
            });
        }
        let pick = |values: &[f64]| placed.kept.iter().map(|at| values[*at]).collect();
        let mut details = match names {
            Some(_) => Vec::new(),
            None => vec![(y_title.clone(), vec![row.y; placed.kept.len()].into())],
        };
        if window > 1 {
            details.push((format!("mean of {window}"), pick(&row.smooth)));
        }
        let record = |at: &usize| RecordRef {
            run: row.member as u32,
            index: points[*at].index,
        };
        scene.paths.push(Path {
            name: members[row.member].run.name.to_string(),
            colour: if has_surface {
                PathColour::Theme
            } else {
                PathColour::Solid(run_colour(members[row.member].place))
            },
            width_pt: if has_surface { 0.55 } else { 1.0 },
            series_key: key.clone(),
            records: placed.kept.iter().map(record).collect(),
            positions_unit: placed.positions_unit.into(),
            // Lines side by side would hide the surface; their points are still found under the cursor.
            strips: if index % every == 0 {
                placed.strips
            } else {
                Vec::new()
            },
            details,
            describe: None,
        });
    }
    let mut best = String::new();
    if let Some((row, column)) = lowest {
        let node = row * grid.field.x_unit.len() + column;
        let value = grid.values[node];
        let y = grid.rows[row];
        let position_unit = [
            grid.field.x_unit[column],
            grid.field.y_unit[row],
            grid.field.values[node],
        ];
        let name = names.as_ref().and_then(|names| names.get(y as usize));
        let short = name.cloned().unwrap_or_else(|| format_short(y));
        let text = format!("{} at {short}", format_short(value));
        let y = name.cloned().unwrap_or_else(|| format_value(y));
        let is_shown = axes::is_inside(position_unit);
        if is_shown {
            scene.markers.push(Markers {
                steps: Arc::new([]),
                name: "lowest".to_owned(),
                positions_unit: Arc::new([position_unit]),
                colour: Colour::hex(0xffffff),
                diameter_pt: 5.5,
                outline: Some(Colour::hex(0x111111)),
            });
            scene.labels.push(PointLabel {
                position_unit,
                text,
            });
        }
        best = format!(
            " Lowest: {} at {y_title} {y}, {} {}{}.",
            format_value(value),
            scene.axes[0].title,
            format_value(grid.x[column]),
            if is_shown { " (dot)" } else { "" },
        );
    }
    let superseded = rows.iter().map(|row| row.samples.superseded).sum();
    let non_finite = rows.iter().map(|row| row.samples.non_finite).sum();
    let averaged = if window > 1 {
        format!(", each the centred mean over {window} points")
    } else {
        String::new()
    };
    let points: usize = rows.iter().map(|row| row.samples.points.len()).sum();
    let between = if names.is_some() {
        format!("values of {y_title} have no order, so there is no surface between them")
    } else if scene.surfaces.is_empty() {
        "with no second run beside it there is no surface".to_owned()
    } else {
        format!("lines are the runs, the surface between them is interpolated ({how})")
    };
    let mut caption = format!(
        "`{key}` of {} ({}{averaged}) over {} and {y_title} (from {y_source}); {between}.{best}{}",
        counted(rows.len(), "run"),
        counted(points, "logged point"),
        scene.axes[0].title,
        left_out(superseded, non_finite),
    );
    if grid.rows.len() < rows.len() {
        caption += &format!(" The surface averages runs with the same {y_title}.");
    }
    if every > 1 {
        caption += &format!(" Of the lines one in {every} is drawn.");
    }
    caption += &axes::refused_text(refused, &scene.axes);
    if without_log > 0 {
        caption += &format!(
            " {} with a {y_title} of zero or less not shown: it has no logarithm.",
            counted(without_log, "run")
        );
    }
    if grid.thinned {
        caption += &format!(
            " The surface averages the steps into {COLUMNS} columns; the lines keep every point."
        );
    }
    for note in notes {
        caption += &format!(" {note}.");
    }
    scene.caption = caption.replace('`', "");
    Ok(scene)
}

/// Three significant digits: enough beside a dot.
fn format_short(value: f64) -> String {
    let magnitude = value.abs();
    if (1e-4..1000.0).contains(&magnitude) {
        let decimals = (2.0 - magnitude.log10().floor()).clamp(0.0, 6.0) as usize;
        return format!("{value:.decimals$}");
    }
    format_value(value)
}

fn scattered(rows: &[Row], axes: &[Axis; 3]) -> Arc<[[f32; 3]]> {
    rows.iter()
        .flat_map(|row| {
            row.samples
                .points
                .iter()
                .zip(&row.smooth)
                .filter_map(|(sample, smooth)| axes::place(axes, [sample.x, row.y, *smooth]))
        })
        .collect()
}

/// The runs' smoothed losses at common x positions.
struct MeasuredGrid {
    field: Field,
    /// x of each column and y of each row in data units.
    x: Vec<f64>,
    /// Step of each column; empty where runs reach a column at different steps.
    steps: Vec<f64>,
    rows: Vec<f64>,
    /// Value of each node in data units; NaN where there is none.
    values: Vec<f64>,
    /// A member of each row.
    member_of_row: Vec<usize>,
    thinned: bool,
}

impl MeasuredGrid {
    fn records(&self, rows: &[Row], key: &str) -> NodeRecords {
        let positions: Vec<[f32; 3]> = self
            .field
            .values
            .iter()
            .enumerate()
            .map(|(node, value)| {
                let (row, column) = (node / self.x.len(), node % self.x.len());
                [self.field.x_unit[column], self.field.y_unit[row], *value]
            })
            .collect();
        let averaged = rows
            .iter()
            .any(|row| row.samples.points.len() != self.x.len());
        NodeRecords {
            positions_unit: positions.into(),
            rows: self.rows.iter().map(|y| format_value(*y)).collect(),
            x: self.x.clone().into(),
            steps: self.steps.clone().into(),
            values: self.values.clone().into(),
            value_name: if averaged {
                format!("{key} (averaged)")
            } else {
                key.to_owned()
            },
            drawn: None,
            run_of_row: self
                .member_of_row
                .iter()
                .map(|member| *member as u32)
                .collect(),
        }
    }
}

/// The grid of all rows; rows of one y become one, their mean, where `merges`.
fn measured_grid(rows: &[Row], [x_axis, y_axis, z_axis]: &[Axis; 3], merges: bool) -> MeasuredGrid {
    let mut columns: Vec<f64> = rows
        .iter()
        .flat_map(|row| row.samples.points.iter().map(|sample| sample.x))
        .collect();
    columns.retain(|x| x_axis.unit_from_value(*x).is_some());
    columns.sort_by(f64::total_cmp);
    columns.dedup();
    let thinned = columns.len() > COLUMNS;
    if thinned {
        let last = (COLUMNS - 1) as f64;
        columns = (0..COLUMNS)
            .map(|i| x_axis.value_from_unit(i as f64 / last))
            .collect();
    }
    let mut merged: Vec<(f64, Vec<usize>)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match merged.last_mut() {
            Some((y, same)) if merges && (row.y - *y).abs() <= y.abs() * 1e-6 => same.push(index),
            _ => merged.push((row.y, vec![index])),
        }
    }
    let mut values = Vec::with_capacity(columns.len() * merged.len());
    for (_, same) in &merged {
        let resampled: Vec<Vec<f64>> = same
            .iter()
            .map(|index| resample(&rows[*index], &columns, thinned))
            .collect();
        values.extend((0..columns.len()).map(|column| {
            let present: Vec<f64> = resampled
                .iter()
                .map(|row| row[column])
                .filter(|value| !value.is_nan())
                .collect();
            if present.is_empty() {
                f64::NAN
            } else {
                present.iter().sum::<f64>() / present.len() as f64
            }
        }));
    }
    let unit = |axis: &Axis, value: f64| axis.unit_from_value(value).map(|unit| unit as f32);
    let mut field = Field {
        x_unit: columns.iter().filter_map(|x| unit(x_axis, *x)).collect(),
        y_unit: merged
            .iter()
            .filter_map(|(y, _)| unit(y_axis, *y))
            .collect(),
        values: Vec::with_capacity(values.len()),
        support: Vec::with_capacity(values.len()),
    };
    for value in &values {
        let height = unit(z_axis, *value);
        field.values.push(height.unwrap_or(0.0));
        field
            .support
            .push(if height.is_some() { 1.0 } else { MISSING });
    }
    MeasuredGrid {
        field,
        steps: steps_of_columns(rows, &columns).unwrap_or_default(),
        x: columns,
        rows: merged.iter().map(|(y, _)| *y).collect(),
        values,
        member_of_row: merged
            .iter()
            .map(|(_, same)| rows[same[0]].member)
            .collect(),
        thinned,
    }
}

/// The step at which runs reach each column, where all agree: always where x is the step.
fn steps_of_columns(rows: &[Row], columns: &[f64]) -> Option<Vec<f64>> {
    let mut points = rows.iter().flat_map(|row| &row.samples.points);
    #[expect(clippy::float_cmp, reason = "x is the very step, or something else")]
    let x_is_step = points.all(|sample| sample.x == sample.step);
    if x_is_step {
        return Some(columns.to_vec());
    }
    let mut steps = vec![f64::NAN; columns.len()];
    for row in rows {
        let points = &row.samples.points;
        for (step, &x) in steps.iter_mut().zip(columns) {
            let next = points.partition_point(|sample| sample.x < x);
            let found = match (next.checked_sub(1), points.get(next)) {
                (_, Some(after)) if after.x <= x => after.step,
                (Some(before), Some(after)) => {
                    let before = &points[before];
                    before.step + (after.step - before.step) * (x - before.x) / (after.x - before.x)
                }
                _ => continue,
            };
            let agrees = step.is_nan() || (found - *step).abs() <= 1e-6 * found.abs().max(1.0);
            if !agrees {
                return None;
            }
            *step = found;
        }
    }
    steps.iter().all(|step| step.is_finite()).then_some(steps)
}

/// A row's smoothed values at the given x positions: linear between its samples, NaN outside of them and
/// across gaps; averaged over each column where columns are wider than the samples lie apart.
fn resample(row: &Row, columns: &[f64], average: bool) -> Vec<f64> {
    let mut values = vec![f64::NAN; columns.len()];
    for strip in row.samples.strips() {
        let range = strip.start as usize..strip.end as usize;
        let (points, smooth) = (&row.samples.points[range.clone()], &row.smooth[range]);
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            continue;
        };
        for (index, &x) in columns.iter().enumerate() {
            if x < first.x || x > last.x {
                continue;
            }
            let next = points.partition_point(|sample| sample.x < x);
            let value = if points[next].x == x || next == 0 {
                smooth[next]
            } else {
                let share = (x - points[next - 1].x) / (points[next].x - points[next - 1].x);
                smooth[next - 1] + (smooth[next] - smooth[next - 1]) * share
            };
            values[index] = value;
            if average {
                let half = |a: Option<&f64>| a.map_or(x, |a| (a + x) / 2.0);
                let from = half(index.checked_sub(1).and_then(|i| columns.get(i)));
                let to = half(columns.get(index + 1));
                let from = points.partition_point(|sample| sample.x < from);
                let to = points.partition_point(|sample| sample.x < to);
                if to > from {
                    values[index] = smooth[from..to].iter().sum::<f64>() / (to - from) as f64;
                }
            }
        }
    }
    values
}

fn lowest_node(grid: &MeasuredGrid) -> Option<(usize, usize)> {
    let width = grid.x.len();
    grid.values
        .iter()
        .enumerate()
        .filter(|(_, value)| !value.is_nan())
        .min_by(|a, b| a.1.total_cmp(b.1))
        .map(|(node, _)| (node / width, node % width))
}
