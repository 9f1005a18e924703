//! What is saved between sessions: recent folders, theme, roles, axis names, and the workspace of each folder.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use trainscape_run::RoleOverrides;
use trainscape_scene::theme::ThemeName;

use crate::workspace::SavedWorkspace;

/// Most recent folders listed.
const RECENT: usize = 12;
/// Most workspaces saved.
const WORKSPACES: usize = 40;

/// What is saved between sessions.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Folders opened before, the last one first.
    pub recent: Vec<PathBuf>,
    /// The window's theme; `None`: dark.
    pub theme: Option<ThemeName>,
    /// The user's roles of keys.
    pub roles: RoleOverrides,
    /// The user's names for the axes of arrays, by key.
    pub axes: BTreeMap<String, Vec<String>>,
    /// The camera moves to a preset in a short transition.
    pub animate: bool,
    /// The camera slows down gradually after a drag.
    pub inertia: bool,
    /// The workspace of each folder, the last one first.
    #[serde(alias = "memories")]
    workspaces: Vec<(PathBuf, SavedWorkspace)>,
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
            workspaces: Vec::new(),
            file: None,
        }
    }
}

impl Preferences {
    /// Preferences that are saved in a file; one that is missing or damaged gives the defaults.
    #[must_use]
    pub fn in_file(file: Option<PathBuf>) -> Self {
        let mut preferences: Self = file
            .as_ref()
            .and_then(|file| std::fs::read(file).ok())
            .and_then(|bytes| match serde_json::from_slice(&bytes) {
                Ok(preferences) => Some(preferences),
                Err(error) => {
                    log::warn!("the preferences cannot be read and are reset: {error}");
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

    /// The saved workspace of a folder.
    pub(crate) fn workspace_of(&self, folder: &Path) -> Option<&SavedWorkspace> {
        let found = self.workspaces.iter().find(|(path, _)| path == folder)?;
        Some(&found.1)
    }

    /// Saves the workspace of a folder.
    pub(crate) fn save_workspace(&mut self, folder: PathBuf, workspace: SavedWorkspace) {
        self.workspaces.retain(|(path, _)| *path != folder);
        self.workspaces.insert(0, (folder, workspace));
        self.workspaces.truncate(WORKSPACES);
        self.save();
    }

    /// Lists a folder as the most recent one.
    pub fn opened(&mut self, path: &Path) {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|recent| *recent != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT);
        self.save();
    }

    /// Writes the preferences; without a file they last as long as the window.
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
    use trainscape_views::ViewKind;

    use super::*;
    use crate::tile_settings::TileSettings;
    use crate::{
        pane_id::PaneId,
        workspace::{SharedSettings, Workspace, WorkspacePane, tree_of_one},
    };

    #[test]
    fn the_last_folder_comes_first_and_only_once() {
        let mut preferences = Preferences::default();
        for name in ["a", "b", "a"] {
            preferences.opened(Path::new(name));
        }
        assert_eq!(preferences.recent, [PathBuf::from("a"), PathBuf::from("b")]);
    }

    #[test]
    fn a_workspace_with_the_former_names_is_read() {
        let pane = PaneId(3);
        let workspace = Workspace {
            tree: tree_of_one(pane),
            panes: BTreeMap::from([(
                pane,
                WorkspacePane {
                    view: ViewKind::named("gradient-flow"),
                    settings: TileSettings::default(),
                    pins: Vec::new(),
                },
            )]),
            focused: pane,
            shared: SharedSettings {
                free_orbit: true,
                ..SharedSettings::default()
            },
        };
        let mut preferences = Preferences::default();
        let cameras = BTreeMap::new();
        preferences.save_workspace("a".into(), SavedWorkspace { workspace, cameras });
        let mut text = serde_json::to_string(&preferences).expect("preferences are JSON");
        for (name, former) in [
            ("workspaces", "memories"),
            ("workspace", "desk"),
            ("focused", "at_hand"),
        ] {
            let quoted = format!("\"{name}\":");
            assert!(text.contains(&quoted), "{text}");
            text = text.replace(&quoted, &format!("\"{former}\":"));
        }
        let read: Preferences = serde_json::from_str(&text).expect("the former names are known");
        assert!(read == preferences, "{text}");
    }
}
