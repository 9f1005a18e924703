"""Group-relative policy gradient: a model that orders digits badly learns from rewards to do it well.

    python grpo.py runs/grpo --eval_every 50

It first gets a few supervised steps, and is then trained by rewards alone: the share of digits that are in their place.
It takes about half a minute on a CPU with NumPy only. The run has the views reward-landscape, training-dynamics,
loss-surface, gradient-flow, attention, embedding, activations, weights and spectra.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from finetune import DIGITS, LENGTH, SEPARATOR, TOKENS, batch_of, evaluate, loss_of
from transformer import Adam, Transformer, init, softmax

from trainscape import Recorder


def learn_first(model: Transformer, steps: int) -> None:
    """Supervised steps that give the policy something to start from."""
    generator = np.random.default_rng(2)
    optimiser = Adam(model.params)
    for _ in range(steps):
        _, d_logits, kept, _ = loss_of(model, batch_of(generator, 64))
        optimiser.update(model.params, model.backward(d_logits, kept), 3e-3)


def sample(model: Transformer, prompts: Any, generator: Any) -> Any:
    """Sequences ``(prompt, LENGTH)`` whose answers are drawn from the model."""
    sequences = np.concatenate([prompts, np.full((len(prompts), 1), SEPARATOR)], 1)
    for _ in range(DIGITS):
        probabilities = softmax(model.forward(sequences)[0][:, -1])
        drawn = (probabilities.cumsum(-1) > generator.random((len(prompts), 1))).argmax(-1)
        sequences = np.concatenate([sequences, drawn[:, None]], 1)
    return sequences


def rewards_of(sequences: Any) -> Any:
    """Rewards in [0, 1] by sequence: the share of digits that are in their place."""
    return (sequences[:, DIGITS + 1 :] == np.sort(sequences[:, :DIGITS], 1)).mean(1)


def policy_step(
    model: Transformer, reference: Transformer, sequences: Any, advantages: Any, beta: float
) -> tuple[float, float, float, Any]:
    """The loss, the KL divergence from the reference, the entropy, and the gradients by name."""
    logits, kept = model.forward(sequences[:, :-1])
    targets = sequences[:, 1:, None]
    weights = np.zeros(targets.shape[:2], np.float32)
    weights[:, DIGITS:] = 1 / (DIGITS * len(sequences))
    probabilities, of_reference = softmax(logits), softmax(reference.forward(sequences[:, :-1])[0])
    log_ratio = np.log(of_reference + 1e-9) - np.log(probabilities + 1e-9)
    ratio = np.take_along_axis(log_ratio, targets, -1)[..., 0]
    log_chosen = np.log(np.take_along_axis(probabilities, targets, -1)[..., 0] + 1e-9)
    # The estimator of Schulman: its gradient by the log-probability is 1 - exp(ratio).
    kl = float(((np.exp(ratio) - ratio - 1) * weights).sum())
    loss = float(-(advantages[:, None] * log_chosen * weights).sum()) + beta * kl
    entropy = float(-((probabilities * np.log(probabilities + 1e-9)).sum(-1) * weights).sum())
    d_log_chosen = (-advantages[:, None] + beta * (1 - np.exp(ratio))) * weights
    d_logits = -probabilities * d_log_chosen[..., None]
    np.put_along_axis(d_logits, targets, np.take_along_axis(d_logits, targets, -1) + d_log_chosen[..., None], -1)
    return loss, kl, entropy, model.backward(d_logits.astype(np.float32), kept)


def main() -> None:
    """Train and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("folder", help="folder of the run")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--eval_every", type=int, default=50, help="steps between evaluations and figures")
    parser.add_argument("--learning_rate", type=float, default=2e-3)
    parser.add_argument("--prompts", type=int, default=16, help="prompts of a step")
    parser.add_argument("--group", type=int, default=8, help="answers to each prompt")
    parser.add_argument("--beta", type=float, default=0.02, help="weight of the KL divergence")
    parser.add_argument("--first_steps", type=int, default=25, help="supervised steps before the rewards")
    parser.add_argument("--figures", action="store_true", help="draw figures while it trains, into figures/")
    args = parser.parse_args()
    generator = np.random.default_rng(0)
    held_out = batch_of(np.random.default_rng(1), 256)
    model = Transformer(init(len(TOKENS), 32, 2, LENGTH, seed=0), heads=4)
    learn_first(model, args.first_steps)
    reference = Transformer({name: value.copy() for name, value in model.params.items()}, heads=4)
    optimiser = Adam(model.params)
    with Recorder(args.folder, config=args) as recorder:
        if args.figures:
            recorder.summary(every=args.eval_every)
        for step in range(args.steps):
            prompts = generator.integers(0, 10, (args.prompts, DIGITS)).repeat(args.group, 0)
            sequences = sample(model, prompts, generator)
            rewards = rewards_of(sequences).reshape(args.prompts, args.group)
            advantages = (rewards - rewards.mean(1, keepdims=True)) / (rewards.std(1, keepdims=True) + 1e-4)
            loss, kl, entropy, gradients = policy_step(model, reference, sequences, advantages.ravel(), args.beta)
            if step % args.eval_every == 0:
                evaluate(recorder, step, model, held_out)
            learning_rate = args.learning_rate * (1 - step / args.steps)
            norm = optimiser.update(model.params, gradients, learning_rate)
            metrics = {"loss": loss, "reward": rewards.mean(), "reward_std": rewards.std(1).mean(), "kl": kl}
            recorder.log(step, metrics, entropy=entropy, learning_rate=learning_rate, grad_norm=norm)
            if step % 5 == 0:
                recorder.gradients(step, gradients)
        evaluate(recorder, args.steps, model, held_out)
        if args.figures:
            recorder.summary(prefix="final")
    final = rewards_of(sample(model, held_out[:, :DIGITS], generator)).mean()
    print(f"mean reward {final:.2f}; open it with: trainscape {args.folder}")


if __name__ == "__main__":
    main()
