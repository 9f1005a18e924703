"""The examples train something, and their runs have the views that they claim."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import EXAMPLES, drawn, inspected, views

SHORT = {
    "finetune.py": ["--steps", "120", "--eval_every", "60", "--landscape", "7"],
    "grpo.py": ["--steps", "40", "--eval_every", "20"],
}


@pytest.mark.parametrize("name", sorted(SHORT))
def test_an_example_has_every_view_it_claims(name: str, tmp_path: Path) -> None:
    claimed = re.search(r"views (.*?)\.\s", (EXAMPLES / name).read_text(), re.DOTALL)
    assert claimed is not None
    wanted = set(re.findall(r"[a-z-]+", claimed[1])) - {"and"}
    path = os.pathsep.join([str(EXAMPLES.parent / "src"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(EXAMPLES / name), str(tmp_path / "run"), *SHORT[name]]
    # One thread: matrices as small as these are slower on several.
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    run = inspected(tmp_path / "run")
    assert wanted <= views(run)
    for view in sorted(wanted):
        drawn(tmp_path / "run", view, tmp_path / f"{view}.png")
    series = {series["key"]: series for series in run["series"]}
    if name == "finetune.py":
        assert series["train/loss"]["last_value"] < 0.8 * series["train/loss"]["max"]
    else:
        assert series["reward"]["last_value"] > series["reward"]["min"]


def test_the_gradients_of_the_transformer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from transformer import Transformer, cross_entropy, init

    params = {name: value.astype(np.float64) for name, value in init(7, 8, 2, 6, seed=1).items()}
    model = Transformer(params, heads=2)
    generator = np.random.default_rng(0)
    ids, targets = generator.integers(0, 7, (2, 3, 6))
    weights = generator.random((3, 6))

    def loss(moved: Any) -> float:
        logits, _ = model.forward(ids, moved)
        return cross_entropy(logits, targets, weights)[0]

    logits, kept = model.forward(ids)
    gradients = model.backward(cross_entropy(logits, targets, weights)[1].astype(np.float64), kept)
    assert set(gradients) == set(params)
    for name, value in params.items():
        direction = generator.standard_normal(value.shape)
        ends = [loss({**params, name: value + sign * 1e-5 * direction}) for sign in (1, -1)]
        wanted = (ends[0] - ends[1]) / 2e-5
        assert (gradients[name] * direction).sum() == pytest.approx(wanted, rel=1e-4, abs=1e-6), name
