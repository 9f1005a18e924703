use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use regex::Regex;
use trainscape_run::RoleOverrides;

use crate::{KeyMapping, catalog::CatalogEngine, limits};

/// Opens the engine of a URL. The error is one sentence for the user.
pub type EngineOpener = fn(&Path) -> Result<Arc<dyn CatalogEngine>, String>;

/// Options of opening.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Roles that the user gives to keys; they override the table's.
    pub roles: RoleOverrides,
    /// What the x axis of all series shows: the key of a series, `step` or `wall_time`.
    pub x: Option<String>,
    /// What the user's mapping says of keys; the roles and the x axis above come before it.
    pub mapping: Arc<KeyMapping>,
    /// Number of last points of each series to keep (whole chunks are dropped, so slightly more are kept);
    /// all if `None`.
    pub buffer: Option<usize>,
    /// Levels of folders below an opened one that are searched.
    pub max_depth: usize,
    /// Folders below the opened ones that are searched in all.
    pub max_folders: usize,
    /// The user's names of an array's axes by the array's key; they override those in files.
    pub axes: BTreeMap<String, Vec<String>>,
    /// Files of user-defined views; they come before those in the opened folders.
    pub views: Vec<PathBuf>,
    /// Pattern of the lines of text logs: each named group is a key, and the groups `step` and `epoch` are the
    /// position.
    pub pattern: Option<Arc<Regex>>,
    /// True if a last line without its line end is left out until it is complete.
    pub only_whole_lines: bool,
    /// Opens engines; `None` where the program was built without them.
    pub engine: Option<EngineOpener>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            roles: RoleOverrides::new(),
            x: None,
            mapping: Arc::default(),
            buffer: None,
            max_depth: 12,
            max_folders: limits::FOLDERS.items,
            axes: BTreeMap::new(),
            views: Vec::new(),
            pattern: None,
            only_whole_lines: false,
            engine: None,
        }
    }
}
