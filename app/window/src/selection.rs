//! Records that were selected with a box or a lasso.

use trainscape_scene::{
    Scene,
    figure::Figure,
    scene::{Mark, Picked},
};
use trainscape_views::ViewKind;

use crate::pane_id::PaneId;

/// Most records that the table lists; further ones are counted.
const MOST: usize = 20_000;
/// Most records that are marked in the tiles.
const MARKED: usize = 2_000;

/// What a drag in a tile does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Orbits the camera.
    #[default]
    Orbit,
    /// Selects the records in a rectangle.
    Box,
    /// Selects the records in an outline drawn by hand.
    Lasso,
}

/// The records that were selected.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    /// Differs between any two selections.
    pub(crate) version: u64,
    /// The tile they were selected in.
    pub(crate) pane: PaneId,
    pub(crate) view: ViewKind,
    pub(crate) records: Vec<Picked>,
    /// How many there are; `records` holds the first of them.
    pub(crate) total: usize,
    /// Names of values, in the order in which they first appear.
    pub(crate) columns: Vec<String>,
}

impl Selected {
    /// The records of a tile inside an outline, after those of `before`; `None` where there are none.
    pub(crate) fn inside(
        outline: &[[f32; 2]],
        (pane, view): (PaneId, ViewKind),
        scene: &Scene,
        figure: &Figure,
        before: Option<&Self>,
    ) -> Option<Self> {
        let selection = scene.select(MOST, |position| {
            figure
                .point_from_unit(position)
                .is_some_and(|(at, _)| is_inside(outline, at.into()))
        });
        let (mut records, mut total) = (selection.records, selection.total);
        if let Some(before) = before {
            let added: Vec<Picked> = records
                .into_iter()
                .filter(|record| !before.records.contains(record))
                .collect();
            total = before.total + added.len();
            records = before.records.iter().cloned().chain(added).collect();
            records.truncate(MOST);
        }
        if records.is_empty() {
            return None;
        }
        let mut columns: Vec<String> = Vec::new();
        for (name, _) in records.iter().flat_map(|record| &record.lines) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        Some(Self {
            version: 0,
            pane,
            view,
            records,
            total,
            columns,
        })
    }

    /// Where the records are drawn in a tile.
    pub(crate) fn places(&self, pane: PaneId, view: ViewKind, scene: &Scene) -> Vec<[f32; 3]> {
        let records = self.records.iter().take(MARKED);
        if pane == self.pane && view == self.view {
            return records.map(|record| record.position_unit).collect();
        }
        let mut marks: Vec<&Mark> = Vec::new();
        for mark in records.filter_map(|record| record.mark.as_ref()) {
            if marks.last() != Some(&mark) {
                marks.push(mark);
            }
        }
        let mut places: Vec<_> = marks
            .into_iter()
            .flat_map(|mark| scene.find(mark))
            .collect();
        places.truncate(MARKED);
        places
    }

    /// The value of a column in a record; empty where it has none.
    pub(crate) fn cell(&self, record: usize, column: &str) -> &str {
        let lines = &self.records[record].lines;
        let found = lines.iter().find(|(name, _)| name == column);
        found.map_or("", |(_, value)| value.as_str())
    }
}

/// Whether a point is inside a closed line, by the even-odd rule.
fn is_inside(line: &[[f32; 2]], [x, y]: [f32; 2]) -> bool {
    let mut inside = false;
    let mut previous = line.len().wrapping_sub(1);
    for (index, [ax, ay]) in line.iter().enumerate() {
        let [bx, by] = line[previous];
        if (*ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax {
            inside = !inside;
        }
        previous = index;
    }
    inside
}

/// The outline of what a stroke selects; `None` where it is too short to be meant.
pub(crate) fn outline(tool: Tool, stroke: &[[f32; 2]]) -> Option<Vec<[f32; 2]>> {
    let ([first, .., last], true) = (stroke, tool != Tool::Orbit) else {
        return None;
    };
    let line = match tool {
        Tool::Box => vec![*first, [last[0], first[1]], *last, [first[0], last[1]]],
        _ => stroke.to_vec(),
    };
    let extent = |axis: usize| {
        let along = line.iter().map(|at| at[axis]);
        along.clone().fold(f32::MIN, f32::max) - along.fold(f32::MAX, f32::min)
    };
    (extent(0) > 3.0 && extent(1) > 3.0).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasso_selects_what_is_inside() {
        // A horseshoe: its middle is outside.
        let line = [
            [0.0, 0.0],
            [10.0, 0.0],
            [10.0, 10.0],
            [7.0, 10.0],
            [7.0, 3.0],
            [3.0, 3.0],
            [3.0, 10.0],
            [0.0, 10.0],
        ];
        assert!(is_inside(&line, [1.5, 5.0]));
        assert!(is_inside(&line, [8.5, 5.0]));
        assert!(is_inside(&line, [5.0, 1.0]));
        assert!(!is_inside(&line, [5.0, 7.0]));
        assert!(!is_inside(&line, [-1.0, 5.0]));
        assert!(!is_inside(&[], [0.0, 0.0]));
    }

    #[test]
    fn a_click_is_not_a_selection() {
        let stroke = [[5.0, 5.0], [6.0, 5.5]];
        assert_eq!(outline(Tool::Box, &stroke), None);
        assert_eq!(outline(Tool::Lasso, &stroke), None);
        let stroke = [[5.0, 5.0], [20.0, 30.0]];
        assert_eq!(outline(Tool::Box, &stroke).map(|line| line.len()), Some(4));
        assert_eq!(outline(Tool::Orbit, &stroke), None);
    }
}
