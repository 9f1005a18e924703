//! The layout of a figure: positions of the axis box, its ticks and all text, in points. The window and all exporters
//! draw the same layout.

mod axes;
mod callouts;
mod insets;
mod laid_out;
mod layout;
pub mod overlay;
mod page_elements;
mod spec;

pub use laid_out::{Figure, FrameLine, Wall};
pub use spec::{Callout, FigureCamera, FigureSpec, POINTS_PER_INCH};
