//! The bridge between egui and the renderer: the 3D layer as a texture that egui paints.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use egui_wgpu::RenderState;
use trainscape_gpu::{Background, GpuContext, GpuError, GpuScene, Renderer, Targets};
use trainscape_scene::{camera::Camera, figure::Figure, theme::Theme};

use crate::pane_id::PaneId;

/// Triangles that a software adapter draws at once while the camera moves.
const TRIANGLES_IN_MOTION: u64 = 60_000;

/// When to check whether a drawn tile with translucent parts is complete.
const SETTLE_AFTER: Duration = Duration::from_millis(40);
/// A scene that has not changed for this long is drawn with all its nodes.
const AT_REST_AFTER: Duration = Duration::from_millis(1200);

/// What the texture shows; it is drawn again only when this changes.
#[derive(PartialEq)]
struct DrawnWith {
    scene: usize,
    camera: Camera,
    theme: Theme,
    size_in_pixel: [u32; 2],
    clip: [f32; 4],
    stride: u32,
}

/// The renderer and egui's textures on one device.
pub struct Graphics {
    renderer: Arc<Renderer>,
    egui: RenderState,
    tiles: BTreeMap<PaneId, TileTexture>,
}

/// A drawn tile as egui paints it.
pub(crate) struct DrawnTile {
    pub(crate) texture: egui::TextureId,
    /// When it may have to be drawn again: because the buffer of translucent fragments was too small, or with the nodes
    /// that were left out.
    pub(crate) check_after: Option<Duration>,
}

/// Where a tile is drawn.
struct TileTexture {
    targets: Targets,
    texture: egui::TextureId,
    shown: Option<DrawnWith>,
    /// When the scene changed last, and whether it had changed shortly before, as that of a run that trains does.
    changed: Option<Instant>,
    is_growing: bool,
}

impl Graphics {
    /// Shares the device of `context`, which must be the one `egui` paints on.
    #[must_use]
    pub fn new(context: &GpuContext, egui: RenderState) -> Self {
        Self {
            renderer: Arc::new(Renderer::new(context)),
            egui,
            tiles: BTreeMap::new(),
        }
    }

    pub(crate) fn renderer(&self) -> &Arc<Renderer> {
        &self.renderer
    }

    /// Frees the textures of tiles that were closed.
    pub(crate) fn retain(&mut self, panes: &[PaneId]) {
        let closed = self.tiles.extract_if(.., |id, _| !panes.contains(id));
        let mut egui = self.egui.renderer.write();
        for (_, tile) in closed {
            egui.free_texture(&tile.texture);
        }
    }

    /// The texture that shows a tile's scene as `figure` lays it out.
    pub(crate) fn draw(
        &mut self,
        pane: PaneId,
        scene: &Arc<GpuScene>,
        figure: &Figure,
        size_in_pixel: [u32; 2],
        moving: bool,
    ) -> Result<DrawnTile, GpuError> {
        let limit = self
            .renderer
            .context()
            .device
            .limits()
            .max_texture_dimension_2d;
        let size_in_pixel = size_in_pixel.map(|side| side.clamp(1, limit));
        let is_growing = self.is_growing(pane, scene);
        let stride = if moving || is_growing {
            self.stride_in_motion(scene)
        } else {
            1
        };
        let clip = &figure.clip_rect;
        let wanted = DrawnWith {
            scene: Arc::as_ptr(scene) as usize,
            camera: figure.camera,
            theme: figure.theme,
            size_in_pixel,
            clip: [clip.x, clip.y, clip.width, clip.height],
            stride,
        };
        let fits = self
            .tiles
            .get(&pane)
            .is_some_and(|tile| tile.targets.size_in_pixel == size_in_pixel);
        if !fits {
            self.replace_target(pane, size_in_pixel)?;
        }
        let Some(tile) = self.tiles.get_mut(&pane) else {
            return Err(GpuError::Failed {
                reason: "the tile has no texture to draw into".to_owned(),
            });
        };
        let context = self.renderer.context();
        // The buffer was too small for all translucent fragments and has grown.
        let lacks = scene.is_translucent() && tile.targets.lacks_fragments(context);
        if lacks || tile.shown.as_ref() != Some(&wanted) {
            self.renderer
                .draw(scene, figure, &tile.targets, Background::Theme, stride);
            tile.shown = Some(wanted);
        }
        let is_settling = scene.is_translucent()
            && (tile.targets.lacks_fragments(context) || tile.targets.is_counting());
        let check_after = match (is_settling, stride) {
            (true, _) => Some(SETTLE_AFTER),
            (false, 1) => None,
            (false, _) => Some(AT_REST_AFTER),
        };
        Ok(DrawnTile {
            texture: tile.texture,
            check_after,
        })
    }

    /// Whether the tile's scene changes again and again: a software adapter then draws what it can keep up with.
    fn is_growing(&mut self, pane: PaneId, scene: &Arc<GpuScene>) -> bool {
        let Some(tile) = self.tiles.get_mut(&pane) else {
            return false;
        };
        let address = Arc::as_ptr(scene) as usize;
        let since = tile.changed.map(|at| at.elapsed());
        if tile
            .shown
            .as_ref()
            .is_some_and(|shown| shown.scene != address)
        {
            tile.is_growing = since.is_some_and(|since| since < AT_REST_AFTER);
            tile.changed = Some(Instant::now());
        } else if since.is_none_or(|since| since >= AT_REST_AFTER) {
            tile.is_growing = false;
        }
        tile.is_growing
    }

    /// Draws every n-th node and point of a cloud while the camera moves, so that a software adapter is fast enough.
    fn stride_in_motion(&self, scene: &GpuScene) -> u32 {
        if !self.renderer.context().is_cpu() {
            return 1;
        }
        // A point of a cloud is one triangle, a segment of a line is two.
        let triangles = self.renderer.triangles(scene)
            + self.renderer.cloud_points(scene)
            + 2 * self.renderer.line_segments(scene);
        let mut stride = 1;
        while triangles / u64::from(stride * stride) > TRIANGLES_IN_MOTION {
            stride += 1;
        }
        stride
    }

    fn replace_target(&mut self, pane: PaneId, size_in_pixel: [u32; 2]) -> Result<(), GpuError> {
        let targets = Targets::new(self.renderer.context(), size_in_pixel)?;
        let view = targets.stored_view();
        let mut egui = self.egui.renderer.write();
        let filter = wgpu::FilterMode::Linear;
        let texture = match self.tiles.remove(&pane) {
            Some(TileTexture { texture, .. }) => {
                egui.update_egui_texture_from_wgpu_texture(
                    &self.egui.device,
                    &view,
                    filter,
                    texture,
                );
                texture
            }
            None => egui.register_native_texture(&self.egui.device, &view, filter),
        };
        drop(egui);
        self.tiles.insert(
            pane,
            TileTexture {
                targets,
                texture,
                shown: None,
                changed: None,
                is_growing: false,
            },
        );
        Ok(())
    }
}
