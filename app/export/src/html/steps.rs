//! The steps of a scene's elements as positions in one ascending list, so that the page compares whole numbers.

use trainscape_scene::{Scene, scene::NodeRecords};

/// All steps of a scene, ascending.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) all: Vec<f64>,
}

impl Steps {
    pub(super) fn of(scene: &Scene) -> Self {
        let mut all = Vec::new();
        for path in &scene.paths {
            all.extend(scene.steps_of_path(path).into_iter().flatten());
        }
        for markers in &scene.markers {
            all.extend(markers.steps.iter());
        }
        for cloud in &scene.clouds {
            all.extend(cloud.steps.iter());
        }
        for mesh in &scene.meshes {
            all.extend(mesh.steps.iter());
        }
        for surface in &scene.surfaces {
            let columns = surface.records.as_ref().and_then(over_steps);
            all.extend(columns.into_iter().flat_map(|nodes| nodes.steps.iter()));
        }
        all.retain(|step| step.is_finite());
        all.sort_by(f64::total_cmp);
        all.dedup();
        Self { all }
    }

    /// The position of a step; 0 for what is not a number, which is always reached.
    pub(super) fn index(&self, step: f64) -> i32 {
        if step.is_nan() {
            return 0;
        }
        let at = self.all.partition_point(|known| *known < step);
        i32::try_from(at).unwrap_or(i32::MAX)
    }
}

/// The nodes of a surface, if its columns are steps.
pub(super) fn over_steps(nodes: &NodeRecords) -> Option<&NodeRecords> {
    (!nodes.steps.is_empty() && nodes.steps.len() == nodes.x.len()).then_some(nodes)
}
