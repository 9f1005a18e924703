//! The terrain of a sweep: a row for each value of the second coordinate, measured along the steps,
//! interpolated between adjacent rows.

mod curtain;
mod grid;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{GridSize, Refine, Scatter};
use trainscape_run::{Role, Run};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap, run_colour},
    scene::{
        ColourBar, Markers, MeshColour, Path, PathColour, PointLabel, RecordRef, Scene, Surface,
        SurfaceWork,
    },
    ticks::format_value,
};

use self::grid::{COLUMNS, MeasuredGrid, SweepRow};
use super::selection::{LossRun, PerRun};
use crate::{
    NotAvailable, Remedy, ViewSettings,
    axes::{self, PlacedLine},
    caption::Caption,
    heights::{self, colour_range, contour_levels},
    samples::{self, counted, counted_are, left_out, quantity_title},
};

/// Points in the moving average by default: batch noise hides the terrain.
const SMOOTHING: usize = 9;
/// The largest number of runs whose lines are drawn.
const MOST_LINES: usize = 40;
/// The smallest number of rows of the refined surface.
const REFINED_ROWS: usize = 160;
/// Nodes of a surface that is interpolated from samples.
const SCATTER_SIZE: GridSize = GridSize {
    width: 512,
    height: 256,
};

/// The selected data.
struct Terrain<'a> {
    members: &'a [LossRun],
    second: &'a PerRun,
    settings: &'a ViewSettings,
    runs: Vec<Arc<Run>>,
    /// The loss.
    key: Arc<str>,
    /// Points in the moving average.
    window: usize,
    /// The runs with samples, by rising second coordinate.
    rows: Vec<SweepRow>,
    /// Runs left out because their second coordinate is not positive and its axis is logarithmic.
    without_log: usize,
}

pub(super) fn build(
    members: &[LossRun],
    second: &PerRun,
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let terrain = Terrain::select(members, second, settings)?;
    let axes = terrain.axes();
    // No surface is drawn between names, so runs with the same name are not merged.
    let grid = grid::measured_grid(&terrain.rows, &axes, second.names.is_none());
    let mut scene = terrain.empty_scene(axes);
    if terrain.has_surface(&grid) {
        terrain.add_surface(&mut scene, &grid);
    }
    let not_placed = terrain.add_lines(&mut scene);
    let minimum = terrain.add_minimum(&mut scene, &grid);
    scene.caption = terrain.caption(&scene, &grid, &minimum, not_placed, notes);
    Ok(scene)
}

