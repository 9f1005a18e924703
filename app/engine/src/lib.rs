//! Catalogs through the SQL engine that a lab already has: the same runs as those of the catalog's folder, of which the
//! engine reads, filters and decimates what is drawn.
//!
//! `statement.rs` has every statement and `tables.rs` what an engine calls a catalog's tables; `client.rs` speaks Flight SQL,
//! and `engine.rs` answers the questions of `trainscape-source` with it. Nothing else of the program knows of engines.

#![forbid(unsafe_code)]

mod cells;
mod client;
mod engine;
mod error;
mod literal;
mod sample;
mod statement;
mod tables;
mod token;
mod url;
mod variables;

use std::{path::Path, sync::Arc};

pub use engine::FlightEngine;
pub use error::EngineError;
pub use sample::questions;
pub use statement::statements;
use trainscape_source::catalog::CatalogEngine;
pub use url::EngineUrl;

/// The engine of a URL, which is not reached yet.
///
/// # Errors
/// In one sentence, when the URL is none or the token cannot be read.
pub fn open(url: &Path) -> Result<Arc<dyn CatalogEngine>, String> {
    let engine = EngineUrl::parse(&url.to_string_lossy()).and_then(FlightEngine::new);
    match engine {
        Ok(engine) => Ok(Arc::new(engine)),
        Err(error) => Err(error.to_string()),
    }
}
