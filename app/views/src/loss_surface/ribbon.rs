//! The ribbon of runs: a surface that follows each trajectory in the plane of step and learning rate.

mod lines;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, GridSize, InterpolationMethod, Scatter};
use trainscape_run::{Role, Run, Series};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{ColourBar, Markers, Mesh, Path, PathColour, RecordRef, Scene, Surface, SurfaceWork},
};

use self::lines::{RibbonLine, RibbonTrack};
use super::selection::PerPoint;
use crate::{
    NotAvailable, ViewSettings,
    axes::{self, PlacedLine},
    band::{MeanRecords, band},
    caption::Caption,
    common::{self, METHOD, SMOOTHING},
    decimation::{Decimation, MOST_ON_LINES},
    groups,
    heights::{along, colour_range, contour_levels, method_name},
    held_out::SURFACE,
    not_finite,
    palette::{LinePalette, Named},
    ranges::{self, Outliers},
    run_rows::{self, RunSeries},
    samples::{self, counted, counted_are, left_out, quantity_title},
    waterfall::WATERFALL,
    x_lookup,
};

/// Half the ribbon's width, as a share of the box's edge.
const HALF_WIDTH: f32 = 0.045;
/// Nodes of the grid on which the ribbon is interpolated.
const SIZE: GridSize = GridSize {
    width: 1024,
    height: 512,
};
/// The largest number of samples that the ribbons are interpolated from.
const MOST_SAMPLES: usize = 200_000;
/// The band of the only line of a figure.
const SINGLE_BAND: Colour = Colour::hex(0x808890);

/// The selected data.
struct Ribbon<'a> {
    members: &'a [RunSeries],
    tracks: &'a [RibbonTrack],
    lines: &'a [RibbonLine<'a>],
    /// The loss.
    key: &'a Arc<str>,
    /// The second coordinate.
    second_key: &'a str,
    settings: &'a ViewSettings,
}

/// Whether some member has a second coordinate at or before a point.
pub(super) fn meets(members: &[RunSeries], second: &PerPoint) -> bool {
    let first = |series: &Series| {
        let steps = series.live().map(|(_, point)| point.step.as_f64());
        steps.fold(f64::INFINITY, f64::min)
    };
    let last = |series: &Series| {
        let steps = series.live().map(|(_, point)| point.step.as_f64());
        steps.fold(f64::NEG_INFINITY, f64::max)
    };
    let mut pairs = members.iter().zip(&second.series);
    pairs.any(|(member, second)| first(second) <= last(&member.series))
}

