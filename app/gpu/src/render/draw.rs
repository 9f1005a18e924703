//! Drawing a scene into a picture.

use std::collections::HashMap;

use trainscape_scene::{
    colour::Colour,
    figure::{Figure, FrameLine},
    scene::PathColour,
    theme::Theme,
};

use super::{
    background::Background,
    cloud::CloudRenderer,
    frame::Frame,
    gpu_scene::GpuScene,
    lines::{LineDraw, LineRenderer, PATH_BIAS},
    pipeline::Phase,
    renderer::Renderer,
    scissor::Scissor,
    targets::Targets,
    translucent::{DrawPhase, FragmentLists},
    walls::WallDraw,
};
use crate::error::GpuError;

/// Paths that are drawn at least while the camera moves.
const PATHS_IN_MOTION: usize = 24;
/// Lines of the frame are drawn a little behind the data on the floor, so that they do not flicker through it; the
/// walls that they are on write no depth.
const FRAME_BIAS: f32 = -PATH_BIAS;

/// How much is drawn: every nth node of surfaces along each axis, every nth point of clouds and paths.
#[derive(Clone, Copy)]
struct Strides {
    nodes: u32,
    points: u32,
}

impl Strides {
    fn new(stride: u32) -> Self {
        let nodes = stride.max(1);
        Self {
            nodes,
            points: nodes.saturating_mul(nodes),
        }
    }
}

/// The walls and lines of the axis box.
struct AxisBox {
    /// `None` where the figure has no walls.
    walls: Option<WallDraw>,
    lines: Vec<LineDraw>,
}

impl Renderer {
    /// As [`Self::draw`] at full detail: waits for the picture, and draws again in smaller bands where translucent
    /// fragments did not fit.
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

    /// Draws a scene as laid out in `figure`: every `stride`-th node of its surfaces along each axis, and where there
    /// are many points of clouds and paths, one of `stride` squared (1: all).
    ///
    /// Returns at once. Where not all translucent fragments fitted, [`Targets::lacks_fragments`] reports it later,
    /// and the next call makes room.
    pub fn draw(
        &self,
        scene: &GpuScene,
        figure: &Figure,
        targets: &Targets,
        background: Background,
        stride: u32,
    ) {
        let context = &self.context;
        let strides = Strides::new(stride);
        self.prepare(scene, figure, background, targets.picture_in_pixel, strides);
        let axis_box = AxisBox {
            walls: (!figure.walls.is_empty() && background == Background::Theme)
                .then(|| self.walls.upload(context, &figure.walls)),
            lines: self.frame_lines(&figure.frame),
        };
        let lists = scene
            .is_translucent()
            .then(|| self.translucency.lists(context))
            .flatten();
        let scissor = Scissor::of_figure(figure, targets.picture_in_pixel)
            .and_then(|scissor| scissor.in_tile(targets.origin_in_pixel, targets.size_in_pixel));
        let mut encoder = context.device.create_command_encoder(&Default::default());
        {
            let clear = clear_colour(figure.theme.background, background);
            let mut pass = targets.begin(&mut encoder, clear, lists.is_some());
            if let Some(scissor) = &scissor {
                scissor.set(&mut pass);
                self.draw_opaque(&mut pass, scene, &axis_box, strides, lists);
            }
        }
        let (Some(lists), Some(scissor)) = (lists, scissor) else {
            context.submit(encoder.finish());
            return;
        };
        self.draw_translucent(encoder, scene, targets, lists, scissor, strides);
    }

    /// Writes the uniforms of a frame.
    fn prepare(
        &self,
        scene: &GpuScene,
        figure: &Figure,
        background: Background,
        size_in_pixel: [u32; 2],
        strides: Strides,
    ) {
        let context = &self.context;
        let theme = &figure.theme;
        let frame = Frame::of_figure(figure, background, size_in_pixel);
        context.write(&scene.frame, bytemuck::bytes_of(&frame));
        let [_, _, towards_eye] = figure.camera.axes_in_world();
        let floor_height = if towards_eye.z >= 0.0 { 0.0 } else { 1.0 };
        for surface in &scene.surfaces {
            self.surfaces
                .prepare(context, surface, theme, strides.nodes, floor_height);
        }
        for cloud in &scene.clouds {
            CloudRenderer::prepare(context, cloud, theme, strides.points, floor_height);
        }
        for path in &scene.paths {
            let colour = path_colour(&path.colour, theme);
            LineRenderer::prepare(context, &path.draw, colour, path.width_pt, path.depth_bias);
        }
    }

