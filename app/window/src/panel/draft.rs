//! A copy of the focused tile's settings that the settings panel edits; what has changed becomes a command.

use trainscape_views::ViewSettings;

use crate::{command::Command, pane::Pane, state::State};

pub(super) struct SettingsDraft<'a> {
    pub(super) state: &'a State,
    pub(super) pane: &'a Pane,
    pub(super) settings: ViewSettings,
    pub(super) commands: &'a mut Vec<Command>,
}

impl<'a> SettingsDraft<'a> {
    pub(super) fn new(state: &'a State, commands: &'a mut Vec<Command>) -> Self {
        let pane = state.panes.focused();
        Self {
            state,
            pane,
            settings: pane.settings.clone(),
            commands,
        }
    }

    /// Queues the change of the settings, if there is one.
    pub(super) fn finish(self) {
        if self.settings != self.pane.settings {
            let settings = Box::new(self.settings);
            self.commands
                .push(Command::SetSettings(self.pane.id, settings));
        }
    }
}