pub(super) fn build(
    all: &[Arc<Run>],
    members: &[RunSeries],
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
        key: members[0].series.key(),
        second_key: &second.key,
        settings,
    };
    let mut scene = ribbon.empty_scene(ribbon.axes(&runs));
    scene.runs = runs;
    let lens: Vec<usize> = ribbon.lines.iter().map(|line| line.steps.len()).collect();
    let at = |line: usize, at: usize| ribbon.lines[line].at(2, at);
    let decimation = Decimation::of(&scene.axes, &lens, MOST_ON_LINES, at);
    let placed: Vec<PlacedLine> = ribbon
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            decimation.placed(index, &scene.axes, &line.strips, |point| at(index, point))
        })
        .collect();
    let stride = ribbon.add_surface(&mut scene);
    let palette = ribbon.palette();
    ribbon.add_lines(&mut scene, &placed, &palette);
    scene.legend.clone_from(&palette.legend);
    let outliers = ribbon.add_outliers(&mut scene);
    let of_tracks = tracks.iter().flat_map(|track| track.non_finite_at.clone());
    let not_finite = not_finite::add(&mut scene, of_tracks.collect());
    let not_placed = placed.iter().map(|line| line.not_placed).sum();
    let notes: Vec<String> = [decimation.text("Lines"), outliers, not_finite]
        .into_iter()
        .chain(notes.iter().cloned())
        .collect();
    scene.caption = ribbon.caption(&scene.axes, &palette, stride, not_placed, &notes);
    let has_surface = !scene.surfaces.is_empty();
    scene.choose(SURFACE.name, has_surface);
    scene.choose(WATERFALL.name, false);
    scene.choose(METHOD.name, common::method_option(ribbon.method()));
    let window = tracks[0].window;
    if tracks.iter().all(|track| track.window == window) {
        scene.choose(SMOOTHING.name, window);
    }
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
        let not_finite = |column: usize| {
            let points = self.tracks.iter().flat_map(|track| &track.non_finite_at);
            points
                .map(move |(at, _)| at[column])
                .filter(|value| value.is_finite())
        };
        let (x_title, x_scale) = x_lookup::x_title(runs, self.key, settings);
        let y_title = second_title(self.second_key);
        let bands = self.lines.iter().flat_map(|line| {
            (0..line.steps.len())
                .filter_map(|at| line.band(at))
                .flatten()
        });
        let mut heights: Vec<Vec<f64>> = self
            .lines
            .iter()
            .map(|line| line.columns[2].clone())
            .collect();
        heights.push(bands.collect());
        let z_scale = ranges::scale_of(heights.iter().flatten().copied());
        [
            axes::axis(
                settings,
                0,
                x_title,
                x_scale,
                column(0).chain(not_finite(0)),
            ),
            axes::rounded_axis(
                settings,
                1,
                y_title,
                Scale::Linear,
                column(1).chain(not_finite(1)),
            ),
            ranges::height_axis(settings, self.key, z_scale, &heights, true),
        ]
    }

    fn empty_scene(&self, axes: [Axis; 3]) -> Scene {
        Scene {
            title: self.title(&axes),
            box_aspect: [1.45, 1.15, 0.78],
            default_view: [(-76.0_f32).to_radians(), 31.0_f32.to_radians()],
            fills_page: true,
            keys: BTreeMap::from([
                ("loss".to_owned(), self.key.to_string()),
                ("second".to_owned(), self.second_key.to_owned()),
            ]),
            ..Scene::new(axes)
        }
    }

    fn title(&self, axes: &[Axis; 3]) -> String {
        let what = format!(
            "{} by {} and {}",
            quantity_title(self.key, Some(Role::Loss)),
            axes[0].title,
            axes[1].title
        );
        match self.lines {
            [line] => format!("{what}, {}", line.label),
            _ => format!("{what}, {}", counted(self.tracks.len(), "run")),
        }
    }

    fn has_surface(&self) -> bool {
        self.settings.chosen_switch(&SURFACE) != Some(false)
    }

    fn method(&self) -> InterpolationMethod {
        self.settings
            .method()
            .unwrap_or(InterpolationMethod::Nearest)
    }

    /// The colour bar belongs to the surface, so only the legend identifies lines.
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

    /// Adds the ribbons and their colour bar; returns the stride at which points were sampled.
    fn add_surface(&self, scene: &mut Scene) -> usize {
        if !self.has_surface() {
            return 1;
        }
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
            // The floor projection shows where a ribbon is.
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

    /// The samples that the ribbons are interpolated from, and the stride at which points were sampled.
    fn surface_samples(&self, axes: &[Axis; 3]) -> (Vec<[f32; 3]>, usize) {
        let mut samples = Vec::new();
        for line in self.lines {
            let placed = axes::placed(axes, &line.segments, |at| line.at(3, at));
            for strip in &placed.strips {
                let places = &placed.positions_unit[strip.start as usize..strip.end as usize];
                along(places, HALF_WIDTH, &mut samples);
            }
        }
        // Samples far outside would coarsen the search grid, and no node uses them.
        samples.retain(|sample: &[f32; 3]| {
            sample[..2]
                .iter()
                .all(|unit| (-HALF_WIDTH..=1.0 + HALF_WIDTH).contains(unit))
        });
        let stride = samples.len().div_ceil(MOST_SAMPLES).max(1);
        let mut samples: Vec<[f32; 3]> = samples.into_iter().step_by(stride).collect();
        if samples.is_empty() {
            // No sample is within the given ranges: add one that no node uses.
            samples.push([-1.0, -1.0, 0.0]);
        }
        (samples, stride)
    }

    fn add_lines(&self, scene: &mut Scene, placed: &[PlacedLine], palette: &LinePalette) {
        for ((line, placed), &colour) in self.lines.iter().zip(placed).zip(&palette.colours) {
            if self.settings.samples() {
                scene.markers.push(Markers {
                    records: None,
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

    /// Marks the points of runs that are beyond the axis; returns the caption's sentence.
    fn add_outliers(&self, scene: &mut Scene) -> String {
        let mut outliers = Outliers::default();
        for line in self.lines.iter().filter(|line| line.spread.is_none()) {
            for (at, step) in line.steps.iter().enumerate() {
                outliers.visit(&scene.axes[2], line.at(2, at), *step);
            }
        }
        outliers.add(self.settings, scene)
    }

    fn path(&self, line: &RibbonLine<'_>, placed: &PlacedLine, colour: Colour) -> Path {
        let pick =
            |values: &[f64]| -> Vec<f64> { placed.kept.iter().map(|at| values[*at]).collect() };
        let mut path = Path {
            name: line.label.clone(),
            strips: placed.strips.clone(),
            colour: if self.lines.len() == 1 {
                PathColour::Muted
            } else {
                PathColour::Solid(colour)
            },
            width_pt: match (&line.spread, line.tracks[0].window) {
                (Some(_), _) => 1.2,
                (None, 1) => 0.5,
                // The noise does not hide the mean.
                (None, _) => 0.25,
            },
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
        not_placed: usize,
        notes: &[String],
    ) -> String {
        let (key, second_key) = (self.key, self.second_key);
        let sum = |of: fn(&RibbonTrack) -> usize| -> usize { self.tracks.iter().map(of).sum() };
        let widest = self.tracks.iter().map(|track| track.window).max();
        let of_runs = match self.tracks {
            [track] => format!("run {}", self.members[track.member].run.name),
            more => counted(more.len(), "run"),
        };
        let (lines, ribbons) = if self.lines.len() == 1 {
            ("The line joins", "The ribbon is")
        } else {
            ("The lines join", "The ribbons are")
        };
        let averaged = match (widest, self.tracks) {
            (None | Some(1), _) => "the logged values".to_owned(),
            (Some(window), tracks) => format!(
                "the centred mean over {}{window} points{}",
                if tracks.len() > 1 { "up to " } else { "" },
                run_rows::chosen_text(self.settings)
            ),
        };
        let carried = sum(|track| track.carried);
        let unmatched = sum(|track| track.unmatched);
        Caption::new(format!(
            "{key} by {} and {second_key} for {of_runs}, {}",
            axes[0].title,
            counted(sum(|track| track.samples.points.len()), "logged point"),
        ))
        .sentence_if(self.lines.iter().all(|line| line.spread.is_none()), || {
            format!("{lines} all logged points")
        })
        .sentence_if(self.settings.group_seeds(), || {
            let members = self.members.iter();
            let runs: Vec<Arc<Run>> = members.map(|member| member.run.clone()).collect();
            let by = groups::chosen_repeats(&runs);
            groups::caption_text(self.lines.iter().map(|line| line.tracks.len()), by, key)
        })
        .sentence_if(self.lines.iter().any(|line| line.is_interpolated), || {
            groups::INTERPOLATED
        })
        .sentence_if(self.has_surface(), || {
            format!(
                "{ribbons} interpolated ({}) from {averaged}, and widened by {:.1} % of the axes to each side for \
                 visibility; the width carries no data",
                method_name(self.method()),
                f64::from(HALF_WIDTH) * 100.0,
            )
        })
        .sentence_if(stride > 1, || {
            format!("The ribbons use one in {stride} of the points of the lines")
        })
        .sentence(&palette.note)
        .sentence_if(palette.bar.is_some(), || {
            "Dark lines have low values, bright lines high ones"
        })
        .sentence_if(carried > 0, || {
            format!(
                "At {} {second_key} was not logged; its last value is used",
                counted(carried, "point")
            )
        })
        .sentence_if(unmatched > 0, || {
            format!(
                "{} left out: before the first {second_key}",
                counted_are(unmatched, "point")
            )
        })
        .sentence(left_out(sum(|track| track.samples.superseded), 0))
        .sentence(axes::not_placed_text(not_placed, axes))
        .sentences(notes)
        .into_text()
    }
}

fn second_title(key: &str) -> String {
    match key.rsplit('/').next().unwrap_or(key) {
        "lr" | "learning_rate" | "learning-rate" => "learning rate".to_owned(),
        other => other.to_owned(),
    }
}
