//! The keys of many trainers and their roles.

use super::{
    Role::{
        self, Accuracy, ClipFraction, Entropy, GradientNorm, Kl, LayerGradientNorm, LearningRate,
        Length, Loss, Reward, Step, ValidationLoss,
    },
    role_of_key,
};

#[test]
fn keys_of_all_trainers_are_known() {
    let expected = [
        // Hugging Face Trainer
        ("train/loss", Some(Loss)),
        ("loss", Some(Loss)),
        ("eval_loss", Some(ValidationLoss)),
        ("eval/loss", Some(ValidationLoss)),
        ("train/grad_norm", Some(GradientNorm)),
        ("train/learning_rate", Some(LearningRate)),
        ("train/global_step", Some(Step)),
        ("train_samples_per_second", None),
        ("train/train_runtime", None),
        // Lightning
        ("lr-AdamW", Some(LearningRate)),
        ("lr-AdamW-1", Some(LearningRate)),
        ("lr-AdamW/pg1", Some(LearningRate)),
        ("lr-AdamW-momentum", None),
        ("lr-AdamW-weight_decay", None),
        ("grad_2.0_norm/layers.0.weight", Some(LayerGradientNorm)),
        ("grad_2.0_norm_total", Some(GradientNorm)),
        ("train_loss_step", Some(Loss)),
        ("train_loss_epoch", Some(Loss)),
        ("val_loss", Some(ValidationLoss)),
        ("train_disc_loss", Some(Loss)),
        // Nested rows, and names that end with the data.
        ("train.loss", Some(Loss)),
        ("val.loss", Some(ValidationLoss)),
        ("test.loss", Some(ValidationLoss)),
        ("metrics.eval.loss", Some(ValidationLoss)),
        ("test.accuracy", Some(Accuracy)),
        ("loss_test", Some(ValidationLoss)),
        ("total_loss_val", Some(ValidationLoss)),
        ("loss_value", Some(Loss)),
        // wandb.watch
        ("gradients/h.0.attn.weight", Some(LayerGradientNorm)),
        ("parameters/h.0.attn.weight", None),
        ("_step", Some(Step)),
        ("_timestamp", None),
        // TRL
        ("train/reward", Some(Reward)),
        ("reward_std", None),
        ("rewards/accuracy_reward/mean", Some(Reward)),
        ("rewards/chosen", Some(Reward)),
        ("rewards/accuracies", Some(Accuracy)),
        ("frac_reward_zero_std", None),
        ("kl", Some(Kl)),
        ("entropy", Some(Entropy)),
        ("entropy_coef", None),
        ("completions/mean_length", Some(Length)),
        ("clip_ratio/region_mean", Some(ClipFraction)),
        ("policy/approxkl_avg", Some(Kl)),
        ("loss/policy_avg", Some(Loss)),
        ("val/clipfrac_avg", Some(ClipFraction)),
        ("num_tokens", Some(Step)),
        // veRL
        ("actor/pg_loss", Some(Loss)),
        ("actor/lr", Some(LearningRate)),
        ("train/lr(1e-3)", Some(LearningRate)),
        ("critic/grad_norm", Some(GradientNorm)),
        ("critic/score/mean", Some(Reward)),
        ("actor/ppo_kl", Some(Kl)),
        ("actor/kl_coef", None),
        ("actor/pg_clipfrac", Some(ClipFraction)),
        ("response_length/mean", Some(Length)),
        ("response_length/max", None),
        ("training/global_step", Some(Step)),
        // Stable-Baselines3
        ("rollout/ep_rew_mean", Some(Reward)),
        ("rollout/ep_len_mean", Some(Length)),
        ("eval/mean_reward", Some(Reward)),
        ("train/approx_kl", Some(Kl)),
        ("train/clip_fraction", Some(ClipFraction)),
        ("train/clip_range", None),
        ("train/value_loss", Some(Loss)),
        ("time/total_timesteps", Some(Step)),
        ("time/fps", None),
        // CleanRL, RLlib
        ("charts/episodic_return", Some(Reward)),
        ("charts/learning_rate", Some(LearningRate)),
        ("losses/entropy", Some(Entropy)),
        ("losses/old_approx_kl", Some(Kl)),
        ("env_runners/episode_return_mean", Some(Reward)),
        ("episode_reward_mean", Some(Reward)),
        // Keras
        ("epoch_loss", Some(Loss)),
        ("epoch_learning_rate", Some(LearningRate)),
        ("evaluation_loss_vs_iterations", Some(ValidationLoss)),
        // torchtune, torchtitan
        ("lr", Some(LearningRate)),
        ("grad_norm", Some(GradientNorm)),
        ("approx_policy_kl", Some(Kl)),
        ("ratios", None),
        ("loss_metrics/global_avg_loss", Some(Loss)),
        ("validation_metrics/loss", Some(ValidationLoss)),
        ("n_tokens_seen", Some(Step)),
        ("time_metrics/end_to_end(s)", None),
        ("memory/max_active(GiB)", None),
        // Megatron-LM
        ("lm loss", Some(Loss)),
        ("lm loss vs samples", None),
        ("learning-rate", Some(LearningRate)),
        ("grad-norm", Some(GradientNorm)),
        ("loss-scale", None),
        ("lm loss validation", Some(ValidationLoss)),
        // nanoGPT, nanochat
        ("iter", Some(Step)),
        ("val/loss", Some(ValidationLoss)),
        ("val/bpb", Some(ValidationLoss)),
        ("lrm", Some(LearningRate)),
        ("pass@8", Some(Accuracy)),
        ("sequence_length", Some(Length)),
        ("train/tok_per_sec", None),
        // Detectron2, ML-Agents
        ("total_loss", Some(Loss)),
        ("Environment/Cumulative Reward", Some(Reward)),
        ("Policy/Learning Rate", Some(LearningRate)),
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
        first(Loss, &["aux_loss", "train/loss", "loss_cls"]).unwrap(),
        "train/loss"
    );
    assert_eq!(
        first(LearningRate, &["lrm", "train/lr"]).unwrap(),
        "train/lr"
    );
    assert_eq!(
        first(Reward, &["rewards/chosen", "reward"]).unwrap(),
        "reward"
    );
    assert_eq!(Loss.rank_of_key("my/own"), 0);
}

