//! The renderer: scenes on the GPU, drawn into a picture.
//!
//! [`Renderer`] owns the pipelines and lives as long as the device. [`GpuScene`] is one scene's data and
//! is made anew when the scene changes. Bind group 0 belongs to the frame; primitives use group 1.
//! Edges are covered by samples and translucent fragments put in order by depth, so the order of drawing
//! never shows.

mod cloud;
mod frame;
mod lines;
mod mesh;
mod pipeline;
mod points;
mod reuse;
mod surface;
mod targets;
mod translucent;
mod walls;

use std::collections::HashMap;

use trainscape_scene::{
    colour::{Colour, contrast},
    figure::{Figure, FrameLine},
    scene::{Path, PathColour, Scene},
};

pub use targets::Targets;

use self::{
    cloud::{CloudDraw, CloudRenderer},
    frame::Frame,
    lines::{LineDraw, LineRenderer},
    mesh::{MeshDraw, MeshRenderer},
    pipeline::Phase,
    points::{PointDraw, PointRenderer},
    surface::{SurfaceDraw, SurfaceRenderer},
    translucent::{Step, Translucency},
    walls::WallRenderer,
};
use crate::{
    compute::ComputePasses,
    context::{GpuContext, GpuError},
    shaders::SharedLayout,
};

/// How far a path is moved towards the eye, so that the surface it lies on does not hide half of it.
const PATH_BIAS: f32 = 0.0012;
/// Outlines lie behind the lines that they go around.
const OUTLINE_BIAS: f32 = -0.004;
/// Width of the outline around a path.
const OUTLINE_PT: f32 = 0.5;
/// Thinner paths are drawn without: the outline would be most of them.
const OUTLINED_FROM_PT: f32 = 1.4;
/// More outlined paths than these are drawn without.
const OUTLINED: usize = 64;
/// Paths that are drawn at least while the camera moves.
const PATHS_IN_MOTION: usize = 24;
/// Lines of the frame lie a little behind what stands on the floor, so that they do not flicker through it; the
/// walls they lie on write no depth.
const FRAME_BIAS: f32 = -PATH_BIAS;

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
    translucency: Translucency,
}

/// A path, or the outline around one.
#[derive(Debug)]
struct PathDraw {
    draw: LineDraw,
    colour: PathColour,
    width_pt: f32,
    depth_bias: f32,
}

/// A scene on the GPU.
#[derive(Debug)]
pub struct GpuScene {
    box_aspect: [f32; 3],
    frame: wgpu::Buffer,
    frame_group: wgpu::BindGroup,
    surfaces: Vec<SurfaceDraw>,
    meshes: Vec<MeshDraw>,
    paths: Vec<PathDraw>,
    clouds: Vec<CloudDraw>,
    markers: Vec<PointDraw>,
}

impl Renderer {
    /// The renderer of a device.
    #[must_use]
    pub fn new(context: &GpuContext) -> Self {
        Self::with_room(context, None)
    }

