//! What is saved between sessions: recent folders, theme, axis names, and the workspace of each folder.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};
use trainscape_scene::theme::ThemeName;

use crate::{
    lenient,
    preferences_file::{Document, PreferencesFile},
    workspace::SavedWorkspace,
};

/// What is saved between sessions.
pub struct Preferences {
    /// Folders opened before, the last one first.
    pub recent: Vec<PathBuf>,
    /// The window's theme; `None`: dark.
    pub theme: Option<ThemeName>,
    /// The user's names for the axes of arrays, by key.
    pub axes: BTreeMap<String, Vec<String>>,
    /// The camera moves to a preset in a short transition.
    pub animate: bool,
    /// The camera slows down gradually after a drag.
    pub inertia: bool,
    /// The hint over the demo was closed, or runs were opened.
    pub(crate) is_hint_closed: bool,
    /// Size of the window when it was closed, and whether it was maximised.
    pub(crate) window: Option<WindowSize>,
    /// The workspace of each folder, the last one first.
    workspaces: Vec<(PathBuf, StoredWorkspace)>,
    /// Without it, the preferences last as long as the window.
    file: Option<PreferencesFile>,
}

/// The size of a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowSize {
    pub(crate) width_pt: f64,
    pub(crate) height_pt: f64,
    pub(crate) is_maximised: bool,
}

struct StoredWorkspace {
    /// As it was saved, perhaps by another version.
    saved: Json,
    /// What this version knows of it.
    known: Option<SavedWorkspace>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            recent: Vec::new(),
            theme: None,
            axes: BTreeMap::new(),
            animate: true,
            inertia: false,
            is_hint_closed: false,
            window: None,
            workspaces: Vec::new(),
            file: None,
        }
    }
}

impl Preferences {
    /// Preferences that are saved in a file; what is missing or not known in it has its default.
    #[must_use]
    pub fn in_file(file: Option<PathBuf>) -> Self {
        let Some(mut file) = file.and_then(PreferencesFile::read) else {
            return Self::default();
        };
        let mut preferences = Self::default();
        preferences.take_from(file.content());
        if !preferences.holds_all_of(file.content()) {
            file.keep_copy();
        }
        preferences.file = Some(file);
        preferences
    }

    /// Reads the user's preferences.
    #[must_use]
    pub fn load() -> Self {
        let file = directories::ProjectDirs::from("", "", "trainscape")
            .map(|folders| folders.config_dir().join("preferences.json"));
        Self::in_file(file)
    }

    /// The saved workspace of a folder.
    pub(crate) fn workspace_of(&self, folder: &Path) -> Option<&SavedWorkspace> {
        let mut workspaces = self.workspaces.iter();
        let (_, stored) = workspaces.find(|(path, _)| path == folder)?;
        stored.known.as_ref()
    }

    /// Saves the workspace of a folder.
    pub(crate) fn save_workspace(&mut self, folder: PathBuf, workspace: SavedWorkspace) {
        self.workspaces.retain(|(path, _)| *path != folder);
        let stored = StoredWorkspace {
            saved: json!(workspace),
            known: Some(workspace),
        };
        self.workspaces.insert(0, (folder, stored));
        self.save();
    }

