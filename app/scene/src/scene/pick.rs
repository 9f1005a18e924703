//! Picking: the record under the cursor.

use std::sync::Arc;

use crate::colour::Colour;

use super::{
    axis_box::is_in_box,
    cloud::CloudColour,
    content::Scene,
    path::Path,
    record::{Describe, Mark, Picked},
    series_records::lines_of_record,
    surface::NodeRecords,
};

/// Share of the radius within which the cursor is on a marker.
const ON_MARKER: f32 = 0.4;

/// A drawn record.
#[derive(Clone, Copy, Debug)]
pub(super) enum RecordAt<'a> {
    /// A position of a path.
    Path(&'a Path, usize),
    /// A point of a cloud, with its colour if it has its own, or a vertex of a mesh.
    Point(&'a Arc<dyn Describe>, usize, Option<Colour>),
    /// A marker.
    Marker(&'a Arc<dyn Describe>, usize),
    /// A measured node of a surface.
    Node(&'a NodeRecords, usize),
}

impl RecordAt<'_> {
    fn kind(&self) -> RecordKind {
        match self {
            RecordAt::Marker(..) => RecordKind::Marker,
            RecordAt::Path(..) | RecordAt::Point(..) => RecordKind::Point,
            RecordAt::Node(..) => RecordKind::Node,
        }
    }
}

/// What a record is drawn as, in the order of precedence under the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// A marker.
    Marker,
    /// A position of a path, a point of a cloud or a vertex of a mesh.
    Point,
    /// A measured node of a surface.
    Node,
}

/// A drawn record with what it says.
#[derive(Debug)]
pub struct DrawnRecord<'a> {
    /// Its position and its lines.
    pub picked: Picked,
    /// The path that it is on.
    pub path: Option<&'a Path>,
    /// Its colour, if it is a point with a colour of its own.
    pub colour: Option<Colour>,
    /// What it is drawn as.
    pub kind: RecordKind,
}

impl Scene {
    /// The record nearest to the cursor. `project` returns a position's distance from the cursor (any unit) and its
    /// depth (smaller is nearer to the camera), or `None` outside of the viewport. Positions further than `radius` are
    /// ignored; markers under the cursor take precedence over points, those over nodes of a surface, then the smaller
    /// distance wins.
    #[must_use]
    pub fn pick(
        &self,
        radius: f32,
        project: impl Fn([f32; 3]) -> Option<(f32, f32)>,
    ) -> Option<Picked> {
        let mut best: Option<(RecordKind, f32, RecordAt<'_>, [f32; 3])> = None;
        self.for_each_record(|at, position| {
            let Some((distance, depth)) = project(position) else {
                return;
            };
            // Depth adds to the cost, so that hidden points lose.
            let cost = distance + depth * radius;
            let rank = match at.kind() {
                // A marker stands out, so a cursor on it means it rather than a nearer point beside it.
                RecordKind::Marker if distance > radius * ON_MARKER => RecordKind::Point,
                kind => kind,
            };
            let better = best
                .as_ref()
                .is_none_or(|(best_rank, least, ..)| (rank, cost) < (*best_rank, *least));
            if distance <= radius && better {
                best = Some((rank, cost, at, position));
            }
        });
        let (_, _, at, position) = best?;
        self.describe(&at, position)
    }

    /// Calls `visit` with each record that is drawn, in the order of drawing.
    pub fn for_each_picked<'a>(&'a self, mut visit: impl FnMut(DrawnRecord<'a>)) {
        self.for_each_record(|at, position_unit| {
            let (path, colour) = match at {
                RecordAt::Path(path, _) => (Some(path), None),
                RecordAt::Point(_, _, colour) => (None, colour),
                RecordAt::Marker(..) | RecordAt::Node(..) => (None, None),
            };
            if let Some(picked) = self.describe(&at, position_unit) {
                visit(DrawnRecord {
                    picked,
                    path,
                    colour,
                    kind: at.kind(),
                });
            }
        });
    }

    /// Calls `visit` with each record that is drawn and its position in the unit box.
    pub(super) fn for_each_record<'a>(&'a self, mut visit: impl FnMut(RecordAt<'a>, [f32; 3])) {
        let mut visit = |at: RecordAt<'a>, position: [f32; 3]| {
            if is_in_box(position) {
                visit(at, position);
            }
        };
        for path in &self.paths {
            let has_records = !path.records.is_empty() || path.describe.is_some();
            if !self.picks_paths || !has_records {
                continue;
            }
            for (index, position) in path.positions_unit.iter().enumerate() {
                visit(RecordAt::Path(path, index), *position);
            }
        }
        for cloud in &self.clouds {
            if let Some(records) = &cloud.records {
                let has_colours = cloud.colour == CloudColour::Rgb;
                cloud.for_each(|index, point| {
                    let colour = has_colours.then(|| cloud.colour.of(&point));
                    visit(RecordAt::Point(records, index, colour), point.position_unit);
                });
            }
        }
        for mesh in &self.meshes {
            if let Some(records) = &mesh.records {
                for (index, position) in mesh.positions_unit.iter().enumerate() {
                    visit(RecordAt::Point(records, index, None), *position);
                }
            }
        }
        for markers in &self.markers {
            if let Some(records) = &markers.records {
                for (index, position) in markers.positions_unit.iter().enumerate() {
                    visit(RecordAt::Marker(records, index), *position);
                }
            }
        }
        for nodes in self
            .surfaces
            .iter()
            .filter_map(|surface| surface.records.as_ref())
        {
            for (index, position) in nodes.positions_unit.iter().enumerate() {
                visit(RecordAt::Node(nodes, index), *position);
            }
        }
    }

