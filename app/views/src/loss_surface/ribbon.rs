//! The ribbon of runs: where each has been in step x learning rate, no wider, with its trajectory.

mod lines;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, GridSize, InterpolationMethod, Scatter};
use trainscape_run::Run;
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{ColourBar, Markers, Mesh, Path, PathColour, RecordRef, Scene, Surface, SurfaceWork},
};

use self::lines::{RibbonLine, RibbonTrack, window_of};
use super::selection::{LossRun, PerPoint};
use crate::{
    NotAvailable, ViewSettings,
    axes::{self, PlacedLine},
    band::{MeanRecords, band},
    caption::Caption,
    groups,
    heights::{along, colour_range, contour_levels, method_name},
    palette::{LinePalette, Named},
    samples::{self, counted, left_out},
};

/// Half the ribbon's width, as a share of the box's edge.
const HALF_WIDTH: f32 = 0.045;
/// Nodes of the grid that the ribbon is cut from.
const SIZE: GridSize = GridSize {
    width: 1024,
    height: 512,
};
/// Samples that the ribbons are cut along, at most.
const MOST_SAMPLES: usize = 200_000;
/// The line and the band of a mean that no other line must be told apart from.
const SINGLE_BAND: Colour = Colour::hex(0x808890);

/// What was selected.
struct Ribbon<'a> {
    members: &'a [LossRun],
    tracks: &'a [RibbonTrack],
    lines: &'a [RibbonLine<'a>],
    /// The loss.
    key: &'a Arc<str>,
    /// The second coordinate.
    second_key: &'a str,
    settings: &'a ViewSettings,
}

pub(super) fn build(
    all: &[Arc<Run>],
    members: &[LossRun],
    second: &PerPoint,
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
    let tracks = lines::tracks(members, second, settings)?;
    let labels = samples::labels_of_runs(&runs);
    let ribbon = Ribbon {
        members,
        tracks: &tracks,
        lines: &lines::lines(all, members, &tracks, &labels, settings.group_seeds()),
        key: members[0].loss.key(),
        second_key: &second.key,
        settings,
    };
    let mut scene = ribbon.empty_scene(ribbon.axes(&runs));
    scene.runs = runs;
    let placed: Vec<PlacedLine> = ribbon
        .lines
        .iter()
        .map(|line| axes::placed(&scene.axes, &line.strips, |at| line.at(2, at)))
        .collect();
    let stride = ribbon.add_surface(&mut scene);
    let palette = ribbon.palette();
    ribbon.add_lines(&mut scene, &placed, &palette);
    scene.legend.clone_from(&palette.legend);
    let refused = placed.iter().map(|line| line.refused).sum();
    scene.caption = ribbon.caption(&scene.axes, &palette, stride, refused, notes);
    Ok(scene)
}

