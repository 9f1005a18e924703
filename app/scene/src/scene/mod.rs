//! The output of a view: geometry in the unit box, axes, title, caption, legend and colour bar.

mod annotation;
mod axis_box;
mod chosen;
mod cloud;
mod content;
mod facet;
mod mark;
mod mesh;
mod path;
mod pick;
mod record;
mod selection;
mod series_records;
mod surface;

pub use annotation::{ColourBar, LegendEntry, LegendMark, Markers, PointLabel};
pub use axis_box::{BOX_TOLERANCE_UNIT, is_in_box};
pub use chosen::Chosen;
pub use cloud::{CellCloud, Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Height, Panel};
pub use content::Scene;
pub use facet::Facet;
pub use mesh::{Mesh, MeshColour};
pub use path::{Path, PathColour};
pub use pick::{DrawnRecord, RecordKind};
pub use record::{Describe, Mark, Picked, RecordRef};
pub use selection::Selection;
pub use series_records::SeriesRecords;
pub use surface::{NodeRecords, Surface, SurfaceWork};
