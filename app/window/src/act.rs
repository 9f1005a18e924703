//! What each action does.

use std::f32::consts::FRAC_PI_2;

use trainscape_scene::{
    axis::Scale,
    camera::{Camera, Projection},
    scene::Picked,
    theme::ThemeName,
};
use trainscape_views::ViewKind;

use crate::{
    app::ViewerApp, dialogs::Purpose, export, keys::Action, selection::Tool, time::SPEEDS,
};

/// Radians that a key turns the camera by.
const KEY_TURN: f32 = 0.12;
/// Factor that a key zooms by.
const KEY_ZOOM: f32 = 1.2;

fn zoom(camera: &mut Camera, factor: f32) {
    camera.zoom_towards(factor, glam::Vec2::ZERO);
}

impl ViewerApp {
    /// Does what a key, a button or the palette asked for.
    pub(crate) fn act(&mut self, action: Action, ctx: &egui::Context) {
        // What was painted before in this frame shows the state before.
        ctx.request_repaint();
        match action {
            Action::OpenFolder => self.ask_for_file(Purpose::Open, ctx),
            Action::ExportPng => self.ask_for_file(Purpose::Png, ctx),
            Action::ExportGlb => self.ask_for_file(Purpose::Glb, ctx),
            Action::ResetView => self.reset_camera(ctx),
            Action::ViewFront => self.look_from(-FRAC_PI_2, 0.0, ctx),
            Action::ViewSide => self.look_from(0.0, 0.0, ctx),
            Action::ViewTop => self.look_from(-FRAC_PI_2, FRAC_PI_2, ctx),
            Action::ViewBack => self.look_from(FRAC_PI_2, 0.0, ctx),
            Action::ViewOtherSide => self.look_from(2.0 * FRAC_PI_2, 0.0, ctx),
            Action::ViewBelow => self.look_from(-FRAC_PI_2, -FRAC_PI_2, ctx),
            Action::Turn(right, up) => {
                let by = egui::vec2(-f32::from(right), f32::from(up)) * KEY_TURN;
                self.move_camera(|app, camera| app.turn_camera(camera, by));
            }
            Action::ZoomIn => self.move_camera(|_, camera| zoom(camera, KEY_ZOOM)),
            Action::ZoomOut => self.move_camera(|_, camera| zoom(camera, 1.0 / KEY_ZOOM)),
            Action::ToggleProjection => self.toggle_projection(),
            Action::ToggleFreeOrbit => self.toggle_free_orbit(),
            Action::ToggleInertia => {
                self.preferences.inertia = !self.preferences.inertia;
                self.preferences.save();
            }
            Action::ToggleAnimation => {
                self.preferences.animate = !self.preferences.animate;
                self.preferences.save();
            }
            Action::ToggleLogZ => {
                let scene = self.pane.scene();
                let shown = scene.is_some_and(|scene| scene.axes[2].scale == Scale::Log10);
                self.pane.settings.log[2] = Some(!shown);
            }
            Action::FocusFilter => {
                self.runs_panel_open = true;
                self.focus_filter = true;
            }
            Action::ToggleHelp => self.help_open = !self.help_open,
            Action::ToggleTheme => {
                self.theme = if self.theme == ThemeName::Dark {
                    ThemeName::Light
                } else {
                    ThemeName::Dark
                };
                self.preferences.theme = Some(self.theme);
                self.preferences.save();
            }
            Action::NextView => self.show_next_view(),
            Action::ShowView(view) => self.pane.view = view,
            Action::StepBack(count) => self.step_time(-i64::from(count)),
            Action::StepForward(count) => self.step_time(i64::from(count)),
            Action::FirstStep => self.first_step(),
            Action::LastStep => self.last_step(),
            Action::TogglePlay => self.toggle_play(ctx),
            Action::Faster => self.change_speed(1),
            Action::Slower => self.change_speed(-1),
            Action::AllSteps => self.shared.steps = None,
            Action::AllRuns => self.shared.runs = None,
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::TogglePalette => self.palette.toggle(),
            Action::TakeTool(tool) => {
                // The same key lays the tool down again.
                self.tool = if self.tool == tool { Tool::Turn } else { tool };
            }
            Action::ClearSelection => self.selected = None,
            Action::SaveSelection => match &self.selected {
                Some(_) => self.ask_for_file(Purpose::Csv, ctx),
                None => self.say_nothing_selected(),
            },
            Action::CopySelection => match &self.selected {
                Some(selected) => match export::records_text(selected) {
                    Ok(text) => ctx.copy_text(text),
                    Err(error) => self.message = Some((error.to_string(), true)),
                },
                None => self.say_nothing_selected(),
            },
            Action::ClearPins => self.pane.pins.clear(),
            Action::Arrange(arrangement) => self.arrange(arrangement),
            Action::SplitRight => self.split(false),
            Action::SplitBelow => self.split(true),
            Action::CloseTile => self.close_tile(),
            Action::NextTile => self.take_next(),
            Action::ToggleLinkedCameras => self.toggle_linked_cameras(),
            Action::ToggleLinkedRanges => self.shared.link_ranges = !self.shared.link_ranges,
            Action::ShowDock(dock) => self.dock = dock,
            Action::ToggleRunsPanel => self.runs_panel_open = !self.runs_panel_open,
            Action::ToggleSettingsPanel => self.settings_panel_open = !self.settings_panel_open,
            Action::GroupSeeds => {
                let group = &mut self.pane.settings.group_seeds;
                *group = !*group;
            }
            Action::Dismiss => self.dismiss(),
        }
    }

