//! Loss x gradient norm x reward.

use std::sync::Arc;

use trainscape_run::Run;

use super::{NotAvailable, ViewKind, ViewSettings};
use crate::scene::Scene;

pub(super) fn available(_runs: &[Arc<Run>], _settings: &ViewSettings) -> Result<(), NotAvailable> {
    Err(NotAvailable::new(format!(
        "the view {} is not drawn yet",
        ViewKind::TrainingDynamics
    )))
}

pub(super) fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    available(runs, settings)?;
    unreachable!("nothing is available")
}