impl<'a> Terrain<'a> {
    fn select(
        members: &'a [LossRun],
        second: &'a PerRun,
        settings: &'a ViewSettings,
    ) -> Result<Self, NotAvailable> {
        let window = settings.smoothing().unwrap_or(SMOOTHING).max(1);
        let mut rows: Vec<SweepRow> = members
            .iter()
            .zip(&second.values)
            .enumerate()
            .map(|(member, (LossRun { run, loss, .. }, &y))| {
                let samples = samples::samples(run, loss, settings);
                let smooth = samples::smoothed(&samples, window);
                SweepRow {
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
        if settings.log(1) == Some(true) && second.names.is_none() {
            rows.retain(|row| row.y > 0.0);
        }
        if rows.is_empty() {
            return Err(NotAvailable::new(format!(
                "no run has a {} above zero, which a logarithmic axis needs; choose a linear one \
                 (`--linear y`)",
                second.title
            )));
        }
        Ok(Self {
            members,
            second,
            settings,
            runs: members.iter().map(|member| member.run.clone()).collect(),
            key: members[0].loss.key().clone(),
            window,
            without_log: all_rows - rows.len(),
            rows,
        })
    }

    fn axes(&self) -> [Axis; 3] {
        let (rows, settings) = (&self.rows, self.settings);
        let (first, last) = (rows[0].y, rows[rows.len() - 1].y);
        let (x_title, x_scale) = samples::x_title(&self.runs, &self.key, settings);
        let all_x = rows
            .iter()
            .flat_map(|row| row.samples.points.iter().map(|sample| sample.x));
        let x_axis = axes::axis(settings, 0, x_title, x_scale, all_x);
        let y_scale = match &self.second.names {
            Some(names) => Scale::Category(names.clone()),
            None if first > 0.0 && last / first >= 10.0 => Scale::Log10,
            None => Scale::Linear,
        };
        let y_of_rows = rows.iter().map(|row| row.y);
        let mut y_axis = axes::axis(settings, 1, self.second.title.as_str(), y_scale, y_of_rows);
        if self.second.names.is_some() {
            (y_axis.low, y_axis.high) = (first - 0.5, last + 0.5);
        }
        let drawn = rows.iter().flat_map(|row| {
            let raw = row.samples.points.iter().map(|sample| sample.value);
            let lowest = raw.clone().min_by(f64::total_cmp);
            row.smooth
                .iter()
                .copied()
                .chain(raw.filter(|_| settings.samples()))
                .chain(lowest.filter(|_| self.second.are_runs))
        });
        let z_axis = axes::rounded_axis(settings, 2, self.key.as_ref(), Scale::Linear, drawn);
        [x_axis, y_axis, z_axis]
    }

    fn title(&self, axes: &[Axis; 3]) -> String {
        let loss = quantity_title(&self.key, Some(Role::Loss));
        let x = &axes[0].title;
        match (self.second.are_runs, self.rows.as_slice()) {
            (true, [row]) => format!("{loss} by {x}, {}", self.members[row.member].run.name),
            _ => format!(
                "{loss} by {x} and {} ({})",
                self.second.title,
                counted(self.rows.len(), "run")
            ),
        }
    }

    fn empty_scene(&self, axes: [Axis; 3]) -> Scene {
        Scene {
            title: self.title(&axes),
            box_aspect: [1.45, 1.15, 0.78],
            default_view: [(-52.0_f32).to_radians(), 30.0_f32.to_radians()],
            keys: BTreeMap::from([
                ("loss".to_owned(), self.key.to_string()),
                ("second".to_owned(), self.second.source.clone()),
            ]),
            runs: self.runs.clone(),
            ..Scene::new(axes)
        }
    }

    /// Names have no order, so a surface between them has no meaning.
    fn has_surface(&self, grid: &MeasuredGrid) -> bool {
        self.second.names.is_none() && grid.field.y_unit.len() >= 2 && grid.field.x_unit.len() >= 2
    }

    fn add_surface(&self, scene: &mut Scene, grid: &MeasuredGrid) {
        let settings = self.settings;
        let map = settings.colours(ColourMap::default());
        let colour_range = colour_range(&grid.field);
        let z_axis = &scene.axes[2];
        let z_at = |unit: f32| z_axis.value_from_unit(f64::from(unit));
        let bar_axis = Axis {
            title: self.key.to_string(),
            scale: z_axis.scale.clone(),
            low: z_at(colour_range[0]),
            high: z_at(colour_range[1]),
        };
        let contours = settings
            .contours()
            .then(|| contour_levels(&bar_axis, z_axis))
            .flatten();
        scene.surfaces.push(Surface {
            work: self.surface_work(&scene.axes, grid),
            map,
            colour_range,
            shading: settings.shading(),
            contours,
            wireframe: settings.wireframe(),
            floor_projection: settings.floor(false),
            opacity: settings.opacity(1.0),
            records: Some(grid.records(&self.rows, &self.key)),
        });
        scene.colour_bar = Some(ColourBar {
            axis: bar_axis,
            map,
        });
    }

    fn surface_work(&self, axes: &[Axis; 3], grid: &MeasuredGrid) -> SurfaceWork {
        if let Some(method) = self.settings.method() {
            return SurfaceWork::Scatter(Scatter {
                samples: grid::scattered(&self.rows, axes),
                method,
                size: SCATTER_SIZE,
                support_radius: None,
            });
        }
        let (rows, columns) = (grid.field.y_unit.len(), grid.field.x_unit.len());
        let factor_x = if columns < 256 {
            (256 / columns).clamp(1, 8) as u32
        } else {
            1
        };
        SurfaceWork::Refine(Refine {
            nodes: Arc::new(grid.field.clone()),
            factor_x,
            factor_y: (REFINED_ROWS.div_ceil(rows.max(2) - 1)).clamp(1, 24) as u32,
        })
    }

    /// One line in this many is drawn.
    fn line_stride(&self) -> usize {
        self.rows.len().div_ceil(MOST_LINES)
    }

    /// Adds the line of each run, and its samples if they are enabled; returns how many points the axes cannot
    /// show.
    fn add_lines(&self, scene: &mut Scene) -> usize {
        let mut not_placed = 0;
        for (index, row) in self.rows.iter().enumerate() {
            let points = &row.samples.points;
            let placed = axes::placed(&scene.axes, &row.samples.strips(), |at| {
                [points[at].x, row.y, row.smooth[at]]
            });
            not_placed += placed.not_placed;
            if self.settings.samples() {
                scene.markers.push(samples_of_row(row, &scene.axes));
            }
            if self.second.are_runs && index % self.line_stride() == 0 {
                let colour = self.curtain_colour(row);
                let steps = |at: usize| points[placed.kept[at]].step;
                scene.meshes.extend(curtain::mesh(
                    &self.members[row.member].run.name,
                    &placed,
                    colour,
                    steps,
                ));
            }
            // Too many lines would hide the surface; points of the others can still be picked.
            let is_drawn = index % self.line_stride() == 0;
            let line = self.line(row, placed, is_drawn, !scene.surfaces.is_empty());
            scene.paths.push(line);
        }
        not_placed
    }

    /// The only run's curtain shows its heights, one of several its run.
    fn curtain_colour(&self, row: &SweepRow) -> MeshColour {
        match self.rows.len() {
            1 => MeshColour::Height(self.settings.colours(ColourMap::default()), [0.0, 1.0]),
            _ => MeshColour::Solid(run_colour(self.members[row.member].ordinal)),
        }
    }

    fn line(&self, row: &SweepRow, placed: PlacedLine, is_drawn: bool, on_surface: bool) -> Path {
        let member = &self.members[row.member];
        let mut details = match self.second.names {
            Some(_) => Vec::new(),
            None => vec![(
                self.second.title.clone(),
                vec![row.y; placed.kept.len()].into(),
            )],
        };
        if self.window > 1 {
            let smooth = placed.kept.iter().map(|at| row.smooth[*at]).collect();
            details.push((format!("mean of {}", self.window), smooth));
        }
        let record = |at: &usize| RecordRef {
            run: row.member as u32,
            index: row.samples.points[*at].index,
        };
        Path {
            name: member.run.name.to_string(),
            colour: if on_surface {
                PathColour::Theme
            } else {
                PathColour::Solid(run_colour(member.ordinal))
            },
            width_pt: if on_surface { 0.55 } else { 1.0 },
            series_key: self.key.clone(),
            records: placed.kept.iter().map(record).collect(),
            positions_unit: placed.positions_unit.into(),
            strips: if is_drawn { placed.strips } else { Vec::new() },
            details,
            describe: None,
        }
    }

    /// Marks the lowest logged record of the runs; returns the caption's sentence.
    fn add_lowest_record(&self, scene: &mut Scene) -> String {
        let records = self.rows.iter().flat_map(|row| {
            let points = row.samples.points.iter();
            points.map(move |point| (row, point))
        });
        let Some((row, point)) = records.min_by(|a, b| a.1.value.total_cmp(&b.1.value)) else {
            return String::new();
        };
        let name = &self.members[row.member].run.name;
        let at = axes::place(&scene.axes, [point.x, row.y, point.value]);
        if let Some(position_unit) = at.filter(|at| axes::is_inside(*at)) {
            scene.markers.push(minimum_marker(position_unit));
            scene.labels.push(PointLabel {
                position_unit,
                text: format_short(point.value),
            });
        }
        format!(
            "Lowest logged value: {} at {} {} of {name}{}",
            format_value(point.value),
            scene.axes[0].title,
            format_value(point.x),
            if at.is_some() { " (dot)" } else { "" },
        )
    }

    /// Marks the node with the smallest value; returns the caption's sentence.
    fn add_minimum(&self, scene: &mut Scene, grid: &MeasuredGrid) -> String {
        if self.second.are_runs {
            return self.add_lowest_record(scene);
        }
        let Some((row, column)) = grid::smallest_node(grid) else {
            return String::new();
        };
        let node = row * grid.field.x_unit.len() + column;
        let (value, y) = (grid.values[node], grid.rows[row]);
        let position_unit = [
            grid.field.x_unit[column],
            grid.field.y_unit[row],
            grid.field.values[node],
        ];
        let names = self.second.names.as_ref();
        let name = names.and_then(|names| names.get(y as usize));
        let is_shown = axes::is_inside(position_unit);
        if is_shown {
            scene.markers.push(minimum_marker(position_unit));
            let short_y = name.cloned().unwrap_or_else(|| format_short(y));
            scene.labels.push(PointLabel {
                position_unit,
                text: format!("{} at {short_y}", format_short(value)),
            });
        }
        format!(
            "Minimum: {} at {} {}, {} {}{}",
            format_value(value),
            self.second.title,
            name.cloned().unwrap_or_else(|| format_value(y)),
            scene.axes[0].title,
            format_value(grid.x[column]),
            if is_shown { " (dot)" } else { "" },
        )
    }

    fn caption(
        &self,
        scene: &Scene,
        grid: &MeasuredGrid,
        minimum: &str,
        not_placed: usize,
        notes: &[String],
    ) -> String {
        let y_title = &self.second.title;
        let sum = |of: fn(&SweepRow) -> usize| -> usize { self.rows.iter().map(of).sum() };
        let surface = if self.second.are_runs {
            "the curtains below them only show their place".to_owned()
        } else if self.second.names.is_some() {
            format!("no surface is drawn between values of {y_title}, which have no order")
        } else if scene.surfaces.is_empty() {
            "no surface is drawn: it needs two runs and two steps".to_owned()
        } else {
            let how = self
                .settings
                .method()
                .map_or("monotone cubic between adjacent runs", heights::method_name);
            format!("the surface is interpolated between them ({how})")
        };
        let stride = self.line_stride();
        let of = match self.second.are_runs {
            true => String::new(),
            false => format!(
                " and {y_title} (from {})",
                self.second.source.replace('`', "")
            ),
        };
        Caption::new(format!(
            "{} by {}{of} for {}, {}",
            self.key,
            scene.axes[0].title,
            counted(self.rows.len(), "run"),
            counted(sum(|row| row.samples.points.len()), "logged point"),
        ))
        .sentence(format!("Lines are runs; {surface}"))
        .sentence(minimum)
        .sentence_if(self.window > 1, || {
            format!("Values are centred means over {} points", self.window)
        })
        .sentence_if(grid.rows.len() < self.rows.len(), || {
            format!("The surface averages runs with the same {y_title}")
        })
        .sentence_if(grid.thinned && !scene.surfaces.is_empty(), || {
            format!(
                "The surface averages the steps into {COLUMNS} columns; the lines show every point"
            )
        })
        .sentence_if(stride > 1, || format!("One line in {stride} is drawn"))
        .sentence(left_out(
            sum(|row| row.samples.superseded),
            sum(|row| row.samples.non_finite),
        ))
        .sentence(axes::not_placed_text(not_placed, &scene.axes))
        .sentence_if(self.without_log > 0, || {
            format!(
                "{} left out: the {y_title} is zero or less on a logarithmic axis",
                counted_are(self.without_log, "run")
            )
        })
        .sentences(notes)
        .into_text()
    }
}

fn minimum_marker(position_unit: [f32; 3]) -> Markers {
    Markers {
        steps: Arc::new([]),
        name: "minimum".to_owned(),
        positions_unit: Arc::new([position_unit]),
        colour: Colour::hex(0xffffff),
        diameter_pt: 5.5,
        outline: Some(Colour::hex(0x111111)),
    }
}

fn samples_of_row(row: &SweepRow, axes: &[Axis; 3]) -> Markers {
    let points = row.samples.points.iter();
    Markers {
        steps: Arc::new([]),
        name: "samples".to_owned(),
        positions_unit: points
            .filter_map(|sample| axes::place(axes, [sample.x, row.y, sample.value]))
            .collect(),
        colour: Colour::hex(0x303030).with_opacity(0.9),
        diameter_pt: 1.6,
        outline: None,
    }
}

/// Three significant digits: enough for a label.
fn format_short(value: f64) -> String {
    let magnitude = value.abs();
    if (1e-4..1000.0).contains(&magnitude) {
        let decimals = (2.0 - magnitude.log10().floor()).clamp(0.0, 6.0) as usize;
        return format!("{value:.decimals$}");
    }
    format_value(value)
}
