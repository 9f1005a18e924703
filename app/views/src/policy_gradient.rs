//! Runs that learn from a reward by the gradient of their policy: the loss of such a run is no measure of its progress.

use trainscape_run::{Role, Run};

use super::samples::series_with_role;

/// Whether a run learns from its reward: it logs a reward, and what only such training has, or no loss that falls to zero.
pub(super) fn is_policy_gradient(run: &Run) -> bool {
    const OF_POLICIES: [Role; 4] = [Role::Kl, Role::Entropy, Role::ClipFraction, Role::Length];
    let has = |role| series_with_role(run, role).is_some();
    let loss = series_with_role(run, Role::Loss).and_then(|loss| loss.value_range());
    let has_usual_loss = loss.is_some_and(|(least, _)| least >= 0.0);
    has(Role::Reward) && (OF_POLICIES.into_iter().any(has) || !has_usual_loss)
}
