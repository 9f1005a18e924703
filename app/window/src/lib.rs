//! The window: winit and egui around the scenes.
//!
//! The state is plain data ([`state`]); panels read it and queue commands ([`command`]); [`apply`] is the one place
//! that applies a command. [`app::ViewerApp`] is the interface without a window, so that tests can drive it;
//! [`run`] puts it in one.

pub mod app;
mod apply;
mod camera;
mod camera_animation;
mod command;
mod dialogs;
mod error;
mod export;
mod figure_file;
mod files;
mod follow;
mod graphics;
mod key_tree;
mod lenient;
mod lenient_json;
mod live;
mod number_format;
mod open_panels;
mod opened_contents;
mod opening;
mod options;
mod overlay;
mod pane;
mod pane_id;
mod panel;
mod panes;
mod path_dialog;
mod pin;
mod places;
mod playback;
mod preferences;
mod preferences_file;
mod projections;
mod role_choices;
mod run_names;
mod run_table;
mod saved_settings;
mod scenes;
mod search;
mod selection;
mod series_list;
mod series_row;
mod services;
mod spike_list;
mod state;
mod style;
mod summaries;
mod tile_settings;
mod tiling;
mod time;
mod timeline;
mod window;
mod worker;
mod workspace;

pub use error::ViewerError;
pub use graphics::Graphics;
pub use options::ViewerOptions;
pub use preferences::Preferences;
pub use style::install as install_style;
pub use window::run;
