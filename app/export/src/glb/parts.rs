//! The parts of a scene, which are written when all of them are known.

use crate::geometry::{Look, Paint, Triangles, Vertices};

/// Elements of lines along a colour map that have a node each. Each is divided into up to 128 colours, so that more of
/// them have a node together.
const MOST_ALONG_MAPS: usize = 8;
/// The name of that node.
const TOGETHER: &str = "lines";

/// A part of a scene.
pub(super) enum Part {
    Triangles(Triangles, Look),
    /// Lines of some widths in points.
    Lines(Vec<(Vertices, f32)>),
    /// Points with their diameters in points, and their opacity.
    Points(Vertices, Vec<f32>, f32),
}

/// The parts with their names, in the order of the scene.
#[derive(Default)]
pub(super) struct Parts(pub(super) Vec<(String, Part)>);

impl Parts {
    pub(super) fn push(&mut self, name: &str, part: Part) {
        self.0.push((name.to_owned(), part));
    }

    /// Number of points.
    pub(super) fn points(&self) -> usize {
        let count = |part: &Part| match part {
            Part::Points(points, ..) => points.paints.len(),
            Part::Triangles(..) | Part::Lines(..) => 0,
        };
        self.0.iter().map(|(_, part)| count(part)).sum()
    }

    /// Number of positions of lines.
    pub(super) fn positions_of_lines(&self) -> usize {
        let count = |part: &Part| match part {
            Part::Lines(lines) => lines.iter().map(|(line, _)| line.paints.len()).sum(),
            Part::Triangles(..) | Part::Points(..) => 0,
        };
        self.0.iter().map(|(_, part)| count(part)).sum()
    }

    /// Joins lines along colour maps if they are many.
    pub(super) fn join_lines(&mut self) {
        let count = self.0.iter().filter(|(_, part)| is_along_map(part)).count();
        if count <= MOST_ALONG_MAPS {
            return;
        }
        let mut together = Vec::new();
        for (name, part) in std::mem::take(&mut self.0) {
            match part {
                Part::Lines(lines) if lines.iter().any(along_map) => together.extend(lines),
                part => self.0.push((name, part)),
            }
        }
        self.push(TOGETHER, Part::Lines(together));
    }
}

fn along_map((line, _): &(Vertices, f32)) -> bool {
    matches!(line.paints.first(), Some(Paint::OnMap(..)))
}

fn is_along_map(part: &Part) -> bool {
    matches!(part, Part::Lines(lines) if lines.iter().any(along_map))
}
