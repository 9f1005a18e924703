//! Which record lies under the cursor.

use std::sync::Arc;

use trainscape_run::{Run, Step};

use super::{Describe, NodeRecords, Path, Picked, Scene};

/// A point near the cursor: what says what it is, its index, its place and its cost.
type Found<'a> = (&'a Arc<dyn Describe>, usize, [f32; 3], f32);

impl Scene {
    /// The record drawn nearest to the cursor, as `project` places things: it returns a position's
    /// distance from the cursor (any unit) and its depth (smaller is nearer to the eye), or `None`
    /// outside the picture. Positions further than `radius` are left alone; among those within, points
    /// win over nodes of a surface, then the nearer to the cursor.
    #[must_use]
    pub fn pick(
        &self,
        radius: f32,
        project: impl Fn([f32; 3]) -> Option<(f32, f32)>,
    ) -> Option<Picked> {
        let cost = |position: [f32; 3]| {
            let (distance, depth) = project(position)?;
            // A step into the depth weighs as much as one across, so that hidden points lose.
            (distance <= radius).then_some(distance + depth * radius)
        };
        let nearest = |positions: &[[f32; 3]]| {
            positions
                .iter()
                .enumerate()
                .filter_map(|(index, position)| Some((index, cost(*position)?)))
                .min_by(|a, b| a.1.total_cmp(&b.1))
        };
        let path = self
            .paths
            .iter()
            .filter(|path| !path.records.is_empty() || path.describe.is_some())
            .filter_map(|path| nearest(&path.positions_unit).map(|(i, cost)| (path, i, cost)))
            .min_by(|a, b| a.2.total_cmp(&b.2));
        let mut point: Option<Found<'_>> = None;
        for cloud in &self.clouds {
            let Some(records) = &cloud.records else {
                continue;
            };
            cloud.for_each(|index, at| {
                if let Some(cost) = cost(at.position_unit)
                    && point.as_ref().is_none_or(|(.., best)| cost < *best)
                {
                    point = Some((records, index, at.position_unit, cost));
                }
            });
        }
        for mesh in &self.meshes {
            let Some(records) = &mesh.records else {
                continue;
            };
            for (index, position) in mesh.positions_unit.iter().enumerate() {
                if let Some(cost) = cost(*position)
                    && point.as_ref().is_none_or(|(.., best)| cost < *best)
                {
                    point = Some((records, index, *position, cost));
                }
            }
        }
        match (path, point) {
            (Some((path, index, path_cost)), point)
                if point.as_ref().is_none_or(|(.., cost)| path_cost <= *cost) =>
            {
                return self.describe_path(path, index);
            }
            (_, Some((records, index, position_unit, _))) => {
                return Some(Picked {
                    position_unit,
                    lines: records.lines(index),
                    row: records.row(index),
                });
            }
            _ => {}
        }
        self.surfaces
            .iter()
            .filter_map(|surface| surface.records.as_ref())
            .filter_map(|nodes| nearest(&nodes.positions_unit).map(|(i, cost)| (nodes, i, cost)))
            .min_by(|a, b| a.2.total_cmp(&b.2))
            .and_then(|(nodes, index, _)| self.describe_node(nodes, index))
    }

    fn describe_path(&self, path: &Path, index: usize) -> Option<Picked> {
        if let Some(describe) = &path.describe {
            return Some(Picked {
                position_unit: path.positions_unit[index],
                lines: describe.lines(index),
                row: describe.row(index),
            });
        }
        let record = path.records.get(index)?;
        let run = self.runs.get(record.run as usize)?;
        let point = run
            .series
            .get(&path.series_key)?
            .get(record.index as usize)?;
        let mut lines = vec![
            ("run".to_owned(), run.name.to_string()),
            ("step".to_owned(), step_text(point.step)),
            (path.series_key.to_string(), point.value.to_string()),
        ];
        for (name, values) in &path.details {
            if let Some(value) = values.get(index) {
                lines.push((name.clone(), value.to_string()));
            }
        }
        if let Some(file) = file_of(run, &path.series_key) {
            lines.push(("file".to_owned(), file));
        }
        Some(Picked {
            position_unit: path.positions_unit[index],
            lines,
            row: None,
        })
    }

    fn describe_node(&self, nodes: &NodeRecords, index: usize) -> Option<Picked> {
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
            position_unit: nodes.positions_unit[index],
            lines,
            row: None,
        })
    }
}

fn step_text(step: Step) -> String {
    step.to_string()
}

fn file_of(run: &Run, key: &str) -> Option<String> {
    let source = run.sources.get(*run.series_source.get(key)?)?;
    let path = source.path.strip_prefix(&run.path).unwrap_or(&source.path);
    let path = if path.as_os_str().is_empty() {
        &source.path
    } else {
        path
    };
    Some(path.display().to_string())
}
