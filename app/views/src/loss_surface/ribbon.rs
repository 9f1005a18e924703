//! The ribbon of runs: where each has been in step x learning rate, no wider, with its trajectory.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use rayon::prelude::*;
use trainscape_compute::{Field, GridSize, InterpolationMethod, Scatter};
use trainscape_run::{Run, Series};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{ColourBar, Markers, Path, PathColour, RecordRef, Scene, Surface, SurfaceWork},
};

use super::Member;
use crate::{
    NotAvailable, Remedy, ViewSettings,
    axes::{self, Placed},
    band::{MeanRecords, band},
    groups::{self, Line as ColumnsOverSteps},
    heights::{along, colour_range, contour_levels, method_name},
    palette::{Named, Palette},
    samples::{self, Follower, Samples, counted, left_out},
};

/// Half the ribbon's width, as a share of the box's edge.
const HALF_WIDTH: f32 = 0.045;
/// Nodes of the grid that the ribbon is cut from.
const SIZE: GridSize = GridSize {
    width: 1024,
    height: 512,
};
/// The ribbon averages this share of a run's points by default; the trajectory shows each one.
const SMOOTHING_SHARE: usize = 20;
/// Samples that the ribbons are cut along, at most.
const MOST_SAMPLES: usize = 200_000;

/// A run's points that have a second coordinate.
struct Track {
    member: usize,
    samples: Samples,
    second: Vec<f64>,
    smooth: Vec<f64>,
    carried: usize,
}

/// What is drawn as one line: a run, or the mean of runs that differ in their seed.
struct Line<'a> {
    label: String,
    /// Its place among all runs or groups, drawn or not.
    place: usize,
    tracks: Vec<&'a Track>,
    steps: Vec<f64>,
    strips: Vec<Range<u32>>,
    /// x, second coordinate, value, and the value that the ribbon has.
    columns: [Vec<f64>; 4],
    /// Of a mean: how many runs have a value, and the standard deviations of the columns.
    spread: Option<(Vec<u32>, [Vec<f64>; 4])>,
}

