use super::Role;

/// The roles of keys: the first row with a matching pattern wins, and within a role a key that matches
/// an earlier pattern is preferred.
///
/// A key is compared in lower case with `_` for spaces and hyphens. `*` matches any text. A pattern
/// with a `/` is matched against the whole key, one without against the part after the last `/` or the
/// last `.`. Rows without a role exclude keys that only resemble a metric.
const TABLE: &[(Option<Role>, &[&str])] = &[
    (
        None,
        &[
            // Megatron's copies over consumed samples.
            "*_vs_samples",
            // W&B's exports: the smallest and largest value of what a point stands for.
            "*__min",
            "*__max",
            // Settings and standard deviations, not measurements.
            "*_coef",
            "*_coeff",
            "loss_scale*",
            "lr_*momentum",
            "lr_*weight_decay",
            "*reward_std",
            "*loss_std",
            "*entropy_std",
            // Durations.
            "timing_s/*",
            "timing_per_token_ms/*",
            "time_metrics/*",
        ],
    ),
    (
        Some(Role::GradientNorm),
        &[
            "grad_norm",
            "gradient_norm",
            "grad_norm/total",
            "grad_norm/global",
            "grad_norm/all",
            "*/grad_norm/total",
            "grad_*_norm_total",
            "*grad_norm*/total",
            "global_grad_norm",
            "total_grad_norm",
            "grad_norm_total",
            "grad_norm_*clip*",
            "*_grad_norm",
            "*gradnorm",
        ],
    ),
    (
        Some(Role::LayerGradientNorm),
        &[
            "grad_norm/*",
            "*/grad_norm/*",
            "grad_norms/*",
            "gradient_norm/*",
            "grad_*_norm/*",
            "gradients/*",
            "*/gradients/*",
            "grads/*",
            "grad/*",
        ],
    ),
    (
        Some(Role::Step),
        &[
            "_step",
            "step",
            "global_step",
            "trainer/global_step",
            "iteration",
            "iter",
            "num_updates",
            "n_updates",
            "training_iteration",
            "total_timesteps",
            "timesteps_total",
            "num_env_steps_sampled_lifetime",
            "current_steps",
            "num_tokens",
            "n_tokens_seen",
            "tokens_seen",
            "total_num_tokens",
            "consumed_train_samples",
            "consumed*samples",
            "consumed*tokens",
            "samples_seen",
            "epoch",
            "time/iterations",
            "time/episodes",
            "episode",
            "episodes",
        ],
    ),
    (
        Some(Role::ValidationLoss),
        &[
            "val/loss",
            "eval/loss",
            "eval_loss",
            "val_loss",
            "validation/loss",
            "validation_loss",
            "valid_loss",
            "validation_metrics/loss",
            "val/bpb",
            "val_bpb",
            "*/val/loss",
            "*/eval/loss",
            "valid/loss",
            "lm_loss_validation*",
            "test/loss",
            "test_loss",
            "val*/*loss",
            "val*/*bpb",
            "val*/*nll",
            "eval*/*loss*",
            "test*/*loss",
            "val_*loss*",
            "eval_*loss*",
            "valid*_loss*",
            "test_*loss*",
            "evaluation_loss*",
            // PyTorch's `add_scalars("loss", {"val": ...})`.
            "loss/val*",
            "loss/eval*",
            "loss/test*",
        ],
    ),
    (
        Some(Role::LearningRate),
        &[
            "learning_rate",
            "lr",
            "lr/*",
            "epoch_learning_rate",
            "actor/lr",
            "critic/lr",
            "*learning_rate",
            "lr_*",
            "*lr_*/pg*",
            "lr(*)",
            "lr_pg*",
            "*_lr",
            // A multiplier of the peak rate, not a rate.
            "lrm",
        ],
    ),
    (
        Some(Role::Reward),
        &[
            "reward",
            "rewards",
            "mean_reward",
            "ep_rew_mean",
            "episodic_return",
            "episode_return_mean",
            "episode_reward_mean",
            "objective/scores",
            "critic/score/mean",
            "critic/rewards/mean",
            "*/score/mean",
            "*/rewards/mean",
            "cumulative_reward",
            "rlhf_reward",
            "reward/mean",
            "average_reward",
            "results/mean",
            "episode/score",
            "episode_score",
            "episode_reward",
            "return_mean",
            "averageepret",
            "reward_mean",
            "rewards/*/mean",
            "rewards/margins",
            "rewards/chosen",
            "rewards/rejected",
            "*/rewards/margins",
            "*/rewards/chosen",
            "*/rewards/rejected",
            "*/rewards/*/mean",
            "ep_reward_mean",
            "*episode_reward",
            "*_reward",
            "r",
        ],
    ),
    (
        Some(Role::Accuracy),
        &[
            "accuracy",
            "acc",
            "rewards/accuracies",
            "*/rewards/accuracies",
            "mean_token_accuracy",
            "success_rate",
            "core_metric",
            "chatcore_metric",
            "val_accuracy",
            "val_acc",
            "epoch_accuracy",
            "pass@*",
            "*accuracy",
            "*_acc",
            "acc_*",
            "accuracy_*",
        ],
    ),
    (
        Some(Role::Kl),
        &[
            "kl",
            "approx_kl",
            "objective/kl",
            "actor/ppo_kl",
            "ppo_kl",
            "approxkl_avg",
            "approx_kl*",
            "approxkl*",
            "approx_policy_kl",
            "kl_mean",
            "kl_loss",
            "old_approx_kl",
            "reward_kl_penalty",
            "*_kl",
            "kl_*",
        ],
    ),
    (
        Some(Role::Entropy),
        &[
            "entropy",
            "policy/entropy_avg",
            "objective/entropy",
            "entropy_avg",
            "*entropy",
            "entropy_loss",
        ],
    ),
    (
        Some(Role::Length),
        &[
            "completions/mean_length",
            "*/completions/mean_length",
            "response_length/mean",
            "*/response_length/mean",
            "sequence_length",
            "ep_len_mean",
            "episode_len_mean",
            "episodic_length",
            "mean_ep_length",
            "ep_lengths/mean",
            "episode_length",
            "mean_length",
            "*mean_terminated_length",
            "l",
        ],
    ),
    (
        Some(Role::ClipFraction),
        &[
            "clip_fraction",
            "clipfrac",
            "clip_ratio",
            "pg_clipfrac",
            "clipfrac_avg",
            "clip_ratio/*mean",
            "*/clip_ratio/*mean",
            "*clipfrac*",
            "*clip_frac*",
        ],
    ),
    (
        Some(Role::Loss),
        &[
            "train/loss",
            "loss",
            "train_loss",
            "training_loss",
            "lm_loss",
            "global_avg_loss",
            "total_loss",
            "loss/total",
            "train_loss_step",
            "epoch_loss",
            "batch_loss",
            "train_loss_epoch",
            "loss_step",
            "loss_epoch",
            "actor/pg_loss",
            "policy_gradient_loss",
            "policy_loss",
            "loss/policy_avg",
            "pg_loss",
            "actor_loss",
            "bpb",
            "nll",
            "nll_loss",
            "*_loss",
            "*train*loss*",
            "loss/*",
            "loss_*",
            "*loss",
            "*_bpb",
        ],
    ),
];