/// Checks that of `keys` those in `expected` are the preferred ones of their roles, and that no other role has
/// a key.
fn prefers(trainer: &str, keys: &str, expected: &[(Role, &str)]) {
    for role in Role::ALL {
        let of_role = keys
            .split(", ")
            .filter(|key| role_of_key(key) == Some(role));
        let first = of_role.min_by_key(|key| (role.rank_of_key(key), *key));
        let wanted = expected.iter().find(|(wanted, _)| *wanted == role);
        assert_eq!(first, wanted.map(|(_, key)| *key), "{trainer}: {role:?}");
    }
}

#[test]
fn language_models() {
    prefers(
        "Hugging Face Trainer",
        "loss, grad_norm, learning_rate, epoch, eval_loss, eval_runtime, train_runtime, \
         train_samples_per_second, total_flos, train_loss",
        &[
            (Step, "epoch"),
            (Loss, "loss"),
            (ValidationLoss, "eval_loss"),
            (LearningRate, "learning_rate"),
            (GradientNorm, "grad_norm"),
        ],
    );
    prefers(
        "Hugging Face Trainer on W&B",
        "train/global_step, train/loss, train/grad_norm, train/learning_rate, eval/loss, train/train_loss, \
         train_loss, eval/samples_per_second",
        &[
            (Step, "train/global_step"),
            (Loss, "train/loss"),
            (ValidationLoss, "eval/loss"),
            (LearningRate, "train/learning_rate"),
            (GradientNorm, "train/grad_norm"),
        ],
    );
    prefers(
        "TRL's SFT",
        "train/loss, train/entropy, train/mean_token_accuracy, train/num_tokens, eval/loss, eval/entropy, \
         eval/mean_token_accuracy, eval/num_tokens",
        &[
            (Step, "train/num_tokens"),
            (Loss, "train/loss"),
            (ValidationLoss, "eval/loss"),
            (Accuracy, "train/mean_token_accuracy"),
            (Entropy, "train/entropy"),
        ],
    );
    prefers(
        "torchtitan",
        "loss_metrics/global_max_loss, loss_metrics/global_avg_loss, grad_norm, lr, n_tokens_seen, \
         throughput(tps), mfu(%), time_metrics/end_to_end(s), memory/max_active(GiB), validation_metrics/loss",
        &[
            (Step, "n_tokens_seen"),
            (Loss, "loss_metrics/global_avg_loss"),
            (ValidationLoss, "validation_metrics/loss"),
            (LearningRate, "lr"),
            (GradientNorm, "grad_norm"),
        ],
    );
    prefers(
        "Megatron-LM",
        "lm loss, lm loss vs samples, lm loss validation, lm loss validation ppl, learning-rate, \
         learning-rate vs samples, grad-norm, loss-scale, params-norm, consumed samples, \
         number of nan iterations",
        &[
            (Step, "consumed samples"),
            (Loss, "lm loss"),
            (ValidationLoss, "lm loss validation"),
            (LearningRate, "learning-rate"),
            (GradientNorm, "grad-norm"),
        ],
    );
    prefers(
        "nanoGPT on W&B and in a text",
        "iter, train/loss, val/loss, lr, mfu, loss, time, train loss, val loss",
        &[
            (Step, "iter"),
            (Loss, "train/loss"),
            (ValidationLoss, "val/loss"),
            (LearningRate, "lr"),
        ],
    );
    prefers(
        "nanochat",
        "step, train/loss, train/lrm, train/dt, train/tok_per_sec, train/epoch, val/bpb, core_metric, \
         total_training_flops, total_training_time",
        &[
            (Step, "step"),
            (Loss, "train/loss"),
            (ValidationLoss, "val/bpb"),
            (LearningRate, "train/lrm"),
            (Accuracy, "core_metric"),
        ],
    );
    prefers(
        "build-nanogpt",
        "train, val, hella",
        &[(Loss, "train"), (ValidationLoss, "val")],
    );
    prefers(
        "torchtune",
        "loss, lr, tokens_per_second_per_gpu, grad_norm, peak_memory_active",
        &[
            (Loss, "loss"),
            (LearningRate, "lr"),
            (GradientNorm, "grad_norm"),
        ],
    );
    prefers(
        "fairseq",
        "train_loss, train_nll_loss, train_loss_scale, train_lr, train_gnorm, train_clip, valid_loss, \
         valid_nll_loss, valid_best_loss",
        &[
            (Loss, "train_loss"),
            (ValidationLoss, "valid_loss"),
            (LearningRate, "train_lr"),
            (GradientNorm, "train_gnorm"),
        ],
    );
    prefers(
        "Marian",
        "Ep, Sen., Cost, Time, gNorm, L.r., val/cross-entropy, val/bleu",
        &[
            (Loss, "Cost"),
            (ValidationLoss, "val/cross-entropy"),
            (LearningRate, "L.r."),
            (GradientNorm, "gNorm"),
            (Accuracy, "val/bleu"),
        ],
    );
}

