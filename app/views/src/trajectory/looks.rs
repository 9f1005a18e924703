//! How trajectories are drawn: lines, dots, arrows, marks, bands and the surface through their points.

use std::sync::Arc;

use rayon::prelude::*;
use trainscape_compute::{Field, GridSize, InterpolationMethod, Scatter};
use trainscape_run::{Role, Run};
use trainscape_scene::{
    axis::Axis,
    colour::{Colour, ColourMap},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, LegendEntry, Markers,
        Mesh, MeshColour, Path, PathColour, RecordRef, Scene, Surface, SurfaceWork,
    },
};

use super::{Recipe, arrows, coordinates::Coordinate, lines::Line, spikes, tracks::Track};
use crate::{
    ViewSettings,
    axes::{self, Placed},
    band::{MeanRecords, band},
    heights::{self, colour_range, contour_levels, method_name},
    palette::Palette,
    samples::counted,
};

/// Colours along a single trajectory.
pub(crate) const PATH_MAP: ColourMap = ColourMap::Plasma;
/// The surface ends at this distance (unit box) from the nearest sample.
const SUPPORT: f32 = 0.075;
/// Nodes of the grid that the surface is cut from.
const SIZE: GridSize = GridSize {
    width: 512,
    height: 384,
};
/// How much of what lies behind the surface it hides.
const SURFACE_OPACITY: f32 = 0.55;
/// Samples that a surface is interpolated through, at most.
const MOST_SAMPLES: usize = 60_000;
/// How the surface is interpolated where nobody chose.
const METHOD: InterpolationMethod = InterpolationMethod::Linear;
/// What the colours of logged points behind a smoothed line are mixed with, and how much of it, so that the
/// line leads.
const QUIET: Colour = Colour::hex(0x8c8c8c);
const QUIET_SHARE: f32 = 0.5;
/// Arrows along a single trajectory.
const ARROWS: usize = 7;

/// The colours of lines: by a value along them, or one each.
pub(super) struct Looks<'a> {
    pub(super) by_value: Option<&'a Axis>,
    pub(super) palette: &'a Palette,
    pub(super) map: ColourMap,
}

/// What is drawn, and how.
pub(super) struct Drawing<'a> {
    pub(super) settings: &'a ViewSettings,
    pub(super) recipe: &'a Recipe,
    pub(super) coordinates: &'a [Coordinate; 4],
    pub(super) tracks: &'a [Track],
    pub(super) lines: &'a [Line<'a>],
    pub(super) window: usize,
    pub(super) shows_raw: bool,
    pub(super) few: bool,
    pub(super) looks: Looks<'a>,
    pub(super) runs: &'a [Arc<Run>],
}

/// A position in the unit box, and its step.
type Marked = ([f32; 3], f64);

/// Logged points and their steps.
#[derive(Default)]
struct Dots {
    points: Vec<CloudPoint>,
    steps: Vec<f64>,
}

