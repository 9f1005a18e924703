//! Opening folders, and reading them again with the user's own words on roles and axes.

use std::{path::PathBuf, sync::Arc};

use trainscape_views::ViewSettings;

use crate::{
    app::ViewerApp,
    desk::{self, Shared},
    follow::Session,
    run_table::RunTable,
    series_list::SeriesList,
    time::Player,
    timeline::Timeline,
};

impl ViewerApp {
    /// Opens paths in place of what is open, arranged as their folder was left.
    pub(crate) fn open(&mut self, paths: Vec<PathBuf>, name: Option<String>, ctx: &egui::Context) {
        if !self.start_session(paths, name, ctx) {
            return;
        }
        self.shared = Shared {
            runs: None,
            steps: None,
            at_step: None,
            ..self.shared.clone()
        };
        for pane in self.panes_mut() {
            let settings = std::mem::take(&mut pane.settings);
            pane.settings = without_names_of_other_runs(settings);
            pane.cameras.clear();
            pane.pins.clear();
        }
        self.message = None;
        self.undoer = desk::new_undoer();
        self.history = [false; 2];
        self.recalled = self.recall();
    }

    /// Opens what is open once more, with everything set as it is.
    fn reopen(&mut self, ctx: &egui::Context) {
        if let Some(session) = &self.session {
            let (paths, name) = (session.paths.clone(), session.name.clone());
            self.start_session(paths, Some(name), ctx);
        }
    }

    /// Starts to read; false where that is not possible.
    fn start_session(
        &mut self,
        paths: Vec<PathBuf>,
        name: Option<String>,
        ctx: &egui::Context,
    ) -> bool {
        let mut options = self.options.open.clone();
        for (key, role) in &self.preferences.roles {
            options.roles.entry(key.clone()).or_insert(*role);
        }
        for (key, axes) in &self.preferences.axes {
            let axes = axes.clone();
            options.axes.entry(key.clone()).or_insert(axes);
        }
        match Session::open(paths, name, options, ctx) {
            Ok(session) => {
                self.session = Some(session);
                self.snapshot = Arc::default();
                self.facts_of = None;
                self.timeline = Timeline::default();
                self.series = SeriesList::default();
                self.table = RunTable::default();
                self.selected = None;
                self.pointed_at = None;
                self.player = Player::default();
                for pane in self.panes_mut() {
                    pane.motion = None;
                    // Another follower counts its generations afresh.
                    pane.forget_scene();
                }
                true
            }
            Err(error) => {
                self.message = Some((error.to_string(), true));
                false
            }
        }
    }

    /// Opens paths that the user chose, and remembers them.
    pub(crate) fn open_chosen(&mut self, paths: Vec<PathBuf>, ctx: &egui::Context) {
        for path in &paths {
            self.preferences.opened(path);
        }
        self.open(paths, None, ctx);
    }

    /// Sets what a key means and reads again with it.
    pub(crate) fn set_role(
        &mut self,
        key: &str,
        role: Option<trainscape_run::Role>,
        ctx: &egui::Context,
    ) {
        match role {
            Some(role) => self.preferences.roles.insert(key.to_owned(), role),
            None => self.preferences.roles.remove(key),
        };
        self.preferences.save();
        self.reopen(ctx);
    }

    /// Names the axes of an array and reads again with them.
    pub(crate) fn set_axes(&mut self, key: &str, axes: Vec<String>, ctx: &egui::Context) {
        self.preferences.axes.insert(key.to_owned(), axes);
        self.preferences.save();
        self.reopen(ctx);
    }
}

/// Keys, rows and layers of other runs mean nothing in these.
fn without_names_of_other_runs(mut settings: ViewSettings) -> ViewSettings {
    let fresh = ViewSettings::default();
    settings.attention.tensor = None;
    settings.attention.layer = None;
    settings.attention.head = 0;
    settings.embedding.tensor = None;
    settings.embedding.focus = None;
    settings.embedding.search = String::new();
    settings.embedding.colour = fresh.embedding.colour;
    settings.weights.tensor = None;
    settings.activations.tensor = None;
    settings.media.key = None;
    settings.landscape = fresh.landscape;
    settings.reward = fresh.reward;
    settings.dynamics = fresh.dynamics;
    settings.importance = fresh.importance;
    settings.custom = fresh.custom;
    settings.ranges = fresh.ranges;
    settings
}
