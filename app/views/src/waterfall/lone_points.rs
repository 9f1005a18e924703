//! Points that no line reaches: the only one of a run, those between two gaps, and those of cases that are in no order.

use std::sync::Arc;

use trainscape_scene::{
    scene::{Markers, PointLabel, Scene, SeriesRecords},
    ticks::format_derived,
};

use super::{MOST_LABELLED, Waterfall};
use crate::axes::PlacedLine;

/// Diameter of a point, and of one of many runs.
const DIAMETERS_PT: [f32; 2] = [5.0, 2.0];

impl Waterfall<'_> {
    /// Adds the points of a row that are a segment by themselves; the only one of a run has its value, where that of few runs
    /// can be read.
    pub(super) fn add_lone_points(&self, scene: &mut Scene, place: usize, line: &PlacedLine) {
        let row = &self.rows[place];
        let member = &self.members[row.member];
        let points = &row.samples.points;
        let alone = line.strips.iter().filter(|strip| strip.len() == 1);
        let alone: Vec<usize> = alone.map(|strip| strip.start as usize).collect();
        let logged = || alone.iter().map(|at| &points[line.kept[*at]]);
        if alone.is_empty() {
            return;
        }
        let mut records = SeriesRecords::default();
        let indices = logged().map(|point| point.index);
        records.add(&member.run, &self.key, indices.collect(), Vec::new());
        let is_marked = || {
            let marked = self.extremes().marked();
            marked.is_some_and(|record| record.row == place)
        };
        let positions = alone.iter().map(|at| line.positions_unit[*at]);
        let positions_unit: Vec<_> = positions.collect();
        if let ([point], true) = (points.as_slice(), self.rows.len() <= MOST_LABELLED)
            && !is_marked()
        {
            scene
                .labels
                .extend(positions_unit.first().map(|at| PointLabel {
                    position_unit: *at,
                    text: format_derived(point.value),
                }));
        }
        scene.markers.push(Markers {
            records: Some(Arc::new(records)),
            steps: logged().map(|point| point.step).collect(),
            name: match points.len() {
                1 => "only point".to_owned(),
                _ => "points that no line reaches".to_owned(),
            },
            positions_unit: positions_unit.as_slice().into(),
            colour: self.order.colours[place],
            diameter_pt: DIAMETERS_PT[usize::from(self.many.is_some())],
            outline: None,
        });
    }
}
