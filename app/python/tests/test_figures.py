"""Figures while a run trains, and what trackers get."""

from __future__ import annotations

import os
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest
from conftest import inspected

from trainscape import TrainscapeError, render
from trainscape.recorder import Recorder

SMALL = {"size": "320x240", "adapter": "cpu"}


class Writer:
    """A tracker that is a run of a library: its class names the library's module."""

    def __init__(self) -> None:
        self.logged: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def log(self, values: dict[str, Any], **how: Any) -> None:
        self.logged.append((values, how))


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str) -> Writer:
    """A module with the media types of W&B, and an active run."""
    module: Any = types.ModuleType(name)
    module.Html = lambda path, inject: ("html", Path(path).read_text()[:15].lower(), inject)
    module.Object3D = lambda path: ("model", Path(path).read_bytes()[:4])
    module.run = type("Run", (Writer,), {"__module__": f"{name}.sdk.run"})()
    monkeypatch.setitem(sys.modules, name, module)
    run: Writer = module.run
    return run


def train(recorder: Any, steps: range) -> float:
    """Log steps; returns the time of the slowest call in seconds."""
    slowest = 0.0
    for step in steps:
        start = time.perf_counter()
        recorder.log(step, loss=1 / (1 + step), learning_rate=1e-3 * (step + 1))
        slowest = max(slowest, time.perf_counter() - start)
    return slowest


def test_figures_are_drawn_in_the_background_and_at_the_end(tmp_path: Path, monkeypatch: Any) -> None:
    run = stand_in(monkeypatch, "wandb")
    with Recorder(tmp_path / "run") as recorder:
        recorder.summary(every=20, **SMALL)
        slowest = train(recorder, range(45))
        assert recorder._figures.is_drawing
        recorder.summary(prefix="final")
    assert not recorder.failures
    # Starting the program takes longer than this, and drawing far longer.
    assert slowest < 0.05
    first, *_, last = run.logged
    assert first[1] == {"commit": False}
    assert last[1] == {"commit": True}
    assert last[0]["final/3d/loss_surface"] == ("html", "<!doctype html>", False)
    assert last[0]["final/3d/loss_surface_model"] == ("model", b"glTF")
    assert any(key.startswith("3d/") for key in first[0])
    figures = tmp_path / "run/figures"
    assert (figures / "final/3d/loss_surface.png").is_file()
    assert sorted(path.name for path in figures.iterdir())[0] == "final"
    # The figures of a run are not taken for its data.
    inspected(tmp_path / "run")


