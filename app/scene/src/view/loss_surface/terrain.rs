//! The terrain of a sweep: one row a value of the second coordinate, measured along the steps,
//! interpolated between neighbouring rows.

use std::{collections::BTreeMap, sync::Arc};

use super::Member;
use crate::{
    axis::{Axis, Scale},
    compute::{Field, MISSING, Refine, Scatter},
    scene::{
        ColourBar, Markers, NodeRecords, Path, PathColour, PointLabel, Scene, Surface, SurfaceWork,
    },
    ticks::format_value,
    view::{
        NotAvailable, ViewKind, ViewSettings,
        heights::{self, colour_range, contour_levels},
        samples::{self, Samples, counted, left_out},
    },
};

/// Points in the moving average by default: noise from batch to batch hides the terrain.
const SMOOTHING: usize = 9;
/// Columns of the measured grid; longer runs are averaged into this many.
const COLUMNS: usize = 1024;
/// Rows that the refined surface has at least.
const REFINED_ROWS: usize = 160;

struct Row {
    member: usize,
    y: f64,
    samples: Samples,
    smooth: Vec<f64>,
}

pub(super) fn build(
    members: &[Member],
    y_title: &str,
    y_source: &str,
    y_values: &[f64],
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let window = settings.smoothing.unwrap_or(SMOOTHING).max(1);
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
        return Err(NotAvailable::new(
            "no run has a loss within the chosen steps".to_owned(),
        ));
    }
    rows.sort_by(|a, b| a.y.total_cmp(&b.y));

    let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
    let key = members[0].loss.key().clone();
    let spread = rows[rows.len() - 1].y / rows[0].y;
    let y_log = settings.log[1].unwrap_or(rows[0].y > 0.0 && spread >= 10.0);
    let (x_title, x_scale) = samples::x_title(&runs, &key, settings);
    let x_scale = if settings.log[0] == Some(true) {
        Scale::Log10
    } else {
        x_scale
    };
    let all_x = rows
        .iter()
        .flat_map(|row| row.samples.points.iter().map(|sample| sample.x));
    let x_axis = Axis::spanning(x_title, x_scale, all_x);
    let y_scale = if y_log { Scale::Log10 } else { Scale::Linear };
    let y_axis = Axis::spanning(y_title, y_scale, rows.iter().map(|row| row.y));
    let z_log = settings.log[2].unwrap_or(false);
    let z_scale = if z_log { Scale::Log10 } else { Scale::Linear };
    let drawn = rows.iter().flat_map(|row| {
        let raw = row.samples.points.iter().map(|sample| sample.value);
        row.smooth
            .iter()
            .copied()
            .chain(raw.filter(|_| settings.samples))
    });
    let z_axis = Axis::spanning(key.as_ref(), z_scale, drawn).rounded_outward();

    let grid = measured_grid(&rows, &x_axis, &y_axis, &z_axis);
    let lowest = lowest_node(&grid);
    let map = settings.map.unwrap_or_default();
    let colour_range = colour_range(&grid.field);
    let (work, how) = match settings.method {
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
            let samples = scattered(&rows, &x_axis, &y_axis, &z_axis);
            let size = crate::compute::GridSize {
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

    let mut scene = Scene {
        view: ViewKind::LossSurface,
        title: format!("{key} over {} and {y_title}", x_axis.title),
        caption: String::new(),
        axes: [x_axis, y_axis, z_axis],
        box_aspect: [1.45, 1.15, 0.78],
        default_view: [(-52.0_f32).to_radians(), 30.0_f32.to_radians()],
        surfaces: Vec::new(),
        meshes: Vec::new(),
        paths: Vec::new(),
        clouds: Vec::new(),
        markers: Vec::new(),
        labels: Vec::new(),
        colour_bar: None,
        legend: Vec::new(),
        keys: BTreeMap::from([
            ("loss".to_owned(), key.to_string()),
            ("second".to_owned(), y_source.to_owned()),
        ]),
        runs,
    };
    let [x_axis, y_axis, z_axis] = &scene.axes;
    let z_at = |unit: f32| z_axis.value_from_unit(f64::from(unit));
    let bar_axis = Axis {
        title: key.to_string(),
        scale: z_axis.scale.clone(),
        low: z_at(colour_range[0]),
        high: z_at(colour_range[1]),
    };
    let contours = settings
        .contours
        .then(|| contour_levels(&bar_axis, z_axis))
        .flatten();
    if grid.field.y_unit.len() >= 2 && grid.field.x_unit.len() >= 2 {
        scene.surfaces.push(Surface {
            work,
            map,
            colour_range,
            shading: settings.shading,
            contours,
            wireframe: settings.wireframe,
            floor_projection: settings.floor_projection.unwrap_or(false),
            opacity: 1.0,
            records: Some(grid.records(&rows, &key)),
        });
        scene.colour_bar = Some(ColourBar {
            axis: bar_axis,
            map,
        });
    }
    for row in &rows {
        let positions: Option<Arc<[[f32; 3]]>> = row
            .samples
            .points
            .iter()
            .zip(&row.smooth)
            .map(|(sample, smooth)| {
                unit_position([x_axis, y_axis, z_axis], sample.x, row.y, *smooth)
            })
            .collect();
        let Some(positions_unit) = positions else {
            continue;
        };
        if settings.samples {
            let raw = row.samples.points.iter().filter_map(|sample| {
                unit_position([x_axis, y_axis, z_axis], sample.x, row.y, sample.value)
            });
            scene.markers.push(Markers {
                name: "samples".to_owned(),
                positions_unit: raw.collect(),
                colour: crate::colour::Colour::hex(0x303030).with_opacity(0.9),
                diameter_pt: 1.6,
                outline: None,
            });
        }
        let mut details = vec![(y_title.to_owned(), vec![row.y; positions_unit.len()].into())];
        if window > 1 {
            details.push((format!("mean of {window}"), row.smooth.clone().into()));
        }
        scene.paths.push(Path {
            name: members[row.member].run.name.to_string(),
            strips: row.samples.strips(),
            colour: PathColour::Theme,
            width_pt: 0.55,
            series_key: key.clone(),
            records: samples::records(row.member as u32, &row.samples.points),
            positions_unit,
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
        scene.markers.push(Markers {
            name: "lowest".to_owned(),
            positions_unit: Arc::new([position_unit]),
            colour: crate::colour::Colour::hex(0xffffff),
            diameter_pt: 5.5,
            outline: Some(crate::colour::Colour::hex(0x111111)),
        });
        let text = format!("{} at {}", format_short(value), format_value(y));
        scene.labels.push(PointLabel {
            position_unit,
            text,
        });
        best = format!(
            " Lowest: {} at {y_title} {}, {} {} (dot).",
            format_value(value),
            format_value(y),
            scene.axes[0].title,
            format_value(grid.x[column]),
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
    let between = if scene.surfaces.is_empty() {
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
    if (0.01..1000.0).contains(&magnitude) {
        let decimals = (2.0 - magnitude.log10().floor()).clamp(0.0, 4.0) as usize;
        return format!("{value:.decimals$}");
    }
    format_value(value)
}

fn unit_position(axes: [&Axis; 3], x: f64, y: f64, z: f64) -> Option<[f32; 3]> {
    Some([
        axes[0].unit_from_value(x)? as f32,
        axes[1].unit_from_value(y)? as f32,
        axes[2].unit_from_value(z)? as f32,
    ])
}

fn scattered(rows: &[Row], x: &Axis, y: &Axis, z: &Axis) -> Arc<[[f32; 3]]> {
    rows.iter()
        .flat_map(|row| {
            row.samples
                .points
                .iter()
                .zip(&row.smooth)
                .filter_map(|(sample, smooth)| unit_position([x, y, z], sample.x, row.y, *smooth))
        })
        .collect()
}

/// The runs' smoothed losses at common x positions.
struct MeasuredGrid {
    field: Field,
    /// x of each column and y of each row in data units.
    x: Vec<f64>,
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
            steps: self.x.clone().into(),
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

fn measured_grid(rows: &[Row], x_axis: &Axis, y_axis: &Axis, z_axis: &Axis) -> MeasuredGrid {
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
            Some((y, same)) if (row.y - *y).abs() <= y.abs() * 1e-6 => same.push(index),
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
