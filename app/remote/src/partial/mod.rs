//! Files of which only what is read comes: blocks of one version in the cache, within a bound.

mod blocks;
mod file;
mod room;

pub(crate) use blocks::{allocated, remove as remove_blocks};
pub(crate) use file::PartialFile;
pub(crate) use room::Room;
