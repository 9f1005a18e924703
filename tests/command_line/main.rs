//! Tests of the binary: output, written files and exit codes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arrays;
mod bad_input;
mod catalog;
mod compute;
#[path = "../support/every_view.rs"]
mod drawable;
mod every_view;
mod fetch;
mod figures;
mod follow;
mod inspect;
#[cfg(unix)]
mod killed;
mod mapped_arrays;
mod mapping;
mod not_files;
mod output;
mod pdf;
mod render;
mod reopened;
mod summary;
#[path = "../support/mod.rs"]
mod support;
mod views;
