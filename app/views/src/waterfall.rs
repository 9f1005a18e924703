//! One series by step and run: each run at a place of its own along the second axis, in the order of a configuration
//! value or of the names, with a curtain that shows its place. A place says nothing of a single run or of few without an
//! order: their lines lie in one plane, with what they log of other data.

mod averaged;
mod box_axes;
mod condition_means;
mod conditions;
mod counterpart;
mod describe;
mod factors;
mod layers;
mod lengths;
mod lone_points;
mod many;
mod order;
mod panel_style;
mod panels;
mod plane;
mod results;
mod seeds;
mod starts;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Role, Run};
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{MeshColour, Path, PathColour, RecordRef, Scene},
};

use self::{
    conditions::{Conditions, FEWEST_RESULTS},
    counterpart::Counterpart,
    layers::Layer,
    lengths::Lengths,
    many::ManyLines,
    order::Order,
    seeds::SeedMeans,
    starts::EarlierStarts,
};
use super::{
    NotAvailable, ViewSettings,
    axes::{self, PlacedLine},
    caption::Caption,
    common::{GROUP_SEEDS, SMOOTHING},
    control::{Control, Kind, Section},
    curtain,
    decimation::{Decimation, MOST_DOTS, MOST_ON_LINES},
    extremes::Extremes,
    held_out::SURFACE,
    logged_points::{FEW_LINES, LoggedPoints},
    not_finite,
    ranges::Outliers,
    run_rows::{self, RunRow, RunSeries},
    samples::{counted, in_turn, left_out, quantity_title},
    side::{self, Side},
};

/// The largest number of runs with curtains: behind more, nothing would be visible.
const MOST_CURTAINS: usize = 40;
/// The largest number of runs with a single point whose values are labelled.
const MOST_LABELLED: usize = 12;
/// The largest number of runs whose lines are drawn.
const MOST_LINES: usize = 400;
/// The largest number of runs without an order whose lines are in one plane.
const MOST_IN_PLANE: usize = 12;
/// The dots of more runs in a plane would be a fog that belongs to none of them.
const FEW_IN_PLANE: usize = 5;
/// The place of the best run before all others.
const BEFORE_ALL: f64 = -0.4;

/// The switch of the waterfall in views that have another form.
pub(crate) const WATERFALL: Control = Control {
    name: "waterfall",
    label: "One curtain per run",
    help: "Draw each run at a place of its own along the second axis.",
    kind: Kind::Switch(None),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// The selected data.
struct Waterfall<'a> {
    members: &'a [RunSeries],
    settings: &'a ViewSettings,
    /// What the series is, if that is known.
    role: Option<Role>,
    /// Which extreme is named.
    side: Side,
    runs: Vec<Arc<Run>>,
    key: Arc<str>,
    /// Points in the moving average.
    window: usize,
    order: Order,
    /// In the order of their places.
    rows: Vec<RunRow>,
    /// The step at which the only run logged all its points, which are drawn in the order of the log.
    only_step: Option<f64>,
    /// Whether all lines are in one plane.
    is_flat: bool,
    /// What the same runs log of other data, drawn in the plane, too.
    counterpart: Counterpart,
    /// The earlier starts that are drawn in the plane.
    starts: EarlierStarts,
    /// The means of repeated runs that are drawn in the plane instead of the runs.
    seeds: SeedMeans,
    /// Of runs in the plane that differ much in length.
    lengths: Option<Lengths>,
    /// How runs in the plane are told apart that are too many for a legend.
    many: Option<ManyLines>,
    /// The conditions of many results.
    conditions: Option<Conditions>,
    /// The axes that panels share.
    shared_axes: [Option<Axis>; 2],
}

pub(super) use conditions::are_telling;

/// Whether the lines of so many rows can be told apart in one plane.
pub(super) fn fits_plane<T>(rows: &[T]) -> bool {
    rows.len() <= MOST_IN_PLANE
}

/// Draws the series of the members, which has `role`; `notes` are sentences on runs that are left out.
pub(super) fn build(
    members: &[RunSeries],
    role: Option<Role>,
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    build_as(members, role, notes, settings, Places::Ordered)
}

/// As [`build`], with lines in one plane although a configuration value orders them, which colours them.
pub(super) fn in_plane(
    members: &[RunSeries],
    role: Option<Role>,
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    build_as(members, role, notes, settings, Places::Plane)
}

