//! A tile of the window: one view with its settings, cameras and notes, and the scene that it shows.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_scene::{
    Scene,
    axis::Axis,
    camera::Camera,
    figure::{Callout, Figure},
    scene::Picked,
};
use trainscape_views::{Choices, Control, OnlyWith, Value, ViewKind, ViewSettings};

use crate::{
    camera_animation::CameraAnimation,
    pane_id::PaneId,
    pin::Pin,
    tile_settings::TileSettings,
    worker::{BuiltScene, Problem},
};

/// Everything that a scene depends on: it is requested again when this changes.
#[derive(Clone, PartialEq)]
pub(crate) struct SceneKey {
    pub(crate) generation: u64,
    pub(crate) view: ViewKind,
    pub(crate) settings: ViewSettings,
    pub(crate) with_graphics: bool,
    /// Of the projections, whose results arrive in steps.
    pub(crate) revision: u64,
}

/// Where the selected records are drawn in a scene.
#[derive(Default)]
pub(crate) struct Highlight {
    /// Address of the scene.
    pub(crate) scene: usize,
    /// Version of the selection.
    pub(crate) version: u64,
    pub(crate) places_unit: Vec<[f32; 3]>,
}

/// A tile.
pub(crate) struct Pane {
    pub(crate) id: PaneId,
    pub(crate) view: ViewKind,
    pub(crate) settings: TileSettings,
    /// The camera of a figure file, until it is reset.
    pub(crate) start_camera: Option<StartCamera>,
    /// Cameras that the user has moved; without one the figure fits the camera to the scene.
    pub(crate) cameras: BTreeMap<ViewKind, Camera>,
    pub(crate) pins: Vec<Pin>,
    pub(crate) built: Option<BuiltScene>,
    /// Why the view cannot be drawn.
    pub(crate) problem: Option<Problem>,
    /// The last layout, which the mouse refers to.
    pub(crate) figure: Option<Figure>,
    pub(crate) hovered: Option<Picked>,
    /// What can be chosen in the view.
    pub(crate) choices: Choices,
    /// First and last step that can be the current one in this view.
    pub(crate) time_range: Option<(f64, f64)>,
    /// The camera has moved since the last frame.
    pub(crate) camera_moved: bool,
    pub(crate) animation: Option<CameraAnimation>,
    /// The pointer's positions while it selects, in points from the tile's upper left corner.
    pub(crate) stroke: Vec<[f32; 2]>,
    pub(crate) highlight: Highlight,
    /// Ranges of the axes taken from other tiles.
    pub(crate) linked_ranges: [Option<[f64; 2]>; 3],
    /// The axes without other tiles' ranges.
    pub(crate) own_axes: Option<[Axis; 3]>,
    /// What the newest scene was requested with.
    pub(crate) requested: Option<SceneKey>,
}

/// From where a view is seen at first, fitted to the data; angles in radians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartCamera {
    pub(crate) view: ViewKind,
    pub(crate) azimuth: Option<f32>,
    pub(crate) elevation: Option<f32>,
    pub(crate) roll: f32,
    pub(crate) zoom: f32,
}

/// What a tile's frame found out.
pub(crate) struct PaneFrame {
    /// The layout that was drawn.
    pub(crate) figure: Option<Figure>,
    pub(crate) hovered: Option<Picked>,
    pub(crate) stroke: Vec<[f32; 2]>,
}

impl Pane {
    pub(crate) fn new(id: PaneId, view: ViewKind, settings: TileSettings) -> Self {
        Self {
            id,
            view,
            settings,
            start_camera: None,
            cameras: BTreeMap::new(),
            pins: Vec::new(),
            built: None,
            problem: None,
            figure: None,
            hovered: None,
            choices: Choices::default(),
            time_range: None,
            camera_moved: false,
            animation: None,
            stroke: Vec::new(),
            highlight: Highlight::default(),
            linked_ranges: [None; 3],
            own_axes: None,
            requested: None,
        }
    }

    /// The settings of the view on screen, without what all tiles share.
    pub(crate) fn view_settings(&self) -> ViewSettings {
        ViewSettings {
            controls: self.settings.of(self.view),
            ..ViewSettings::default()
        }
    }