    /// The axis box and everything opaque; translucent primitives too where the adapter cannot sort them.
    fn draw_opaque(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        scene: &GpuScene,
        axis_box: &AxisBox,
        strides: Strides,
        lists: Option<&FragmentLists>,
    ) {
        let opaque = DrawPhase::new(&self.context, Phase::Opaque, lists);
        pass.set_bind_group(0, &scene.frame_group, &[]);
        if let Some(walls) = &axis_box.walls {
            self.walls.draw(pass, walls);
        }
        for draw in &axis_box.lines {
            self.lines.draw(pass, draw);
        }
        self.draw_filled(pass, scene, strides, opaque);
        for path in scene
            .paths
            .iter()
            .step_by(path_stride(scene, strides.points))
        {
            self.lines.draw(pass, &path.draw);
        }
        self.draw_clouds(pass, scene, strides, opaque);
        for draw in &scene.markers {
            self.points.draw(pass, draw);
        }
        if lists.is_none() && scene.is_translucent() {
            let blended = DrawPhase::new(&self.context, Phase::Translucent, None);
            self.draw_filled(pass, scene, strides, blended);
            self.draw_clouds(pass, scene, strides, blended);
        }
    }

    /// Collects the translucent fragments band by band, composites them over the picture, and submits.
    fn draw_translucent(
        &self,
        mut encoder: wgpu::CommandEncoder,
        scene: &GpuScene,
        targets: &Targets,
        lists: &FragmentLists,
        scissor: Scissor,
        strides: Strides,
    ) {
        let translucent = DrawPhase::new(&self.context, Phase::Translucent, Some(lists));
        let bands = targets.bands(&self.context, lists);
        for (index, band) in bands.bands.iter().enumerate() {
            encoder.clear_buffer(&bands.heads, 0, None);
            if let Some(scissor) = scissor.within(band.top, band.rows) {
                {
                    let mut pass = targets.begin_lists(&mut encoder);
                    scissor.set(&mut pass);
                    pass.set_bind_group(0, &scene.frame_group, &[]);
                    pass.set_bind_group(2, &band.lists, &[]);
                    self.draw_filled(&mut pass, scene, strides, translucent);
                    self.draw_clouds(&mut pass, scene, strides, translucent);
                }
                let mut pass = targets.begin_composite(&mut encoder);
                scissor.set(&mut pass);
                pass.set_pipeline(&lists.composite);
                pass.set_bind_group(0, &band.composite, &[]);
                pass.draw(0..3, 0..1);
            }
            bands.copy_count(&mut encoder, index);
        }
        let counts = bands.copy_counts(&mut encoder);
        self.context.submit(encoder.finish());
        if counts {
            bands.expect_counts();
        }
    }

    /// Surfaces and meshes of one phase.
    fn draw_filled(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        scene: &GpuScene,
        strides: Strides,
        phase: DrawPhase<'_>,
    ) {
        for surface in &scene.surfaces {
            self.surfaces
                .draw(&self.context, pass, surface, strides.nodes, phase);
        }
        for draw in &scene.meshes {
            self.meshes.draw(pass, draw, phase);
        }
    }

    fn draw_clouds(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        scene: &GpuScene,
        strides: Strides,
        phase: DrawPhase<'_>,
    ) {
        for draw in &scene.clouds {
            self.clouds.draw(pass, draw, strides.points, phase);
        }
    }

    /// The frame's lines, one draw per colour and width.
    fn frame_lines(&self, frame: &[FrameLine]) -> Vec<LineDraw> {
        let mut order = Vec::new();
        let mut styles: HashMap<([u8; 3], u32), Vec<[f32; 3]>> = HashMap::new();
        for line in frame {
            let style = (line.colour.rgb, line.width_pt.to_bits());
            styles
                .entry(style)
                .or_insert_with(|| {
                    order.push((style, line.colour, line.width_pt));
                    Vec::new()
                })
                .extend(line.ends_unit);
        }
        order
            .into_iter()
            .map(|(style, colour, width_pt)| {
                let positions = &styles[&style];
                let segments: Vec<u32> = (0..positions.len() as u32).step_by(2).collect();
                let draw = self.lines.upload(&self.context, positions, &segments, None);
                LineRenderer::prepare(&self.context, &draw, colour, width_pt, FRAME_BIAS);
                draw
            })
            .collect()
    }
}

fn path_colour(colour: &PathColour, theme: &Theme) -> Colour {
    match colour {
        PathColour::Theme | PathColour::Values(..) => theme.path,
        PathColour::Muted => theme.muted_path,
        PathColour::Solid(colour) | PathColour::Outlined(colour) => *colour,
    }
}

/// Every nth path is drawn while the camera moves; where there are few, all are.
fn path_stride(scene: &GpuScene, stride: u32) -> usize {
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