#[test]
fn preference_optimisation() {
    prefers(
        "TRL's GRPO",
        "train/loss, train/reward, train/reward_std, eval/reward, train/frac_reward_zero_std, \
         train/rewards/accuracy_reward/mean, train/rewards/accuracy_reward/std, train/kl, eval/kl, \
         train/entropy, train/entropy_coef, train/policy_loss, train/aux_loss, train/num_tokens, \
         train/completions/mean_length, train/completions/max_length, \
         train/completions/mean_terminated_length, train/completions/clipped_ratio, \
         train/clip_ratio/region_mean, train/clip_ratio/low_min, train/learning_rate, train/grad_norm, \
         train/sampling/importance_sampling_ratio/mean",
        &[
            (Step, "train/num_tokens"),
            (Loss, "train/loss"),
            (LearningRate, "train/learning_rate"),
            (GradientNorm, "train/grad_norm"),
            (Reward, "train/reward"),
            (Kl, "train/kl"),
            (Entropy, "train/entropy"),
            (Length, "train/completions/mean_length"),
            (ClipFraction, "train/clip_ratio/region_mean"),
        ],
    );
    prefers(
        "TRL's DPO and KTO",
        "loss, rewards/chosen, rewards/rejected, rewards/margins, rewards/accuracies, \
         eval_rewards/accuracies, eval_rewards/margins, logps/chosen, logits/chosen, kl, eval_loss",
        &[
            (Loss, "loss"),
            (ValidationLoss, "eval_loss"),
            (Reward, "rewards/margins"),
            (Accuracy, "rewards/accuracies"),
            (Kl, "kl"),
        ],
    );
    prefers(
        "TRL's reward model",
        "loss, min_reward, mean_reward, max_reward, accuracy, margin",
        &[
            (Loss, "loss"),
            (Reward, "mean_reward"),
            (Accuracy, "accuracy"),
        ],
    );
    prefers(
        "TRL's PPO",
        "eps, episode, lr, objective/kl, objective/entropy, objective/non_score_reward, \
         objective/rlhf_reward, objective/scores, policy/approxkl_avg, policy/clipfrac_avg, \
         policy/entropy_avg, loss/policy_avg, loss/value_avg, val/clipfrac_avg, val/ratio, val/num_eos_tokens",
        &[
            (Step, "episode"),
            (Loss, "loss/policy_avg"),
            (LearningRate, "lr"),
            (Reward, "objective/scores"),
            (Kl, "objective/kl"),
            (Entropy, "policy/entropy_avg"),
            (ClipFraction, "policy/clipfrac_avg"),
        ],
    );
    prefers(
        "veRL",
        "training/global_step, training/epoch, critic/score/mean, critic/score/max, critic/score/min, \
         critic/rewards/mean, critic/advantages/mean, critic/returns/mean, critic/vf_loss, critic/grad_norm, \
         critic/lr, actor/pg_loss, actor/kl_loss, actor/kl_coef, actor/entropy, actor/grad_norm, actor/lr, \
         actor/pg_clipfrac, actor/pg_clipfrac_lower, actor/ppo_kl, response_length/mean, \
         response_length/max, prompt_length/mean, perf/time_per_step, timing_s/step, \
         val-core/openai/gsm8k/reward/mean@1",
        &[
            (Step, "training/global_step"),
            (Loss, "actor/pg_loss"),
            (LearningRate, "actor/lr"),
            (GradientNorm, "actor/grad_norm"),
            (Reward, "critic/score/mean"),
            (Kl, "actor/ppo_kl"),
            (Entropy, "actor/entropy"),
            (Length, "response_length/mean"),
            (ClipFraction, "actor/pg_clipfrac"),
        ],
    );
}