pub(super) fn build(
    all: &[Arc<Run>],
    members: &[Member],
    second_key: &str,
    second: &[Arc<Series>],
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
    let key = members[0].loss.key().clone();
    let tracks: Vec<Track> = members
        .par_iter()
        .zip(second)
        .enumerate()
        .map(|(member, (Member { run, loss, .. }, second))| {
            let mut track = track(member, samples::samples(run, loss, settings), second);
            track.smooth = samples::smoothed(&track.samples, window_of(&track, settings));
            track
        })
        .filter(|track| !track.samples.points.is_empty())
        .collect();
    if tracks.is_empty() {
        return Err(NotAvailable::new(format!(
            "no step within the chosen range has both `{key}` and `{second_key}`"
        ))
        .remedied_by(Remedy::DrawAll));
    }
    let labels = samples::labels_of_runs(&runs);
    let lines = lines(all, members, &tracks, &labels, settings.group_seeds());
    let (x_title, x_scale) = samples::x_title(&runs, &key, settings);
    let column = |column: usize| {
        lines
            .iter()
            .flat_map(move |line| line.columns[column].iter().copied())
    };
    let x_axis = axes::axis(settings, 0, x_title, x_scale, column(0));
    let y_title = second_title(second_key);
    let y_axis = axes::rounded_axis(settings, 1, y_title.clone(), Scale::Linear, column(1));
    let bands = lines.iter().flat_map(|line| {
        (0..line.steps.len())
            .filter_map(|at| line.band(at))
            .flatten()
    });
    let heights = column(2).chain(bands);
    let z_axis = axes::rounded_axis(settings, 2, key.as_ref(), Scale::Linear, heights);
    let axes = [x_axis, y_axis, z_axis];

    let placed: Vec<Placed> = lines
        .iter()
        .map(|line| axes::placed(&axes, &line.strips, |at| line.at(2, at)))
        .collect();
    let (surface, bar_axis, every) = surface(&lines, &axes, settings);
    let method = settings.method().unwrap_or(InterpolationMethod::Nearest);
    let mut scene = Scene::new(axes);
    scene.title = format!("{key} along {} and {y_title}", scene.axes[0].title);
    scene.box_aspect = [1.45, 1.15, 0.78];
    scene.default_view = [(-76.0_f32).to_radians(), 31.0_f32.to_radians()];
    scene.colour_bar = Some(ColourBar {
        axis: bar_axis,
        map: surface.map,
    });
    scene.surfaces.push(surface);
    scene.keys = BTreeMap::from([
        ("loss".to_owned(), key.to_string()),
        ("second".to_owned(), second_key.to_owned()),
    ]);

    let named: Vec<Named<'_>> = lines
        .iter()
        .map(|line| Named {
            place: line.place,
            label: line.label.clone(),
            config: &members[line.tracks[0].member].run.config,
        })
        .collect();
    // The colour bar belongs to the surface, so lines are told apart by the legend alone.
    let palette = Palette::new(&named, settings, None, ColourMap::Plasma);
    let drawing = Drawing {
        lines: &lines,
        placed: &placed,
        palette: &palette,
        key: &key,
        second_key,
        settings,
    };
    drawing.draw(&mut scene, members);
    scene.legend.clone_from(&palette.legend);

    let sum = |of: &dyn Fn(&Track) -> usize| tracks.iter().map(of).sum::<usize>();
    let widest = tracks.iter().map(|track| window_of(track, settings)).max();
    let averaged = match widest {
        Some(window) if window > 1 => format!(" (centred mean over {window} points)"),
        _ => String::new(),
    };
    let of_runs = match tracks.as_slice() {
        [track] => format!("run {}", members[track.member].run.name),
        more => counted(more.len(), "run"),
    };
    let (join, them) = if lines.len() == 1 {
        ("line joins", "it")
    } else {
        ("lines join", "them")
    };
    let mut caption = format!(
        "{key} against {second_key} of {of_runs}: the {join} all {}; the ribbon{averaged} \
         follows {them} and ends {:.1} % of the axes beside {them} ({}).",
        counted(sum(&|track| track.samples.points.len()), "logged point"),
        f64::from(HALF_WIDTH) * 100.0,
        method_name(method),
    );
    if every > 1 {
        caption += &format!(" The ribbons follow one in {every} of their points.");
    }
    if settings.group_seeds() {
        caption += &groups::caption_text(lines.iter().map(|line| line.tracks.len()), &key);
    }
    if palette.bar.is_some() {
        caption += &format!("{} Dark is low, bright is high.", palette.note);
    } else {
        caption += &palette.note;
    }
    caption += &left_out(
        sum(&|track| track.samples.superseded),
        sum(&|track| track.samples.non_finite),
    );
    let refused = placed.iter().map(|line| line.refused).sum();
    caption += &axes::refused_text(refused, &scene.axes);
    let carried = sum(&|track| track.carried);
    if carried > 0 {
        caption += &format!(
            " {} where {second_key} was not logged use its last value.",
            counted(carried, "point")
        );
    }
    for note in notes {
        caption += &format!(" {note}.");
    }
    scene.caption = caption.replace('`', "");
    scene.runs = runs;
    Ok(scene)
}

fn window_of(track: &Track, settings: &ViewSettings) -> usize {
    let own = track.samples.points.len() / SMOOTHING_SHARE;
    settings.smoothing().unwrap_or(own) | 1
}

fn lines<'a>(
    all: &[Arc<Run>],
    members: &[Member],
    tracks: &'a [Track],
    labels: &[String],
    group_seeds: bool,
) -> Vec<Line<'a>> {
    if !group_seeds {
        return tracks
            .iter()
            .map(|track| of_run(track, members[track.member].place, labels))
            .collect();
    }
    let mut by_place: Vec<Option<&Track>> = vec![None; all.len()];
    for track in tracks {
        by_place[members[track.member].place] = Some(track);
    }
    let mut lines = Vec::new();
    for (place, group) in groups::groups(all).into_iter().enumerate() {
        let of_group: Vec<&Track> = group
            .members
            .iter()
            .filter_map(|at| by_place[*at])
            .collect();
        match of_group.as_slice() {
            [] => {}
            [track] => lines.push(of_run(track, place, labels)),
            _ => lines.push(mean_of(group.label, place, of_group)),
        }
    }
    lines
}

