//! The parts of the window, one file each.

pub(crate) mod dock;
pub(crate) mod help;
pub(crate) mod palette;
mod remedy;
mod run_table;
pub(crate) mod runs;
mod selection;
pub(crate) mod settings;
mod tensors;
pub(crate) mod tiles;
mod timeline;
pub(crate) mod top;
pub(crate) mod view3d;
mod views;