    /// Lists a folder as the most recent one.
    pub fn opened(&mut self, path: &Path) {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|recent| *recent != path);
        self.recent.insert(0, path);
        self.save();
    }

    /// Writes what has changed, and takes over what other windows have changed.
    pub fn save(&mut self) {
        let ours = self.to_document();
        let Some(mut file) = self.file.take() else {
            return;
        };
        match file.write(&ours) {
            Ok(merged) => self.take_from(merged),
            Err(error) => log::warn!("the preferences cannot be saved: {error}"),
        }
        self.file = Some(file);
    }

    fn to_document(&self) -> Document {
        let recent: Vec<Json> = self.recent.iter().map(|path| path_to_json(path)).collect();
        let workspaces: Vec<Json> = self
            .workspaces
            .iter()
            .map(|(folder, stored)| json!([path_to_json(folder), stored.saved]))
            .collect();
        [
            ("recent", json!(recent)),
            ("theme", json!(self.theme)),
            ("axes", json!(self.axes)),
            ("animate", json!(self.animate)),
            ("inertia", json!(self.inertia)),
            ("hint_closed", json!(self.is_hint_closed)),
            ("window", json!(self.window)),
            ("workspaces", json!(workspaces)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
    }

    /// Takes every known value of a saved document.
    fn take_from(&mut self, document: &Document) {
        let defaults = Self::default();
        self.recent = list(document, "recent")
            .filter_map(path_from_json)
            .collect();
        self.theme = value(document, "theme").unwrap_or(defaults.theme);
        self.axes = map(document, "axes");
        self.animate = value(document, "animate").unwrap_or(defaults.animate);
        self.inertia = value(document, "inertia").unwrap_or(defaults.inertia);
        self.is_hint_closed = value(document, "hint_closed").unwrap_or(defaults.is_hint_closed);
        self.window = value(document, "window").unwrap_or(defaults.window);
        self.workspaces = list(document, "workspaces")
            .filter_map(|entry| Some((path_from_json(entry.get(0)?)?, entry.get(1)?)))
            .map(|(folder, saved)| {
                let stored = StoredWorkspace {
                    saved: saved.clone(),
                    known: lenient::known(saved.clone()),
                };
                (folder, stored)
            })
            .collect();
    }

    /// Whether every value of a document is known.
    fn holds_all_of(&self, document: &Document) -> bool {
        let ours = self.to_document();
        let is_known = |stored: &StoredWorkspace| {
            let known = stored.known.as_ref();
            known.is_some_and(|known| json!(known) == stored.saved)
        };
        let mut workspaces = self.workspaces.iter();
        workspaces.all(|(_, stored)| is_known(stored))
            && document
                .iter()
                .all(|(name, saved)| ours.get(name).is_none_or(|our| our == saved))
    }
}

fn value<T: DeserializeOwned>(document: &Document, name: &str) -> Option<T> {
    lenient::known(document.get(name)?.clone())
}

fn list<'a>(document: &'a Document, name: &str) -> impl Iterator<Item = &'a Json> {
    document
        .get(name)
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
}

fn map<T: DeserializeOwned>(document: &Document, name: &str) -> BTreeMap<String, T> {
    let entries = document.get(name).and_then(Json::as_object);
    entries
        .into_iter()
        .flatten()
        .filter_map(|(key, saved)| Some((key.clone(), lenient::known(saved.clone())?)))
        .collect()
}

/// A path that is no text, as the system keeps it.
#[derive(Serialize, Deserialize)]
struct EncodedPath {
    bytes: Vec<u8>,
}

fn path_to_json(path: &Path) -> Json {
    match path.to_str() {
        Some(text) => json!(text),
        None => json!(EncodedPath {
            bytes: path.as_os_str().as_encoded_bytes().to_vec(),
        }),
    }
}

