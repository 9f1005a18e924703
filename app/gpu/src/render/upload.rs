//! Scenes onto the GPU.

use trainscape_scene::{
    colour::{Colour, contrast},
    scene::{Path, PathColour, Scene},
};

use super::{
    frame::Frame,
    gpu_scene::{GpuScene, PathDraw},
    lines::PATH_BIAS,
    pipeline,
    renderer::Renderer,
    reuse,
};
use crate::error::GpuError;

/// Outlines are drawn behind the lines that they surround.
pub const OUTLINE_BIAS: f32 = -0.004;
/// Width of the outline around a path.
pub const OUTLINE_PT: f32 = 0.5;
/// Thinner paths are drawn without: the outline would be most of them.
const OUTLINED_FROM_PT: f32 = 1.4;
/// Scenes with more outlined paths than these are drawn without outlines.
const OUTLINED: usize = 64;

impl Renderer {
    /// Uploads a scene to the GPU and runs its compute passes.
    ///
    /// # Errors
    /// When it is larger than the adapter can bind, its work is impossible, or the device was lost.
    pub fn upload(&self, scene: &Scene) -> Result<GpuScene, GpuError> {
        self.upload_reusing(scene, None)
    }

    /// As [`Self::upload`], without the compute passes of surfaces and cells that `previous` has already: those
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
        // Sixteen values are enough to tell primitives at the same depth apart.
        let mut orders = (0..16).cycle();
        let mut order = || orders.next().unwrap_or(0);
        let surfaces = scene
            .surfaces
            .iter()
            .map(|surface| {
                let reused = reuse::field(previous, &surface.work);
                self.surfaces
                    .upload(context, &self.passes, surface, order(), reused)
            })
            .collect::<Result<_, _>>()?;
        let meshes = scene
            .meshes
            .iter()
            .map(|mesh| self.meshes.upload(context, mesh, order()))
            .collect();
        let outlines = path_outlines(scene);
        let paths = scene
            .paths
            .iter()
            .zip(outlines)
            .flat_map(|(path, outline)| self.upload_path(path, outline))
            .collect();
        let clouds = scene
            .clouds
            .iter()
            .map(|cloud| {
                let reused = reuse::points(previous, &cloud.work);
                self.clouds
                    .upload(context, &self.passes, cloud, order(), reused)
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
            frame,
            frame_group,
            surfaces,
            meshes,
            paths,
            clouds,
            markers,
        })
    }

    /// A path, after its outline where it has one.
    fn upload_path(
        &self,
        path: &Path,
        outline: Option<PathColour>,
    ) -> impl Iterator<Item = PathDraw> {
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
                .upload(&self.context, &path.positions_unit, &segments, values)
        };
        let outline = outline.map(|colour| PathDraw {
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
    }
}

/// The colours of the outlines around the paths of a scene, which has none where it has many paths.
#[must_use]
pub fn path_outlines(scene: &Scene) -> Vec<Option<PathColour>> {
    let outlines: Vec<_> = scene.paths.iter().map(outline).collect();
    if outlines.iter().flatten().count() <= OUTLINED {
        return outlines;
    }
    vec![None; outlines.len()]
}

/// The colour of the outline around a path, where it has one: coloured paths use their whole map, one end of which is
/// as dark or as light as the background.
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
