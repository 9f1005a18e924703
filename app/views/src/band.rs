//! The band of the standard deviation around a mean: a vertical strip above and below its line.

use std::{ops::Range, sync::Arc};

use trainscape_scene::{
    colour::Colour,
    scene::{Mesh, MeshColour},
};

/// The opacity of a band.
const OPACITY: f32 = 0.25;

/// The band between two heights along a line; it is interrupted where one of them is missing. `None` if it is empty.
pub(super) fn band(
    name: String,
    positions_unit: &[[f32; 3]],
    strips: &[Range<u32>],
    colour: Colour,
    heights_unit: impl Fn(usize) -> Option<[f32; 2]>,
) -> Option<Mesh> {
    let (mut positions, mut triangles) = (Vec::new(), Vec::new());
    for strip in strips {
        let mut joined = false;
        let (start, end) = (strip.start as usize, strip.end as usize);
        for (index, [x, y, _]) in (start..end).zip(positions_unit[start..end].iter().copied()) {
            let Some([low, high]) = heights_unit(index) else {
                joined = false;
                continue;
            };
            let next = positions.len() as u32;
            positions.extend([[x, y, low], [x, y, high]]);
            if joined {
                triangles.extend([[next - 2, next, next - 1], [next - 1, next, next + 1]]);
            }
            joined = true;
        }
    }
    (!triangles.is_empty()).then(|| Mesh {
        steps: Arc::new([]),
        name,
        positions_unit: positions.into(),
        triangles: triangles.into(),
        colour: MeshColour::Solid(colour),
        // A band shows a range, not an object that is lit.
        shading: 0.0,
        opacity: OPACITY,
        records: None,
    })
}

/// The records of the mean of a group of runs, shown under the cursor.
#[derive(Debug)]
pub(super) struct MeanRecords {
    /// The label of the group.
    pub(super) label: String,
    /// Ids of its runs.
    pub(super) runs: Vec<Arc<str>>,
    /// Step of each position.
    pub(super) steps: Vec<f64>,
    /// How many runs have a value there.
    pub(super) counts: Vec<u32>,
    /// Name, mean and standard deviation of each drawn series.
    pub(super) columns: Vec<(String, Vec<f64>, Vec<f64>)>,
}

impl trainscape_scene::scene::Describe for MeanRecords {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some(step) = self.steps.get(index) else {
            return Vec::new();
        };
        let mut lines = vec![
            ("runs".to_owned(), self.label.clone()),
            ("step".to_owned(), super::tensors::step_text(*step)),
            (
                "runs with a value".to_owned(),
                self.counts[index].to_string(),
            ),
        ];
        for (name, means, deviations) in &self.columns {
            lines.push((format!("mean {name}"), means[index].to_string()));
            let deviation = deviations[index];
            if !deviation.is_nan() {
                lines.push((
                    format!("standard deviation of {name}"),
                    deviation.to_string(),
                ));
            }
        }
        lines
    }

    fn runs(&self) -> &[Arc<str>] {
        &self.runs
    }

    fn mark(&self, index: usize) -> Option<trainscape_scene::scene::Mark> {
        Some(trainscape_scene::scene::Mark {
            run: self.runs.first()?.clone(),
            step: Some(*self.steps.get(index)?),
            row: None,
        })
    }

    fn find(&self, mark: &trainscape_scene::scene::Mark) -> Vec<usize> {
        let (Some(step), Some(first), Some(last)) =
            (mark.step, self.steps.first(), self.steps.last())
        else {
            return Vec::new();
        };
        if !self.runs.contains(&mark.run) || step < *first || step > *last {
            return Vec::new();
        }
        let after = self.steps.partition_point(|other| *other < step);
        let nearest = match after.checked_sub(1) {
            Some(before) if step - self.steps[before] <= self.steps[after] - step => before,
            _ => after,
        };
        vec![nearest]
    }
}
