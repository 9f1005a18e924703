//! The terrain of a sweep: a row for each run at its second coordinate, measured along the steps, and interpolated
//! between adjacent rows where that predicts runs that it has not seen.

mod describe;
mod grid;
mod row;
mod selected;
mod sheets;
mod surface;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Role, Run};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap, run_colour},
    scene::{LegendEntry, LegendMark, MeshColour, Path, PathColour, RecordRef, Scene},
    ticks::{format_derived, format_value},
};

use self::{describe::Described, grid::MeasuredGrid, row::SweepRow, selected::Terrain};
use super::{comparison, selection::PerRun};
use crate::{
    NotAvailable, Value, ViewSettings,
    axes::{self, PlacedLine},
    caption::Caption,
    common::{FACETS, METHOD, SMOOTHING},
    curtain,
    decimation::{Decimation, MOST_DOTS, MOST_ON_LINES},
    extremes::{Extremes, Record},
    held_out::{SURFACE, SurfaceTest},
    logged_points::{FEW_LINES, LoggedPoints},
    not_finite,
    ranges::{self, Outliers},
    run_rows::RunSeries,
    samples::{counted, quantity_title},
    side::Side,
    waterfall,
    waterfall::WATERFALL,
    x_lookup,
};

/// The largest number of runs whose lines are drawn.
const MOST_LINES: usize = 40;
/// The largest number of other factors' values in the legend.
const MOST_SHEETS: usize = 14;

/// The largest number of values of another factor that have panels.
const MOST_PANELS: usize = 12;

/// Whether no setting asks for the second axis or its surface. Few lines without a surface are compared in one plane.
fn is_by_default(settings: &ViewSettings) -> bool {
    let switches = [&SURFACE, &WATERFALL];
    settings.second().is_none()
        && switches
            .iter()
            .all(|switch| settings.chosen_switch(switch).is_none())
}

/// `runs` are all that are open, the members those with a loss and a second coordinate.
pub(super) fn build(
    (runs, members): (&[Arc<Run>], &[RunSeries]),
    second: &PerRun,
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let terrain = Terrain::select(members, second, settings)?;
    if settings.second().is_none() && terrain.sheets.are_single_runs() {
        // Each run is a configuration of its own: the second coordinate is one of many settings.
        let Some(stand_in) = comparison::of_losses(members, runs, settings) else {
            return waterfall::build(members, Some(Role::Loss), notes, settings);
        };
        return waterfall::build(&stand_in.members, stand_in.role, &stand_in.notes, settings);
    }
    let marked = terrain.extremes().marked();
    let axes = terrain.axes(marked, false);
    let grids = terrain.grids(&axes);
    let mut scene = terrain.empty_scene(axes);
    // No surface is drawn between names, which have no order.
    let has_order = second.names.is_none() && terrain.rows.len() > 1;
    let can_be_drawn = has_order && grids.iter().any(MeasuredGrid::is_surface);
    let test = has_order.then(|| terrain.held_out_test(&scene.axes, &grids));
    let wanted = settings.chosen_switch(&SURFACE);
    let allows = test.as_ref().is_some_and(SurfaceTest::allows);
    if can_be_drawn && wanted.unwrap_or(allows) {
        terrain.add_surfaces(&mut scene, &grids);
    }
    if scene.surfaces.is_empty() && is_by_default(settings) {
        // Nobody expects a surface of few runs.
        let test = test.filter(|test| !matches!(test, SurfaceTest::TooFew { .. }));
        let why = test.map(|test| test.sentence(false));
        return terrain.without_surface(runs, notes, why);
    }
    let shows_raw = terrain.shows_raw(&scene);
    if shows_raw {
        scene.axes = terrain.axes(marked, true);
    }
    let (not_placed, downsampled) = terrain.add_lines(&mut scene);
    let of_dots = if shows_raw {
        terrain.add_logged_points(&mut scene)
    } else {
        String::new()
    };
    let outliers = terrain.add_outliers(&mut scene, shows_raw);
    let places = terrain.rows.iter().map(|row| (&row.row.samples, row.y));
    let not_finite = not_finite::add(&mut scene, not_finite::of_rows(places));
    let minimum = terrain.add_minimum(&mut scene);
    scene.caption = terrain.caption(
        &scene,
        &Described {
            grids: &grids,
            test: test.filter(|_| wanted != Some(false)),
            minimum,
            beyond: downsampled
                .sentence(of_dots)
                .sentence(outliers)
                .sentence(not_finite)
                .into_text(),
            shows_raw,
            not_placed,
        },
        notes,
    );
    let has_surface = !scene.surfaces.is_empty();
    scene.choose(SURFACE.name, has_surface);
    scene.choose(WATERFALL.name, false);
    scene.choose(SMOOTHING.name, terrain.window);
    scene.choose(METHOD.name, "Monotone cubic");
    Ok(scene)
}