    /// A renderer with room for so many translucent fragments at once: how a test runs out of it.
    #[doc(hidden)]
    #[must_use]
    pub fn with_room(context: &GpuContext, most_fragments: Option<u32>) -> Self {
        let frame_layout = pipeline::frame_layout(context);
        Self {
            passes: ComputePasses::new(context),
            surfaces: SurfaceRenderer::new(context, &frame_layout),
            meshes: MeshRenderer::new(context, &frame_layout),
            lines: LineRenderer::new(context, &frame_layout),
            points: PointRenderer::new(context, &frame_layout),
            clouds: CloudRenderer::new(context, &frame_layout),
            walls: WallRenderer::new(context, &frame_layout),
            translucency: Translucency::new(most_fragments),
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
        self.upload_reusing(scene, None)
    }

    /// As [`Self::upload`], without the compute passes of surfaces and cells that `previous` shows already: those
    /// made of the same data (the same [`Arc`](std::sync::Arc), not an equal one) with the same settings share
    /// its buffers.
    ///
    /// # Errors
    /// As [`Self::upload`].
    pub fn upload_reusing(
        &self,
        scene: &Scene,
        previous: Option<&GpuScene>,
    ) -> Result<GpuScene, GpuError> {
        let context = &self.context;
        // Sixteen places are enough to tell things apart that lie at the same depth.
        let mut orders = (0..16).cycle();
        let mut order = || orders.next().unwrap_or(0);
        let surfaces = scene
            .surfaces
            .iter()
            .map(|surface| {
                let earlier = reuse::field(previous, &surface.work);
                self.surfaces
                    .upload(context, &self.passes, surface, order(), earlier)
            })
            .collect::<Result<_, _>>()?;
        let meshes = scene
            .meshes
            .iter()
            .map(|mesh| self.meshes.upload(context, mesh, order()))
            .collect();
        let outlines = scene.paths.iter().filter(|path| outline(path).is_some());
        let few = outlines.count() <= OUTLINED;
        let paths = scene
            .paths
            .iter()
            .flat_map(|path| {
                let segments: Vec<u32> = path
                    .strips
                    .iter()
                    .flat_map(|strip| strip.start..strip.end.max(1) - 1)
                    .collect();
                let values = match &path.colour {
                    PathColour::Values(values, map) => Some((&**values, *map)),
                    _ => None,
                };
                let upload = |values| {
                    self.lines
                        .upload(context, &path.positions_unit, &segments, values)
                };
                let outline = outline(path).filter(|_| few).map(|colour| PathDraw {
                    draw: upload(None),
                    colour,
                    width_pt: path.width_pt + 2.0 * OUTLINE_PT,
                    depth_bias: OUTLINE_BIAS,
                });
                let line = PathDraw {
                    draw: upload(values),
                    colour: path.colour.clone(),
                    width_pt: path.width_pt,
                    depth_bias: PATH_BIAS,
                };
                outline.into_iter().chain(std::iter::once(line))
            })
            .collect();
        let clouds = scene
            .clouds
            .iter()
            .map(|cloud| {
                let earlier = reuse::points(previous, &cloud.work);
                self.clouds
                    .upload(context, &self.passes, cloud, order(), earlier)
            })
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

    /// Straight pieces of the scene's paths.
    #[must_use]
    pub fn line_segments(&self, scene: &GpuScene) -> u64 {
        scene.paths.iter().map(|path| path.draw.segments()).sum()
    }

    /// Points of the scene's clouds, their projections on the floor included.
    #[must_use]
    pub fn cloud_points(&self, scene: &GpuScene) -> u64 {
        scene.clouds.iter().map(CloudRenderer::points).sum()
    }

    /// As [`Self::draw`] with everything in it: waits for the picture, and draws again in smaller bands where
    /// translucent fragments did not fit.
    ///
    /// # Errors
    /// When the device was lost or ran out of memory.
    pub fn draw_whole(
        &self,
        scene: &GpuScene,
        figure: &Figure,
        targets: &Targets,
        background: Background,
    ) -> Result<(), GpuError> {
        self.draw(scene, figure, targets, background, 1);
        if !scene.is_translucent() {
            return Ok(());
        }
        loop {
            self.context.wait()?;
            if !targets.lacks_fragments(&self.context) {
                return Ok(());
            }
            self.draw(scene, figure, targets, background, 1);
        }
    }

    /// Draws a scene as laid out in `figure`; every `stride`-th node of its surfaces along each axis, and points of
    /// clouds and paths, where there are many, by the square of that (1: all).
    ///
    /// Returns at once. Where there was no room for all translucent fragments, [`Targets::lacks_fragments`] says
    /// so later, and the next call makes room.
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
        for path in &scene.paths {
            let colour = match &path.colour {
                PathColour::Theme | PathColour::Values(..) => theme.path,
                PathColour::Quiet => theme.quiet_path,
                PathColour::Solid(colour) | PathColour::Outlined(colour) => *colour,
            };
            LineRenderer::prepare(context, &path.draw, colour, path.width_pt, path.depth_bias);
        }
        let walls = self.walls.upload(context, &figure.walls);
        let frame_lines = self.frame_lines(&figure.frame);

        let is_translucent = scene.is_translucent();
        let built = is_translucent
            .then(|| self.translucency.built(context))
            .flatten();
        let step = |phase| Step {
            context,
            phase,
            lists_layout: built.map(|built| &built.lists_layout),
        };
        let scissor = Scissor::of_figure(figure, size);
        let mut encoder = context.device.create_command_encoder(&Default::default());
        {
            let clear = clear_colour(theme.background, background);
            let mut pass = targets.begin(&mut encoder, clear, built.is_some());
            if let Some(scissor) = &scissor {
                scissor.set(&mut pass);
                pass.set_bind_group(0, &scene.frame_group, &[]);
                if !figure.walls.is_empty() {
                    self.walls.draw(&mut pass, &walls);
                }
                for draw in &frame_lines {
                    self.lines.draw(&mut pass, draw);
                }
                self.draw_filled(&mut pass, scene, stride.max(1), step(Phase::Opaque));
                for path in scene.paths.iter().step_by(every_path(scene, cloud_stride)) {
                    self.lines.draw(&mut pass, &path.draw);
                }
                self.draw_clouds(&mut pass, scene, cloud_stride, step(Phase::Opaque));
                for draw in &scene.markers {
                    self.points.draw(&mut pass, draw);
                }
                if is_translucent && built.is_none() {
                    self.draw_filled(&mut pass, scene, stride.max(1), step(Phase::Translucent));
                    self.draw_clouds(&mut pass, scene, cloud_stride, step(Phase::Translucent));
                }
            }
        }
        let (Some(built), Some(scissor)) = (built, scissor) else {
            context.submit(encoder.finish());
            return;
        };
        let bands = targets.bands(context, built);
        for (index, band) in bands.bands.iter().enumerate() {
            encoder.clear_buffer(&bands.heads, 0, None);
            if let Some(scissor) = scissor.within(band.top, band.rows) {
                {
                    let mut pass = targets.begin_lists(&mut encoder);
                    scissor.set(&mut pass);
                    pass.set_bind_group(0, &scene.frame_group, &[]);
                    pass.set_bind_group(2, &band.lists, &[]);
                    self.draw_filled(&mut pass, scene, stride.max(1), step(Phase::Translucent));
                    self.draw_clouds(&mut pass, scene, cloud_stride, step(Phase::Translucent));
                }
                let mut pass = targets.begin_composite(&mut encoder);
                scissor.set(&mut pass);
                pass.set_pipeline(&built.composite);
                pass.set_bind_group(0, &band.composite, &[]);
                pass.draw(0..3, 0..1);
            }
            bands.copy_count(&mut encoder, index);
        }
        let counts = bands.copy_counts(&mut encoder);
        context.submit(encoder.finish());
        if counts {
            bands.expect_counts();
        }
    }

    /// Surfaces and meshes of one phase.
    fn draw_filled(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        scene: &GpuScene,
        stride: u32,
        step: Step<'_>,
    ) {
        for surface in &scene.surfaces {
            self.surfaces
                .draw(&self.context, pass, surface, stride, step);
        }
        for draw in &scene.meshes {
            self.meshes.draw(pass, draw, step);
        }
    }

    fn draw_clouds(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        scene: &GpuScene,
        stride: u32,
        step: Step<'_>,
    ) {
        for draw in &scene.clouds {
            self.clouds.draw(pass, draw, stride, step);
        }
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

impl GpuScene {
    /// True where something lets light through.
    #[must_use]
    pub fn is_translucent(&self) -> bool {
        self.surfaces.iter().any(SurfaceRenderer::is_translucent)
            || self.clouds.iter().any(CloudRenderer::is_translucent)
            || self
                .meshes
                .iter()
                .any(|draw| draw.phase == Phase::Translucent)
    }
}

/// Pixels that may be drawn to: left, top, width and height, none of them empty.
#[derive(Clone, Copy, Debug)]
struct Scissor([u32; 4]);

impl Scissor {
    fn of_figure(figure: &Figure, size_in_pixel: [u32; 2]) -> Option<Self> {
        let scale = size_in_pixel[0] as f32 / figure.size_pt[0];
        let clip = &figure.clip_rect;
        let edge = |at: f32, limit: u32| ((at * scale).round().max(0.0) as u32).min(limit);
        let [width, height] = size_in_pixel;
        let (left, right) = (edge(clip.x, width), edge(clip.right(), width));
        let (top, bottom) = (edge(clip.y, height), edge(clip.bottom(), height));
        (left < right && top < bottom).then(|| Self([left, top, right - left, bottom - top]))
    }

    /// What of it lies in a band of rows.
    fn within(self, first: u32, rows: u32) -> Option<Self> {
        let Self([left, top, width, height]) = self;
        let (start, end) = (top.max(first), (top + height).min(first + rows));
        (start < end).then(|| Self([left, start, width, end - start]))
    }

    fn set(self, pass: &mut wgpu::RenderPass<'_>) {
        let Self([left, top, width, height]) = self;
        pass.set_scissor_rect(left, top, width, height);
    }
}

/// The colour of the outline around a path, where it has one: coloured paths pass through the whole of their map,
/// one end of which is as dark or as light as what lies behind.
fn outline(path: &Path) -> Option<PathColour> {
    match path.colour {
        PathColour::Values(..) if path.width_pt >= OUTLINED_FROM_PT => Some(PathColour::Theme),
        PathColour::Outlined(colour) => {
            let [black, white] = [0x00_0000, 0xff_ffff].map(Colour::hex);
            let stands_out = contrast(colour, white) >= contrast(colour, black);
            Some(PathColour::Solid(if stands_out { white } else { black }))
        }
        _ => None,
    }
}

/// Every how many paths one is drawn while the camera moves: many are thinned, few are all there.
fn every_path(scene: &GpuScene, stride: u32) -> usize {
    (scene.paths.len() / PATHS_IN_MOTION).clamp(1, stride as usize)
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
    layouts.extend(translucent::shared_layouts());
    layouts
}