impl Ribbon<'_> {
    fn axes(&self, runs: &[Arc<Run>]) -> [Axis; 3] {
        let settings = self.settings;
        let column = |column: usize| {
            self.lines
                .iter()
                .flat_map(move |line| line.columns[column].iter().copied())
        };
        let (x_title, x_scale) = samples::x_title(runs, self.key, settings);
        let y_title = second_title(self.second_key);
        let bands = self.lines.iter().flat_map(|line| {
            (0..line.steps.len())
                .filter_map(|at| line.band(at))
                .flatten()
        });
        let heights = column(2).chain(bands);
        [
            axes::axis(settings, 0, x_title, x_scale, column(0)),
            axes::rounded_axis(settings, 1, y_title, Scale::Linear, column(1)),
            axes::rounded_axis(settings, 2, self.key.as_ref(), Scale::Linear, heights),
        ]
    }

    fn empty_scene(&self, axes: [Axis; 3]) -> Scene {
        Scene {
            title: format!("{} along {} and {}", self.key, axes[0].title, axes[1].title),
            box_aspect: [1.45, 1.15, 0.78],
            default_view: [(-76.0_f32).to_radians(), 31.0_f32.to_radians()],
            keys: BTreeMap::from([
                ("loss".to_owned(), self.key.to_string()),
                ("second".to_owned(), self.second_key.to_owned()),
            ]),
            ..Scene::new(axes)
        }
    }

    fn method(&self) -> InterpolationMethod {
        self.settings
            .method()
            .unwrap_or(InterpolationMethod::Nearest)
    }

    /// The colour bar belongs to the surface, so lines are told apart by the legend alone.
    fn palette(&self) -> LinePalette {
        let named: Vec<Named<'_>> = self
            .lines
            .iter()
            .map(|line| Named {
                ordinal: line.ordinal,
                label: line.label.clone(),
                config: &self.members[line.tracks[0].member].run.config,
            })
            .collect();
        LinePalette::new(&named, self.settings, None, ColourMap::Plasma)
    }

    /// Adds the ribbons and their colour bar; returns one in how many of the points they are cut along.
    fn add_surface(&self, scene: &mut Scene) -> usize {
        let (samples, stride) = self.surface_samples(&scene.axes);
        let colour_range = colour_range(&Field {
            x_unit: Vec::new(),
            y_unit: Vec::new(),
            values: samples.iter().map(|sample| sample[2]).collect(),
            support: vec![1.0; samples.len()],
        });
        let z_axis = &scene.axes[2];
        let bar_axis = Axis {
            title: z_axis.title.clone(),
            scale: z_axis.scale.clone(),
            low: z_axis.value_from_unit(f64::from(colour_range[0])),
            high: z_axis.value_from_unit(f64::from(colour_range[1])),
        };
        let settings = self.settings;
        let contours = settings
            .contours()
            .then(|| contour_levels(&bar_axis, z_axis))
            .flatten();
        let map = settings.colours(ColourMap::default());
        scene.surfaces.push(Surface {
            work: SurfaceWork::Scatter(Scatter {
                samples: samples.into(),
                method: self.method(),
                size: SIZE,
                support_radius: Some(HALF_WIDTH),
            }),
            map,
            colour_range,
            shading: settings.shading(),
            contours,
            wireframe: settings.wireframe(),
            // A ribbon in the air is read by its shadow.
            floor_projection: settings.floor(true),
            opacity: settings.opacity(1.0),
            records: None,
        });
        scene.colour_bar = Some(ColourBar {
            axis: bar_axis,
            map,
        });
        stride
    }

    /// The samples that the ribbons are cut along, and one in how many of the points they are.
    fn surface_samples(&self, axes: &[Axis; 3]) -> (Vec<[f32; 3]>, usize) {
        let mut samples = Vec::new();
        for line in self.lines {
            let placed = axes::placed(axes, &line.strips, |at| line.at(3, at));
            for strip in &placed.strips {
                let places = &placed.positions_unit[strip.start as usize..strip.end as usize];
                along(places, HALF_WIDTH, &mut samples);
            }
        }
        // Far outside they would coarsen the grid that samples are sorted into, and no node sees them.
        samples.retain(|sample: &[f32; 3]| {
            sample[..2]
                .iter()
                .all(|unit| (-HALF_WIDTH..=1.0 + HALF_WIDTH).contains(unit))
        });
        let stride = samples.len().div_ceil(MOST_SAMPLES).max(1);
        let mut samples: Vec<[f32; 3]> = samples.into_iter().step_by(stride).collect();
        if samples.is_empty() {
            // No sample is within the given ranges: one that no node can see.
            samples.push([-1.0, -1.0, 0.0]);
        }
        (samples, stride)
    }

    fn add_lines(&self, scene: &mut Scene, placed: &[PlacedLine], palette: &LinePalette) {
        for ((line, placed), &colour) in self.lines.iter().zip(placed).zip(&palette.colours) {
            if self.settings.samples() {
                scene.markers.push(Markers {
                    steps: Arc::new([]),
                    name: "samples".to_owned(),
                    positions_unit: placed.positions_unit.as_slice().into(),
                    colour,
                    diameter_pt: 1.8,
                    outline: None,
                });
            }
            let band = self.band(&scene.axes[2], line, placed, colour);
            scene.meshes.extend(band);
            scene.paths.push(self.path(line, placed, colour));
        }
    }

    fn path(&self, line: &RibbonLine<'_>, placed: &PlacedLine, colour: Colour) -> Path {
        let pick =
            |values: &[f64]| -> Vec<f64> { placed.kept.iter().map(|at| values[*at]).collect() };
        let mut path = Path {
            name: line.label.clone(),
            strips: placed.strips.clone(),
            colour: if self.lines.len() == 1 {
                PathColour::Quiet
            } else {
                PathColour::Solid(colour)
            },
            width_pt: if line.spread.is_some() { 1.2 } else { 0.5 },
            series_key: self.key.clone(),
            records: Arc::new([]),
            positions_unit: placed.positions_unit.as_slice().into(),
            details: Vec::new(),
            describe: None,
        };
        if let Some((counts, deviations)) = &line.spread {
            let ids = line.tracks.iter();
            let columns = [(2, self.key.to_string()), (1, self.second_key.to_owned())];
            path.describe = Some(Arc::new(MeanRecords {
                label: line.label.clone(),
                runs: ids
                    .map(|track| self.members[track.member].run.id.clone())
                    .collect(),
                steps: pick(&line.steps),
                counts: placed.kept.iter().map(|at| counts[*at]).collect(),
                columns: columns
                    .into_iter()
                    .map(|(at, name)| (name, pick(&line.columns[at]), pick(&deviations[at])))
                    .collect(),
            }));
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
        path
    }

    fn band(
        &self,
        z_axis: &Axis,
        line: &RibbonLine<'_>,
        placed: &PlacedLine,
        colour: Colour,
    ) -> Option<Mesh> {
        line.spread.as_ref()?;
        let height = |value: f64| z_axis.unit_from_value(value).map(|unit| unit as f32);
        band(
            format!("{} ± standard deviation", line.label),
            &placed.positions_unit,
            &placed.strips,
            if self.lines.len() == 1 {
                SINGLE_BAND
            } else {
                colour
            },
            |at| {
                let [low, high] = line.band(placed.kept[at])?;
                Some([height(low).unwrap_or(0.0), height(high)?])
            },
        )
    }

    fn caption(
        &self,
        axes: &[Axis; 3],
        palette: &LinePalette,
        stride: usize,
        refused: usize,
        notes: &[String],
    ) -> String {
        let (key, second_key) = (self.key, self.second_key);
        let sum = |of: fn(&RibbonTrack) -> usize| -> usize { self.tracks.iter().map(of).sum() };
        let widest = self
            .tracks
            .iter()
            .map(|track| window_of(track, self.settings))
            .max();
        let averaged = match widest {
            Some(window) if window > 1 => format!(" (centred mean over {window} points)"),
            _ => String::new(),
        };
        let of_runs = match self.tracks {
            [track] => format!("run {}", self.members[track.member].run.name),
            more => counted(more.len(), "run"),
        };
        let (join, them) = if self.lines.len() == 1 {
            ("line joins", "it")
        } else {
            ("lines join", "them")
        };
        let carried = sum(|track| track.carried);
        Caption::new(format!(
            "{key} against {second_key} of {of_runs}: the {join} all {}; the ribbon{averaged} \
             follows {them} and ends {:.1} % of the axes beside {them} ({})",
            counted(sum(|track| track.samples.points.len()), "logged point"),
            f64::from(HALF_WIDTH) * 100.0,
            method_name(self.method()),
        ))
        .sentence_if(stride > 1, || {
            format!("The ribbons follow one in {stride} of their points")
        })
        .sentence_if(self.settings.group_seeds(), || {
            groups::caption_text(self.lines.iter().map(|line| line.tracks.len()), key)
        })
        .sentence(&palette.note)
        .sentence_if(palette.bar.is_some(), || "Dark is low, bright is high")
        .sentence(left_out(
            sum(|track| track.samples.superseded),
            sum(|track| track.samples.non_finite),
        ))
        .sentence(axes::refused_text(refused, axes))
        .sentence_if(carried > 0, || {
            format!(
                "{} where {second_key} was not logged use its last value",
                counted(carried, "point")
            )
        })
        .sentences(notes)
        .into_text()
        .replace('`', "")
    }
}

fn second_title(key: &str) -> String {
    match key.rsplit('/').next().unwrap_or(key) {
        "lr" | "learning_rate" | "learning-rate" => "learning rate".to_owned(),
        other => other.to_owned(),
    }
}
