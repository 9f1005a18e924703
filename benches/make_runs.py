#!/usr/bin/env python3
"""Writes a folder of many training runs, to test the program with a large sweep.

    python3 benches/make_runs.py FOLDER [--runs 1000] [--steps 500]

Each run has a configuration (learning rate, batch, optimizer, seed) and a log of JSON lines (step, loss,
gradient norm, learning rate, reward) whose loss depends on the configuration as in real sweeps: a minimum over
the learning rate, divergence above it.
"""

import argparse
import json
import math
import pathlib
import random


def write_run(folder: pathlib.Path, index: int, steps: int) -> None:
    noise = random.Random(index)
    optimizer = ["adam", "muon", "sgd"][index % 3]
    peak = 10 ** (-4.5 + 3.0 * ((index // 3) % 40) / 39)
    batch = [16, 32, 64, 128][(index // 120) % 4]
    config = {
        "peak_lr": peak,
        "batch": batch,
        "optimizer": optimizer,
        "layers": 8,
        "seed": index % 7,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    best = {"adam": -3.0, "muon": -2.6, "sgd": -2.0}[optimizer]
    off = math.log10(peak) - best
    floor = 1.5 + 0.25 * off * off + (1.0 if off > 0.9 else 0.0)
    with open(folder / "metrics.jsonl", "w", encoding="utf-8") as log:
        for step in range(steps):
            share = step / steps
            loss = floor + 2.8 * math.exp(-6 * share * math.sqrt(batch / 32)) + noise.gauss(0, 0.02)
            record = {
                "step": step,
                "train/loss": loss,
                "train/grad_norm": abs(noise.gauss(1.0, 0.2)) * (1 + off * off) * (1.2 - share),
                "train/learning_rate": peak * min(1, 20 * share) * (1 - 0.9 * share),
                "reward": 1 - loss / 4.3 + noise.gauss(0, 0.03),
            }
            log.write(json.dumps(record) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=500)
    arguments = parser.parse_args()
    for index in range(arguments.runs):
        write_run(arguments.folder / f"run-{index:04}", index, arguments.steps)


if __name__ == "__main__":
    main()
