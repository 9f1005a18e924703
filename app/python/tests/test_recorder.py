"""What a recorder writes, and that the program reads it."""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import drawn, inspected, rows, views


def attention_of(generator: np.random.Generator, *shape: int) -> Any:
    weights = generator.random(shape)
    return weights / weights.sum(-1, keepdims=True)


def record_all(recorder: Any) -> None:
    generator = np.random.default_rng(0)
    params = {
        "embed": generator.standard_normal((6, 4)),
        "layers": [{"w": generator.standard_normal((4, 4)), "b": np.zeros(4)}] * 2,
    }
    for step in range(0, 40):
        recorder.log(
            step,
            {"train/loss": np.float32(np.exp(-step / 20)), "train/learning_rate": 1e-3 * (1 + step)},
            reward=step / 40,
        )
        if step % 10 == 0:
            recorder.gradients(step, params)
            for layer in range(3):
                recorder.attention(step, layer, attention_of(generator, 2, 5, 5), tokens=list("abcde"))
            recorder.embeddings(step, generator.random((6, 4)), labels=list("uvwxyz"))
            recorder.activations(step, {"a": generator.random((5, 8)), "b": generator.random((3, 5, 8))})
            params = {
                "embed": params["embed"] * 0.9,
                "layers": [{"w": generator.standard_normal((4, 4)), "b": np.ones(4)}] * 2,
            }
            recorder.weights(step, params, dtype="float16")


