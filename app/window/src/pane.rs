//! A tile of the window: one view with its own settings, camera and notes, and what is drawn of it.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use trainscape_scene::{
    Scene,
    axis::Axis,
    camera::Camera,
    figure::{Callout, Figure},
    scene::{Mark, Picked},
};
use trainscape_views::{Choices, ViewKind, ViewSettings};

use crate::{
    app::ViewerApp,
    motion::Motion,
    worker::{Built, Problem, Request},
};

/// Tells tiles apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct PaneId(pub(crate) u32);

/// A record that was clicked: its note stays with the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pin {
    pub(crate) view: ViewKind,
    pub(crate) position_unit: [f32; 3],
    pub(crate) lines: Vec<(String, String)>,
    run: Option<String>,
    step: Option<f64>,
    row: Option<usize>,
}

impl Pin {
    pub(crate) fn new(view: ViewKind, picked: &Picked) -> Self {
        let mark = picked.mark.as_ref();
        Self {
            view,
            position_unit: picked.position_unit,
            lines: picked.lines.clone(),
            run: mark.map(|mark| mark.run.to_string()),
            step: mark.and_then(|mark| mark.step),
            row: picked.row,
        }
    }

    fn mark(&self) -> Option<Mark> {
        Some(Mark {
            run: self.run.as_deref()?.into(),
            step: self.step,
            row: self.row,
        })
    }

    /// As the figure shows it: the values without the file they came from.
    fn callout(&self) -> Callout {
        let lines = self.lines.iter().filter(|(name, _)| name != "file");
        Callout {
            position_unit: self.position_unit,
            lines: lines
                .map(|(name, value)| format!("{name}: {}", shortened(value)))
                .collect(),
        }
    }

    fn as_picked(&self) -> Picked {
        Picked {
            position_unit: self.position_unit,
            lines: self.lines.clone(),
            row: self.row,
            mark: self.mark(),
        }
    }
}

/// A number with six digits: a figure's note is read, the record itself stays exact in the table.
fn shortened(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(number) if value.len() > 9 && number.is_finite() => six_digits(number),
        _ => value.to_owned(),
    }
}

/// A number rounded to six digits.
pub(crate) fn six_digits(number: f64) -> String {
    let magnitude = number.abs();
    if number != 0.0 && !(1e-4..1e7).contains(&magnitude) {
        let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
        return format!("{rounded:e}");
    }
    let digits_before = if magnitude >= 1.0 {
        magnitude.log10().floor() as i32 + 1
    } else {
        0
    };
    let scale = 10_f64.powi((6 - digits_before).max(0));
    ((number * scale).round() / scale).to_string()
}

/// What a scene was asked for with.
#[derive(Clone, PartialEq)]
pub(crate) struct Asked {
    generation: u64,
    view: ViewKind,
    settings: ViewSettings,
    with_graphics: bool,
    /// Of the projections: they come piece by piece.
    revision: u64,
}

/// Where the selected records are drawn in a scene.
#[derive(Default)]
pub(crate) struct Highlight {
    scene: usize,
    version: u64,
    pub(crate) places_unit: Vec<[f32; 3]>,
}

/// A tile.
pub(crate) struct Pane {
    pub(crate) id: PaneId,
    pub(crate) view: ViewKind,
    pub(crate) settings: ViewSettings,
    /// Cameras that the user has moved; the others frame their scene.
    pub(crate) cameras: BTreeMap<ViewKind, Camera>,
    pub(crate) pins: Vec<Pin>,
    pub(crate) built: Option<Built>,
    /// Why the view cannot be drawn.
    pub(crate) problem: Option<Problem>,
    /// The last layout, which the mouse refers to.
    pub(crate) figure: Option<Figure>,
    pub(crate) hovered: Option<Picked>,
    /// What can be chosen in the view.
    pub(crate) choices: Choices,
    /// The steps that time can move over in this view.
    pub(crate) time_range: Option<(f64, f64)>,
    /// A key has moved the camera since the last frame.
    pub(crate) turned_by_key: bool,
    /// The camera on its way.
    pub(crate) motion: Option<Motion>,
    /// The way of the pointer while it selects, in points from the tile's upper left corner.
    pub(crate) stroke: Vec<[f32; 2]>,
    pub(crate) highlight: Highlight,
    /// Ranges taken from other tiles.
    linked: [Option<[f64; 2]>; 3],
    /// The axes as they are without other tiles' ranges.
    natural: Option<[Axis; 3]>,
    asked: Option<Asked>,
}

impl Pane {
    pub(crate) fn new(id: PaneId, view: ViewKind, settings: ViewSettings) -> Self {
        Self {
            id,
            view,
            settings,
            cameras: BTreeMap::new(),
            pins: Vec::new(),
            built: None,
            problem: None,
            figure: None,
            hovered: None,
            choices: Choices::default(),
            time_range: None,
            turned_by_key: false,
            motion: None,
            stroke: Vec::new(),
            highlight: Highlight::default(),
            linked: [None; 3],
            natural: None,
            asked: None,
        }
    }