    /// Describes a drawn record.
    pub(super) fn describe(&self, at: &RecordAt<'_>, position_unit: [f32; 3]) -> Option<Picked> {
        let from = |describe: &Arc<dyn Describe>, index| Picked {
            position_unit,
            lines: describe.lines(index),
            row: describe.row(index),
            mark: describe.mark(index),
        };
        match at {
            RecordAt::Point(records, index, _) | RecordAt::Marker(records, index) => {
                Some(from(records, *index))
            }
            RecordAt::Path(path, index) => match &path.describe {
                Some(describe) => Some(from(describe, *index)),
                None => self.describe_path(path, *index, position_unit),
            },
            RecordAt::Node(nodes, index) => self.describe_node(nodes, *index, position_unit),
        }
    }

    fn describe_path(&self, path: &Path, index: usize, position_unit: [f32; 3]) -> Option<Picked> {
        let record = path.records.get(index)?;
        let run = self.runs.get(record.run as usize)?;
        let series = run.series.get(&path.series_key)?;
        let point = series.get(record.index as usize)?;
        Some(Picked {
            position_unit,
            lines: lines_of_record(run, &path.series_key, point, &path.details, index),
            row: None,
            mark: Some(Mark {
                run: run.id.clone(),
                step: Some(point.step.as_f64()),
                row: None,
            }),
        })
    }

    fn describe_node(
        &self,
        nodes: &NodeRecords,
        index: usize,
        position_unit: [f32; 3],
    ) -> Option<Picked> {
        let width = nodes.x.len();
        let (row, column) = (index / width, index % width);
        let value = nodes
            .values
            .get(index)
            .copied()
            .filter(|value| !value.is_nan())?;
        let run = self.runs.get(*nodes.run_of_row.get(row)? as usize)?;
        let mut lines = vec![
            ("run".to_owned(), run.name.to_string()),
            (self.axes[1].title.clone(), nodes.rows.get(row)?.clone()),
            (self.axes[0].title.clone(), nodes.x[column].to_string()),
            (nodes.value_name.clone(), value.to_string()),
        ];
        if let Some((name, drawn)) = &nodes.drawn {
            lines.push((name.clone(), drawn[index].to_string()));
        }
        Some(Picked {
            position_unit,
            lines,
            row: None,
            mark: nodes.steps.get(column).map(|step| Mark {
                run: run.id.clone(),
                step: Some(*step),
                row: None,
            }),
        })
    }
}
