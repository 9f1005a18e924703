//! The layout of a figure: positions of the axis box, its ticks and all text, in points. The window and all exporters
//! draw the same layout.

mod axes;
mod box_aspect;
mod callouts;
mod colour_bar;
mod drawn_lines;
mod facets;
mod insets;
mod laid_out;
mod layout;
mod legend;
pub mod overlay;
mod page;
mod page_elements;
mod short_names;
mod spec;
mod tick_labels;

pub use laid_out::{Figure, FrameLine, Wall};
pub use layout::MIN_BOX_SHARE;
pub use spec::{Callout, DataLayer, FigureCamera, FigureSpec, POINTS_PER_INCH};
pub use tick_labels::{AxisTick, axis_ticks};
