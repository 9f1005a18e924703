//! The interface, driven without a display by accessible names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod camera;
mod data;
mod dialogs;
mod keys;
mod live;
mod opening;
mod palette;
mod picture;
mod records;
mod roles;
mod runs;
mod selection;
mod settings;
mod spikes;
mod steps;
mod table;
mod tensors;
mod tiles;
mod time;
mod timeline;
mod undo;
mod window;
mod workspace;
