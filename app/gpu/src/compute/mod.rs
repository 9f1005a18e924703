//! The compute passes: scattered samples and measured grids become fields that stay on the GPU.
//!
//! Each pass has an equivalent of the same name in `trainscape_compute`, which also prepares what it searches.

mod buffers;
mod compact;
mod fields;
mod interpolation;
mod layout;
mod linear;
mod nearest;
mod neighbours;
mod normals;
mod pass;
mod passes;
mod pca;
mod rbf;
mod refine;
mod tsne;
mod umap;

use crate::shaders::SharedLayout;

pub use buffers::FieldBuffers;
pub use compact::PointBuffer;
pub use neighbours::MOST_NEIGHBOURS;
pub use passes::ComputePasses;

/// The structs these passes share with their shaders.
pub(crate) fn shared_layouts() -> Vec<SharedLayout> {
    let mut layouts = interpolation::shared_layouts();
    layouts.extend(refine::shared_layouts());
    layouts.extend(tsne::shared_layouts());
    layouts.extend(umap::shared_layouts());
    layouts.extend(normals::shared_layouts());
    layouts.extend(pca::shared_layouts());
    layouts.extend(neighbours::shared_layouts());
    layouts.extend(compact::shared_layouts());
    layouts
}
