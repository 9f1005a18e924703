"""Catalogs of runs are opened where they lie: their tables, and the histories that are drawn."""

from __future__ import annotations

import json
import random
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from conftest import Program
from places import Place
from test_by_ranges import Counted, counted_places, pixels, taken

KEYS = ("loss", "train/reward", "lr")
ROWS = 400


@pytest.fixture
def counted(place: Place) -> Any:
    counted = Counted(place)
    yield counted
    counted.stop()


def write_runs(folder: Path, first: int, count: int) -> None:
    for number in range(first, first + count):
        noise = random.Random(number)
        run = folder / f"run_{number:03}"
        run.mkdir(parents=True)
        rows = ({"step": step, **{key: noise.random() for key in KEYS}} for step in range(ROWS))
        (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (run / "config.json").write_text(json.dumps({"lr": noise.random(), "seed": number}))


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogs") / "logs"
    write_runs(folder, 0, 200)
    return folder


def built(program: Program, logs: Path, folder: Path) -> Path:
    program.run("catalog", "build", logs, "-o", folder, "-q")
    # An emulator takes no empty objects.
    (folder / ".lock").unlink()
    return folder


def bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def points(program: Program, path: object, run: str, key: str, folder: Path, env: dict[str, str]) -> bytes:
    program.run("series", path, "--run", run, "--key", key, "-q", "-o", folder / "points.csv", env=env)
    return (folder / "points.csv").read_bytes()


FIGURE = ("--view", "loss-surface", "--adapter", "cpu", "--size", "320x240", "-q")


def figure(program: Program, path: object, folder: Path, env: dict[str, str]) -> bytes:
    program.run("render", path, *FIGURE, "-o", folder / "figure.png", env=env)
    return pixels((folder / "figure.png").read_bytes())


@counted_places("s3", "gs", "az", "http with ranges", "ssh")
def test_the_tables_come_and_of_the_histories_what_is_drawn(
    program: Program, counted: Counted, logs: Path, tmp_path: Path
) -> None:
    catalog = built(program, logs, tmp_path / "catalog")
    key = f"{uuid.uuid4().hex}/catalog"
    # What shards have staged is not read.
    counted.place.put(f"{key}/_staging/1-of-2/history/key=a/x.parquet", b"-" * 1_000_000)
    counted.place.put_folder(key, catalog)
    url, env = counted.url(key), counted.env
    whole, before = bytes_of(catalog), counted.moved
    assert whole > 1_500_000
    expected = points(program, catalog, "run_100", "train/reward", tmp_path, {})
    assert points(program, url, "run_100", "train/reward", tmp_path, env) == expected
    one = counted.moved - before
    assert 0 < one < whole / 4
    here, there = (json.loads(program.run("inspect", "--json", path, env=env).stdout) for path in (catalog, url))
    names = [[run["id"] for run in told["runs"]] for told in (here, there)]
    assert names[0] == names[1] and len(names[0]) == 200
    # Which views there are is told by the losses.
    assert counted.moved - before < whole / 2
    assert figure(program, url, tmp_path, env) == figure(program, catalog, tmp_path, {})
    drawn = counted.moved - before
    assert drawn < whole * 0.75
    print(f"{counted.place.name}: {one} bytes for one series, {drawn} for a figure, of {whole}")
    # What has come does not come again.
    assert points(program, url, "run_100", "train/reward", tmp_path, env) == expected
    assert counted.moved - before - drawn < 100_000
    assert taken(program.home / "cache") < whole


def put_grown(place: Place, key: str, before: Path, after: Path) -> None:
    """Puts what a build has changed: new files, then the list."""
    for path in sorted(after.rglob("*.parquet")):
        name = path.relative_to(after).as_posix()
        if not (before / name).exists():
            place.put(f"{key}/{name}", path.read_bytes())
    place.put(f"{key}/catalog.json", (after / "catalog.json").read_bytes())


@pytest.mark.parametrize("place", ["s3", "ssh"], indirect=True)
def test_a_catalog_that_grows_is_noticed(program: Program, place: Place, follow: Any, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write_runs(logs, 0, 3)
    first = built(program, logs, tmp_path / "first")
    write_runs(logs, 3, 1)
    second = built(program, logs, tmp_path / "second")
    key = f"{uuid.uuid4().hex}/catalog"
    place.put_folder(key, first)
    followed = follow(place, place.url(key))
    # Times of files are whole seconds there, and the lists may be equally long.
    time.sleep(1.1)
    put_grown(place, key, first, second)
    added = followed.losses(ROWS)
    assert [step for step, _ in added] == list(range(ROWS))
    noise = random.Random(3)
    assert added[0][1] == [noise.random() for _ in KEYS][0]


def test_histories_that_the_server_refuses_are_told(program: Program, s3: Place, logs: Path, tmp_path: Path) -> None:
    counted = Counted(s3)
    key = f"{uuid.uuid4().hex}/catalog"
    s3.put_folder(key, built(program, logs, tmp_path / "catalog"))
    faults = counted.proxy.faults
    faults.applies = lambda path: "history" in path
    faults.refuse = (403, b"<Error><Code>AccessDenied</Code></Error>")
    sentence = program.fails("render", s3.url(key), *FIGURE, "-o", tmp_path / "f.png", env=counted.env)
    assert "403 Forbidden" in sentence and s3.url(key) in sentence
    assert not (tmp_path / "f.png").exists()
    faults.refuse = None
    # Connections that end in the middle are opened again.
    faults.cut = 2
    figure(program, s3.url(key), tmp_path, counted.env)
    assert faults.cut == 0
    counted.stop()


@pytest.mark.parametrize("place", ["http"], indirect=True)
def test_a_server_without_ranges_gives_the_whole_catalog(
    program: Program, place: Any, logs: Path, tmp_path: Path
) -> None:
    catalog = built(program, logs, tmp_path / "catalog")
    key = f"{uuid.uuid4().hex}/catalog"
    place.put_folder(key, catalog)
    expected = points(program, catalog, "run_007", "lr", tmp_path, {})
    assert points(program, place.url(key), "run_007", "lr", tmp_path, {}) == expected


def test_a_catalog_in_a_folder_of_runs_is_not_brought(
    program: Program, s3: Place, logs: Path, tmp_path: Path
) -> None:
    counted = Counted(s3)
    key = uuid.uuid4().hex
    s3.put_folder(f"{key}/catalog", built(program, logs, tmp_path / "catalog"))
    s3.put_folder(f"{key}/run", logs / "run_000")
    done = program.run("inspect", "--json", s3.url(key), env=counted.env)
    told = json.loads(done.stdout)
    assert [run["id"] for run in told["runs"]] == ["run"]
    assert counted.moved < 100_000
    counted.stop()