impl Terrain<'_> {
    /// The lines in the plane: those of each value of one other factor in a panel, those of one factor or of many in one.
    /// `why` says why there is no surface of the losses.
    fn without_surface(
        &self,
        runs: &[Arc<Run>],
        notes: &[String],
        why: Option<String>,
    ) -> Result<Scene, NotAvailable> {
        let sheets = &self.sheets;
        let stand_in = comparison::of_losses(self.members, runs, self.settings);
        let (members, role) = match &stand_in {
            Some(stand_in) => (&*stand_in.members, stand_in.role),
            None => (self.members, Some(Role::Loss)),
        };
        let notes: Vec<String> = match &stand_in {
            Some(stand_in) => stand_in.notes.clone(),
            None => notes.iter().cloned().chain(why).collect(),
        };
        let factor = sheets.factor.as_ref().filter(|_| {
            sheets.factors == 1
                && sheets.sheets.len() <= MOST_PANELS
                && self.settings.facets().is_none()
        });
        let Some(factor) = factor else {
            return waterfall::in_plane(members, role, &notes, self.settings);
        };
        let mut settings = self.settings.clone();
        settings.controls.set(&FACETS, Value::from(factor.as_str()));
        waterfall::in_plane(members, role, &notes, &settings)
    }

    fn extremes(&self) -> Extremes<'_> {
        Extremes {
            side: Side::Lowest,
            members: self.members,
            rows: self.rows.iter().map(|row| &row.row).collect(),
            window: self.window,
        }
    }

    /// The axes; `with_raw`: over the logged values behind the lines, too.
    fn axes(&self, marked: Option<Record>, with_raw: bool) -> [Axis; 3] {
        let (rows, settings) = (&self.rows, self.settings);
        let (first, last) = (rows[0].y, rows[rows.len() - 1].y);
        let (x_title, x_scale) = x_lookup::x_title(&self.runs, &self.key, settings);
        let all_x = rows.iter().flat_map(|row| row.row.samples.all_x());
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
        let heights: Vec<Vec<f64>> = rows
            .iter()
            .enumerate()
            .map(|(index, SweepRow { row, .. })| {
                let logged = |at: usize| row.samples.points[at].value;
                let marked = marked.filter(|record| record.row == index);
                let shown = 0..if settings.samples() {
                    row.smooth.len()
                } else {
                    0
                };
                let raw = shown.chain(marked.map(|record| record.at)).map(logged);
                row.smooth.iter().copied().chain(raw).collect()
            })
            .collect();
        let z_scale = ranges::scale_of(heights.iter().flatten().copied());
        let mut heights = heights;
        if with_raw {
            let logged = rows.iter().flat_map(|row| row.row.samples.values());
            let scale = axes::scale(settings, 2, z_scale.clone());
            heights.push(ranges::beside(
                settings,
                &scale,
                &heights.concat(),
                logged.collect(),
            ));
        }
        let z_axis = ranges::height_axis(settings, &self.key, z_scale, &heights, true);
        [x_axis, y_axis, z_axis]
    }

    /// The measured nodes of each sheet, divided where its rows are far apart.
    fn grids(&self, axes: &[Axis; 3]) -> Vec<MeasuredGrid> {
        let places = |rows: &[usize]| -> Vec<f64> {
            let units = rows
                .iter()
                .map(|row| axes[1].unit_from_value(self.rows[*row].y));
            units.map(|unit| unit.unwrap_or(0.0)).collect()
        };
        let mut grids = Vec::new();
        for sheet in &self.sheets.sheets {
            let whole = Path::unbroken(sheet.rows.len());
            for part in crate::segments::segments(&whole, &[], &places(&sheet.rows)) {
                let rows = &sheet.rows[part.start as usize..part.end as usize];
                grids.push(grid::measured_grid(&self.rows, rows, axes));
            }
        }
        grids
    }

    fn empty_scene(&self, axes: [Axis; 3]) -> Scene {
        Scene {
            title: format!(
                "{} by {} and {}, {}",
                quantity_title(&self.key, Some(Role::Loss)),
                axes[0].title,
                self.second.title,
                counted(self.rows.len(), "run")
            ),
            box_aspect: [1.45, 1.15, 0.78],
            default_view: [(-52.0_f32).to_radians(), 30.0_f32.to_radians()],
            fills_page: true,
            keys: BTreeMap::from([
                ("loss".to_owned(), self.key.to_string()),
                ("second".to_owned(), self.second.source.clone()),
            ]),
            runs: self.runs.clone(),
            ..Scene::new(axes)
        }
    }

    /// Whether the logged points are drawn behind smoothed lines: a surface would hide them.
    fn shows_raw(&self, scene: &Scene) -> bool {
        let are_few = self.rows.len() <= FEW_LINES;
        self.window > 1 && are_few && scene.surfaces.is_empty() && !self.settings.samples()
    }

    /// Adds the logged points behind the lines; returns the caption's sentence on those that are not drawn.
    fn add_logged_points(&self, scene: &mut Scene) -> String {
        let mut logged = LoggedPoints::default();
        let colours = self.line_colours(&scene.axes[1]);
        let rows: Vec<_> = self
            .rows
            .iter()
            .zip(colours)
            .map(|(SweepRow { y, row }, colour)| {
                (&self.members[row.member], &row.samples, *y, colour)
            })
            .collect();
        let downsampled = logged.add_rows(&scene.axes, &rows);
        scene.picks_paths = false;
        scene.clouds.push(logged.cloud(true));
        downsampled
    }

    /// One line in this many is drawn on a surface, which the others would hide.
    fn line_stride(&self, scene: &Scene) -> usize {
        if scene.surfaces.is_empty() {
            1
        } else {
            self.rows.len().div_ceil(MOST_LINES)
        }
    }

    /// Adds the line of each run, and its samples if they are enabled; returns how many points the axes cannot
    /// show, and the caption's sentences on those that are not drawn.
    fn add_lines(&self, scene: &mut Scene) -> (usize, Caption) {
        let mut not_placed = 0;
        let rows = self.rows.iter();
        let lens: Vec<usize> = rows.map(|row| row.row.samples.points.len()).collect();
        let at = |index: usize, at: usize| {
            let SweepRow { y, row } = &self.rows[index];
            [row.samples.points[at].x, *y, row.smooth[at]]
        };
        let logged = |index: usize, at: usize| {
            let SweepRow { y, row } = &self.rows[index];
            row.samples.points[at].at(*y)
        };
        let decimation = Decimation::of(&scene.axes, &lens, MOST_ON_LINES, at);
        let of_samples = Decimation::of(&scene.axes, &lens, MOST_DOTS, logged);
        let on_surface = !scene.surfaces.is_empty();
        let colours = self.line_colours(&scene.axes[1]);
        let stride = self.line_stride(scene);
        for (index, SweepRow { y, row }) in self.rows.iter().enumerate() {
            let at = |point: usize| at(index, point);
            let placed = decimation.placed(index, &scene.axes, &row.samples.strips(), at);
            not_placed += placed.not_placed;
            if self.settings.samples() {
                let member = &self.members[row.member];
                let place = (index, *y);
                let samples =
                    curtain::samples(member, &row.samples, place, &scene.axes, &of_samples);
                scene.picks_paths &= self.window == 1;
                scene.markers.push(samples);
            }
            if !on_surface && self.rows.len() <= MOST_LINES && self.is_alone(index) {
                let below = decimation.placed(index, &scene.axes, &row.segments, at);
                let name = &self.members[row.member].run.name;
                let steps = |at: usize| row.samples.points[below.kept[at]].step;
                let colour = MeshColour::Solid(colours[index]);
                scene
                    .meshes
                    .extend(curtain::mesh(name, &below, colour, steps));
            }
            let colour = if on_surface {
                PathColour::Theme
            } else {
                PathColour::Solid(colours[index])
            };
            let line = self.line(index, placed, colour, index % stride == 0);
            scene.paths.push(line);
        }
        if !on_surface {
            scene.legend.extend(self.legend());
        }
        let dots = self.settings.samples().then(|| of_samples.text("Dots"));
        let downsampled = Caption::new(decimation.text("Lines")).sentences(dots);
        (not_placed, downsampled)
    }

    /// The colour of each row: of the other factors, of its name, or of its second coordinate.
    fn line_colours(&self, y: &Axis) -> Vec<Colour> {
        let map = self.settings.colours(ColourMap::default());
        let sheets = &self.sheets.sheets;
        let sheet_of = |row: usize| sheets.iter().position(|sheet| sheet.rows.contains(&row));
        let rows = self.rows.iter().enumerate();
        rows.map(|(index, row)| {
            if sheets.len() > 1 {
                run_colour(sheet_of(index).unwrap_or(0))
            } else if self.second.names.is_some() {
                run_colour(self.members[row.row.member].ordinal)
            } else {
                map.colour(y.unit_from_value(row.y).unwrap_or(0.0) as f32)
            }
        })
        .collect()
    }

    fn legend(&self) -> Vec<LegendEntry> {
        let sheets = &self.sheets.sheets;
        if sheets.len() < 2 || sheets.len() > MOST_SHEETS || self.second.names.is_some() {
            return Vec::new();
        }
        let entries = sheets.iter().enumerate().map(|(index, sheet)| LegendEntry {
            label: sheet.label.clone(),
            colour: Some(run_colour(index)),
            mark: LegendMark::Line,
        });
        entries.collect()
    }

    fn line(&self, index: usize, placed: PlacedLine, colour: PathColour, is_drawn: bool) -> Path {
        let SweepRow { y, row } = &self.rows[index];
        let mut details = match self.second.names {
            Some(_) => Vec::new(),
            None => vec![(
                self.second.title.clone(),
                vec![*y; placed.kept.len()].into(),
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
            name: self.members[row.member].run.name.to_string(),
            width_pt: if matches!(colour, PathColour::Theme) {
                0.55
            } else {
                1.0
            },
            colour,
            series_key: self.key.clone(),
            records: placed.kept.iter().map(record).collect(),
            positions_unit: placed.positions_unit.into(),
            strips: if is_drawn { placed.strips } else { Vec::new() },
            details,
            describe: None,
        }
    }

    /// Marks the drawn points beyond the axis, which are the logged ones where they are drawn behind the lines.
    fn add_outliers(&self, scene: &mut Scene, shows_raw: bool) -> String {
        let mut outliers = Outliers::default();
        for SweepRow { y, row } in &self.rows {
            for (sample, smooth) in row.samples.points.iter().zip(&row.smooth) {
                let value = if shows_raw { sample.value } else { *smooth };
                outliers.visit(&scene.axes[2], [sample.x, *y, value], sample.step);
            }
        }
        outliers.add(self.settings, scene)
    }

    /// Marks the lowest record; returns the caption's sentences.
    fn add_minimum(&self, scene: &mut Scene) -> String {
        let names = self.second.names.as_ref();
        let second = |row: usize| {
            let y = self.rows[row].y;
            names
                .and_then(|names| names.get(y as usize).cloned())
                .unwrap_or_else(|| format_derived(y))
        };
        self.extremes().add(
            scene,
            |row| self.rows[row].y,
            |row, text| format!("{text} at {}", second(row)),
            |row| match names {
                Some(_) => String::new(),
                None => format!(", {} {}", self.second.title, format_value(self.rows[row].y)),
            },
        )
    }
}
