"""What the tests share: the program, recorders of both kinds, and readers of what they write."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trainscape._binary import find_binary

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture(scope="session")
def binary() -> Path:
    """The program, from ``TRAINSCAPE_BINARY`` or as installed."""
    return find_binary()


@pytest.fixture(scope="session")
def one_file(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Path:
    """The recorder as ``trainscape recorder`` writes it."""
    path = tmp_path_factory.mktemp("one_file") / "one_file_recorder.py"
    subprocess.run([binary, "recorder", "-o", path], check=True)
    return path


@pytest.fixture(params=["package", "one file"])
def recorder_class(request: pytest.FixtureRequest) -> Any:
    """``Recorder`` of the package and of the one file."""
    if request.param == "package":
        from trainscape.recorder import Recorder

        return Recorder
    path = request.getfixturevalue("one_file")
    if path.stem not in sys.modules:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        assert spec.loader is not None
        spec.loader.exec_module(module)
    return sys.modules[path.stem].Recorder


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of a scheduler that runs the tests are not those of a training."""
    for variable in ("RANK", "LOCAL_RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK"):
        monkeypatch.delenv(variable, raising=False)


def rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of a run's metrics."""
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def inspected(folder: Path) -> dict[str, Any]:
    """The only run of a folder, as the program reads it."""
    done = subprocess.run([find_binary(), "inspect", "--json", folder], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert [run["name"] for run in found["runs"]] == [folder.name], found["runs"]
    assert not found["unread"], found["unread"]
    run: dict[str, Any] = found["runs"][0]
    assert all(source["state"] == "ok" for source in run["sources"]), run["sources"]
    return run


def views(run: dict[str, Any]) -> set[str]:
    """The views that the data of a run allow."""
    return {view["view"] for view in run["views"] if view["available"]}


def drawn(folder: Path, view: str, file: Path) -> str:
    """Draw a view; returns what the program says of it."""
    command = [find_binary(), "render", folder, "--view", view, "-o", file, "--size", "480x360", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout
