//! The panels of the window, one file each.

pub(crate) mod help;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod tensors;
pub(crate) mod timeline;
pub(crate) mod top;
pub(crate) mod view3d;
