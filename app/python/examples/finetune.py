"""Supervised fine-tuning: a small transformer learns to write the digits of a prompt in order (``4172>`` ``1247``).

    python finetune.py runs/finetune --eval_every 100

It trains in well under a minute on a CPU with NumPy only. The run has the views loss-surface, training-dynamics,
gradient-flow, attention, embedding, activations, weights, spectra and loss-landscape.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from transformer import Adam, Transformer, cross_entropy, init

from trainscape import Recorder

DIGITS = 5
TOKENS = [*"0123456789", ">"]
SEPARATOR = 10
#: A prompt, the separator, and its digits in order.
LENGTH = 2 * DIGITS + 1


def batch_of(generator: Any, size: int) -> Any:
    """Sequences ``(size, LENGTH)`` of tokens."""
    prompts = generator.integers(0, 10, (size, DIGITS))
    return np.concatenate([prompts, np.full((size, 1), SEPARATOR), np.sort(prompts, 1)], 1)


def loss_of(model: Transformer, sequences: Any, params: Any = None) -> tuple[float, Any, Any, float]:
    """The loss of the answers, its gradient by the logits, what the gradients need, and the accuracy."""
    logits, kept = model.forward(sequences[:, :-1], params)
    targets = sequences[:, 1:]
    answers = np.zeros(targets.shape, np.float32)
    answers[:, DIGITS:] = 1
    loss, d_logits = cross_entropy(logits, targets, answers)
    accuracy = float((logits.argmax(-1) == targets)[:, DIGITS:].mean())
    return loss, d_logits, kept, accuracy


def schedule(step: int, steps: int, peak: float) -> float:
    """Warm-up over a tenth of the steps, then a cosine."""
    warm_up = max(1, steps // 10)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * (0.05 + 0.95 * 0.5 * (1 + float(np.cos(np.pi * (step - warm_up) / max(1, steps - warm_up)))))


def evaluate(recorder: Recorder, step: int, model: Transformer, held_out: Any) -> None:
    """Record the accuracy on held-out prompts, and snapshots of one fixed prompt and of the weights."""
    loss, _, _, accuracy = loss_of(model, held_out)
    recorder.log(step, {"val/loss": loss, "val/accuracy": accuracy})
    probe = held_out[:1, :-1]
    _, kept = model.forward(probe)
    tokens = [TOKENS[token] for token in probe[0]]
    recorder.attention(step, None, [layer["attention"] for layer in kept[:-1]], tokens=tokens)
    recorder.activations(step, {f"layers.{index}": layer["out"] for index, layer in enumerate(kept[:-1])})
    recorder.embeddings(step, model.params["embed"], labels=TOKENS)
    recorder.weights(step, model.params)


def main() -> None:
    """Train, record, and compute the loss around the trained weights."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("folder", help="folder of the run")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--eval_every", type=int, default=100, help="steps between evaluations and figures")
    parser.add_argument("--learning_rate", type=float, default=5e-3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--landscape", type=int, default=17, help="points along each axis of the loss landscape")
    parser.add_argument("--figures", action="store_true", help="draw figures while it trains, into figures/")
    args = parser.parse_args()
    generator = np.random.default_rng(0)
    held_out = batch_of(np.random.default_rng(1), 256)
    model = Transformer(init(len(TOKENS), 32, 2, LENGTH, seed=0), heads=4)
    optimiser = Adam(model.params)
    with Recorder(args.folder, config=args) as recorder:
        if args.figures:
            recorder.summary(every=args.eval_every)
        for step in range(args.steps):
            learning_rate = schedule(step, args.steps, args.learning_rate)
            loss, d_logits, kept, accuracy = loss_of(model, batch_of(generator, args.batch))
            gradients = model.backward(d_logits, kept)
            if step % args.eval_every == 0:
                evaluate(recorder, step, model, held_out)
            norm = optimiser.update(model.params, gradients, learning_rate)
            recorder.log(
                step,
                {"train/loss": loss, "train/accuracy": accuracy, "learning_rate": learning_rate, "grad_norm": norm},
            )
            if step % 10 == 0:
                recorder.gradients(step, gradients)
        evaluate(recorder, args.steps, model, held_out)
        recorder.landscape(
            lambda params: loss_of(model, held_out[:64], params)[0], model.params, directions="pca", n=args.landscape
        )
        if args.figures:
            recorder.summary(prefix="final")
    print(f"accuracy {loss_of(model, held_out)[3]:.1%}; open it with: trainscape {args.folder}")


if __name__ == "__main__":
    main()
