"""Callbacks of trainers, with stand-ins of their classes; each has fewer than 30 lines of code."""

from __future__ import annotations

import ast
import importlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import rows

CALLBACKS = Path(__file__).resolve().parent.parent / "src/trainscape/callbacks"
BASES = {
    "huggingface": ("transformers", "TrainerCallback"),
    "lightning": ("lightning.pytorch", "Callback"),
    "keras": ("keras.callbacks", "Callback"),
}


def callback_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    module_name, base = BASES[name]
    parts = module_name.split(".")
    for end in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    setattr(sys.modules[module_name], base, type(base, (), {}))
    monkeypatch.delitem(sys.modules, f"trainscape.callbacks.{name}", raising=False)
    module = importlib.import_module(f"trainscape.callbacks.{name}")
    # Not through `monkeypatch`, which would put the module with the stand-ins back.
    del sys.modules[f"trainscape.callbacks.{name}"]
    return module.TrainscapeCallback


class Module:
    """A model with one parameter."""

    def named_parameters(self) -> Any:
        yield "layers.0.up", types.SimpleNamespace(grad=np.full(4, 2.0))


@pytest.mark.parametrize("name", sorted(BASES))
def test_a_callback_is_short(name: str) -> None:
    tree = ast.parse((CALLBACKS / f"{name}.py").read_text())
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    lines = {line for node in statements for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    texts = [node for node in statements if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    of_texts = {line for node in texts for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    source = (CALLBACKS / f"{name}.py").read_text().splitlines()
    texts_of_code = [source[line - 1].strip() for line in sorted(lines - of_texts)]
    code = [text for text in texts_of_code if text and not text.startswith("#")]
    assert len(code) < 30


def test_hugging_face(monkeypatch: Any, tmp_path: Path) -> None:
    callback = callback_of("huggingface", monkeypatch)(str(tmp_path / "run"), gradients_every=2)
    args = types.SimpleNamespace(to_dict=lambda: {"learning_rate": 1e-3})
    callback.on_train_begin(args, None, None)
    for step in range(4):
        state = types.SimpleNamespace(global_step=step)
        callback.on_pre_optimizer_step(args, state, None, model=Module(), optimizer=None)
        state.global_step = step + 1
        callback.on_log(args, state, None, logs={"loss": 1.0 / (1 + step), "grad_norm": 4.0}, model=None)
    callback.on_train_end(args, None, None)
    found = rows(tmp_path / "run")
    assert [row["step"] for row in found if "loss" in row] == [1, 2, 3, 4]
    gradients = [row for row in found if "grad_norm/layers.0.up" in row]
    assert [(row["step"], row["grad_norm/layers.0.up"]) for row in gradients] == [(2, 4.0), (4, 4.0)]
    assert not callback.recorder.failures


def test_lightning(monkeypatch: Any, tmp_path: Path) -> None:
    callback = callback_of("lightning", monkeypatch)(str(tmp_path / "run"), gradients_every=1)
    module: Any = Module()
    module.hparams = {"lr": 0.1}
    metrics = {"train_loss": np.float32(0.5)}
    trainer = types.SimpleNamespace(global_step=0, callback_metrics=metrics, sanity_checking=False)
    callback.on_fit_start(trainer, module)
    callback.on_train_batch_end(trainer, module, None, None, 0)
    callback.on_before_optimizer_step(trainer, module, None)
    trainer.global_step = 1
    callback.on_train_batch_end(trainer, module, None, None, 1)
    callback.on_train_epoch_start(trainer, module)
    callback.on_fit_end(trainer, module)
    # A batch without a step of the optimiser is no row, and what is still there at the end of the epoch is none either.
    found = rows(tmp_path / "run")
    assert len(found) == 2
    assert (found[0]["step"], found[0]["grad_norm"]) == (0, 4.0)
    assert (found[1]["step"], found[1]["train_loss"]) == (0, 0.5)
    assert not callback.recorder.failures


def test_keras(monkeypatch: Any, tmp_path: Path) -> None:
    callback = callback_of("keras", monkeypatch)(str(tmp_path / "run"), weights_every=1)
    weight = types.SimpleNamespace(path="dense/kernel", numpy=lambda: np.ones((2, 3), np.float32))
    callback.model = types.SimpleNamespace(
        optimizer=types.SimpleNamespace(learning_rate=np.float32(0.5)), trainable_variables=[weight]
    )
    callback.on_train_batch_end(0, {"loss": 2.0})
    callback.on_epoch_end(0, {"loss": 2.0, "val_loss": 3.0})
    callback.on_train_end()
    found = rows(tmp_path / "run")
    assert (found[0]["loss"], found[0]["learning_rate"]) == (2.0, 0.5)
    assert (found[1]["epoch"], found[1]["val_loss"]) == (0, 3.0)
    assert b"dense/kernel" in (tmp_path / "run/snapshots/step-00000000/weights.safetensors").read_bytes()
    assert not callback.recorder.failures