#[test]
fn reinforcement_learning() {
    prefers(
        "Stable-Baselines3",
        "rollout/ep_rew_mean, rollout/ep_len_mean, rollout/exploration_rate, eval/mean_reward, \
         eval/mean_ep_length, time/fps, time/iterations, time/time_elapsed, time/total_timesteps, \
         train/loss, train/learning_rate, train/policy_gradient_loss, train/value_loss, train/entropy_loss, \
         train/approx_kl, train/clip_fraction, train/clip_range, train/clip_range_vf, \
         train/explained_variance, train/n_updates, train/std, train/ent_coef",
        &[
            (Step, "train/n_updates"),
            (Loss, "train/loss"),
            (LearningRate, "train/learning_rate"),
            (Reward, "rollout/ep_rew_mean"),
            (Kl, "train/approx_kl"),
            (Entropy, "train/entropy_loss"),
            (Length, "rollout/ep_len_mean"),
            (ClipFraction, "train/clip_fraction"),
        ],
    );
    prefers(
        "RLlib",
        "episode_reward_max, episode_reward_min, episode_reward_mean, episode_len_mean, timesteps_total, \
         training_iteration, time_total_s, config/lr, config/kl_target, config/vf_loss_coeff, \
         info/learner/default_policy/learner_stats/total_loss, \
         info/learner/default_policy/learner_stats/policy_loss, \
         info/learner/default_policy/learner_stats/vf_loss, info/learner/default_policy/learner_stats/kl, \
         info/learner/default_policy/learner_stats/cur_kl_coeff, \
         info/learner/default_policy/learner_stats/entropy, \
         info/learner/default_policy/learner_stats/entropy_coeff, \
         info/learner/default_policy/learner_stats/cur_lr",
        &[
            (Step, "training_iteration"),
            (Loss, "info/learner/default_policy/learner_stats/total_loss"),
            (
                LearningRate,
                "info/learner/default_policy/learner_stats/cur_lr",
            ),
            (Reward, "episode_reward_mean"),
            (Kl, "info/learner/default_policy/learner_stats/kl"),
            (Entropy, "info/learner/default_policy/learner_stats/entropy"),
            (Length, "episode_len_mean"),
        ],
    );
    prefers(
        "Tianshou",
        "info/best_reward, info/best_reward_std, info/gradient_step, info/test_episode, info/test_step, \
         test/lens_stat/mean, test/lens_stat/std, test/n_collected_steps, test/returns_stat/max, \
         test/returns_stat/mean, test/returns_stat/min, test/returns_stat/std, train/returns_stat/max, \
         train/returns_stat/mean, train/returns_stat/std, train/lens_stat/mean, update/loss, update/train_time",
        &[
            (Loss, "update/loss"),
            (Reward, "test/returns_stat/mean"),
            (Length, "train/lens_stat/mean"),
        ],
    );
    prefers(
        "CleanRL",
        "charts/episodic_return, charts/episodic_length, charts/learning_rate, charts/SPS, \
         losses/value_loss, losses/policy_loss, losses/entropy, losses/old_approx_kl, losses/approx_kl, \
         losses/clipfrac, losses/explained_variance",
        &[
            (Loss, "losses/policy_loss"),
            (LearningRate, "charts/learning_rate"),
            (Reward, "charts/episodic_return"),
            (Kl, "losses/approx_kl"),
            (Entropy, "losses/entropy"),
            (Length, "charts/episodic_length"),
            (ClipFraction, "losses/clipfrac"),
        ],
    );
    prefers(
        "ML-Agents",
        "Environment/Cumulative Reward, Environment/Episode Length, Losses/Policy Loss, Losses/Value Loss, \
         Policy/Entropy, Policy/Learning Rate, Policy/Extrinsic Reward, Policy/Extrinsic Value Estimate",
        &[
            (Loss, "Losses/Policy Loss"),
            (LearningRate, "Policy/Learning Rate"),
            (Reward, "Environment/Cumulative Reward"),
            (Entropy, "Policy/Entropy"),
            (Length, "Environment/Episode Length"),
        ],
    );
    prefers(
        "Spinning Up",
        "Epoch, AverageEpRet, StdEpRet, MaxEpRet, MinEpRet, EpLen, AverageVVals, LossPi, LossV, DeltaLossPi, \
         Entropy, KL, ClipFrac, StopIter, Time",
        &[
            (Step, "Epoch"),
            (Loss, "LossPi"),
            (Reward, "AverageEpRet"),
            (Kl, "KL"),
            (Entropy, "Entropy"),
            (Length, "EpLen"),
            (ClipFraction, "ClipFrac"),
        ],
    );
    prefers(
        "Baselines PPO1",
        "EpRewMean, EpLenMean, EpisodesSoFar, TimestepsSoFar, TimeElapsed, loss_vf_loss, loss_pol_surr, loss_kl",
        &[
            (Step, "TimestepsSoFar"),
            (Loss, "loss_vf_loss"),
            (Reward, "EpRewMean"),
            (Kl, "loss_kl"),
            (Length, "EpLenMean"),
        ],
    );
    prefers(
        "Baselines",
        "eprewmean, eplenmean, fps, nupdates, policy_entropy, policy_loss, value_loss, approxkl, clipfrac, \
         total_timesteps, mean 100 episode reward, % time spent exploring",
        &[
            (Step, "total_timesteps"),
            (Loss, "policy_loss"),
            (Reward, "eprewmean"),
            (Kl, "approxkl"),
            (Entropy, "policy_entropy"),
            (Length, "eplenmean"),
            (ClipFraction, "clipfrac"),
        ],
    );
    prefers(
        "Dreamer",
        "train/return, test/return, train/length, model_loss, actor_loss, value_loss",
        &[(Loss, "actor_loss"), (Reward, "train/return")],
    );
}