/// Whether runs in an order have places along the second axis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Places {
    Ordered,
    Plane,
}

fn build_as(
    members: &[RunSeries],
    role: Option<Role>,
    notes: &[String],
    settings: &ViewSettings,
    places: Places,
) -> Result<Scene, NotAvailable> {
    let (rows, window) = run_rows::rows(members, settings)?;
    // Single values say more beside each other.
    let in_panels = match are_results(&rows) {
        true => Err(rows),
        false => Waterfall::in_panels(members, (rows, window), role, notes, settings),
    };
    let rows = match in_panels {
        Ok(scene) => return scene,
        Err(rows) => rows,
    };
    let mut waterfall = Waterfall::new(members, (rows, window), role, settings, places);
    if are_results(&waterfall.rows) {
        waterfall.sort_results();
        let mut scene = waterfall.results_scene();
        scene.colour_bar.clone_from(&waterfall.order.bar);
        let extremes = waterfall.extremes().sentence("step");
        scene.caption = waterfall
            .results_caption(&scene, &extremes)
            .sentences(notes)
            .into_text();
        return Ok(scene);
    }
    Ok(waterfall.scene(notes))
}

/// Whether all runs have one value, at one place, or so many that the steps at which they were reached, as those of the best
/// checkpoints, order nothing.
fn are_results(rows: &[RunRow]) -> bool {
    let places = || rows.iter().filter_map(|row| row.samples.points.first());
    let are_single = rows.iter().all(|row| row.samples.points.len() == 1);
    let are_at_one = || places().all(|point| Some(point.x) == places().next().map(|point| point.x));
    rows.len() > 1 && are_single && (rows.len() >= FEWEST_RESULTS || are_at_one())
}

/// Spreads the points of the runs, where all are at one step, in the order of the logs; returns that step.
fn in_order_of_log(rows: &mut [RunRow]) -> Option<f64> {
    let mut points = rows.iter().flat_map(|row| &row.samples.points);
    let first = points.next()?.x;
    let are_at_one = points.all(|point| point.x.total_cmp(&first).is_eq());
    let are_finite = rows.iter().all(|row| row.samples.non_finite_at.is_empty());
    let are_several = rows.iter().any(|row| row.samples.points.len() > 1);
    if !are_several || !are_at_one || !are_finite {
        return None;
    }
    for row in rows {
        for (at, point) in row.samples.points.iter_mut().enumerate() {
            point.x = (at + 1) as f64;
        }
    }
    Some(first)
}

impl<'a> Waterfall<'a> {
    /// The rows in their order, and how they are drawn.
    fn new(
        members: &'a [RunSeries],
        (mut rows, window): (Vec<RunRow>, usize),
        role: Option<Role>,
        settings: &'a ViewSettings,
        places: Places,
    ) -> Self {
        let shown: Vec<&RunSeries> = rows.iter().map(|row| &members[row.member]).collect();
        let last: Vec<f64> = rows.iter().map(|row| many::last_value(&row)).collect();
        let mut order = Order::of(&shown, &last, settings);
        rows = in_order(rows, &order.rows);
        let only_step = in_order_of_log(&mut rows);
        let has_places =
            order.bar.is_some() && places == Places::Ordered && rows.len() <= MOST_CURTAINS;
        let can_be_flat = !are_results(&rows) && settings.chosen_switch(&WATERFALL) != Some(true);
        let side = side::of_series(role, members);
        let seeds = if can_be_flat && only_step.is_none() {
            SeedMeans::of(members, &rows, (window, side), settings)
        } else {
            SeedMeans::default()
        };
        let is_flat = can_be_flat
            && (settings.chosen_switch(&WATERFALL).is_some() || !has_places || !seeds.is_empty());
        let is_single = seeds.is_empty() && fits_plane(&rows);
        let map = settings.colours(ColourMap::default());
        let many =
            (is_flat && seeds.is_empty() && !fits_plane(&rows) && order.bar.is_none()).then(|| {
                let extremes = Extremes {
                    side,
                    members,
                    rows: rows.iter().collect(),
                    window,
                };
                // What is better of a series whose meaning is not known is not known either.
                let best = extremes.marked().filter(|_| role.is_some());
                let best = best.map(|record| record.row);
                ManyLines::of(members, &rows, (best, side), role.is_some(), map)
            });
        if !seeds.is_empty() {
            order.colours = seeds.colours(rows.len());
            // The legend names the groups.
            order.bar = seeds.bar();
        } else if let Some(many) = &many {
            order.colours.clone_from(&many.colours);
            order.bar.clone_from(&many.bar);
        }
        let counterpart = if is_flat && is_single && only_step.is_none() {
            Counterpart::of(members, &rows, role, &order.colours, settings)
        } else {
            Counterpart::none()
        };
        let starts = if is_flat && is_single && only_step.is_none() {
            EarlierStarts::of(members, &rows, &order.colours, settings)
        } else {
            EarlierStarts::default()
        };
        Waterfall {
            only_step,
            is_flat,
            counterpart,
            starts,
            lengths: if is_flat && settings.log(0).is_none() && settings.range(0).is_none() {
                // Of few runs, each is seen on a linear axis.
                let is_marked = role.is_some() && !fits_plane(&rows);
                let best = is_marked.then(|| side.logged(&rows.iter().collect::<Vec<_>>()));
                Lengths::of(&rows, best.flatten().map(|record| record.row))
            } else {
                None
            },
            seeds,
            many,
            conditions: None,
            members,
            settings,
            side,
            role,
            runs: members.iter().map(|member| member.run.clone()).collect(),
            key: members[0].series.key().clone(),
            window,
            order,
            rows,
            shared_axes: [None, None],
        }
    }