fn of_run<'a>(track: &'a Track, place: usize, labels: &[String]) -> Line<'a> {
    let points = &track.samples.points;
    Line {
        label: labels.get(track.member).cloned().unwrap_or_default(),
        place,
        tracks: vec![track],
        steps: points.iter().map(|sample| sample.step).collect(),
        strips: track.samples.strips(),
        columns: [
            points.iter().map(|sample| sample.x).collect(),
            track.second.clone(),
            points.iter().map(|sample| sample.value).collect(),
            track.smooth.clone(),
        ],
        spread: None,
    }
}

fn mean_of(label: String, place: usize, tracks: Vec<&Track>) -> Line<'_> {
    let singles: Vec<Line<'_>> = tracks
        .iter()
        .map(|track| of_run(track, place, &[]))
        .collect();
    let members: Vec<ColumnsOverSteps<'_, 4>> = singles
        .iter()
        .map(|line| ColumnsOverSteps {
            steps: &line.steps,
            strips: line.strips.clone(),
            columns: std::array::from_fn(|column| line.columns[column].as_slice()),
        })
        .collect();
    let mean = groups::mean(&members);
    Line {
        label,
        place,
        strips: std::iter::once(0..mean.steps.len() as u32).collect(),
        steps: mean.steps,
        columns: mean.means,
        spread: Some((mean.counts, mean.deviations)),
        tracks,
    }
}

impl Line<'_> {
    /// x, second coordinate and one of the values of a point.
    fn at(&self, value: usize, index: usize) -> [f64; 3] {
        [0, 1, value].map(|column| self.columns[column][index])
    }

    /// Ends of the band at a point.
    fn band(&self, index: usize) -> Option<[f64; 2]> {
        let (_, deviations) = self.spread.as_ref()?;
        let (mean, deviation) = (self.columns[2][index], deviations[2][index]);
        (!deviation.is_nan()).then_some([mean - deviation, mean + deviation])
    }
}

/// The ribbons, the range of their colours, and which share of the points they were cut along.
fn surface(
    lines: &[Line<'_>],
    axes: &[Axis; 3],
    settings: &ViewSettings,
) -> (Surface, Axis, usize) {
    let mut scattered = Vec::new();
    for line in lines {
        let placed = axes::placed(axes, &line.strips, |at| line.at(3, at));
        for strip in &placed.strips {
            let places = &placed.positions_unit[strip.start as usize..strip.end as usize];
            along(places, HALF_WIDTH, &mut scattered);
        }
    }
    // Far outside they would coarsen the grid that samples are sorted into, and no node sees them.
    scattered.retain(|sample| {
        sample[..2]
            .iter()
            .all(|unit| (-HALF_WIDTH..=1.0 + HALF_WIDTH).contains(unit))
    });
    let every = scattered.len().div_ceil(MOST_SAMPLES).max(1);
    let mut samples: Vec<[f32; 3]> = scattered.into_iter().step_by(every).collect();
    if samples.is_empty() {
        // Nothing lies within the given ranges: a sample that no node can see.
        samples.push([-1.0, -1.0, 0.0]);
    }
    let heights = Field {
        x_unit: Vec::new(),
        y_unit: Vec::new(),
        values: samples.iter().map(|sample| sample[2]).collect(),
        support: vec![1.0; samples.len()],
    };
    let colour_range = colour_range(&heights);
    let z_axis = &axes[2];
    let bar_axis = Axis {
        title: z_axis.title.clone(),
        scale: z_axis.scale.clone(),
        low: z_axis.value_from_unit(f64::from(colour_range[0])),
        high: z_axis.value_from_unit(f64::from(colour_range[1])),
    };
    let contours = settings
        .contours()
        .then(|| contour_levels(&bar_axis, z_axis))
        .flatten();
    let surface = Surface {
        work: SurfaceWork::Scatter(Scatter {
            samples: samples.into(),
            method: settings.method().unwrap_or(InterpolationMethod::Nearest),
            size: SIZE,
            support_radius: Some(HALF_WIDTH),
        }),
        map: settings.colours(ColourMap::default()),
        colour_range,
        shading: settings.shading(),
        contours,
        wireframe: settings.wireframe(),
        // A ribbon in the air is read by its shadow.
        floor_projection: settings.floor(true),
        opacity: settings.opacity(1.0),
        records: None,
    };
    (surface, bar_axis, every)
}

struct Drawing<'a> {
    lines: &'a [Line<'a>],
    placed: &'a [Placed],
    palette: &'a Palette,
    key: &'a Arc<str>,
    second_key: &'a str,
    settings: &'a ViewSettings,
}