    /// Forgets what is drawn, so that it is asked for anew.
    pub(crate) fn forget_scene(&mut self) {
        self.built = None;
        self.asked = None;
        self.natural = None;
        self.linked = [None; 3];
    }

    pub(crate) fn has_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// The scene, where it is one of the view at hand.
    pub(crate) fn scene(&self) -> Option<&Arc<Scene>> {
        let built = self
            .built
            .as_ref()
            .filter(|built| built.view == self.view)?;
        Some(&built.scene)
    }

    /// The camera: where the user left it, or what frames the scene.
    pub(crate) fn camera(&self) -> Option<Camera> {
        let fitted = || self.figure.as_ref().map(Figure::fixed_camera);
        self.cameras.get(&self.view).copied().or_else(fitted)
    }

    /// The notes of the view at hand.
    pub(crate) fn callouts(&self) -> Vec<Callout> {
        let pins = self.pins.iter().filter(|pin| pin.view == self.view);
        pins.map(Pin::callout).collect()
    }

    /// The newest note of the view at hand.
    pub(crate) fn pinned(&self) -> Option<Picked> {
        let mut pins = self.pins.iter().rev();
        pins.find(|pin| pin.view == self.view).map(Pin::as_picked)
    }

    /// Takes a note away, as [`Pane::callouts`] counts them.
    pub(crate) fn remove_note(&mut self, index: usize) {
        let view = self.view;
        let place = self
            .pins
            .iter()
            .enumerate()
            .filter(|(_, pin)| pin.view == view)
            .nth(index)
            .map(|(place, _)| place);
        if let Some(place) = place {
            self.pins.remove(place);
        }
    }

    /// Pins a record, or takes its note away where it has one.
    pub(crate) fn toggle_pin(&mut self, picked: &Picked) {
        let view = self.view;
        let same = |pin: &Pin| pin.view == view && pin.lines == picked.lines;
        if self.pins.iter().any(same) {
            self.pins.retain(|pin| !same(pin));
        } else {
            self.pins.push(Pin::new(view, picked));
        }
    }

    /// Takes a finished scene in.
    pub(crate) fn receive(&mut self, outcome: Result<Built, Problem>) {
        match outcome {
            Ok(built) => {
                self.problem = None;
                if !built.with_linked_ranges {
                    self.natural = Some(built.scene.axes.clone());
                }
                self.move_pins(&built);
                self.built = Some(built);
            }
            Err(problem) => {
                self.problem = Some(problem);
                self.built = None;
                self.natural = None;
            }
        }
    }

    /// Notes follow their records where those are drawn elsewhere now.
    fn move_pins(&mut self, built: &Built) {
        for pin in self.pins.iter_mut().filter(|pin| pin.view == built.view) {
            let Some(mark) = pin.mark() else { continue };
            let away = |at: &[f32; 3]| {
                let by = [0, 1, 2].map(|axis: usize| at[axis] - pin.position_unit[axis]);
                by.iter().map(|off| off * off).sum::<f32>()
            };
            let places = built.scene.find(&mark);
            let nearest = places
                .into_iter()
                .min_by(|a, b| away(a).total_cmp(&away(b)));
            if let Some(at) = nearest {
                pin.position_unit = at;
            }
        }
    }

    /// The range that this tile shows of an axis called `title` when it is left to itself.
    fn natural_range(&self, axis: usize, like: &Axis) -> Option<[f64; 2]> {
        let own = &self.natural.as_ref()?[axis];
        let same = own.title == like.title && own.scale == like.scale;
        same.then_some([own.low, own.high])
    }
}

impl ViewerApp {
    /// All tiles, the one at hand first.
    pub(crate) fn panes_mut(&mut self) -> impl Iterator<Item = &mut Pane> {
        std::iter::once(&mut self.pane).chain(self.others.values_mut())
    }

    /// Does something with a tile as the one at hand; `None` where there is no such tile.
    pub(crate) fn with_pane<T>(
        &mut self,
        id: PaneId,
        act: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if self.pane.id == id {
            return Some(act(self));
        }
        let other = self.others.remove(&id)?;
        let kept = std::mem::replace(&mut self.pane, other);
        let kept_id = kept.id;
        self.others.insert(kept_id, kept);
        let result = act(self);
        let kept = self
            .others
            .remove(&kept_id)
            .expect("tiles come and go between frames only");
        let other = std::mem::replace(&mut self.pane, kept);
        self.others.insert(id, other);
        Some(result)
    }

    /// The ids of all tiles.
    pub(crate) fn pane_ids(&self) -> Vec<PaneId> {
        let others = self.others.keys().copied();
        let mut ids: Vec<PaneId> = std::iter::once(self.pane.id).chain(others).collect();
        ids.sort_unstable();
        ids
    }

    /// Asks for the scenes of all tiles, where something has changed.
    pub(crate) fn ask_for_scenes(&mut self) {
        for id in self.pane_ids() {
            self.with_pane(id, Self::ask_for_scene);
        }
    }

