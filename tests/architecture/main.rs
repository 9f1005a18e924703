//! The structure of the code: which crates may depend on which, and no cycle between the files of a crate.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crates;
mod cycles;
mod dispatch;
mod limits;
mod metadata;
mod modules;
