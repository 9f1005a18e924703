"""Figures and tables in notebooks."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

import trainscape
from trainscape import TrainscapeError


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs with other learning rates."""
    folder = tmp_path_factory.mktemp("notebook") / "sweep"
    for rate in (0.001, 0.01, 0.1):
        with trainscape.Recorder(folder / f"lr-{rate}", config={"lr": rate, "tag": "<b>"}) as recorder:
            for step in range(20):
                recorder.log(step, loss=rate / (1 + step), learning_rate=rate)
    return folder


def test_a_figure_is_a_sandboxed_page_and_a_picture(sweep: Path) -> None:
    figure = trainscape.show(sweep / "lr-0.01", "training-dynamics", height=400, adapter="cpu", smooth=5)
    assert figure.flags == ["--adapter=cpu", "--smooth=5"]
    frame = trainscape.show(sweep, "loss-surface", height=400, adapter="cpu")._repr_html_()
    assert frame is not None
    assert frame.startswith('<iframe sandbox="allow-scripts" srcdoc="&lt;!DOCTYPE html&gt;')
    assert 'height="400"' in frame
    assert "</iframe>" in frame
    page = html.unescape(frame.split('srcdoc="')[1].split('" title=')[0])
    assert page.rstrip().endswith("</html>")
    picture = trainscape.show(sweep, "loss-surface", adapter="cpu", size="200x150")._repr_png_()
    assert picture.startswith(b"\x89PNG")


def test_files_by_their_ending(sweep: Path, tmp_path: Path) -> None:
    assert trainscape.render(sweep, tmp_path / "a.svg", "loss-surface", adapter="cpu").read_bytes()[:4] in (
        b"<svg",
        b"<?xm",
    )
    assert trainscape.export(sweep, tmp_path / "a.glb", "loss-surface", adapter="cpu").read_bytes()[:4] == b"glTF"
    with pytest.raises(TrainscapeError, match="render writes pictures"):
        trainscape.export(sweep, tmp_path / "a.png")


def test_failures_are_the_programs_sentence(sweep: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainscapeError, match="needs attention weights"):
        trainscape.render(sweep, tmp_path / "a.png", "attention", adapter="cpu")
    with pytest.raises(TrainscapeError, match="does not exist"):
        trainscape.runs(tmp_path / "nowhere")
    with pytest.raises(TrainscapeError, match="--colour-scheme"):
        trainscape.render(sweep, tmp_path / "a.png", colour_scheme="red")
    # A path that looks like a flag is a path.
    with pytest.raises(TrainscapeError, match="--version does not exist"):
        trainscape.render("--version", tmp_path / "a.png")


def test_settings_become_flags(sweep: Path) -> None:
    figure = trainscape.show(
        [sweep, "b"], surface=True, floor=False, range={"z": "0..4"}, log=["x", "y"], view=None, at=3
    )
    assert figure.paths == [str(sweep), "b"]
    assert figure.flags == ["--surface", "--no-floor", "--range=z=0..4", "--log=x", "--log=y", "--at=3"]


def test_runs_are_a_table(sweep: Path) -> None:
    table = trainscape.runs(sweep)
    assert len(table) == 3
    assert [run.config["lr"] for run in table] == [0.001, 0.01, 0.1]
    first = table[0]
    assert first.step == 19
    assert first.last["loss"] == pytest.approx(0.001 / 20)
    assert "loss-surface" in first.views
    assert table[1:][0].name == table[1].name
    rows = table.rows()
    assert rows[2]["config.lr"] == 0.1
    assert json.dumps(rows)
    shown = table._repr_html_()
    assert "<b>" not in shown
    assert shown.count("<tr>") == 4
    picture = trainscape.show(table[0], "loss-surface", adapter="cpu", size="200x150").png()
    assert picture.startswith(b"\x89PNG")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables_of_other_libraries(sweep: Path, library: str, monkeypatch: Any) -> None:
    calls: list[Any] = []

    class Module:
        @staticmethod
        def DataFrame(rows: Any, **how: Any) -> str:
            calls.append((rows, how))
            return "frame"

    monkeypatch.setitem(__import__("sys").modules, library, Module)
    table = trainscape.runs(sweep)
    assert getattr(table, f"to_{library}")() == "frame"
    assert calls[0][0] == table.rows()
