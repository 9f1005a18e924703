//! The panels of the window, one file each: they read the state and queue commands.

mod array_axes;
mod button;
mod control;
pub(crate) mod dock;
pub(crate) mod help;
mod notes;
pub(crate) mod palette;
pub(crate) mod path_dialog;
mod projection;
mod record_card;
mod remedy;
pub(crate) mod report;
mod roles;
mod run_table;
pub(crate) mod runs;
mod selection;
mod series;
pub(crate) mod settings;
mod shortened;
mod spikes;
pub(crate) mod tiles;
mod timeline;
mod timeline_plot;
pub(crate) mod top;
mod view3d;
