//! The contract of a view: what each must know and do.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::projection::{ProjectionMethod, Projector};
use trainscape_run::{Role, Run};
use trainscape_scene::{colour::ColourMap, scene::Scene};

use crate::{control::Control, settings::ViewSettings, symbol::Symbol};

/// A view: a pure function from runs and settings to a scene, and what the program must know about it.
pub trait View: Sync {
    /// The name on the command line and in files, in kebab-case.
    fn name(&self) -> &'static str;

    /// The name in the window.
    fn title(&self) -> &'static str;

    /// What its icon shows.
    fn symbol(&self) -> Symbol;

    /// Everything that can be set about it.
    fn controls(&self) -> &'static [&'static Control];

    /// The colour map where none was chosen.
    fn default_colours(&self, settings: &ViewSettings) -> ColourMap;

    /// Whether the runs are of a kind that this view says most about, so that they are opened on it.
    fn is_preferred(&self, runs: &[Arc<Run>]) -> bool {
        let _ = runs;
        false
    }

    /// Whether other views say more of these runs, because what this one is made for was not logged.
    fn is_last_resort(&self, _: &[Arc<Run>]) -> bool {
        false
    }

    /// The role of the series that says most about the runs that this view is preferred for.
    fn main_role(&self) -> Option<Role> {
        None
    }

    /// What the current step does.
    fn time(&self) -> Time;

    /// Whether the runs have what the view needs.
    ///
    /// # Errors
    /// [`NotAvailable`] with what is missing.
    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable>;

    /// Builds the scene; `projector` projects matrices for the views that show them in few dimensions.
    ///
    /// # Errors
    /// [`NotAvailable`] with what is missing.
    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        projector: &dyn Projector,
    ) -> Result<Scene, NotAvailable>;

    /// The first and the last step that time can move between; `None` where the runs do not have what the view
    /// needs, and in views without time.
    fn time_range(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        let steps = self.choices(runs, settings).steps;
        let (first, last) = (*steps.first()?, *steps.last()?);
        (first < last).then_some((first, last))
    }

    /// The projection that the settings ask for and its dimensions, in views that draw one whose progress can be shown.
    fn projection(&self, settings: &ViewSettings) -> Option<(ProjectionMethod, usize)> {
        let _ = settings;
        None
    }

    /// What the data offer for the controls.
    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        let _ = (runs, settings);
        Choices::default()
    }
}

/// What the current step ([`ViewSettings::at_step`]) does in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Nothing: the view has no time.
    Static,
    /// It clips a finished scene ([`crate::clip_at_step`]); the build does not see it.
    Clips,
    /// The build shows the state at that step, such as another snapshot.
    Selects,
}

/// What the data offer for the controls of a view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Names for each control that takes names out of the data, by the control's name.
    pub names: BTreeMap<&'static str, Vec<String>>,
    /// Largest sensible value of controls that count something in the data, by the control's name.
    pub limits: BTreeMap<&'static str, usize>,
    /// Steps of the snapshots, ascending.
    pub steps: Vec<f64>,
    /// Arrays without named axes that would suit the view if they were named.
    pub unnamed: Vec<UnnamedArray>,
}

/// An array whose axes nobody has named.
#[derive(Clone, Debug, PartialEq)]
pub struct UnnamedArray {
    /// Its key.
    pub key: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Names of axes, joined by commas, with which the view could draw it.
    pub suggestion: String,
}

impl Choices {
    /// Names for one control.
    #[must_use]
    pub fn of(control: &Control, names: Vec<String>) -> Self {
        Self {
            names: BTreeMap::from([(control.name, names)]),
            ..Self::default()
        }
    }

    /// The names that the data offer for a control.
    #[must_use]
    pub fn names_for(&self, control: &Control) -> &[String] {
        self.names.get(control.name).map_or(&[], Vec::as_slice)
    }
}

/// A view cannot be drawn from these runs: what it needs that they do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}", .flag.as_ref().map_or_else(String::new, |flag| format!("; {flag}")))]
pub struct NotAvailable {
    /// What is missing, in one sentence.
    pub reason: String,
    /// What helps on the command line, in the same sentence: a window has the remedy instead.
    pub flag: Option<String>,
    /// What the user can do about it.
    pub remedy: Option<Remedy>,
}

/// The reason where the user has hidden all runs.
pub const NO_RUNS: &str = "No runs selected";

/// What makes a view available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Choosing the key that has this role.
    SetRole(Role),
    /// Choosing a value for the control of this name.
    SetControl(&'static str),
    /// Naming the axes of an array.
    NameAxes,
    /// Drawing all runs, or all steps.
    DrawAll,
    /// Opening a folder that holds more.
    OpenFolder,
}

impl NotAvailable {
    /// What is missing, in one sentence.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            flag: None,
            remedy: None,
        }
    }

    /// With what helps on the command line.
    #[must_use]
    pub fn on_command_line(self, flag: impl Into<String>) -> Self {
        Self {
            flag: Some(flag.into()),
            ..self
        }
    }

    /// With what the user can do about it.
    #[must_use]
    pub fn remedied_by(self, remedy: Remedy) -> Self {
        Self {
            remedy: Some(remedy),
            ..self
        }
    }
}