impl Drawing<'_> {
    /// Draws everything; returns what the caption says of it.
    pub(super) fn draw(&self, scene: &mut Scene) -> String {
        let placed: Vec<Placed> = self
            .lines
            .iter()
            .map(|line| axes::placed(&scene.axes, &line.strips, |i| at(&line.values, i)))
            .collect();
        let mut text = self.lines_and_dots(scene, &placed);
        text += &self.surface(scene, &placed);
        if self.recipe.own.arrows && self.few {
            self.arrows(scene, &placed);
        }
        if self.recipe.marks {
            text += &self.marks(scene);
        }
        match self.looks.by_value {
            Some(axis) => {
                scene.colour_bar = Some(ColourBar {
                    axis: axis.clone(),
                    map: self.looks.map,
                });
            }
            None => {
                if let Some(bar) = &self.looks.palette.bar {
                    scene.colour_bar = Some(bar.clone());
                }
                // Lines come first in the legend, what marks them after.
                scene.legend.splice(0..0, self.looks.palette.legend.clone());
            }
        }
        let refused = placed.iter().map(|line| line.refused).sum();
        text + &axes::refused_text(refused, &scene.axes)
    }

    fn lines_and_dots(&self, scene: &mut Scene, placed: &[Placed]) -> String {
        let width_pt = match self.lines.len() {
            1 => 2.0,
            _ if self.few => 1.4,
            _ => 0.55,
        };
        let mut dots = Dots::default();
        for (index, (line, placed)) in self.lines.iter().zip(placed).enumerate() {
            let positions_unit: Arc<[[f32; 3]]> = placed.positions_unit.as_slice().into();
            let own = self.looks.palette.colours[index];
            let values = |kept: &[usize], of: &[f64]| -> Arc<[f32]> {
                kept.iter().map(|at| self.value(of[*at])).collect()
            };
            let colour = if self.looks.by_value.is_some() {
                PathColour::Values(values(&placed.kept, &line.values[3]), self.looks.map)
            } else {
                PathColour::Solid(own)
            };
            let mut path = Path {
                name: line.label.clone(),
                strips: placed.strips.clone(),
                positions_unit,
                colour,
                width_pt,
                series_key: line.tracks[0].base.clone(),
                records: Arc::new([]),
                details: Vec::new(),
                describe: None,
            };
            if let Some((counts, _)) = &line.spread {
                path.describe = Some(Arc::new(MeanRecords {
                    label: line.label.clone(),
                    runs: line
                        .tracks
                        .iter()
                        .map(|track| self.runs[track.run as usize].id.clone())
                        .collect(),
                    steps: placed.kept.iter().map(|at| line.steps[*at]).collect(),
                    counts: placed.kept.iter().map(|at| counts[*at]).collect(),
                    columns: line.columns(self.coordinates, &placed.kept),
                }));
                scene.meshes.extend(self.band(scene, line, placed, index));
            } else {
                let track = line.tracks[0];
                let record = |at: &usize| RecordRef {
                    run: track.run,
                    index: track.index[*at],
                };
                path.records = placed.kept.iter().map(record).collect();
                path.details = self.details(track, &placed.kept);
                if self.few {
                    self.dots(scene, track, index, &mut dots);
                }
            }
            scene.paths.push(path);
        }
        let count = dots.points.len();
        if count > 0 {
            let (scale, least, most) = if self.shows_raw {
                (36.0, 0.95, 1.9)
            } else {
                (60.0, 1.1, 4.0)
            };
            let diameter_pt = (scale / (count as f32).sqrt()).clamp(least, most);
            scene.clouds.push(Cloud {
                steps: dots.steps.into(),
                name: "logged points".to_owned(),
                work: CloudWork::Points(dots.points.into()),
                colour: CloudColour::Rgb,
                size: CloudSize::Constant(diameter_pt),
                floor_projection: false,
                opacity: if self.shows_raw { 0.8 } else { 1.0 },
                records: None,
            });
        }
        self.lines_text()
    }

    /// What the caption says of lines and dots.
    fn lines_text(&self) -> String {
        let mut text = String::new();
        let lines = if self.lines.len() == 1 {
            "line"
        } else {
            "lines"
        };
        if self.window > 1 {
            let series: Vec<&str> = self.coordinates[..3]
                .iter()
                .filter_map(|coordinate| Some(&**coordinate.key()?))
                .collect();
            text += &format!(
                " The {lines} in front: centred mean of {} over {} points (fewer at the ends)",
                series.join(", "),
                self.window
            );
            text += if self.shows_raw {
                "; dots: what was logged."
            } else {
                "."
            };
        }
        if let Some(axis) = self.looks.by_value {
            text += &format!(" Colour: {}.", axis.title);
        }
        text
    }

    fn value(&self, value: f64) -> f32 {
        let unit = self
            .looks
            .by_value
            .and_then(|axis| axis.unit_from_value(value));
        unit.unwrap_or(0.0) as f32
    }

    /// The logged points of a track.
    fn dots(&self, scene: &Scene, track: &Track, index: usize, dots: &mut Dots) {
        let own = self.looks.palette.colours[index];
        for point in 0..track.steps.len() {
            let Some(unit) = axes::place(&scene.axes, at(&track.raw, point)) else {
                continue;
            };
            let colour = if self.looks.by_value.is_some() {
                self.looks.map.colour(self.value(track.raw[3][point]))
            } else {
                own
            };
            let colour = if self.shows_raw {
                colour.mix(QUIET, QUIET_SHARE)
            } else {
                colour
            };
            dots.points.push(CloudPoint::of_rgb(unit, colour.rgb));
            dots.steps.push(track.steps[point]);
        }
    }

    /// The other coordinates of each record, as logged, and what is drawn instead.
    fn details(&self, track: &Track, kept: &[usize]) -> Vec<(String, Arc<[f64]>)> {
        let mut details: Vec<(String, Arc<[f64]>)> = Vec::new();
        let pick = |values: &[f64]| -> Arc<[f64]> { kept.iter().map(|at| values[*at]).collect() };
        for axis in [2, 1, 0, 3] {
            let Some(key) = self.coordinates[axis].key() else {
                continue;
            };
            if *key != track.base && !details.iter().any(|(name, _)| **name == **key) {
                details.push((key.to_string(), pick(&track.raw[axis])));
                let logged_at = &track.logged_at[axis];
                if logged_at.len() == track.steps.len() && *logged_at != track.steps {
                    // Between them it is carried forward, which the hover must tell.
                    details.push((format!("{key} logged at step"), pick(logged_at)));
                }
            }
        }
        if let Some(smooth) = &track.smooth {
            for axis in [2, 1, 0] {
                if let Some(key) = self.coordinates[axis].key() {
                    let name = format!("{key}, mean of {}", self.window);
                    details.push((name, pick(&smooth[axis])));
                }
            }
        }
        details
    }

    fn band(&self, scene: &Scene, line: &Line<'_>, placed: &Placed, index: usize) -> Option<Mesh> {
        let z_axis = &scene.axes[2];
        let height = |value: f64| z_axis.unit_from_value(value).map(|unit| unit as f32);
        // The mean of by-value lines has no colour of its own.
        let colour = if self.looks.by_value.is_some() {
            Colour::hex(0x808890)
        } else {
            self.looks.palette.colours[index]
        };
        band(
            format!("{} ± standard deviation", line.label),
            &placed.positions_unit,
            &placed.strips,
            colour,
            |at| {
                let [low, high] = line.band(placed.kept[at])?;
                // Below zero a logarithmic axis has no place: the band goes on to the floor.
                Some([height(low).unwrap_or(0.0), height(high)?])
            },
        )
    }

    fn arrows(&self, scene: &mut Scene, placed: &[Placed]) {
        let count = match self.lines.len() {
            1 => ARROWS,
            2..=4 => 4,
            _ => 2,
        };
        for (index, (line, placed)) in self.lines.iter().zip(placed).enumerate() {
            let cones = arrows::cones(
                &placed.positions_unit,
                &placed.strips,
                scene.box_aspect,
                count,
            );
            if cones.triangles.is_empty() {
                continue;
            }
            let step = |at: &u32| line.steps[placed.kept[*at as usize]];
            let value = |at: &u32| self.value(line.values[3][placed.kept[*at as usize]]);
            scene.meshes.push(Mesh {
                steps: cones.at.iter().map(step).collect(),
                name: format!("direction of {}", line.label),
                colour: if self.looks.by_value.is_some() {
                    MeshColour::Values(cones.at.iter().map(value).collect(), self.looks.map)
                } else {
                    MeshColour::Solid(self.looks.palette.colours[index])
                },
                positions_unit: cones.positions_unit.into(),
                triangles: cones.triangles.into(),
                shading: 0.5,
                opacity: 1.0,
                records: None,
            });
        }
    }

    /// Marks spikes and divergence of single runs; returns the caption's sentence.
    fn marks(&self, scene: &mut Scene) -> String {
        if self.lines.iter().any(|line| line.spread.is_some()) {
            return String::new();
        }
        let marked: Vec<(usize, &Arc<str>, bool)> = self.coordinates[..3]
            .iter()
            .enumerate()
            .filter_map(|(axis, coordinate)| {
                let key = coordinate.key()?;
                let role = super::role(self.runs, key)?;
                let is_loss = matches!(role, Role::Loss | Role::ValidationLoss);
                (is_loss || role == Role::GradientNorm).then_some((axis, key, is_loss))
            })
            .collect();
        if marked.is_empty() {
            return String::new();
        }
        let (spikes, diverged): (Vec<_>, Vec<_>) = self
            .tracks
            .par_iter()
            .map(|track| self.marks_of(track, &marked, &scene.axes))
            .unzip();
        let spikes: Vec<Marked> = spikes.into_iter().flatten().collect();
        let diverged: Vec<Marked> = diverged.into_iter().flatten().collect();
        let names: Vec<&str> = marked.iter().map(|(_, key, _)| &***key).collect();
        let mut text = if spikes.is_empty() {
            " No spikes.".to_owned()
        } else {
            format!(
                " Spikes: {} ({}, {}).",
                counted(spikes.len(), "point"),
                names.join(" or "),
                spikes::rule(),
            )
        };
        if !diverged.is_empty() {
            text += &format!(
                " Divergence: {} ({}).",
                counted(diverged.len(), "run"),
                spikes::divergence_rule()
            );
        }
        for (name, colour, diameter_pt, marked) in [
            ("spike", Colour::hex(0xe02020), 3.4, spikes),
            ("divergence", Colour::hex(0xb5179e), 5.0, diverged),
        ] {
            if marked.is_empty() {
                continue;
            }
            scene.legend.push(LegendEntry {
                label: name.to_owned(),
                colour: Some(colour),
                dot: true,
            });
            let (positions_unit, steps): (Vec<_>, Vec<_>) = marked.into_iter().unzip();
            scene.markers.push(Markers {
                name: name.to_owned(),
                positions_unit: positions_unit.into(),
                steps: steps.into(),
                colour,
                diameter_pt,
                outline: Some(Colour::hex(0xffffff)),
            });
        }
        text
    }

    /// Positions and steps of a track's spikes, and of its end where it diverges.
    fn marks_of(
        &self,
        track: &Track,
        marked: &[(usize, &Arc<str>, bool)],
        axes: &[Axis; 3],
    ) -> (Vec<Marked>, Option<Marked>) {
        let mut found: Vec<usize> = marked
            .iter()
            .flat_map(|(axis, ..)| spikes::spikes(&track.raw[*axis]))
            .collect();
        found.sort_unstable();
        found.dedup();
        // Without dots behind it the line is all there is to mark.
        let values = if self.shows_raw {
            &track.raw
        } else {
            track.drawn()
        };
        let place = |index: usize| {
            let position = axes::place(axes, at(values, index))?;
            Some((position, track.steps[index]))
        };
        let spikes = found.into_iter().filter_map(place).collect();
        let end = marked
            .iter()
            .filter(|(.., is_loss)| *is_loss)
            .find_map(|(axis, key, _)| self.divergence(track, *axis, key))
            .and_then(|index| {
                let position = axes::place(axes, at(track.drawn(), index))?;
                Some((position, track.steps[index]))
            });
        (spikes, end)
    }

    /// The point at which a loss stops being finite, or the last one where it ends far above its minimum.
    fn divergence(&self, track: &Track, axis: usize, key: &str) -> Option<usize> {
        let series = self.runs[track.run as usize].series.get(key)?;
        if series.non_finite() > 0 {
            let first = series
                .live()
                .map(|(_, point)| point)
                .filter(|point| self.settings.draws_step(point.step.as_f64()))
                .find(|point| !point.value.is_finite());
            if let Some(point) = first {
                let step = point.step.as_f64();
                let after = track.steps.partition_point(|other| *other < step);
                return Some(after.saturating_sub(1));
            }
        }
        spikes::ends_far_above(&track.raw[axis]).then(|| track.steps.len() - 1)
    }

    /// The surface through the points of all lines, cut off where there are none.
    fn surface(&self, scene: &mut Scene, placed: &[Placed]) -> String {
        if !self.recipe.own.surface {
            return String::new();
        }
        let mut samples: Vec<[f32; 3]> = Vec::new();
        let as_logged = self.shows_raw && self.lines.len() == 1;
        if as_logged {
            // Where the run has been, as high as what is drawn: the noise of a height is no landscape.
            for track in self.tracks {
                let drawn = track.drawn();
                let at = |i| [track.raw[0][i], track.raw[1][i], drawn[2][i]];
                samples
                    .extend((0..track.steps.len()).filter_map(|i| axes::place(&scene.axes, at(i))));
            }
        } else {
            for line in placed {
                for strip in &line.strips {
                    let places = &line.positions_unit[strip.start as usize..strip.end as usize];
                    heights::along(places, SUPPORT, &mut samples);
                }
            }
        }
        let near = |place: &[f32; 3]| {
            place[..2]
                .iter()
                .all(|unit| (-SUPPORT..=1.0 + SUPPORT).contains(unit))
        };
        samples.retain(near);
        let every = samples.len().div_ceil(MOST_SAMPLES).max(1);
        let mut samples: Vec<[f32; 3]> = samples.into_iter().step_by(every).collect();
        if samples.is_empty() {
            return String::new();
        }
        let field = Field {
            x_unit: Vec::new(),
            y_unit: Vec::new(),
            values: samples.iter().map(|sample| sample[2]).collect(),
            support: vec![1.0; samples.len()],
        };
        let z_axis = &scene.axes[2];
        let range = colour_range(&field);
        let colours = Axis {
            title: z_axis.title.clone(),
            scale: z_axis.scale.clone(),
            low: z_axis.value_from_unit(f64::from(range[0])),
            high: z_axis.value_from_unit(f64::from(range[1])),
        };
        let map = self.settings.colours(ColourMap::default());
        let contours = self
            .settings
            .contours()
            .then(|| contour_levels(&colours, z_axis))
            .flatten();
        let method = self.settings.method().unwrap_or(METHOD);
        if method == InterpolationMethod::Linear {
            samples.extend(far_corners(&samples));
        }
        scene.surfaces.push(Surface {
            work: SurfaceWork::Scatter(Scatter {
                samples: samples.into(),
                method,
                size: SIZE,
                support_radius: Some(SUPPORT),
            }),
            map,
            colour_range: range,
            shading: self.settings.shading(),
            contours,
            wireframe: self.settings.wireframe(),
            floor_projection: self.settings.floor(false),
            opacity: self.settings.opacity(SURFACE_OPACITY),
            records: None,
        });
        if self.looks.by_value.is_none() && self.looks.palette.bar.is_none() {
            scene.colour_bar = Some(ColourBar { axis: colours, map });
        }
        let through = match (as_logged, self.lines.len()) {
            (true, _) => {
                let [x, y, z] = &scene.axes;
                format!(
                    "the mean {} at each logged {} and {}",
                    z.title, x.title, y.title
                )
            }
            (false, 1) => "the line".to_owned(),
            (false, _) => "the lines".to_owned(),
        };
        let mut text = format!(
            " The surface is interpolated through {through} ({}) and ends {:.1} % of the axes beside; its \
             colours repeat the height.",
            method_name(method),
            SUPPORT * 100.0
        );
        if every > 1 {
            text += &format!(" It takes one in {every} of their points.");
        }
        text
    }
}

/// Corners far outside the box, as high as the samples' mean: with them triangles cover everything that lies
/// near a sample, and the surface's edge is the support's, not the ragged one of their hull. No node lies
/// near enough to be supported by them.
fn far_corners(samples: &[[f32; 3]]) -> [[f32; 3]; 4] {
    let sum: f64 = samples.iter().map(|sample| f64::from(sample[2])).sum();
    let mean = (sum / samples.len() as f64) as f32;
    [[-2.0, -2.0], [3.0, -2.0], [-2.0, 3.0], [3.0, 3.0]].map(|[x, y]| [x, y, mean])
}

/// x, y and z of a point.
fn at(values: &[Vec<f64>; 4], index: usize) -> [f64; 3] {
    [values[0][index], values[1][index], values[2][index]]
}
