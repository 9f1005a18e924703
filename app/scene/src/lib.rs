//! Plain geometry in the unit box and the layout of a figure: surfaces, meshes, paths and clouds, picking, axes,
//! ticks, colour maps, camera and themes.

pub mod axis;
pub mod camera;
pub mod colour;
pub mod figure;
pub mod font;
pub mod scene;
pub mod theme;
pub mod ticks;

pub use scene::Scene;
