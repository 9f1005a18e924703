//! The renderer: scenes on the GPU, drawn into a picture.
//!
//! [`Renderer`] owns the pipelines and lives as long as the device. [`GpuScene`] is one scene's data and
//! is made anew when the scene changes. Bind group 0 belongs to the frame; primitives use group 1.
//! Everything is opaque with coverage by samples, so the order of drawing never shows.

mod cloud;
mod frame;
mod lines;
mod mesh;
mod pipeline;
mod points;
mod surface;
mod targets;
mod walls;

use std::collections::HashMap;

use trainscape_scene::{
    colour::Colour,
    figure::{Figure, FrameLine},
    scene::{PathColour, Scene},
};

pub use targets::Targets;

use self::{
    cloud::{CloudDraw, CloudRenderer},
    frame::Frame,
    lines::{LineDraw, LineRenderer},
    mesh::{MeshDraw, MeshRenderer},
    points::{PointDraw, PointRenderer},
    surface::{SurfaceDraw, SurfaceRenderer},
    walls::WallRenderer,
};
use crate::{
    compute::ComputePasses,
    context::{GpuContext, GpuError},
    shaders::SharedLayout,
};

/// How far a path is moved towards the eye, so that the surface it lies on does not hide half of it.
const PATH_BIAS: f32 = 0.0012;
/// The frame's lines lie on walls that write no depth.
const FRAME_BIAS: f32 = 0.0;

/// What a picture stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// The theme's.
    Theme,
    /// Nothing.
    Transparent,
}

/// Pipelines of all primitives and passes of one device.
#[derive(Debug)]
pub struct Renderer {
    context: GpuContext,
    passes: ComputePasses,
    frame_layout: wgpu::BindGroupLayout,
    surfaces: SurfaceRenderer,
    meshes: MeshRenderer,
    lines: LineRenderer,
    points: PointRenderer,
    clouds: CloudRenderer,
    walls: WallRenderer,
}

/// A scene on the GPU.
#[derive(Debug)]
pub struct GpuScene {
    box_aspect: [f32; 3],
    frame: wgpu::Buffer,
    frame_group: wgpu::BindGroup,
    surfaces: Vec<SurfaceDraw>,
    meshes: Vec<MeshDraw>,
    paths: Vec<(LineDraw, PathColour, f32)>,
    clouds: Vec<CloudDraw>,
    markers: Vec<PointDraw>,
}

impl Renderer {
    /// The renderer of a device.
    #[must_use]
    pub fn new(context: &GpuContext) -> Self {
        let frame_layout = pipeline::frame_layout(context);
        Self {
            passes: ComputePasses::new(context),
            surfaces: SurfaceRenderer::new(context, &frame_layout),
            meshes: MeshRenderer::new(context, &frame_layout),
            lines: LineRenderer::new(context, &frame_layout),
            points: PointRenderer::new(context, &frame_layout),
            clouds: CloudRenderer::new(context, &frame_layout),
            walls: WallRenderer::new(context, &frame_layout),
            frame_layout,
            context: context.clone(),
        }
    }

    /// The device.
    #[must_use]
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// The compute passes of the device.
    #[must_use]
    pub fn passes(&self) -> &ComputePasses {
        &self.passes
    }

    /// Puts a scene on the GPU and runs its compute passes.
    ///
    /// # Errors
    /// When it is larger than the adapter can bind, its work is impossible, or the device was lost.
    pub fn upload(&self, scene: &Scene) -> Result<GpuScene, GpuError> {
        let context = &self.context;
        let surfaces = scene
            .surfaces
            .iter()
            .map(|surface| self.surfaces.upload(context, &self.passes, surface))
            .collect::<Result<_, _>>()?;
        let meshes = scene
            .meshes
            .iter()
            .map(|mesh| self.meshes.upload(context, mesh))
            .collect();
        let paths = scene
            .paths
            .iter()
            .map(|path| {
                let segments: Vec<u32> = path
                    .strips
                    .iter()
                    .flat_map(|strip| strip.start..strip.end.max(1) - 1)
                    .collect();
                let values = match &path.colour {
                    PathColour::Values(values, map) => Some((&**values, *map)),
                    _ => None,
                };
                let draw = self
                    .lines
                    .upload(context, &path.positions_unit, &segments, values);
                (draw, path.colour.clone(), path.width_pt)
            })
            .collect();
        let clouds = scene
            .clouds
            .iter()
            .map(|cloud| self.clouds.upload(context, &self.passes, cloud))
            .collect::<Result<_, _>>()?;
        let markers = scene
            .markers
            .iter()
            .map(|marks| self.points.upload(context, marks))
            .collect();
        let frame = pipeline::uniform::<Frame>(context, "frame");
        let frame_group = pipeline::bind(context, &self.frame_layout, &[frame.as_entire_binding()]);
        context.check()?;
        Ok(GpuScene {
            box_aspect: scene.box_aspect,
            frame,
            frame_group,
            surfaces,
            meshes,
            paths,
            clouds,
            markers,
        })
    }

