use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use regex::Regex;
use trainscape_run::{Role, RoleOverrides, Run};

use crate::limits;

/// Options of opening.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Roles that the user gives to keys; they override the table's.
    pub roles: RoleOverrides,
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
}

impl OpenOptions {
    /// The roles that the user gives to keys which a run has.
    pub(crate) fn chosen_roles(&self, run: &Run) -> BTreeSet<Role> {
        let given = self.roles.iter();
        let of_run = given.filter(|(key, _)| run.series.contains_key(key.as_str()));
        of_run.map(|(_, role)| *role).collect()
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            roles: RoleOverrides::new(),
            buffer: None,
            max_depth: 12,
            max_folders: limits::FOLDERS.items,
            axes: BTreeMap::new(),
            views: Vec::new(),
            pattern: None,
            only_whole_lines: false,
        }
    }
}