def test_tensorboard_gets_the_pictures_as_they_are(tmp_path: Path, monkeypatch: Any) -> None:
    proto: Any = types.ModuleType("tensorboard.compat.proto.summary_pb2")
    proto.Summary = type("Summary", (types.SimpleNamespace,), {})
    proto.Summary.Image = types.SimpleNamespace
    proto.Summary.Value = types.SimpleNamespace
    for name in ("tensorboard", "tensorboard.compat", "tensorboard.compat.proto"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.summary_pb2", proto)

    class SummaryWriter:
        def __init__(self) -> None:
            self.added: list[tuple[Any, int]] = []

        def add_scalar(self) -> None: ...

        def flush(self) -> None: ...

        def _get_file_writer(self) -> Any:
            return types.SimpleNamespace(add_summary=lambda summary, step: self.added.append((summary, step)))

    writer = SummaryWriter()
    recorder = Recorder(tmp_path / "run")
    train(recorder, range(30))
    recorder.summary(prefix="final", trackers=[writer], **SMALL)
    assert not recorder.failures
    summary, step = writer.added[0]
    assert step == 29
    image = {value.tag: value.image for value in summary.value}["final/3d/loss_surface"]
    assert (image.width, image.height) == (320, 240)
    assert image.encoded_image_string.startswith(b"\x89PNG")


def test_figures_that_fail_are_told_and_counted(tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    recorder = Recorder(tmp_path / "run")
    recorder.summary(prefix="final", **SMALL)
    recorder.log(0, note="nothing to draw")
    recorder.summary(prefix="final", **SMALL)
    recorder.summary(prefix="final", colour="red")
    recorder.summary(prefix="final", trackers=[{}])
    monkeypatch.setenv("TRAINSCAPE_BINARY", str(tmp_path / "nowhere"))
    recorder.summary(prefix="final")
    assert recorder.failures["summary"] == 5
    told = capfd.readouterr().err
    assert "the options of summary are" in told
    assert "which is no file" not in told, "one kind of failure is told once"


def test_a_failed_training_does_not_wait_for_its_figures(tmp_path: Path) -> None:
    start = time.perf_counter()
    recorder = Recorder(tmp_path / "run")
    train(recorder, range(5))
    recorder.summary(prefix="final", wait=False, size="4000x3000", adapter="cpu")
    while recorder._figures._process is None:
        time.sleep(0.01)
    recorder.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    recorder._figures._thread.join(5)
    assert time.perf_counter() - start < 5
    assert recorder._figures._process.returncode != 0
    assert not recorder.failures


def test_old_summaries_of_steps_are_removed(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("trainscape._figures.KEPT", 1)

    def written(_: Any, output: Path, prefix: str | None, niceness: int) -> None:
        assert niceness == 15
        (output / "3d").mkdir(parents=True)

    monkeypatch.setattr("trainscape._figures.Figures._run", written)
    recorder = Recorder(tmp_path / "run")
    recorder.summary(every=10)
    for start in (0, 10, 20):
        train(recorder, range(start, start + 10))
        recorder.summary(every=10, wait=True)
    assert not recorder.failures
    assert [path.name for path in (tmp_path / "run/figures").iterdir()] == ["step-20"]


def test_wandb_itself_offline(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    wandb = pytest.importorskip("wandb")
    run = wandb.init(project="figures", dir=tmp_path)
    folder = Path(run.dir).parent
    with Recorder(tmp_path / "run") as recorder:
        recorder.summary(every=10, **SMALL)
        for step in range(30):
            recorder.log(step, loss=1 / (1 + step), learning_rate=1e-3 * (step + 1))
            run.log({"loss": 1 / (1 + step)}, step=step)
        recorder.summary(prefix="final")
    assert not recorder.failures
    run.finish()
    names = [os.fspath(path.relative_to(folder)) for path in (folder / "files/media").rglob("*") if path.is_file()]
    assert any("final/3d/loss_surface" in name and name.endswith(".html") for name in names), names
    assert any("final/3d/loss_surface_model" in name and name.endswith(".glb") for name in names), names
    opened = inspected(folder)
    kinds = {media["key"]: media["kind"] for media in opened["media"]}
    assert kinds["final/3d/loss_surface"] == "html page", kinds
    assert kinds["final/3d/loss_surface_model"] == "glb model", kinds
    for key in ("final/3d/loss_surface", "final/3d/loss_surface_model"):
        picture = render(folder, tmp_path / "again.png", view="media", tensor=key, size="320x240", adapter="cpu")
        assert picture.read_bytes().startswith(b"\x89PNG")
    loss = next(series for series in opened["series"] if series["key"] == "loss")
    assert loss["points"] == 30


def test_the_program_is_named_where_it_is_missing(monkeypatch: Any) -> None:
    from trainscape import find_binary

    monkeypatch.setenv("TRAINSCAPE_BINARY", "/nowhere/trainscape")
    with pytest.raises(TrainscapeError, match="/nowhere/trainscape, which is no file"):
        find_binary()
    monkeypatch.delenv("TRAINSCAPE_BINARY")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sysconfig.get_path", lambda *_, **__: "/nowhere")
    with pytest.raises(TrainscapeError, match="pip install trainscape"):
        find_binary()