    /// Sets a control of the view on screen, where the view has it; `None` returns it to its default.
    pub(crate) fn set_control(&mut self, name: &str, value: Option<Value>) {
        if let Some(control) = self.view.control(name) {
            self.settings.set(self.view, control, value);
        }
    }

    /// Whether a control has an effect with the other values.
    pub(crate) fn shows_control(&self, control: &Control) -> bool {
        let Some(only_with) = control.only_with else {
            return true;
        };
        if only_with == OnlyWith::CHOSEN {
            let is_reported = |scene: &Arc<Scene>| scene.chosen.contains_key(control.name);
            return self.scene().is_some_and(is_reported);
        }
        let Some(other) = self.view.control(only_with.control) else {
            return true;
        };
        only_with.holds(other, self.settings.get(self.view, other))
    }

    /// Drops the scene, so that it is requested again.
    pub(crate) fn discard_scene(&mut self) {
        self.built = None;
        self.requested = None;
        self.own_axes = None;
        self.linked_ranges = [None; 3];
    }

    /// The scene, where it is of the view that is shown.
    pub(crate) fn scene(&self) -> Option<&Arc<Scene>> {
        let built = self
            .built
            .as_ref()
            .filter(|built| built.view == self.view)?;
        Some(&built.scene)
    }

    /// The camera that the user has moved, if any.
    pub(crate) fn moved_camera(&self) -> Option<Camera> {
        self.cameras.get(&self.view).copied()
    }

    /// The camera: where the user left it, or fitted to the scene.
    pub(crate) fn camera(&self) -> Option<Camera> {
        let fitted = || self.figure.as_ref().map(Figure::fixed_camera);
        self.moved_camera().or_else(fitted)
    }

    /// The notes of the view.
    pub(crate) fn callouts(&self) -> Vec<Callout> {
        let pins = self.pins.iter().filter(|pin| pin.view == self.view);
        pins.map(Pin::callout).collect()
    }

    /// The record pinned last in the view.
    pub(crate) fn pinned(&self) -> Option<Picked> {
        let mut pins = self.pins.iter().rev();
        pins.find(|pin| pin.view == self.view).map(Pin::picked)
    }

    /// Removes a note, counted as in [`Pane::callouts`].
    pub(crate) fn remove_note(&mut self, index: usize) {
        let view = self.view;
        let mut of_view = self
            .pins
            .iter()
            .enumerate()
            .filter(|(_, pin)| pin.view == view);
        if let Some((place, _)) = of_view.nth(index) {
            self.pins.remove(place);
        }
    }

    /// Removes the notes of the view.
    pub(crate) fn clear_notes_of_view(&mut self) {
        let view = self.view;
        self.pins.retain(|pin| pin.view != view);
    }

    /// Pins a record, or unpins it.
    pub(crate) fn toggle_pin(&mut self, picked: &Picked) {
        let view = self.view;
        let same = |pin: &Pin| pin.view == view && pin.lines == picked.lines;
        if self.pins.iter().any(same) {
            self.pins.retain(|pin| !same(pin));
        } else {
            self.pins.push(Pin::new(view, picked));
        }
    }

    /// Takes what the tile's frame found out.
    pub(crate) fn finish_frame(&mut self, frame: PaneFrame) {
        self.figure = frame.figure;
        self.hovered = frame.hovered;
        self.stroke = frame.stroke;
        self.camera_moved = false;
    }

    /// Takes the outcome of a request.
    pub(crate) fn receive(&mut self, outcome: Result<BuiltScene, Problem>) {
        match outcome {
            Ok(built) => {
                self.problem = None;
                if !built.with_linked_ranges {
                    self.own_axes = Some(built.scene.axes.clone());
                }
                for pin in self.pins.iter_mut().filter(|pin| pin.view == built.view) {
                    pin.follow(&built.scene);
                }
                self.built = Some(built);
            }
            Err(problem) => {
                self.problem = Some(problem);
                self.built = None;
                self.own_axes = None;
            }
        }
    }

    /// The range that this tile shows without links on an axis with the title and scale of `like`.
    pub(crate) fn own_range(&self, axis: usize, like: &Axis) -> Option<[f64; 2]> {
        let own = &self.own_axes.as_ref()?[axis];
        let same = own.title == like.title && own.scale == like.scale;
        same.then_some([own.low, own.high])
    }
}
