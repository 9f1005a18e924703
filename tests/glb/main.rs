//! GLB files are valid according to the Khronos validator and match the scene.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compare;
#[path = "../support/every_view.rs"]
mod every_view;
#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/glb.rs"]
mod glb_file;
mod ply;
mod scenes;
mod shapes;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/trajectories.rs"]
mod trajectories;
mod validator;
mod validity;