    /// The settings of the tile at hand with what all tiles share.
    pub(crate) fn effective_settings(&self) -> ViewSettings {
        let steps = &self.pane.choices.steps;
        // Between two snapshots nothing changes, so nothing is built.
        let at_step = self.shared.at_step.map(|at| {
            let shown = steps.iter().rfind(|step| **step <= at).or(steps.first());
            shown.copied().unwrap_or(at)
        });
        let mut settings = ViewSettings {
            runs: self.shared.runs.clone(),
            steps: self.shared.steps,
            at_step,
            ..self.pane.settings.clone()
        };
        for (range, linked) in settings.ranges.iter_mut().zip(self.pane.linked) {
            *range = range.or(linked);
        }
        settings
    }

    fn ask_for_scene(&mut self) {
        if self.snapshot.runs.is_empty() {
            return;
        }
        let wanted = self.wanted();
        let changed = |asked: &Asked| {
            let mut asked = asked.clone();
            asked.settings.ranges = wanted.settings.ranges;
            asked != wanted
        };
        if self.pane.asked.as_ref().is_none_or(changed) {
            // Other tiles' ranges come back once this one is known to itself.
            self.pane.linked = [None; 3];
            self.pane.natural = None;
        } else {
            self.pane.linked = self.linked_ranges();
        }
        let wanted = self.wanted();
        if self.pane.asked.as_ref() == Some(&wanted) {
            return;
        }
        let differs_beside_time = |asked: &Asked| {
            let mut asked = asked.clone();
            asked.settings.at_step = wanted.settings.at_step;
            asked != wanted
        };
        let (view, runs) = (self.pane.view, &self.snapshot.runs);
        if self.pane.asked.as_ref().is_none_or(differs_beside_time) {
            self.pane.choices = view.choices(runs, &wanted.settings);
            self.pane.time_range = view.time_range(runs, &wanted.settings);
        }
        if let (Some(worker), Some(projections)) = (&self.worker, &self.projections) {
            worker.ask(
                self.pane.id,
                Request {
                    runs: self.snapshot.runs.clone(),
                    view: self.pane.view,
                    settings: wanted.settings.clone(),
                    with_linked_ranges: self.pane.linked.iter().any(Option::is_some),
                    projections: Arc::clone(projections),
                    renderer: self
                        .graphics
                        .as_ref()
                        .map(|graphics| Arc::clone(graphics.renderer())),
                    previous: self.pane.built.as_ref().and_then(|built| built.gpu.clone()),
                },
            );
            self.pane.asked = Some(wanted);
        }
    }

    fn wanted(&self) -> Asked {
        Asked {
            generation: self.snapshot.generation,
            view: self.pane.view,
            settings: self.effective_settings(),
            with_graphics: self.graphics.is_some(),
            revision: self.projections.as_ref().map_or(0, |jobs| jobs.revision()),
        }
    }

    /// The ranges that make equal axes of all tiles equally long.
    fn linked_ranges(&self) -> [Option<[f64; 2]>; 3] {
        let (true, Some(natural)) = (self.shared.link_ranges, &self.pane.natural) else {
            return if self.shared.link_ranges {
                self.pane.linked
            } else {
                [None; 3]
            };
        };
        [0, 1, 2].map(|index: usize| {
            let own = &natural[index];
            let start = [own.low, own.high];
            let ranges = self
                .others
                .values()
                .filter_map(|pane| pane.natural_range(index, own));
            let union = ranges.fold(start, |[low, high], [other_low, other_high]| {
                [low.min(other_low), high.max(other_high)]
            });
            (union != start).then_some(union)
        })
    }

    /// Brings the places of the selected records up to date in the tile at hand.
    pub(crate) fn update_highlight(&mut self) {
        let Some(scene) = self.pane.scene().cloned() else {
            self.pane.highlight = Highlight::default();
            return;
        };
        let address = Arc::as_ptr(&scene) as usize;
        let version = self
            .selected
            .as_ref()
            .map_or(0, |selected| selected.version);
        let highlight = &mut self.pane.highlight;
        if highlight.scene == address && highlight.version == version {
            return;
        }
        let places_unit = self.selected.as_ref().map_or_else(Vec::new, |selected| {
            selected.places(self.pane.id, self.pane.view, &scene)
        });
        self.pane.highlight = Highlight {
            scene: address,
            version,
            places_unit,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_six_digits_and_short_texts_stay() {
        assert_eq!(shortened("2.9298152923583984"), "2.92982");
        assert_eq!(shortened("0.00012345678901"), "0.000123");
        assert_eq!(shortened("0.0000123456789"), "1.23457e-5");
        assert_eq!(shortened("123456.789012"), "123457");
        assert_eq!(shortened("12345"), "12345");
        assert_eq!(shortened("run-0123456789"), "run-0123456789");
        assert_eq!(six_digits(1e-4), "0.0001");
        assert_eq!(six_digits(0.0), "0");
    }
}
