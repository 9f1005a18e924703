//! Earlier starts of runs, which later restarts repeat: thin lines behind those of the runs in the plane.

use trainscape_scene::{
    colour::Colour,
    scene::{LegendEntry, LegendMark, Path, PathColour, RecordRef, Scene},
    ticks::format_value,
};

use super::layers::Layer;
use crate::{
    ViewSettings, axes,
    run_rows::{RunRow, RunSeries},
    samples::{self, Samples, counted},
    side::Side,
};

/// The colours of earlier starts are mixed with this share of this colour.
const FAINT: Colour = Colour::hex(0xb4b4b4);
const FAINT_SHARE: f32 = 0.7;

/// The earlier starts of one run.
struct StartsOfRun {
    /// The run's index among the members.
    run_index: u32,
    member: RunSeries,
    /// The place of the logged points behind the run's line.
    y: f64,
    colour: Colour,
    starts: Vec<Samples>,
}

/// The earlier starts of each run that has some.
#[derive(Default)]
pub(super) struct EarlierStarts(Vec<StartsOfRun>);

impl EarlierStarts {
    /// Of the runs that are drawn in `colours`.
    pub(super) fn of(
        members: &[RunSeries],
        rows: &[RunRow],
        colours: &[Colour],
        settings: &ViewSettings,
    ) -> Self {
        let of_place = |(place, row): (usize, &RunRow)| {
            let member = &members[row.member];
            StartsOfRun {
                run_index: row.member as u32,
                starts: samples::earlier_starts(&member.run, &member.series, settings),
                member: member.clone(),
                y: Layer::Dots.place(place, rows.len()),
                colour: colours[place].mix(FAINT, FAINT_SHARE),
            }
        };
        let all = rows.iter().enumerate().map(of_place);
        Self(all.filter(|of_run| !of_run.starts.is_empty()).collect())
    }

    fn starts(&self) -> impl Iterator<Item = &Samples> {
        self.0.iter().flat_map(|of_run| &of_run.starts)
    }

    pub(super) fn legend(&self) -> Option<LegendEntry> {
        (!self.is_empty()).then(|| LegendEntry {
            label: "earlier starts".to_owned(),
            colour: Some(FAINT),
            mark: LegendMark::Line,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// x of each point.
    pub(super) fn all_x(&self) -> impl Iterator<Item = f64> {
        self.starts().flat_map(Samples::all_x)
    }

    /// The values of each start.
    pub(super) fn values(&self) -> impl Iterator<Item = Vec<f64>> {
        self.starts().map(Samples::values)
    }

    /// Adds a thin line for each start.
    pub(super) fn add(&self, scene: &mut Scene) {
        for of_run in &self.0 {
            for start in &of_run.starts {
                let points = &start.points;
                let at = |at: usize| points[at].at(of_run.y);
                let line = axes::placed(&scene.axes, &start.strips(), at);
                let record = |at: &usize| RecordRef {
                    run: of_run.run_index,
                    index: points[*at].index,
                };
                scene.paths.push(Path {
                    name: format!("{}, earlier start", of_run.member.run.name),
                    records: line.kept.iter().map(record).collect(),
                    positions_unit: line.positions_unit.into(),
                    strips: line.strips,
                    colour: PathColour::Solid(of_run.colour),
                    width_pt: 0.7,
                    series_key: of_run.member.series.key().clone(),
                    details: Vec::new(),
                    describe: None,
                });
            }
        }
    }

    /// The caption's sentence, with the most extreme value of the starts; empty without any.
    pub(super) fn text(&self, side: Side) -> String {
        let points = || self.starts().flat_map(|start| &start.points);
        let extreme = match side {
            Side::Lowest => points().min_by(|a, b| a.value.total_cmp(&b.value)),
            Side::Highest => points().max_by(|a, b| a.value.total_cmp(&b.value)),
        };
        extreme.map_or_else(String::new, |extreme| {
            format!(
                "Thin pale lines: {} of {} that a restart repeats ({} {} at step {})",
                counted(points().count(), "point"),
                counted(self.starts().count(), "earlier start"),
                side.name().to_lowercase(),
                format_value(extreme.value),
                format_value(extreme.step),
            )
        })
    }
}