#[test]
fn vision_and_tables() {
    prefers(
        "Lightning",
        "epoch, step, train_loss_step, train_loss_epoch, val_loss, lr-AdamW, lr-AdamW/pg1, \
         lr-AdamW-momentum, lr-AdamW-weight_decay, grad_2.0_norm_total, train_acc, val_acc",
        &[
            (Step, "step"),
            (Loss, "train_loss_step"),
            (ValidationLoss, "val_loss"),
            (LearningRate, "lr-AdamW"),
            (GradientNorm, "grad_2.0_norm_total"),
            (Accuracy, "val_acc"),
        ],
    );
    prefers(
        "Keras",
        "loss, accuracy, val_loss, val_accuracy, lr, epoch",
        &[
            (Step, "epoch"),
            (Loss, "loss"),
            (ValidationLoss, "val_loss"),
            (LearningRate, "lr"),
            (Accuracy, "accuracy"),
        ],
    );
    prefers(
        "Ultralytics",
        "epoch, time, train/box_loss, train/cls_loss, train/dfl_loss, metrics/precision(B), \
         metrics/recall(B), metrics/mAP50(B), metrics/mAP50-95(B), val/box_loss, val/cls_loss, val/dfl_loss, \
         lr/pg0, lr/pg1",
        &[
            (Step, "epoch"),
            (Loss, "train/box_loss"),
            (ValidationLoss, "val/box_loss"),
            (LearningRate, "lr/pg0"),
            (Accuracy, "metrics/mAP50-95(B)"),
        ],
    );
    prefers(
        "YOLOv5",
        "train/box_loss, train/total_loss, metrics/mAP_0.5, metrics/mAP_0.5:0.95, val/box_loss, x/lr0, x/lr1",
        &[
            (Loss, "train/total_loss"),
            (ValidationLoss, "val/box_loss"),
            (LearningRate, "x/lr0"),
            (Accuracy, "metrics/mAP_0.5:0.95"),
        ],
    );
    prefers(
        "mmengine",
        "loss, loss_cls, loss_bbox, lr, base_lr, grad_norm, time, coco/bbox_mAP, coco/bbox_mAP_50, iter",
        &[
            (Step, "iter"),
            (Loss, "loss"),
            (LearningRate, "lr"),
            (GradientNorm, "grad_norm"),
            (Accuracy, "coco/bbox_mAP"),
        ],
    );
    prefers(
        "Detectron2",
        "total_loss, loss_cls, loss_box_reg, lr, iteration, eta_seconds, fast_rcnn/cls_accuracy, bbox/AP",
        &[
            (Step, "iteration"),
            (Loss, "total_loss"),
            (LearningRate, "lr"),
            (Accuracy, "fast_rcnn/cls_accuracy"),
        ],
    );
    prefers(
        "CatBoost",
        "learn/RMSE, test/RMSE, passed_time, remaining_time",
        &[(Loss, "learn/RMSE"), (ValidationLoss, "test/RMSE")],
    );
    prefers(
        "XGBoost",
        "train-logloss, eval-logloss, train-auc",
        &[
            (Loss, "train-logloss"),
            (ValidationLoss, "eval-logloss"),
            (Accuracy, "train-auc"),
        ],
    );
    prefers(
        "W&B's export",
        "Step, train/loss, train/loss__MIN, train/loss__MAX",
        &[(Step, "Step"), (Loss, "train/loss")],
    );
}