    /// The lines with all that belongs to them.
    fn scene(&self, notes: &[String]) -> Scene {
        let mut scene = self.empty_scene();
        let (not_placed, downsampled) = self.add_all_lines(&mut scene);
        let of_dots = self.add_logged_points(&mut scene);
        if self.is_flat {
            self.counterpart.add(&mut scene);
            self.starts.add(&mut scene);
            scene.legend.splice(0..0, self.legend());
        }
        let outliers = self.add_outliers(&mut scene);
        let not_finite = not_finite::add(&mut scene, self.not_finite());
        let extremes = if self.role.is_none() {
            String::new()
        } else if self.seeds.is_empty() {
            self.extremes().add(
                &mut scene,
                |row| self.depth(row),
                |_, text| text,
                |_| String::new(),
            )
        } else {
            // The records are not on the lines.
            self.extremes().sentence(&scene.axes[0].title)
        };
        scene.colour_bar.clone_from(&self.order.bar);
        scene.caption = self
            .caption(&scene, &extremes)
            .sentence(downsampled.into_text())
            .sentence(of_dots)
            .sentence(outliers)
            .sentence(not_finite)
            .sentence(if self.starts.is_empty() {
                left_out(self.sum(|row| row.samples.superseded), 0)
            } else {
                self.starts.text(self.side)
            })
            .sentence(in_turn(self.sum(|row| row.samples.turns)))
            .sentence(axes::not_placed_text(not_placed, &scene.axes))
            .sentences(notes)
            .into_text();
        scene.choose(WATERFALL.name, !self.is_flat);
        scene.choose(SMOOTHING.name, self.window);
        scene.choose(SURFACE.name, false);
        scene.choose(GROUP_SEEDS.name, !self.seeds.is_empty());
        scene
    }

    /// Adds the lines of the runs or of their groups; returns how many points the axes cannot show, and the caption's
    /// sentences on those that are not drawn.
    fn add_all_lines(&self, scene: &mut Scene) -> (usize, Caption) {
        match self.seeds.is_empty() {
            true => self.add_lines(scene),
            false => self.add_seeds(scene),
        }
    }

    /// The points that are not finite.
    fn not_finite(&self) -> Vec<([f64; 3], f64)> {
        let places = self.rows.iter().enumerate();
        not_finite::of_rows(places.map(|(place, row)| (&row.samples, self.depth(place))))
    }
}

/// The rows in an order.
fn in_order(mut rows: Vec<RunRow>, order: &[usize]) -> Vec<RunRow> {
    let mut placed: Vec<Option<RunRow>> = rows.drain(..).map(Some).collect();
    order.iter().filter_map(|row| placed[*row].take()).collect()
}

