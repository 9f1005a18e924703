//! The views: pure functions from runs and settings to a scene. Each has a file or a folder of its own; adding one
//! takes that and two lines here, its `mod` and its entry in [`VIEWS`].

mod activations;
mod attention;
mod averages;
mod axes;
mod band;
mod boxes;
mod caption;
mod chosen_x;
mod classes;
mod clip;
pub mod common;
mod config_keys;
mod control;
mod curtain;
mod custom;
mod decimated;
mod decimation;
mod embedding;
mod epoch_jumps;
mod extremes;
mod facets;
pub mod figure_file;
mod final_evaluations;
mod gradient_flow;
mod groups;
mod heights;
mod held_out;
mod importance;
mod known_methods;
mod layer_order;
mod logged_counter;
mod logged_points;
mod loss_landscape;
mod loss_surface;
mod media;
mod name_numbers;
mod names;
mod noise;
mod not_finite;
mod palette;
mod parameters;
mod parts_of_runs;
mod policy_gradient;
mod ranges;
mod reward_landscape;
mod reward_panels;
mod run_rows;
mod samples;
pub mod scene_steps;
mod segments;
mod settings;
mod settings_names;
mod side;
mod spectra;
mod spelling;
mod steep_start;
mod symbol;
mod tensor_rows;
mod tensor_snapshot;
mod tensors;
mod training_dynamics;
mod trajectory;
mod units_of_steps;
mod view;
mod waterfall;
mod weights;
mod x_lookup;
mod zero_losses;

pub use clip::clip_at_step;
pub use control::{Control, ControlError, ControlValues, Kind, Number, OnlyWith, Section, Value};
pub use palette::LEARNING_RATE_KEYS;
pub use samples::key_with_role;
pub use settings::ViewSettings;
pub use symbol::Symbol;
pub use tensor_rows::TensorRows;
pub use trajectory::{Spike, spikes_of};
pub use view::{Choices, NO_RUNS, NotAvailable, Remedy, Time, UnnamedArray, View};

