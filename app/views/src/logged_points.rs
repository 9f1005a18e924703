//! Logged points behind a smoothed line, which show what it averages.

use std::sync::Arc;

use trainscape_scene::{
    axis::Axis,
    colour::Colour,
    scene::{Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Describe, Path, SeriesRecords},
};

use super::{
    axes,
    decimation::{Decimation, MOST_DOTS},
    run_rows::RunSeries,
    samples::{Samples, counted, verb},
};

/// Up to this many lines show their logged points.
pub(super) const FEW_LINES: usize = 14;
/// The colours of points behind a line are mixed with this share of this colour, so that the line is prominent.
const QUIET: Colour = Colour::hex(0x8c8c8c);
const QUIET_SHARE: f32 = 0.5;

/// Logged points and their steps.
#[derive(Default)]
pub(super) struct LoggedPoints {
    points: Vec<CloudPoint>,
    steps: Vec<f64>,
    pub(super) records: SeriesRecords,
}

impl LoggedPoints {
    pub(super) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    pub(super) fn push(&mut self, unit: [f32; 3], colour: Colour, step: f64) {
        self.points.push(CloudPoint::from_rgb(unit, colour.rgb));
        self.steps.push(step);
    }

    /// Appends the samples of rows (run, samples, y and colour of each) that are in the axis box: outliers are marked by
    /// others. Returns the caption's sentence on samples that are not drawn; empty if all are.
    pub(super) fn add_rows(
        &mut self,
        axes: &[Axis; 3],
        rows: &[(&RunSeries, &Samples, f64, Colour)],
    ) -> String {
        let at = |row: usize, index: usize| {
            let (_, samples, y, _) = rows[row];
            samples.points[index].at(y)
        };
        let lens: Vec<usize> = rows.iter().map(|row| row.1.points.len()).collect();
        let decimation = Decimation::of(axes, &lens, MOST_DOTS, at);
        for (row, (member, samples, _, colour)) in rows.iter().enumerate() {
            let whole = Path::unbroken(lens[row]);
            let placed = decimation.placed(row, axes, &whole, |index| at(row, index));
            let mut indices = Vec::with_capacity(placed.kept.len());
            for (unit, index) in placed.positions_unit.iter().zip(&placed.kept) {
                let sample = &samples.points[*index];
                if axes::is_inside(*unit) {
                    self.push(*unit, quiet(*colour), sample.step);
                    indices.push(sample.index);
                }
            }
            let key = member.series.key();
            self.records
                .add(&member.run, key, indices.into(), Vec::new());
        }
        decimation.text("Dots")
    }

    pub(super) fn cloud(self, behind_lines: bool) -> Cloud {
        let (scale, least, most) = if behind_lines {
            (36.0, 0.6, 1.9)
        } else {
            (60.0, 1.1, 4.0)
        };
        let diameter_pt = (scale / (self.points.len() as f32).sqrt()).clamp(least, most);
        Cloud {
            steps: self.steps.into(),
            name: "logged points".to_owned(),
            work: CloudWork::Points(self.points.into()),
            colour: CloudColour::Rgb,
            size: CloudSize::Constant(diameter_pt),
            floor_projection: false,
            opacity: if behind_lines { 0.8 } else { 1.0 },
            // Otherwise the line passes through the same records.
            records: behind_lines.then(|| -> Arc<dyn Describe> { Arc::new(self.records) }),
        }
    }
}

/// The colour of points behind a line of a colour.
pub(super) fn quiet(colour: Colour) -> Colour {
    colour.mix(QUIET, QUIET_SHARE)
}

/// A position moved to the nearest wall.
pub(super) fn at_wall(unit: [f32; 3]) -> [f32; 3] {
    unit.map(|unit| unit.clamp(0.0, 1.0))
}

/// A sentence on logged points beyond the axes; empty without any.
pub(super) fn beyond_text(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!(
            "{} beyond the axes {} moved to their walls",
            counted(count, "logged point"),
            verb(count)
        ),
    }
}