#[test]
fn results_of_tasks() {
    for (key, role) in [
        ("win_rates", Some(Accuracy)),
        ("test_battle_won_mean", Some(Accuracy)),
        ("val_sharpe", Some(Accuracy)),
        ("sharpe_ratio", Some(Accuracy)),
        ("auc", Some(Accuracy)),
        ("AUROC", Some(Accuracy)),
        ("val/mIoU", Some(Accuracy)),
        ("predict_rouge-1", Some(Accuracy)),
        ("eval_bleu", Some(Accuracy)),
        ("eval_wer", Some(ValidationLoss)),
        ("wer", Some(ValidationLoss)),
        ("val/cer", Some(ValidationLoss)),
        ("test/rmse", Some(ValidationLoss)),
        // Of training data, and no error rate of phonemes.
        ("train_wer", None),
        ("per", None),
        ("val_dice_coef", Some(Accuracy)),
        ("dice_coef", Some(Accuracy)),
        ("mean_io_u", Some(Accuracy)),
        ("l2_norm_history", None),
        ("dice_loss", Some(Loss)),
        ("val_dice_loss", Some(ValidationLoss)),
    ] {
        assert_eq!(role_of_key(key), role, "{key}");
    }
    prefers(
        "overlap before the accuracy of pixels",
        "val_accuracy, val_dice_coef",
        &[(Accuracy, "val_dice_coef")],
    );
    prefers(
        "losses before error rates",
        "eval_wer, eval_loss",
        &[(ValidationLoss, "eval_loss")],
    );
}
