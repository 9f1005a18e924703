//! Normals of a field: `shaders/normals.wgsl`.

use super::buffers::FieldBuffers;
use super::pass::NODES_PER_SUBMISSION;
use super::passes::{ComputePasses, PassId};
use crate::shaders::{SharedLayout, shared_layout};

const NORMALS: PassId = PassId::new("normals", "surface_normals");

/// Settings of the pass.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Normals {
    /// Columns of the grid of nodes.
    width: u32,
    /// Rows of the grid of nodes.
    height: u32,
    /// First row of nodes this dispatch computes.
    first_row: u32,
    /// Height of the drawn box over its width.
    z_scale: f32,
}

impl ComputePasses {
    /// Computes the normals of the surface (x, y, `z_scale` x value) into the field's own buffer: after
    /// the field, or the drawn box's height, has changed.
    pub fn normals(&self, field: &FieldBuffers, z_scale: f32) {
        let settings = Normals {
            width: field.size.width,
            height: field.size.height,
            first_row: 0,
            z_scale,
        };
        self.pass(NORMALS).run(
            &self.context,
            field.size,
            NODES_PER_SUBMISSION,
            |first_row| Normals {
                first_row,
                ..settings
            },
            &[
                Some(&field.x_unit),
                Some(&field.y_unit),
                Some(&field.values),
                Some(&field.support),
                Some(&field.normals),
            ],
        );
    }
}

/// The unit normal that `pack_normal` of `shaders/common/normal.wgsl` packed.
pub(super) fn unpack(packed: u32) -> [f32; 3] {
    let snorm = |bits: u32| (f32::from(bits as u16 as i16) / 32767.0).max(-1.0);
    let (x, y) = (snorm(packed), snorm(packed >> 16));
    glam::Vec3::new(x, y, 1.0 - x.abs() - y.abs())
        .normalize_or_zero()
        .to_array()
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "normals",
        Normals {
            width,
            height,
            first_row,
            z_scale
        }
    )]
}