def test_all_that_is_recorded_is_one_run_with_every_view(recorder_class: Any, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with recorder_class(folder, config={"lr": 1e-3, "path": Path("/data")}) as recorder:
        record_all(recorder)
        loss = recorder.landscape(
            lambda p: float(np.square(p["w"]).mean() + p["b"].sum()), {"w": np.eye(3), "b": np.zeros(2)}, n=(5, 7)
        )
    assert not recorder.failures
    assert loss.shape == (7, 5)
    assert np.isfinite(loss).all()
    run = inspected(folder)
    assert run["config"] == {"lr": 1e-3, "path": "/data"}
    assert views(run) >= {
        "loss-surface",
        "loss-landscape",
        "gradient-flow",
        "reward-landscape",
        "training-dynamics",
        "attention",
        "embedding",
        "weights",
        "activations",
        "spectra",
    }
    tensors = {tensor["key"]: (tensor["shape"], tensor["axes"]) for tensor in run["tensors"]}
    assert tensors["attention"] == ([4, 3, 2, 5, 5], ["snapshot", "layer", "head", "query", "key"])
    assert tensors["embeddings"] == ([4, 6, 4], ["snapshot", "row", "dimension"])
    assert tensors["activations"] == ([4, 2, 5, 8], ["snapshot", "layer", "position", "channel"])
    assert not list(folder.rglob("*.tmp"))


def test_the_weights_are_drawn_without_what_is_recorded_beside_them(tmp_path: Path) -> None:
    from trainscape.recorder import Recorder

    with Recorder(tmp_path / "run") as recorder:
        record_all(recorder)
    drawn(tmp_path / "run", "weights", tmp_path / "weights.svg")
    assert "weights.safetensors" in (tmp_path / "weights.svg").read_text()


def test_metrics_are_whole_lines_with_what_was_given(recorder_class: Any, tmp_path: Path, capfd: Any) -> None:
    recorder = recorder_class(tmp_path / "run", buffer=3)
    recorder.log(0, {"train": {"loss": 0.5, "lr": 1}}, note="warm-up", flag=True)
    recorder.log(np.int64(1), loss=np.array([2.5], np.float32), worst=float("nan"), best=float("-inf"))
    recorder.log(2, loss=1.5, image=np.zeros((2, 2)))
    recorder.log(2.5, loss=np.float64(1.0))
    recorder.log(3, loss=0.25)
    found = rows(tmp_path / "run")
    assert found[0]["train.loss"] == 0.5
    assert (found[0]["note"], found[0]["flag"]) == ("warm-up", True)
    assert found[1]["loss"] == 2.5
    assert np.isnan(found[1]["worst"])
    assert found[1]["best"] == -np.inf
    # A value that is no number costs itself alone.
    assert found[2]["loss"] == 1.5
    assert "image" not in found[2]
    assert recorder.failures == {"log": 1}
    assert [row["step"] for row in recorder.metrics_buffer] == [2, 2.5, 3]
    run = inspected(tmp_path / "run")
    series = {series["key"]: series for series in run["series"]}
    assert series["loss"]["points"] == 4
    assert series["worst"]["non_finite"] == 1
    assert "image is left out" in capfd.readouterr().err


def test_norms_by_parameter_and_by_layer_without_the_loss_scale(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run", gradients=2)
    gradients = {
        "layers.0.up": np.full((3, 3), 8.0),
        "layers.0.down": np.full(16, 4.0),
        "layers.1.up": np.zeros(4),
        "norm.weight": np.ones(4),
    }
    for step in range(3):
        recorder.gradients(step, gradients, loss_scale=4.0)
    recorder.log(3, grad_norm=1.0)
    recorder.gradients(3, gradients, loss_scale=4.0, per="layer")
    found = rows(tmp_path / "run")
    assert found[0]["grad_norm/layers.0.up"] == pytest.approx(6.0)
    assert found[0]["grad_norm/layers.0.down"] == pytest.approx(4.0)
    assert found[0]["grad_norm"] == pytest.approx((36 + 16 + 0.25) ** 0.5)
    assert found[-1]["grad_norm/layers.0"] == pytest.approx(52**0.5)
    assert "grad_norm" not in found[-1], "the caller logs it"
    recorder.gradients(4, {"huge": np.full(4, 1e25, np.float32), "tiny": np.full(4, 1e-25, np.float32)})
    extremes = recorder.gradient_buffer[-1]["parameters"]
    assert extremes == pytest.approx({"huge": 2e25, "tiny": 2e-25}, rel=1e-6)
    buffered = recorder.gradient_buffer
    assert [snapshot["step"] for snapshot in buffered] == [3, 4]
    assert buffered[0]["layers"] == pytest.approx({"layers.0": 52**0.5, "layers.1": 0.0, "norm": 0.5})
    assert not recorder.failures
    assert "gradient-flow" in views(inspected(tmp_path / "run"))


def test_other_tokens_need_another_name_also_after_a_restart(recorder_class: Any, tmp_path: Path) -> None:
    weights = attention_of(np.random.default_rng(0), 2, 3, 3)
    with recorder_class(tmp_path / "run") as first:
        first.attention(0, None, weights[None], tokens=["a", "b", "c"])
        first.attention(5, None, weights[None], tokens=["a", "b", "d"])
        assert first.failures == {"attention": 1}
        first.attention(5, None, weights[None], tokens=["a", "b", "d"], name="attention-d")
        assert first.failures == {"attention": 1}
    with recorder_class(tmp_path / "run") as second:
        second.attention(9, None, weights[None], tokens=["x", "y", "z"])
        second.embeddings(9, np.eye(3), labels=["a", "b", "c"])
        second.embeddings(10, np.eye(3))
        assert second.failures == {"attention": 1, "embeddings": 1}
    tensors = {tensor["key"] for tensor in inspected(tmp_path / "run")["tensors"]}
    assert {"attention", "attention-d", "embeddings"} <= tensors


def test_layers_of_a_step_are_written_when_the_next_step_comes(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    weights = attention_of(np.random.default_rng(0), 2, 3, 3)
    path = tmp_path / "run/snapshots/step-00000000/attention.safetensors"
    recorder.attention(0, 0, weights)
    recorder.attention(0, 1, weights[0])  # Another number of heads.
    recorder.log(0, loss=1.0)
    assert not path.exists()
    recorder.log(1, loss=1.0)
    assert b"layers.1.attention" in path.read_bytes()
    recorder.attention(2, 4, weights)
    recorder.close()
    assert b"layers.4.attention" in (tmp_path / "run/snapshots/step-00000002/attention.safetensors").read_bytes()
    assert not recorder.failures


def test_half_precision_never_makes_a_value_infinite(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    recorder.attention(0, None, np.full((2, 1, 3, 3), 1e6, np.float32))
    recorder.attention(1, None, np.full((2, 1, 3, 3), np.inf, np.float32))
    assert not recorder.failures
    assert b'"F32"' in (tmp_path / "run/snapshots/step-00000000/attention.safetensors").read_bytes()
    assert b'"F16"' in (tmp_path / "run/snapshots/step-00000001/attention.safetensors").read_bytes()


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.attention(0, 0, np.zeros(3)),
        lambda r: r.attention(0, 0, np.zeros((2, 3, 3)), tokens=["a"]),
        lambda r: r.attention(-1, 0, np.zeros((2, 3, 3))),
        lambda r: r.attention(0, 0, np.zeros((2, 3, 3)), name="../attention"),
        lambda r: r.embeddings(0, np.zeros((2, 3)), labels=["a"]),
        lambda r: r.embeddings(0.5, np.zeros((2, 3))),
        lambda r: r.activations(0, np.zeros((2, 3))),
        lambda r: r.weights(0, {}),
        lambda r: r.gradients(0, {}),
        lambda r: r.gradients(0, {"a": np.ones(2)}, per="head"),
        lambda r: r.landscape(lambda p: 0.0, {"a": np.ones(2)}, directions="pca"),
        lambda r: r.landscape(lambda p: 0.0, {"a": np.ones(2)}, n=1),
        lambda r: r.landscape(lambda p: 1 / 0, {"a": np.ones(2)}),
        lambda r: r.log(float("nan"), loss=1.0),
        lambda r: r.log(None, loss=1.0),
        lambda r: r.log(),
        lambda r: r.config(3),
    ],
)
def test_wrong_use_is_told_and_raises_nothing(recorder_class: Any, tmp_path: Path, capfd: Any, call: Any) -> None:
    recorder = recorder_class(tmp_path / "run")
    call(recorder)
    call(recorder)
    recorder.close()
    assert sum(recorder.failures.values()) == 2
    told = capfd.readouterr().err.splitlines()
    assert len(told) == 1, told
    assert told[0].startswith("trainscape: ")
    assert "the training goes on" in told[0]
    assert not list(tmp_path.rglob("*.safetensors"))


def test_the_configuration_is_merged(recorder_class: Any, tmp_path: Path) -> None:
    first = recorder_class(tmp_path / "run", config=argparse.Namespace(lr=0.1, layers=[1, 2]))
    first.config(batch=np.int64(8))
    second = recorder_class(tmp_path / "run", config={"lr": 0.2})
    assert json.loads((tmp_path / "run/config.json").read_text()) == {"lr": 0.2, "layers": [1, 2], "batch": 8}
    assert not first.failures
    assert not second.failures


def test_threads_write_whole_lines_into_bounded_buffers(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run", buffer=50)

    def work(offset: int) -> None:
        for step in range(200):
            recorder.log(step, {f"loss/{offset}": 0.5, "text": "x" * 200})

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(tmp_path / "run")) == 1600
    assert len(recorder.metrics_buffer) == 50


def test_a_step_back_is_told_once(recorder_class: Any, tmp_path: Path, capfd: Any) -> None:
    recorder = recorder_class(tmp_path / "run")
    for step in (0, 5, 3, 2):
        recorder.log(step, loss=1.0)
    assert capfd.readouterr().err.count("restart") == 1
    assert [row["step"] for row in rows(tmp_path / "run")] == [0, 5, 3, 2]
