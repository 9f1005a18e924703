//! Runs where they lie: in buckets, on web servers and on other machines.
//!
//! A [`Location`] is a URL. A [`Mirror`] keeps what is below it in a folder of the cache, which is opened and followed
//! like any other folder, and [`fetch`] brings run folders to a folder of the user's. Both read through one contract,
//! `store::Store`, which is implemented once for each kind of place: `object/` for buckets and web servers, `sftp/` for
//! other machines, `folder.rs` for a folder of this one.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(feature = "buckets"),
    allow(dead_code, reason = "some settings are those of buckets")
)]

mod access;
mod append;
mod cache;
#[cfg(feature = "buckets")]
mod command;
mod connect;
#[cfg(feature = "buckets")]
mod credentials;
mod download;
mod entry;
mod env_file;
mod error;
pub mod fetch;
mod folder;
mod key;
mod left_out;
mod limits;
mod location;
mod mirror;
#[cfg(feature = "buckets")]
mod object;
mod pace;
mod partial;
mod placing;
mod run_folder;
mod scheme;
mod settings_file;
mod sftp;
mod store;

pub use env_file::bucket_of_environment;
pub use error::RemoteError;
pub use left_out::LeftOut;
pub use location::Location;
pub use mirror::{Building, Following, Mirror, Publication, Status, Transfer};