impl Drawing<'_> {
    fn draw(&self, scene: &mut Scene, members: &[Member]) {
        for (index, (line, placed)) in self.lines.iter().zip(self.placed).enumerate() {
            let positions_unit: Arc<[[f32; 3]]> = placed.positions_unit.as_slice().into();
            let own = self.palette.colours[index];
            if self.settings.samples() {
                scene.markers.push(Markers {
                    steps: Arc::new([]),
                    name: "samples".to_owned(),
                    positions_unit: positions_unit.clone(),
                    colour: own,
                    diameter_pt: 1.8,
                    outline: None,
                });
            }
            let mut path = Path {
                name: line.label.clone(),
                strips: placed.strips.clone(),
                colour: if self.lines.len() == 1 {
                    PathColour::Quiet
                } else {
                    PathColour::Solid(own)
                },
                width_pt: if line.spread.is_some() { 1.2 } else { 0.5 },
                series_key: self.key.clone(),
                records: Arc::new([]),
                positions_unit,
                details: Vec::new(),
                describe: None,
            };
            let pick =
                |values: &[f64]| -> Vec<f64> { placed.kept.iter().map(|at| values[*at]).collect() };
            if let Some((counts, deviations)) = &line.spread {
                let ids = line.tracks.iter();
                let columns = [(2, self.key.to_string()), (1, self.second_key.to_owned())];
                path.describe = Some(Arc::new(MeanRecords {
                    label: line.label.clone(),
                    runs: ids
                        .map(|track| members[track.member].run.id.clone())
                        .collect(),
                    steps: pick(&line.steps),
                    counts: placed.kept.iter().map(|at| counts[*at]).collect(),
                    columns: columns
                        .into_iter()
                        .map(|(at, name)| (name, pick(&line.columns[at]), pick(&deviations[at])))
                        .collect(),
                }));
                let colour = if self.lines.len() == 1 {
                    Colour::hex(0x808890)
                } else {
                    own
                };
                let z_axis = &scene.axes[2];
                let height = |value: f64| z_axis.unit_from_value(value).map(|unit| unit as f32);
                scene.meshes.extend(band(
                    format!("{} ± standard deviation", line.label),
                    &placed.positions_unit,
                    &placed.strips,
                    colour,
                    |at| {
                        let [low, high] = line.band(placed.kept[at])?;
                        Some([height(low).unwrap_or(0.0), height(high)?])
                    },
                ));
            } else {
                let track = line.tracks[0];
                let points = &track.samples.points;
                let record = |at: &usize| RecordRef {
                    run: track.member as u32,
                    index: points[*at].index,
                };
                path.records = placed.kept.iter().map(record).collect();
                path.details = vec![(self.second_key.to_owned(), pick(&line.columns[1]).into())];
            }
            scene.paths.push(path);
        }
    }
}

fn second_title(key: &str) -> String {
    match key.rsplit('/').next().unwrap_or(key) {
        "lr" | "learning_rate" | "learning-rate" => "learning rate".to_owned(),
        other => other.to_owned(),
    }
}

/// Keeps the samples at which the second series has a finite value.
fn track(member: usize, mut samples: Samples, second: &Series) -> Track {
    let mut follower = Follower::new(second);
    let mut values = Vec::with_capacity(samples.points.len());
    let mut carried = 0;
    let mut kept_before = Vec::with_capacity(samples.points.len() + 1);
    samples.points.retain(|sample| {
        kept_before.push(values.len() as u32);
        let Some((value, was_carried)) = follower.value_at(sample.step) else {
            return false;
        };
        let shown = value.is_finite();
        if shown {
            values.push(value);
            carried += usize::from(was_carried);
        }
        shown
    });
    kept_before.push(values.len() as u32);
    for gap in &mut samples.gaps {
        *gap = kept_before[*gap as usize];
    }
    samples.gaps.dedup();
    Track {
        member,
        samples,
        second: values,
        smooth: Vec::new(),
        carried,
    }
}
