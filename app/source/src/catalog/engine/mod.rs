//! Catalogs that are asked through an engine, which answers questions with tables in the place of files.

mod answer;
mod collected;
mod locate;
mod open;
mod question;
mod store;

pub use answer::{Answer, Cells};
pub use open::EngineCatalog;
pub use question::{CatalogEngine, DECIMATED_POINTS, Question, is_engine};
