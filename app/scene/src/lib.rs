//! The views: run in, plain geometry out. Axes, ticks, colour maps, camera, the layout of a figure, and
//! the CPU twin of every compute pass.

pub mod axis;
pub mod camera;
pub mod colour;
pub mod compute;
pub mod expression;
pub mod figure;
pub mod font;
pub mod scene;
pub mod theme;
pub mod ticks;
pub mod view;

pub use scene::Scene;
