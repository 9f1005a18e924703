//! Triangles in any arrangement.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;
use trainscape_scene::{
    colour::ColourMap,
    scene::{Mesh as SceneMesh, MeshColour},
};

use super::{
    pipeline::{Binding, Pipeline, filled, uniform},
    surface::colour_texture,
};
use crate::{
    context::GpuContext,
    shaders::{SharedLayout, shared_layout},
};

/// The uniform of `shaders/mesh.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Mesh {
    /// Height (unit box) with the map's first colour.
    colour_low: f32,
    /// Height (unit box) with the map's last colour.
    colour_high: f32,
    /// How strongly the light's direction shows, 0 to 1.
    shading: f32,
    /// Keeps the struct's size a multiple of 16 bytes.
    padding: f32,
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "mesh",
        Mesh {
            colour_low,
            colour_high,
            shading,
            padding
        }
    )]
}

/// Draws meshes.
#[derive(Debug)]
pub(super) struct MeshRenderer {
    pipeline: Pipeline,
}

/// A mesh on the GPU.
#[derive(Debug)]
pub(super) struct MeshDraw {
    bind_group: wgpu::BindGroup,
    indices: wgpu::Buffer,
    count: u32,
}

impl MeshRenderer {
    pub(super) fn new(context: &GpuContext, frame_layout: &wgpu::BindGroupLayout) -> Self {
        use Binding::{Storage, Texture, Uniform};
        let bindings = [Uniform, Storage, Storage, Texture];
        Self {
            pipeline: Pipeline::new(context, frame_layout, "mesh", &bindings, true),
        }
    }

    pub(super) fn upload(&self, context: &GpuContext, mesh: &SceneMesh) -> MeshDraw {
        let (map, range) = match &mesh.colour {
            MeshColour::Height(map, range) => (*map, *range),
            MeshColour::Values(_, map) => (*map, [0.0, 1.0]),
            MeshColour::Solid(_) => (ColourMap::default(), [0.0, 1.0]),
        };
        let look = Mesh {
            colour_low: range[0],
            colour_high: range[1],
            shading: mesh.shading,
            padding: 0.0,
        };
        let uniform = uniform::<Mesh>(context, "mesh");
        context.write(&uniform, bytemuck::bytes_of(&look));
        let storage = wgpu::BufferUsages::STORAGE;
        let positions = bytemuck::cast_slice(&mesh.positions_unit);
        let positions = filled(context, "mesh positions", positions, storage);
        let normals = normals(mesh);
        let normals = filled(
            context,
            "mesh normals",
            bytemuck::cast_slice(&normals),
            storage,
        );
        let triangles = bytemuck::cast_slice(&mesh.triangles);
        let colours = colour_texture(context, map);
        let bind_group = self.pipeline.bind(
            context,
            &[
                uniform.as_entire_binding(),
                positions.as_entire_binding(),
                normals.as_entire_binding(),
                wgpu::BindingResource::TextureView(&colours),
            ],
        );
        MeshDraw {
            bind_group,
            indices: filled(
                context,
                "mesh triangles",
                triangles,
                wgpu::BufferUsages::INDEX,
            ),
            count: 3 * mesh.triangles.len() as u32,
        }
    }

    pub(super) fn triangles(draw: &MeshDraw) -> u64 {
        u64::from(draw.count / 3)
    }

    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, draw: &MeshDraw) {
        pass.set_pipeline(&self.pipeline.pipeline);
        pass.set_bind_group(1, &draw.bind_group, &[]);
        pass.set_index_buffer(draw.indices.slice(..), wgpu::IndexFormat::Uint32);
        pass.draw_indexed(0..draw.count, 0, 0..1);
    }
}

/// The mean normal of the triangles at each corner, weighted by their areas. Neighbours may be wound the
/// other way round: each is turned to the side of the sum so far.
fn normals(mesh: &SceneMesh) -> Vec<[f32; 3]> {
    let mut sums = vec![Vec3::ZERO; mesh.positions_unit.len()];
    for triangle in mesh.triangles.iter() {
        let [a, b, c] = triangle.map(|corner| Vec3::from(mesh.positions_unit[corner as usize]));
        let normal = (b - a).cross(c - a);
        for corner in triangle {
            let sum = &mut sums[*corner as usize];
            *sum += if sum.dot(normal) < 0.0 {
                -normal
            } else {
                normal
            };
        }
    }
    sums.into_iter()
        .map(|sum| sum.normalize_or_zero().to_array())
        .collect()
}
