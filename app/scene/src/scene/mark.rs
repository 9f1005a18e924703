//! A record independent of the view, so that all views can highlight the record picked in one of them.

use trainscape_run::Step;

use super::{content::Scene, path::Path, record::Mark, surface::NodeRecords};

impl Scene {
    /// Positions at which `mark` is drawn: the records of its run nearest to its step, or the points of its row.
    #[must_use]
    pub fn find(&self, mark: &Mark) -> Vec<[f32; 3]> {
        let mut found = Vec::new();
        let paths = self.paths.iter().filter(|_| self.picks_paths);
        for path in paths {
            if let Some(describe) = &path.describe {
                found.extend(at(&path.positions_unit, &describe.find(mark)));
            } else if let Some(step) = mark.step
                && let Some(index) = self.index_on_path(path, &mark.run, step)
            {
                found.push(path.positions_unit[index]);
            }
        }
        for cloud in &self.clouds {
            let indices = cloud.records.as_ref().map(|records| records.find(mark));
            found.extend(indices.into_iter().flatten().filter_map(|i| cloud.place(i)));
        }
        for mesh in &self.meshes {
            if let Some(records) = &mesh.records {
                found.extend(at(&mesh.positions_unit, &records.find(mark)));
            }
        }
        for surface in &self.surfaces {
            if let (Some(nodes), Some(step)) = (&surface.records, mark.step) {
                found.extend(self.nodes_at(nodes, &mark.run, step));
            }
        }
        found
    }

    /// The step of the record behind a position of a path.
    #[must_use]
    pub fn step_on_path(&self, path: &Path, index: usize) -> Option<Step> {
        let record = path.records.get(index)?;
        let run = self.runs.get(record.run as usize)?;
        let series = run.series.get(&path.series_key)?;
        Some(series.get(record.index as usize)?.step)
    }

    /// The step of each position of a path; `None` if its positions have no steps.
    #[must_use]
    pub fn steps_of_path(&self, path: &Path) -> Option<Vec<f64>> {
        let step_at = |index| match &path.describe {
            Some(describe) => describe.mark(index)?.step,
            None => self.step_on_path(path, index).map(Step::as_f64),
        };
        step_at(0)?;
        let indices = 0..path.positions_unit.len();
        Some(
            indices
                .map(|index| step_at(index).unwrap_or(f64::NAN))
                .collect(),
        )
    }

    /// The position of a path whose record is nearest to `step`; `None` if the path belongs to another run
    /// or ends before it.
    /// The id of the run that a path shows, where it shows a run.
    #[must_use]
    pub fn run_of_path<'a>(&'a self, path: &'a Path) -> Option<&'a str> {
        let record = path.records.first()?;
        Some(self.runs.get(record.run as usize)?.id.as_ref())
    }

    fn index_on_path(&self, path: &Path, run: &str, step: f64) -> Option<usize> {
        let first = path.records.first()?;
        if *self.runs.get(first.run as usize)?.id != *run {
            return None;
        }
        let step_at = |index| self.step_on_path(path, index).map(Step::as_f64);
        let (mut low, mut high) = (0, path.records.len() - 1);
        if step < step_at(low)? || step > step_at(high)? {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if step_at(middle)? <= step {
                low = middle;
            } else {
                high = middle;
            }
        }
        let nearer_high = (step_at(high)? - step).abs() < (step - step_at(low)?).abs();
        Some(if nearer_high { high } else { low })
    }

    /// The nodes of a run's rows in the column nearest to `step`.
    fn nodes_at<'a>(
        &'a self,
        nodes: &'a NodeRecords,
        run: &'a str,
        step: f64,
    ) -> impl Iterator<Item = [f32; 3]> + 'a {
        let distance = |column: &usize| (nodes.steps[*column] - step).abs();
        let inside = nodes.steps.first().is_some_and(|first| step >= *first)
            && nodes.steps.last().is_some_and(|last| step <= *last);
        let column = (0..nodes.steps.len())
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .filter(|_| inside);
        let width = nodes.x.len();
        column.into_iter().flat_map(move |column| {
            nodes
                .run_of_row
                .iter()
                .enumerate()
                .filter(move |(_, index)| {
                    self.runs
                        .get(**index as usize)
                        .is_some_and(|of_row| *of_row.id == *run)
                })
                .map(move |(row, _)| row * width + column)
                .filter(|node| nodes.values.get(*node).is_some_and(|value| !value.is_nan()))
                .filter_map(|node| nodes.positions_unit.get(node).copied())
        })
    }
}

fn at<'a>(positions: &'a [[f32; 3]], indices: &'a [usize]) -> impl Iterator<Item = [f32; 3]> + 'a {
    indices
        .iter()
        .filter_map(|index| positions.get(*index).copied())
}
