"""Copying runs of a W&B server, from a stand-in of its interface; no server was reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import inspected, rows, views

from trainscape import TrainscapeError, pull_wandb


class File:
    """A file of a run, as ``run.files()`` gives it."""

    downloads = 0

    def __init__(self, name: str, content: str) -> None:
        self.name = name
        self.content = content
        self.size = len(content)

    def download(self, root: str, replace: bool) -> None:
        assert replace
        File.downloads += 1
        path = Path(root) / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.content)


class Api:
    """A server with one run."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.cut_at: int | None = None
        self.path = ["team", "project", "abc123"]
        self.name = "glad-frog-7"
        self.config = {"lr": 1e-3, "model": {"layers": 2}, "_wandb": {"cli_version": "0.31.0"}}
        surface = {"data": [{"type": "surface", "z": [[1, 2, 3], [3, 4, 5], [5, 6, 9]]}], "layout": {}}
        self.stored = [
            File("media/plotly/loss_1.plotly.json", json.dumps(surface)),
            File("media/../../outside.txt", "x"),
            File("/media/root.txt", "x"),
            File("output.log", "step 1\n"),
            File("wandb-metadata.json", "{}"),
        ]

    def run(self, path: str) -> Api:
        if path != "team/project/abc123":
            raise ValueError(f"Could not find run <Run {path} (not found)>")
        return self

    def scan_history(self, page_size: int, min_step: int) -> Any:
        assert page_size <= 10_000
        for step in range(min_step, self.steps):
            if step == self.cut_at:
                raise ConnectionError("the connection was closed")
            yield {
                "_step": step,
                "_timestamp": 1.7e9 + step,
                "_runtime": step,
                "train/loss": 1 / (1 + step),
                "train/lr": 1e-3 * (1 + step),
                "val/loss": 0.5 if step % 10 == 0 else None,
                "nan": float("nan"),
                "gradients/up": {"_type": "histogram", "values": [1], "bins": [0, 1]},
            }

    def files(self) -> Any:
        return iter(self.stored)


def test_every_point_and_the_media(tmp_path: Path, capfd: Any) -> None:
    File.downloads = 0
    folder = pull_wandb("team/project/abc123", tmp_path / "run", api=Api(1500))
    assert len(rows(folder)) == 1500
    assert not (tmp_path / "outside.txt").exists()
    assert File.downloads == 2
    assert not (folder / ".download").exists()
    run = inspected(folder)
    series = {series["key"]: series for series in run["series"]}
    assert series["train/loss"]["points"] == 1500
    assert series["val/loss"]["points"] == 150
    assert run["config"]["model.layers"] == 2
    assert not any("wandb_version" in key or "cli_version" in key for key in run["config"])
    assert views(run) >= {"loss-surface", "media"}
    assert "1500 new rows, 2 new files" in capfd.readouterr().err


def test_it_goes_on_after_an_interruption_and_with_a_run_that_trains(tmp_path: Path) -> None:
    File.downloads = 0
    api = Api(100)
    api.cut_at = 60
    with pytest.raises(ConnectionError):
        pull_wandb("team/project/abc123", tmp_path / "run", api=api, progress=False)
    with open(tmp_path / "run/metrics.jsonl", "a") as file:
        file.write('{"_step": 60, "train/lo')
    api.cut_at = None
    pull_wandb("team/project/abc123", tmp_path / "run", api=api, progress=False)
    api.steps = 120
    folder = pull_wandb("team/project/abc123", tmp_path / "run", api=api, progress=False)
    assert [row["_step"] for row in rows(folder)] == list(range(120))
    assert File.downloads == 2


def test_a_folder_holds_one_run(tmp_path: Path) -> None:
    pull_wandb("team/project/abc123", tmp_path / "run", api=Api(3), progress=False)
    other = Api(3)
    other.path = ["team", "project", "other"]
    with pytest.raises(TrainscapeError, match="holds the run team/project/abc123"):
        pull_wandb("team/project/abc123", tmp_path / "run", api=other)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.txt").write_text("mine")
    with pytest.raises(TrainscapeError, match="is not empty"):
        pull_wandb("team/project/abc123", tmp_path / "notes", api=Api(3))