fn path_from_json(saved: &Json) -> Option<PathBuf> {
    if let Some(text) = saved.as_str() {
        return Some(text.into());
    }
    let EncodedPath { bytes } = lenient::known(saved.clone())?;
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        Some(std::ffi::OsString::from_vec(bytes).into())
    }
    #[cfg(not(unix))]
    {
        String::from_utf8(bytes).ok().map(PathBuf::from)
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
        preferences.save_workspace(
            "a".into(),
            SavedWorkspace {
                workspace,
                cameras,
                bookmarks: Vec::new(),
                at_step: None,
            },
        );
        let saved = preferences.to_document();
        let mut text = serde_json::to_string(&saved).expect("preferences are JSON");
        for (name, former) in [("workspace", "desk"), ("focused", "at_hand")] {
            let quoted = format!("\"{name}\":");
            assert!(text.contains(&quoted), "{text}");
            text = text.replace(&quoted, &format!("\"{former}\":"));
        }
        let mut read = Preferences::default();
        read.take_from(&serde_json::from_str(&text).expect("JSON"));
        let [read, expected] = [&read, &preferences].map(|of| of.workspace_of(Path::new("a")));
        assert!(read.is_some() && read == expected, "{text}");
    }

    /// The file of a window of another version, which has a view that is not known here.
    const OF_ANOTHER_VERSION: &str = r#"{
        "recent": ["/runs/a", {"bytes": [47, 255]}], "theme": "sepia", "roles": {"my/key": "loss", "x": "new-role"},
        "axes": {"a": ["row", "dimension"]}, "animate": false, "later": [1],
        "memories": [
            ["/runs/a", {"desk": {"tree": {"id": 1, "root": 1, "tiles": {"next_tile_id": 3, "tiles":
                {"1": {"Pane": 0}, "2": {"Pane": 1}}, "invisible": []}, "height": null, "width": null},
                "panes": {"0": {"view": "a-view-of-a-later-version", "settings": {}, "pins": []},
                          "1": {"view": "gradient-flow", "settings": {}, "pins": [{"of": "later"}]}},
                "at_hand": 1, "shared": {"projection": "Fisheye", "run_filter": "lr > 1"}}, "cameras": {"0": {}}}],
            ["/runs/b", 7]
        ]}"#;

    #[test]
    fn an_unreadable_value_costs_that_value_alone_and_the_file_is_kept_as_a_copy() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for unreadable in [
            r#""animate": 1e999"#.to_owned(),
            r#""recent": ["\ud800"]"#.to_owned(),
            format!(r#""axes": {deep}"#),
            format!(r#""workspaces": [["/runs/a", {deep}]]"#),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("preferences.json");
            let text = format!(r#"{{"theme": "light", {unreadable}, "inertia": true}}"#);
            std::fs::write(&file, &text).expect("written");
            let mut preferences = Preferences::in_file(Some(file.clone()));
            assert_eq!(preferences.theme, Some(ThemeName::Light), "{unreadable}");
            assert!(preferences.inertia && preferences.animate, "{unreadable}");
            preferences.opened(Path::new("/runs"));
            let copy = std::fs::read_to_string(folder.path().join("preferences.old.json"));
            assert_eq!(copy.expect("a copy"), text);
            let again = Preferences::in_file(Some(file));
            assert!(again.inertia && again.recent.len() == 1, "{unreadable}");
        }
    }

    #[test]
    fn an_unknown_value_costs_that_value_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("preferences.json");
        std::fs::write(&file, OF_ANOTHER_VERSION).expect("written");
        let mut preferences = Preferences::in_file(Some(file.clone()));
        assert_eq!(preferences.theme, None);
        assert_eq!(preferences.axes.len(), 1);
        assert!(!preferences.animate);
        let saved = preferences
            .workspace_of(Path::new("/runs/a"))
            .expect("read");
        assert_eq!(saved.workspace.panes.len(), 1);
        assert_eq!(saved.workspace.shared.run_filter, "lr > 1");
        #[cfg(unix)]
        assert!(preferences.recent[1].to_str().is_none());

        preferences.theme = Some(ThemeName::Light);
        preferences.save();
        let copy = std::fs::read_to_string(folder.path().join("preferences.old.json"));
        assert_eq!(copy.expect("a copy"), OF_ANOTHER_VERSION);
        let text = std::fs::read_to_string(&file).expect("a file");
        let written: Document = serde_json::from_str(&text).expect("JSON");
        assert_eq!(written["later"], json!([1]));
        assert_eq!(written["theme"], json!("light"));
        let before: Document = serde_json::from_str(OF_ANOTHER_VERSION).expect("JSON");
        assert_eq!(written["workspaces"], before["memories"]);
        #[cfg(unix)]
        assert_eq!(written["recent"][1], json!({"bytes": [47, 255]}));
    }
}