    /// Triangles of the scene's surfaces and meshes when every node is drawn.
    #[must_use]
    pub fn triangles(&self, scene: &GpuScene) -> u64 {
        let of_surfaces = scene.surfaces.iter();
        let of_surfaces = of_surfaces.map(|draw| SurfaceRenderer::triangles(draw, 1));
        let of_meshes = scene.meshes.iter().map(MeshRenderer::triangles);
        of_surfaces.chain(of_meshes).sum()
    }

    /// Points of the scene's clouds, their projections on the floor included.
    #[must_use]
    pub fn cloud_points(&self, scene: &GpuScene) -> u64 {
        scene.clouds.iter().map(CloudRenderer::points).sum()
    }

    /// Draws a scene as laid out in `figure`; every `stride`-th node of its surfaces along each axis and
    /// every point of its clouds by the square of that (1: all).
    pub fn draw(
        &self,
        scene: &GpuScene,
        figure: &Figure,
        targets: &Targets,
        background: Background,
        stride: u32,
    ) {
        let context = &self.context;
        let theme = &figure.theme;
        let size = targets.size_in_pixel;
        let frame = Frame::of_figure(figure, scene.box_aspect, size);
        context.write(&scene.frame, bytemuck::bytes_of(&frame));
        let [_, _, towards_eye] = figure.camera.axes_in_world();
        let floor_height = if towards_eye.z >= 0.0 { 0.0 } else { 1.0 };
        for surface in &scene.surfaces {
            self.surfaces
                .prepare(context, surface, theme, stride.max(1), floor_height);
        }
        let cloud_stride = stride.max(1).saturating_mul(stride.max(1));
        for cloud in &scene.clouds {
            CloudRenderer::prepare(context, cloud, theme, cloud_stride, floor_height);
        }
        for (draw, colour, width_pt) in &scene.paths {
            let colour = match colour {
                PathColour::Theme | PathColour::Values(..) => theme.path,
                PathColour::Quiet => theme.quiet_path,
                PathColour::Solid(colour) => *colour,
            };
            LineRenderer::prepare(context, draw, colour, *width_pt, PATH_BIAS);
        }
        let walls = self.walls.upload(context, &figure.walls);
        let frame_lines = self.frame_lines(&figure.frame);

        let mut encoder = context.device.create_command_encoder(&Default::default());
        {
            let mut pass = targets.begin(&mut encoder, clear_colour(theme.background, background));
            let scale = size[0] as f32 / figure.size_pt[0];
            let clip = &figure.clip_rect;
            let edge = |at: f32, limit: u32| ((at * scale).round().max(0.0) as u32).min(limit);
            let (left, right) = (edge(clip.x, size[0]), edge(clip.right(), size[0]));
            let (top, bottom) = (edge(clip.y, size[1]), edge(clip.bottom(), size[1]));
            if left < right && top < bottom {
                pass.set_scissor_rect(left, top, right - left, bottom - top);
                pass.set_bind_group(0, &scene.frame_group, &[]);
                if !figure.walls.is_empty() {
                    self.walls.draw(&mut pass, &walls);
                }
                for draw in &frame_lines {
                    self.lines.draw(&mut pass, draw);
                }
                for surface in &scene.surfaces {
                    self.surfaces
                        .draw(context, &mut pass, surface, stride.max(1));
                }
                for draw in &scene.meshes {
                    self.meshes.draw(&mut pass, draw);
                }
                for (draw, ..) in &scene.paths {
                    self.lines.draw(&mut pass, draw);
                }
                for draw in &scene.clouds {
                    self.clouds.draw(&mut pass, draw, cloud_stride);
                }
                for draw in &scene.markers {
                    self.points.draw(&mut pass, draw);
                }
            }
        }
        context.submit(encoder.finish());
    }

    /// The frame's lines, one draw a colour and width.
    fn frame_lines(&self, frame: &[FrameLine]) -> Vec<LineDraw> {
        let mut order = Vec::new();
        let mut looks: HashMap<([u8; 3], u32), Vec<[f32; 3]>> = HashMap::new();
        for line in frame {
            let look = (line.colour.rgb, line.width_pt.to_bits());
            looks
                .entry(look)
                .or_insert_with(|| {
                    order.push((look, line.colour, line.width_pt));
                    Vec::new()
                })
                .extend(line.ends_unit);
        }
        order
            .into_iter()
            .map(|(look, colour, width_pt)| {
                let positions = &looks[&look];
                let segments: Vec<u32> = (0..positions.len() as u32).step_by(2).collect();
                let draw = self.lines.upload(&self.context, positions, &segments, None);
                LineRenderer::prepare(&self.context, &draw, colour, width_pt, FRAME_BIAS);
                draw
            })
            .collect()
    }
}

fn clear_colour(colour: Colour, background: Background) -> wgpu::Color {
    match background {
        Background::Transparent => wgpu::Color::TRANSPARENT,
        Background::Theme => {
            let [r, g, b, a] = colour.to_linear().map(f64::from);
            wgpu::Color { r, g, b, a }
        }
    }
}

/// The structs the primitives share with their shaders.
pub(crate) fn shared_layouts() -> Vec<SharedLayout> {
    let mut layouts = frame::shared_layouts();
    layouts.extend(surface::shared_layouts());
    layouts.extend(lines::shared_layouts());
    layouts.extend(points::shared_layouts());
    layouts.extend(cloud::shared_layouts());
    layouts.extend(mesh::shared_layouts());
    layouts
}
