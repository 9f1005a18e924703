//! A place as a folder of this machine: what may be read of it is brought, kept and brought up to date.

mod catalogs;
mod choice;
mod copy;
mod following;
mod index;
mod partial;
mod publication;

pub use copy::{Mirror, Transfer};
pub use following::{Following, Status};
pub use publication::{Building, Publication};
