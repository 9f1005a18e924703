//! The renderer: scenes on the GPU, drawn into a picture.
//!
//! [`Renderer`] owns the pipelines and lives as long as the device. [`GpuScene`] is one scene's data and
//! is rebuilt when the scene changes. Bind group 0 belongs to the frame; primitives use group 1.
//! Edges are covered by samples and translucent fragments sorted by depth, so the order of drawing never shows.

mod background;
mod cloud;
mod colour_map;
mod draw;
mod formats;
mod frame;
mod gpu_scene;
mod lines;
mod mesh;
mod pipeline;
mod points;
mod renderer;
mod reuse;
mod scissor;
mod surface;
mod targets;
mod translucent;
mod upload;
mod walls;

use crate::shaders::SharedLayout;

pub use background::Background;
pub use gpu_scene::GpuScene;
pub use lines::PATH_BIAS;
pub use pipeline::is_translucent;
pub use points::MARKER_BIAS;
pub use renderer::Renderer;
pub use surface::surface_line_colour;
pub use targets::Targets;
pub use upload::{OUTLINE_BIAS, OUTLINE_PT, path_outlines};

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
