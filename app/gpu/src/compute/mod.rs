//! The compute passes: scattered samples and measured grids become fields that stay on the GPU.
//!
//! Each pass has a twin of the same name in `trainscape_compute`, which also prepares what it searches.

mod buffers;
mod compact;
mod layout;
mod linear;
mod nearest;
mod neighbours;
mod normals;
mod pass;
mod pca;
mod rbf;
mod refine;
mod tsne;
mod umap;

use std::sync::OnceLock;

use pass::Pass;
use trainscape_compute::{Cells, Field, Method, Refine, Scatter};

use crate::context::{GpuContext, GpuError};
use crate::shaders::{self, SharedLayout};

pub use buffers::FieldBuffers;
pub use compact::PointBuffer;
pub use neighbours::MOST_NEIGHBOURS;

/// The compute passes of one device. Each pipeline is built when it is first needed.
#[derive(Debug)]
pub struct ComputePasses {
    context: GpuContext,
    source: fn(&str) -> String,
    linear: OnceLock<Pass>,
    nearest: OnceLock<Pass>,
    nearest_indices: OnceLock<Pass>,
    rbf: OnceLock<Pass>,
    refine: OnceLock<Pass>,
    normals: OnceLock<Pass>,
    compact_count: OnceLock<Pass>,
    compact_write: OnceLock<Pass>,
    tsne_repulsion: OnceLock<Pass>,
    tsne_sum: OnceLock<Pass>,
    tsne_step: OnceLock<Pass>,
    umap: OnceLock<Pass>,
    pca_products: OnceLock<Pass>,
    neighbours_distances: OnceLock<Pass>,
    neighbours_select: OnceLock<Pass>,
}

impl ComputePasses {
    /// The passes of a device; builds nothing yet.
    #[must_use]
    pub fn new(context: &GpuContext) -> Self {
        Self::with_source(context, shaders::source)
    }

    /// The passes with other shader texts than the table's: how a test plants a fault.
    #[doc(hidden)]
    #[must_use]
    pub fn with_source(context: &GpuContext, source: fn(&str) -> String) -> Self {
        Self {
            context: context.clone(),
            source,
            linear: OnceLock::new(),
            nearest: OnceLock::new(),
            nearest_indices: OnceLock::new(),
            rbf: OnceLock::new(),
            refine: OnceLock::new(),
            normals: OnceLock::new(),
            compact_count: OnceLock::new(),
            compact_write: OnceLock::new(),
            tsne_repulsion: OnceLock::new(),
            tsne_sum: OnceLock::new(),
            tsne_step: OnceLock::new(),
            umap: OnceLock::new(),
            pca_products: OnceLock::new(),
            neighbours_distances: OnceLock::new(),
            neighbours_select: OnceLock::new(),
        }
    }

    /// Puts a field on the GPU and computes its normals (for a height of 1).
    ///
    /// # Errors
    /// When it is larger than the adapter can bind, or the device was lost.
    pub fn upload(&self, field: &Field) -> Result<FieldBuffers, GpuError> {
        let buffers = FieldBuffers::of_field(&self.context, field)?;
        self.normals(&buffers, 1.0);
        self.context.check()?;
        Ok(buffers)
    }

    /// Interpolates scattered samples. Values and support equal the twin's within f32 rounding; normals
    /// are those of a height of 1.
    ///
    /// # Errors
    /// As the twin, when the grid or the samples are more than the adapter can bind, or the device was lost.
    pub fn interpolate(&self, scatter: &Scatter) -> Result<FieldBuffers, GpuError> {
        scatter.check()?;
        let cells = Cells::new(&scatter.samples)?;
        let field = FieldBuffers::uniform(&self.context, scatter.size)?;
        match scatter.method {
            Method::Linear => self.linear(scatter, &cells, &field)?,
            Method::Nearest => self.nearest(scatter, &cells, &field)?,
            Method::Rbf {
                neighbours,
                smoothing,
            } => {
                self.rbf(scatter, &cells, neighbours, smoothing, &field)?;
            }
        }
        self.normals(&field, 1.0);
        self.context.check()?;
        Ok(field)
    }

    /// As [`Self::interpolate`], by the twin where that is quicker: a software adapter solves the systems
    /// of thin-plate splines on the same cores, only slower.
    ///
    /// # Errors
    /// As [`Self::interpolate`].
    pub fn interpolate_by_the_quicker(&self, scatter: &Scatter) -> Result<FieldBuffers, GpuError> {
        match scatter.method {
            Method::Rbf { .. } if self.context.is_cpu() => {
                self.upload(&trainscape_compute::interpolate(scatter)?)
            }
            _ => self.interpolate(scatter),
        }
    }

    /// Refines a measured grid; normals are those of a height of 1.
    ///
    /// # Errors
    /// When the refined grid is larger than the adapter can bind, or the device was lost.
    pub fn refine(&self, work: &Refine) -> Result<FieldBuffers, GpuError> {
        let field = FieldBuffers::new(&self.context, &work.x_unit(), &work.y_unit())?;
        self.refine_into(work, &field)?;
        self.normals(&field, 1.0);
        self.context.check()?;
        Ok(field)
    }

    /// Copies a field back to the CPU and waits for it.
    ///
    /// # Errors
    /// When the device was lost or ran out of memory.
    pub fn read_back(&self, field: &FieldBuffers) -> Result<Field, GpuError> {
        let read = [&field.x_unit, &field.y_unit, &field.values, &field.support];
        let [x_unit, y_unit, values, support] = buffers::read(&self.context, read)?;
        Ok(Field {
            x_unit,
            y_unit,
            values,
            support,
        })
    }

    /// Copies the normals of a field back to the CPU, unpacked.
    ///
    /// # Errors
    /// As [`Self::read_back`].
    pub fn read_normals(&self, field: &FieldBuffers) -> Result<Vec<[f32; 3]>, GpuError> {
        let [packed] = buffers::read::<u32, 1>(&self.context, [&field.normals])?;
        Ok(packed.into_iter().map(normals::unpack).collect())
    }

    fn pass<'a>(&self, slot: &'a OnceLock<Pass>, shader: &str, entry: &str) -> &'a Pass {
        slot.get_or_init(|| Pass::new(&self.context, &(self.source)(shader), entry))
    }
}

/// The structs these passes share with their shaders.
pub(crate) fn shared_layouts() -> Vec<SharedLayout> {
    let mut layouts = pass::shared_layouts();
    layouts.extend(refine::shared_layouts());
    layouts.extend(tsne::shared_layouts());
    layouts.extend(umap::shared_layouts());
    layouts.extend(normals::shared_layouts());
    layouts.extend(pca::shared_layouts());
    layouts.extend(neighbours::shared_layouts());
    layouts.extend(compact::shared_layouts());
    layouts
}