use std::{cmp::Ordering, hash::Hash, ops::Deref, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use trainscape_compute::projection::Projector;
use trainscape_run::{Role, Run};
use trainscape_scene::scene::Scene;

use self::{chosen_x::ChosenX, common::X};

/// All views, in the order in which the window offers them.
pub const VIEWS: [ViewKind; 13] = [
    ViewKind(&loss_surface::LossSurface),
    ViewKind(&loss_landscape::LossLandscape),
    ViewKind(&gradient_flow::GradientFlow),
    ViewKind(&reward_landscape::RewardLandscape),
    ViewKind(&training_dynamics::TrainingDynamics),
    ViewKind(&attention::Attention),
    ViewKind(&embedding::Embedding),
    ViewKind(&weights::Weights),
    ViewKind(&activations::Activations),
    ViewKind(&spectra::Spectra),
    ViewKind(&importance::Importance),
    ViewKind(&media::Media),
    ViewKind(&custom::Custom),
];

/// The view that opens: the one that says most about the runs, or else the first one that they allow.
pub fn opening_view(
    runs: &[Arc<Run>],
    is_available: impl Fn(ViewKind) -> bool,
) -> Option<ViewKind> {
    let available = || VIEWS.into_iter().filter(|view| is_available(*view));
    let preferred = available().find(|view| view.is_preferred(runs));
    let usual = || available().find(|view| !view.is_last_resort(runs));
    preferred.or_else(usual).or_else(|| available().next())
}

/// The role of the series that says most about the runs: the reward of reinforcement learning, else the loss.
#[must_use]
pub fn main_role(runs: &[Arc<Run>]) -> Role {
    let of_role = VIEWS
        .into_iter()
        .filter_map(|view| Some((view, view.main_role()?)));
    let mut preferred = of_role.filter(|(view, _)| view.is_preferred(runs));
    preferred.next().map_or(Role::Loss, |(_, role)| role)
}

/// A view as a value: an entry of [`VIEWS`], equal, ordered and saved by its name.
#[derive(Clone, Copy)]
pub struct ViewKind(&'static dyn View);

impl ViewKind {
    /// The view of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        VIEWS.into_iter().find(|view| view.name() == name)
    }

    /// The view of a name that is known to exist.
    ///
    /// # Panics
    /// When there is no such view.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::from_name(name).unwrap_or_else(|| panic!("no view is called `{name}`"))
    }

    /// The control of that name.
    #[must_use]
    pub fn control(self, name: &str) -> Option<&'static Control> {
        let mut controls = self.controls().iter().copied();
        controls.find(|control| control.name == name)
    }

    /// Sets a control by name.
    ///
    /// # Errors
    /// In one sentence, when the view has no such control or the control does not take the value.
    pub fn set(
        self,
        settings: &mut ViewSettings,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), ControlError> {
        let value = value.into();
        match self.control(name) {
            None => Err(ControlError::Unknown {
                view: self.title(),
                name: name.to_owned(),
            }),
            Some(control) if control.takes(&value) => {
                settings.controls.set(control, value);
                Ok(())
            }
            Some(control) => Err(control.refusal()),
        }
    }

    /// Builds the scene at the current step.
    ///
    /// # Errors
    /// [`NotAvailable`] with what is missing.
    pub fn build(
        self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        projector: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        let mut scene = self.build_unclipped(runs, settings, projector)?;
        if let (Time::Clips, Some(at)) = (self.time(), settings.at_step) {
            clip_at_step(&mut scene, at);
        }
        Ok(scene)
    }

    /// Builds the scene that [`clip_at_step`] clips where the view's [`View::time`] is [`Time::Clips`]; otherwise the
    /// scene at the current step.
    ///
    /// # Errors
    /// [`NotAvailable`] with what is missing.
    pub fn build_unclipped(
        self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        projector: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        let announced = trainscape_run::announce(runs, |run| settings.draws_run(&run.id));
        let runs = announced.as_ref().map_or(runs, |announced| &announced.runs);
        let failures: Vec<usize> = runs.iter().map(|run| run.load_failures()).collect();
        let chosen_x = self
            .control(X.name)
            .and_then(|_| ChosenX::of(runs, settings));
        let mut drawn = match &chosen_x {
            Some(chosen) => chosen.settings(settings)?,
            None => settings.clone(),
        };
        if self.time() != Time::Selects {
            drawn.at_step = None;
        }
        let scene = self.0.build(runs, &drawn, projector);
        // Points that were asked for and could not be read would be missing in the picture.
        let mut asked = runs.iter().zip(failures);
        let failed = asked.find(|(run, before)| run.load_failures() > *before);
        if let Some(error) = failed.and_then(|(run, _)| run.load_error()) {
            return Err(NotAvailable::new(error));
        }
        let mut scene = scene?;
        axes::check_positions(&scene)?;
        if let Some(chosen) = chosen_x {
            chosen.describe(&mut scene, &drawn);
        }
        chosen_x::describe_names(&mut scene);
        if let Some(announced) = announced
            .as_ref()
            .filter(|announced| !announced.decimated.is_empty())
        {
            decimated::describe(&mut scene, announced);
        }
        if settings.ranges().iter().any(Option::is_some) {
            // Text is drawn over the 3D picture, where nothing clips it at the axis box.
            scene
                .labels
                .retain(|label| axes::is_inside(label.position_unit));
        }
        Ok(scene)
    }
}

impl Deref for ViewKind {
    type Target = dyn View;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl PartialEq for ViewKind {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ViewKind {}

impl PartialOrd for ViewKind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ViewKind {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name())
    }
}

impl Hash for ViewKind {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl std::fmt::Debug for ViewKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::fmt::Display for ViewKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ViewKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ViewKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name)
            .ok_or_else(|| de::Error::custom(format!("no view is called `{name}`")))
    }
}