    /// Closes the topmost of what is open, one at a time.
    fn dismiss(&mut self) {
        if self.help_open {
            self.help_open = false;
        } else if self.message.take().is_some() {
        } else if self.tool != Tool::Turn {
            self.tool = Tool::Turn;
        } else if self.selected.take().is_some() {
        } else {
            let view = self.pane.view;
            self.pane.pins.retain(|pin| pin.view != view);
            self.pane.settings.embedding.focus = None;
        }
    }

    /// Moves the camera of the tile at hand, and those that are linked to it.
    fn move_camera(&mut self, change: impl FnOnce(&Self, &mut Camera)) {
        let Some(before) = self.pane.camera() else {
            return;
        };
        let mut camera = before;
        change(self, &mut camera);
        self.pane.motion = None;
        self.pane.turned_by_key = true;
        self.pane.cameras.insert(self.pane.view, camera);
        self.follow_camera(&before, &camera);
    }

    fn toggle_projection(&mut self) {
        let projection = match self.shared.projection {
            Projection::Perspective => Projection::Orthographic,
            Projection::Orthographic => Projection::Perspective,
        };
        self.shared.projection = projection;
        for pane in self.panes_mut() {
            for camera in pane.cameras.values_mut() {
                camera.projection = projection;
            }
        }
    }

    /// Back on the turntable the picture stands upright again.
    fn toggle_free_orbit(&mut self) {
        self.shared.free_orbit = !self.shared.free_orbit;
        if !self.shared.free_orbit {
            for pane in self.panes_mut() {
                for camera in pane.cameras.values_mut() {
                    camera.roll = 0.0;
                }
            }
        }
    }

    fn toggle_linked_cameras(&mut self) {
        self.shared.link_cameras = !self.shared.link_cameras;
        if let Some(camera) = self.pane.camera() {
            self.follow_orientation(&camera);
        }
    }

    fn show_next_view(&mut self) {
        let views = ViewKind::ALL;
        let at = views.iter().position(|view| *view == self.pane.view);
        let after = at.map_or(0, |at| at + 1);
        let next = (0..views.len())
            .map(|step| views[(after + step) % views.len()])
            .find(|view| !self.unavailable.contains_key(view));
        self.pane.view = next.unwrap_or(self.pane.view);
    }

    fn change_speed(&mut self, by: i64) {
        let speed = self.player.speed;
        let at = SPEEDS
            .iter()
            .position(|choice| *choice >= speed)
            .unwrap_or(0);
        let at = (at as i64 + by).clamp(0, SPEEDS.len() as i64 - 1) as usize;
        self.player.speed = SPEEDS[at];
    }

    fn say_nothing_selected(&mut self) {
        let text = "Nothing is selected: drag a box (B) or a lasso (Shift+B) around records first.";
        self.message = Some((text.to_owned(), true));
    }

    /// A click on a record, or beside all records.
    pub(crate) fn click_record(&mut self, picked: Option<Picked>) {
        if self.pane.view == ViewKind::Embedding {
            let row = picked.as_ref().and_then(|picked| picked.row);
            self.pane.settings.embedding.focus = row;
        }
        if let Some(picked) = picked {
            self.pane.toggle_pin(&picked);
        }
    }
}
