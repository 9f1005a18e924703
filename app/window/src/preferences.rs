//! What is remembered between sessions: recent folders, theme, the user's words on roles and axes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use trainscape_run::RoleOverrides;
use trainscape_scene::theme::ThemeName;

use crate::desk::Memory;

/// Recent folders that are kept.
const RECENT: usize = 12;
/// Folders whose arrangement is kept.
const MEMORIES: usize = 40;

/// What is remembered between sessions.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Folders opened before, the last one first.
    pub recent: Vec<PathBuf>,
    /// The window's look; `None`: as the system says.
    pub theme: Option<ThemeName>,
    /// The user's own words on what keys mean.
    pub roles: RoleOverrides,
    /// The user's names for the axes of arrays, by key.
    pub axes: BTreeMap<String, Vec<String>>,
    /// Preset views are flown to rather than jumped to.
    pub animate: bool,
    /// The camera turns on for a moment after a drag.
    pub inertia: bool,
    /// How each folder was left, the last one first.
    memories: Vec<(PathBuf, Memory)>,
    #[serde(skip)]
    file: Option<PathBuf>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            recent: Vec::new(),
            theme: None,
            roles: RoleOverrides::default(),
            axes: BTreeMap::new(),
            animate: true,
            inertia: false,
            memories: Vec::new(),
            file: None,
        }
    }
}

impl Preferences {
    /// Preferences that are kept in a file; one that is missing or damaged gives the defaults.
    #[must_use]
    pub fn in_file(file: Option<PathBuf>) -> Self {
        let mut preferences: Self = file
            .as_ref()
            .and_then(|file| std::fs::read(file).ok())
            .and_then(|bytes| match serde_json::from_slice(&bytes) {
                Ok(preferences) => Some(preferences),
                Err(error) => {
                    log::warn!("the preferences are damaged and start afresh: {error}");
                    None
                }
            })
            .unwrap_or_default();
        preferences.file = file;
        preferences
    }

    /// Reads the user's preferences; a missing or damaged file gives the defaults.
    #[must_use]
    pub fn load() -> Self {
        let file = directories::ProjectDirs::from("", "", "trainscape")
            .map(|folders| folders.config_dir().join("preferences.json"));
        Self::in_file(file)
    }

    /// How a folder was left.
    pub(crate) fn memory_of(&self, folder: &Path) -> Option<&Memory> {
        let found = self.memories.iter().find(|(path, _)| path == folder)?;
        Some(&found.1)
    }

    /// Remembers how a folder is arranged.
    pub(crate) fn remember(&mut self, folder: PathBuf, memory: Memory) {
        self.memories.retain(|(path, _)| *path != folder);
        self.memories.insert(0, (folder, memory));
        self.memories.truncate(MEMORIES);
        self.save();
    }

    /// Remembers a folder as the most recent one.
    pub fn opened(&mut self, path: &Path) {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|recent| *recent != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT);
        self.save();
    }

    /// Writes the preferences; without a place for them they last as long as the window.
    pub fn save(&self) {
        let Some(file) = &self.file else { return };
        let write = || -> std::io::Result<()> {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?;
            trainscape_export::write_atomically(file, &text).map_err(std::io::Error::other)
        };
        if let Err(error) = write() {
            log::warn!("the preferences cannot be saved: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_folder_comes_first_and_only_once() {
        let mut preferences = Preferences::default();
        for name in ["a", "b", "a"] {
            preferences.opened(Path::new(name));
        }
        assert_eq!(preferences.recent, [PathBuf::from("a"), PathBuf::from("b")]);
    }
}
