//! The interface, driven without a display over the names that a screen reader would say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod camera;
mod data;
mod keys;
mod live;
mod opening;
mod picture;
mod records;
mod runs;
mod settings;
mod steps;
mod tensors;
mod window;
