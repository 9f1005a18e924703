//! The interface, driven without a display over the names that a screen reader would say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod data;
mod runs;
mod window;