impl Waterfall<'_> {
    fn sum(&self, of: impl Fn(&RunRow) -> usize) -> usize {
        self.rows.iter().map(of).sum()
    }

    fn extremes(&self) -> Extremes<'_> {
        Extremes {
            side: self.side,
            members: self.members,
            rows: self.rows.iter().collect(),
            window: self.window,
        }
    }

    fn empty_scene(&self) -> Scene {
        let mut axes = self.axes();
        for (axis, shared) in [0, 2].into_iter().zip(&self.shared_axes) {
            if let Some(shared) = shared {
                axes[axis] = shared.clone();
            }
        }
        let what = quantity_title(&self.key, self.role);
        let x = &axes[0].title;
        let (box_aspect, default_view) = match self.rows.len() {
            _ if self.is_flat => ([1.45, 0.06, 0.82], [-90.0_f32, 0.0]),
            1 => ([1.45, 0.16, 0.82], [-80.0_f32, 9.0]),
            _ => ([1.45, 1.15, 0.78], [-52.0, 30.0]),
        };
        let default_view = default_view.map(f32::to_radians);
        let title = match self.rows.as_slice() {
            [row] => format!("{what} by {x}, {}", self.members[row.member].run.name),
            rows if self.is_flat => format!("{what} by {x}, {}", counted(rows.len(), "run")),
            rows => format!(
                "{what} by {x} and {}, {}",
                axes[1].title,
                counted(rows.len(), "run")
            ),
        };
        let mut scene = Scene {
            title,
            box_aspect,
            default_view,
            keys: BTreeMap::from([
                (
                    self.role.map_or("value", Role::name).to_owned(),
                    self.key.to_string(),
                ),
                ("second".to_owned(), self.order.source.clone()),
            ]),
            runs: self.runs.clone(),
            fills_page: true,
            ..Scene::new(axes)
        };
        if self.is_flat {
            scene.stand_flat();
        }
        scene
    }

    /// The place of a row's line in depth; that of the best run is before all others.
    fn depth(&self, place: usize) -> f64 {
        let is_best = self
            .many
            .as_ref()
            .is_some_and(|many| many.best == Some(place));
        if is_best { BEFORE_ALL } else { place as f64 }
    }

    /// One line in this many is drawn.
    fn line_stride(&self) -> usize {
        self.rows.len().div_ceil(MOST_LINES)
    }

    /// Whether the logged points are drawn behind smoothed lines.
    fn shows_raw(&self) -> bool {
        self.window > 1
            && self.rows.len()
                <= if self.is_flat {
                    FEW_IN_PLANE
                } else {
                    FEW_LINES
                }
            && self.seeds.is_empty()
            && !self.settings.samples()
    }

    /// Adds the logged points behind the lines; returns the caption's sentence on those that are not drawn.
    fn add_logged_points(&self, scene: &mut Scene) -> String {
        if !self.shows_raw() {
            return String::new();
        }
        let mut logged = LoggedPoints::default();
        let rows: Vec<_> = self
            .rows
            .iter()
            .enumerate()
            .map(|(place, row)| {
                let member = &self.members[row.member];
                let layer = if self.is_flat {
                    Layer::Dots
                } else {
                    Layer::Lines
                };
                let place_of_dots = layer.place(place, self.rows.len());
                (
                    member,
                    &row.samples,
                    place_of_dots,
                    self.order.colours[place],
                )
            })
            .collect();
        let downsampled = logged.add_rows(&scene.axes, &rows);
        scene.picks_paths = false;
        scene.clouds.push(logged.cloud(true));
        downsampled
    }

    /// The number of points of each row.
    fn lens(&self) -> Vec<usize> {
        let rows = self.rows.iter();
        rows.map(|row| row.samples.points.len()).collect()
    }

    /// Adds the line and the curtain of each run; returns how many points the axes cannot show, and the caption's
    /// sentences on those that are not drawn.
    fn add_lines(&self, scene: &mut Scene) -> (usize, Caption) {
        let mut not_placed = 0;
        let lens = self.lens();
        let at = |place: usize, at: usize| {
            let row = &self.rows[place];
            [row.samples.points[at].x, self.depth(place), row.smooth[at]]
        };
        let decimation = Decimation::of(&scene.axes, &lens, MOST_ON_LINES, at);
        let logged = |place: usize, at: usize| {
            let y = self.depth(place);
            self.rows[place].samples.points[at].at(y)
        };
        let of_samples = Decimation::of(&scene.axes, &lens, MOST_DOTS, logged);
        for (place, row) in self.rows.iter().enumerate() {
            let points = &row.samples.points;
            let strips = self.strips(row);
            let line = decimation.placed(place, &scene.axes, &strips, |index| at(place, index));
            not_placed += line.not_placed;
            if self.settings.samples() {
                let member = &self.members[row.member];
                let at = (place, place as f64);
                let samples = curtain::samples(member, &row.samples, at, &scene.axes, &of_samples);
                scene.picks_paths &= self.window == 1;
                scene.markers.push(samples);
            }
            self.add_lone_points(scene, place, &line);
            if points.len() > 1 && self.rows.len() <= MOST_CURTAINS && !self.is_flat {
                let name = &self.members[row.member].run.name;
                // Nothing was logged in a gap, which the line only crosses.
                let below =
                    decimation.placed(place, &scene.axes, &row.segments, |index| at(place, index));
                let steps = |at: usize| points[below.kept[at]].step;
                let curtain = curtain::mesh(name, &below, self.curtain_colour(place), steps);
                scene.meshes.extend(curtain);
            }
            scene.paths.push(self.path(place, row, line));
        }
        let dots = self.settings.samples().then(|| of_samples.text("Dots"));
        let downsampled = Caption::new(decimation.text("Lines")).sentences(dots);
        (not_placed, downsampled)
    }

    /// The only run's curtain shows its heights, one of several its run.
    fn curtain_colour(&self, place: usize) -> MeshColour {
        match self.rows.len() {
            1 => MeshColour::Height(self.settings.colours(ColourMap::default()), [0.0, 1.0]),
            _ => MeshColour::Solid(self.order.colours[place]),
        }
    }

    fn path(&self, place: usize, row: &RunRow, placed: PlacedLine) -> Path {
        let mut details = Vec::new();
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
            colour: PathColour::Solid(self.order.colours[place]),
            width_pt: if let Some(many) = &self.many {
                if many.best == Some(place) { 1.5 } else { 0.6 }
            } else if self.is_flat && fits_plane(&self.rows) {
                1.4
            } else if self.rows.len() <= MOST_CURTAINS {
                1.0
            } else {
                0.6
            },
            series_key: self.key.clone(),
            records: placed.kept.iter().map(record).collect(),
            positions_unit: placed.positions_unit.into(),
            strips: if place.is_multiple_of(self.line_stride()) || self.depth(place) == BEFORE_ALL {
                placed.strips
            } else {
                Vec::new()
            },
            details,
            describe: None,
        }
    }

    /// Marks the drawn points beyond the axis.
    fn add_outliers(&self, scene: &mut Scene) -> String {
        self.outliers(&scene.axes, self.shows_raw())
            .add(self.settings, scene)
    }

    /// The drawn points beyond the axis, which are the logged ones where they are drawn behind the lines.
    fn outliers(&self, axes: &[Axis; 3], shows_raw: bool) -> Outliers {
        let z_axis = &axes[2];
        // What no place along x has is told as that.
        let has_place = |x: f64| axes[0].unit_from_value(x).is_some();
        let mut outliers = Outliers::default();
        if !self.seeds.is_empty() {
            let means = self.seeds.means();
            for (at, step) in means.filter(|(at, _)| has_place(at[0])) {
                outliers.visit(z_axis, at, step);
            }
            return outliers;
        }
        for (place, row) in self.rows.iter().enumerate() {
            let drawn = match shows_raw {
                true => row.samples.points.len(),
                false => self.end_of_line(row) as usize,
            };
            let before = outliers.count();
            let points = row.samples.points.iter().zip(&row.smooth).take(drawn);
            for (sample, smooth) in points.filter(|(sample, _)| has_place(sample.x)) {
                let value = if shows_raw { sample.value } else { *smooth };
                let at = [sample.x, self.depth(place), value];
                outliers.visit(z_axis, at, sample.step);
            }
            if self.rows.len() > 1 && drawn > 0 && outliers.count() - before == drawn {
                outliers.take_whole_run(&self.members[row.member].run.name);
            }
        }
        outliers
    }
}