/// The row of the table that matches `key` and the index of the matching pattern.
pub(super) fn find(key: &str) -> Option<(Option<Role>, usize)> {
    let key: String = key
        .chars()
        .map(|c| {
            if c == ' ' || c == '-' {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let after_slash = key.rsplit('/').next().unwrap_or(&key);
    let after_dot = key.rsplit('.').next().unwrap_or(&key);
    TABLE.iter().find_map(|(role, patterns)| {
        let position = patterns.iter().position(|pattern| {
            if pattern.contains('/') {
                matches(pattern, &key)
            } else {
                matches(pattern, after_slash)
                    || (after_dot.len() < after_slash.len() && matches(pattern, after_dot))
            }
        })?;
        Some((*role, position))
    })
}

/// True if `text` matches `pattern`, in which `*` matches any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            match rest.find(middle) {
                Some(at) => rest = &rest[at + middle.len()..],
                None => return false,
            }
        }
    }
    match last {
        Some(end) => rest.ends_with(end),
        None => rest.is_empty(),
    }
}

/// The role that the table gives to `key`.
#[must_use]
pub fn role_of_key(key: &str) -> Option<Role> {
    find(key).and_then(|(role, _)| role)
}

impl Role {
    /// Preference of `key` among keys of this role; smaller is better (`train/loss` before `aux_loss`).
    /// A key that the table does not give this role (the user did) comes first.
    #[must_use]
    pub fn rank_of_key(self, key: &str) -> usize {
        match find(key) {
            Some((role, position)) if role == Some(self) => (position << 16) + key.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_all_trainers_are_known() {
        let expected = [
            // Hugging Face Trainer
            ("train/loss", Some(Role::Loss)),
            ("loss", Some(Role::Loss)),
            ("eval_loss", Some(Role::ValidationLoss)),
            ("eval/loss", Some(Role::ValidationLoss)),
            ("train/grad_norm", Some(Role::GradientNorm)),
            ("train/learning_rate", Some(Role::LearningRate)),
            ("train/global_step", Some(Role::Step)),
            ("train_samples_per_second", None),
            ("train/train_runtime", None),
            // Lightning
            ("lr-AdamW", Some(Role::LearningRate)),
            ("lr-AdamW-1", Some(Role::LearningRate)),
            ("lr-AdamW/pg1", Some(Role::LearningRate)),
            ("lr-AdamW-momentum", None),
            ("lr-AdamW-weight_decay", None),
            (
                "grad_2.0_norm/layers.0.weight",
                Some(Role::LayerGradientNorm),
            ),
            ("grad_2.0_norm_total", Some(Role::GradientNorm)),
            ("train_loss_step", Some(Role::Loss)),
            ("train_loss_epoch", Some(Role::Loss)),
            ("val_loss", Some(Role::ValidationLoss)),
            ("train_disc_loss", Some(Role::Loss)),
            // wandb.watch
            ("gradients/h.0.attn.weight", Some(Role::LayerGradientNorm)),
            ("parameters/h.0.attn.weight", None),
            ("_step", Some(Role::Step)),
            ("_timestamp", None),
            // TRL
            ("train/reward", Some(Role::Reward)),
            ("reward_std", None),
            ("rewards/accuracy_reward/mean", Some(Role::Reward)),
            ("rewards/chosen", Some(Role::Reward)),
            ("rewards/accuracies", Some(Role::Accuracy)),
            ("frac_reward_zero_std", None),
            ("kl", Some(Role::Kl)),
            ("entropy", Some(Role::Entropy)),
            ("entropy_coef", None),
            ("completions/mean_length", Some(Role::Length)),
            ("clip_ratio/region_mean", Some(Role::ClipFraction)),
            ("policy/approxkl_avg", Some(Role::Kl)),
            ("loss/policy_avg", Some(Role::Loss)),
            ("val/clipfrac_avg", Some(Role::ClipFraction)),
            ("num_tokens", Some(Role::Step)),
            // veRL
            ("actor/pg_loss", Some(Role::Loss)),
            ("actor/lr", Some(Role::LearningRate)),
            ("train/lr(1e-3)", Some(Role::LearningRate)),
            ("critic/grad_norm", Some(Role::GradientNorm)),
            ("critic/score/mean", Some(Role::Reward)),
            ("actor/ppo_kl", Some(Role::Kl)),
            ("actor/kl_coef", None),
            ("actor/pg_clipfrac", Some(Role::ClipFraction)),
            ("response_length/mean", Some(Role::Length)),
            ("response_length/max", None),
            ("training/global_step", Some(Role::Step)),
            // Stable-Baselines3
            ("rollout/ep_rew_mean", Some(Role::Reward)),
            ("rollout/ep_len_mean", Some(Role::Length)),
            ("eval/mean_reward", Some(Role::Reward)),
            ("train/approx_kl", Some(Role::Kl)),
            ("train/clip_fraction", Some(Role::ClipFraction)),
            ("train/clip_range", None),
            ("train/value_loss", Some(Role::Loss)),
            ("time/total_timesteps", Some(Role::Step)),
            ("time/fps", None),
            // CleanRL, RLlib
            ("charts/episodic_return", Some(Role::Reward)),
            ("charts/learning_rate", Some(Role::LearningRate)),
            ("losses/entropy", Some(Role::Entropy)),
            ("losses/old_approx_kl", Some(Role::Kl)),
            ("env_runners/episode_return_mean", Some(Role::Reward)),
            ("episode_reward_mean", Some(Role::Reward)),
            // Keras
            ("epoch_loss", Some(Role::Loss)),
            ("epoch_learning_rate", Some(Role::LearningRate)),
            ("evaluation_loss_vs_iterations", Some(Role::ValidationLoss)),
            // torchtune, torchtitan
            ("lr", Some(Role::LearningRate)),
            ("grad_norm", Some(Role::GradientNorm)),
            ("approx_policy_kl", Some(Role::Kl)),
            ("ratios", None),
            ("loss_metrics/global_avg_loss", Some(Role::Loss)),
            ("validation_metrics/loss", Some(Role::ValidationLoss)),
            ("n_tokens_seen", Some(Role::Step)),
            ("time_metrics/end_to_end(s)", None),
            ("memory/max_active(GiB)", None),
            // Megatron-LM
            ("lm loss", Some(Role::Loss)),
            ("lm loss vs samples", None),
            ("learning-rate", Some(Role::LearningRate)),
            ("grad-norm", Some(Role::GradientNorm)),
            ("loss-scale", None),
            ("lm loss validation", Some(Role::ValidationLoss)),
            // nanoGPT, nanochat
            ("iter", Some(Role::Step)),
            ("val/loss", Some(Role::ValidationLoss)),
            ("val/bpb", Some(Role::ValidationLoss)),
            ("lrm", Some(Role::LearningRate)),
            ("pass@8", Some(Role::Accuracy)),
            ("sequence_length", Some(Role::Length)),
            ("train/tok_per_sec", None),
            // Detectron2, ML-Agents
            ("total_loss", Some(Role::Loss)),
            ("Environment/Cumulative Reward", Some(Role::Reward)),
            ("Policy/Learning Rate", Some(Role::LearningRate)),
        ];
        for (key, role) in expected {
            assert_eq!(role_of_key(key), role, "{key}");
        }
    }

    #[test]
    fn the_preferred_key_comes_first() {
        let first = |role: Role, keys: &[&str]| {
            keys.iter()
                .min_by_key(|key| role.rank_of_key(key))
                .map(ToString::to_string)
        };
        assert_eq!(
            first(Role::Loss, &["aux_loss", "train/loss", "loss_cls"]).unwrap(),
            "train/loss"
        );
        assert_eq!(
            first(Role::LearningRate, &["lrm", "train/lr"]).unwrap(),
            "train/lr"
        );
        assert_eq!(
            first(Role::Reward, &["rewards/chosen", "reward"]).unwrap(),
            "reward"
        );
        assert_eq!(Role::Loss.rank_of_key("my/own"), 0);
    }
}
