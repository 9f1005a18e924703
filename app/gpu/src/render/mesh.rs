//! Triangle meshes.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;
use trainscape_scene::{
    colour::{Colour, ColourMap},
    scene::{Mesh as SceneMesh, MeshColour},
};

use super::{
    colour_map::colour_texture,
    pipeline::{Binding, Phase, Pipeline, filled, uniform},
    translucent::DrawPhase,
};
use crate::{
    context::GpuContext,
    shaders::{SharedLayout, shared_layout},
};

/// The uniform of `shaders/mesh.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Mesh {
    /// Linear colour where all have one; alpha is the opacity of the mesh.
    colour: [f32; 4],
    /// Height (unit box) with the map's first colour.
    colour_low: f32,
    /// Height (unit box) with the map's last colour.
    colour_high: f32,
    /// How strongly the light's direction shows, 0 to 1.
    shading: f32,
    /// The source of colours: 0 the height, 1 a value for each corner, 2 `colour`.
    colouring: u32,
    /// Position among the translucent primitives in the order of drawing, 0 to 15.
    order: u32,
    /// Keep the struct's size a multiple of 16 bytes.
    padding_a: u32,
    /// Keep the struct's size a multiple of 16 bytes.
    padding_b: u32,
    /// Keep the struct's size a multiple of 16 bytes.
    padding_c: u32,
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "mesh",
        Mesh {
            colour,
            colour_low,
            colour_high,
            shading,
            colouring,
            order,
            padding_a,
            padding_b,
            padding_c,
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
    pub(super) phase: Phase,
}

impl MeshRenderer {
    pub(super) fn new(context: &GpuContext, frame_layout: &wgpu::BindGroupLayout) -> Self {
        use Binding::{Storage, Texture, Uniform};
        let bindings = [Uniform, Storage, Storage, Storage, Texture];
        Self {
            pipeline: Pipeline::new(context, frame_layout, "mesh", &bindings, true),
        }
    }

    /// `order` is the mesh's place among the translucent things.
    pub(super) fn upload(&self, context: &GpuContext, mesh: &SceneMesh, order: u32) -> MeshDraw {
        let mut solid = Colour::hex(0);
        let (colouring, map, range) = match &mesh.colour {
            MeshColour::Height(map, range) => (0, *map, *range),
            MeshColour::Values(_, map) => (1, *map, [0.0, 1.0]),
            MeshColour::Solid(colour) => {
                solid = *colour;
                (2, ColourMap::default(), [0.0, 1.0])
            }
        };
        // One value per corner, for any number of values in the scene.
        let values: Vec<f32> = match &mesh.colour {
            MeshColour::Values(values, _) => (0..mesh.positions_unit.len())
                .map(|corner| values.get(corner).copied().unwrap_or(0.0))
                .collect(),
            _ => Vec::new(),
        };
        let [r, g, b, alpha] = solid.to_linear();
        let opacity = (mesh.opacity * alpha).clamp(0.0, 1.0);
        let settings = Mesh {
            colour: [r, g, b, opacity],
            colour_low: range[0],
            colour_high: range[1],
            shading: mesh.shading,
            colouring,
            order,
            padding_a: 0,
            padding_b: 0,
            padding_c: 0,
        };
        let uniform = uniform::<Mesh>(context, "mesh");
        context.write(&uniform, bytemuck::bytes_of(&settings));
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
        let values = bytemuck::cast_slice(&values);
        let values = filled(context, "mesh values", values, storage);
        let triangles = bytemuck::cast_slice(&mesh.triangles);
        let colours = colour_texture(context, map);
        let bind_group = self.pipeline.bind(
            context,
            &[
                uniform.as_entire_binding(),
                positions.as_entire_binding(),
                normals.as_entire_binding(),
                values.as_entire_binding(),
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
            phase: Phase::of(opacity),
        }
    }

    pub(super) fn triangles(draw: &MeshDraw) -> u64 {
        u64::from(draw.count / 3)
    }

    pub(super) fn draw(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        draw: &MeshDraw,
        phase: DrawPhase<'_>,
    ) {
        if draw.phase != phase.phase {
            return;
        }
        pass.set_pipeline(phase.pipeline(&self.pipeline));
        pass.set_bind_group(1, &draw.bind_group, &[]);
        pass.set_index_buffer(draw.indices.slice(..), wgpu::IndexFormat::Uint32);
        pass.draw_indexed(0..draw.count, 0, 0..1);
    }
}

/// The mean normal of the triangles at each corner, weighted by their areas. Neighbours may have the
/// opposite winding: each normal is flipped to the side of the sum so far.
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
