//! What a scene reuses of the previous one: results of compute passes on the same data.

use std::sync::Arc;

use trainscape_scene::scene::{CellCloud, CloudWork, SurfaceWork};

use super::{cloud::CloudPoints, gpu_scene::GpuScene};
use crate::compute::FieldBuffers;

/// The field that `previous` computed from the same work.
pub(super) fn field(previous: Option<&GpuScene>, work: &SurfaceWork) -> Option<FieldBuffers> {
    previous?
        .surfaces
        .iter()
        .find(|draw| is_same_surface(&draw.work, work))
        .map(|draw| draw.field.clone())
}

/// The points that `previous` computed from the same work.
pub(super) fn points(previous: Option<&GpuScene>, work: &CloudWork) -> Option<CloudPoints> {
    previous?
        .clouds
        .iter()
        .find(|draw| is_same_cloud(&draw.points.work, work))
        .map(|draw| draw.points.clone())
}

fn is_same_surface(a: &SurfaceWork, b: &SurfaceWork) -> bool {
    match (a, b) {
        (SurfaceWork::Nodes(a), SurfaceWork::Nodes(b)) => Arc::ptr_eq(a, b),
        (SurfaceWork::Refine(a), SurfaceWork::Refine(b)) => {
            Arc::ptr_eq(&a.nodes, &b.nodes) && (a.factor_x, a.factor_y) == (b.factor_x, b.factor_y)
        }
        (SurfaceWork::Scatter(a), SurfaceWork::Scatter(b)) => {
            Arc::ptr_eq(&a.samples, &b.samples)
                && a.method == b.method
                && a.size == b.size
                && a.support_radius == b.support_radius
        }
        _ => false,
    }
}

fn is_same_cloud(a: &CloudWork, b: &CloudWork) -> bool {
    match (a, b) {
        (CloudWork::Points(a), CloudWork::Points(b)) => Arc::ptr_eq(a, b),
        (CloudWork::Cells(a), CloudWork::Cells(b)) => {
            let settings = |cells: &CellCloud| {
                (
                    cells.rows,
                    cells.columns,
                    cells.threshold.to_bits(),
                    cells.height,
                )
            };
            Arc::ptr_eq(&a.weights, &b.weights)
                && Arc::ptr_eq(&a.panels, &b.panels)
                && settings(a) == settings(b)
        }
        _ => false,
    }
}
