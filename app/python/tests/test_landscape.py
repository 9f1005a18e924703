"""Losses on a plane through the weights."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import inspected, views


def parameters() -> dict[str, Any]:
    generator = np.random.default_rng(1)
    return {
        "up": generator.standard_normal((4, 6)),
        "bias": generator.standard_normal(6),
        "norm": {"scale": np.ones(4)},
    }


def test_random_directions_have_the_norm_of_each_filter(recorder_class: Any, tmp_path: Path) -> None:
    params = parameters()
    seen: list[Any] = []

    def loss(moved: Any) -> float:
        seen.append(moved)
        return float(np.square(moved["up"]).sum())

    recorder = recorder_class(tmp_path / "run")
    grid = recorder.landscape(loss, params, n=3, span=1.0)
    assert not recorder.failures
    assert grid[1, 1] == pytest.approx(np.square(params["up"]).sum(), rel=1e-6)
    moved = seen[5]["up"] - params["up"]  # alpha 1, beta 0.
    assert np.linalg.norm(moved, axis=0) == pytest.approx(np.linalg.norm(params["up"], axis=0), rel=1e-5)
    for at in seen:
        assert np.array_equal(at["bias"], params["bias"])
        assert np.array_equal(at["norm"]["scale"], params["norm"]["scale"])
        assert at["up"].dtype == params["up"].dtype
    assert "loss-landscape" in views(inspected(tmp_path / "run"))


def test_an_interrupted_landscape_goes_on_and_others_start_anew(recorder_class: Any, tmp_path: Path) -> None:
    params = parameters()
    calls = 0

    def loss(_: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == 8:
            raise KeyboardInterrupt
        return float(calls)

    first = recorder_class(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        first.landscape(loss, params, n=5)
    with np.load(tmp_path / "run/landscape.npz") as file:
        assert int(np.isfinite(file["loss"]).sum()) == 7
    run = inspected(tmp_path / "run")
    assert "loss-landscape" in views(run)
    second = recorder_class(tmp_path / "run")
    partial = second.landscape(loss, params, n=5, max_seconds=-1)
    assert int(np.isfinite(partial).sum()) == 7
    done: list[tuple[int, int]] = []
    grid = second.landscape(loss, params, n=5, progress=lambda *of: done.append(of))
    assert calls == 8 + 18
    assert (done[0], done[-1]) == ((8, 25), (25, 25))
    assert grid[0, 0] == 1.0
    assert not list((tmp_path / "run").glob(".*"))
    # Other weights are another landscape.
    second.landscape(loss, params, n=5, max_seconds=-1)
    changed = second.landscape(loss, {**params, "bias": np.zeros(6)}, n=5)
    assert calls == 8 + 18 + 25
    assert changed[0, 0] == 27.0


def test_principal_components_of_the_recorded_weights(recorder_class: Any, tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    first, second = generator.standard_normal((2, 3, 5))
    base = generator.standard_normal((3, 5))
    recorder = recorder_class(tmp_path / "run")
    places = [(0.0, 3.0), (2.0, 1.0), (1.0, -1.0), (0.0, 0.0)]
    for step, (x, y) in enumerate(places):
        recorder.weights(step * 10, {"w": base + x * first + y * second})
    grid = recorder.landscape(lambda p: float(np.square(p["w"] - base).sum()), {"w": base}, directions="pca", n=5)
    assert not recorder.failures
    with np.load(tmp_path / "run/landscape.npz") as file:
        path, steps = file["trajectory"], file["steps"]
        assert file["alpha"][-1] == pytest.approx(1.2 * np.abs(path[:, 0]).max())
    assert steps.tolist() == [0, 10, 20, 30]
    assert path[-1] == pytest.approx([0, 0], abs=1e-5)
    # The snapshots lie in the plane, so that distances in it are distances of weights.
    for place, at in zip(places, path):
        wanted = np.linalg.norm(place[0] * first + place[1] * second)
        assert np.linalg.norm(at) == pytest.approx(wanted, rel=1e-4, abs=1e-5)
    assert grid.min() == pytest.approx(0.0, abs=1e-6)


def test_given_directions_are_used_as_they_are(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    pair = ([np.array([1.0, 0.0])], [np.array([0.0, 1.0])])
    grid = recorder.landscape(lambda p: p[0][0] + 10 * p[0][1], [np.zeros(2)], directions=pair, n=(3, 2), span=2.0)
    assert grid.tolist() == [[-22.0, -20.0, -18.0], [18.0, 20.0, 22.0]]
    assert recorder.landscape(lambda p: 0.0, [np.zeros(2)], directions=([np.zeros(3)], [np.zeros(3)])) is None
    assert recorder.failures == {"landscape": 1}


def test_metrics_are_logged_while_a_landscape_is_computed(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    inside, go_on = threading.Event(), threading.Event()

    def loss(_: Any) -> float:
        inside.set()
        go_on.wait(10)
        return float("nan")

    thread = threading.Thread(target=recorder.landscape, args=(loss, {"w": np.eye(2)}), kwargs={"n": 2})
    thread.start()
    assert inside.wait(10)
    recorder.log(1, loss=0.5)
    assert (tmp_path / "run/metrics.jsonl").exists()
    go_on.set()
    thread.join()
    # A loss that is NaN is computed: it is not computed again.
    assert not list((tmp_path / "run").glob(".*"))
    assert not recorder.failures
