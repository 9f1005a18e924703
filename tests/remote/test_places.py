"""Runs in every kind of place: opened, drawn, followed and fetched like those of a folder."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

import pytest
from conftest import Program, rows
from places import Place


@pytest.fixture
def url(place: Place, run_folder: Path) -> str:
    """The URL of the small run, in a folder of its own."""
    key = f"{uuid.uuid4().hex}/{run_folder.name}"
    place.put_folder(key, run_folder)
    return place.url(key)


def test_it_is_read_as_the_folder_is(program: Program, place: Place, url: str, run_folder: Path) -> None:
    here = program.run("inspect", "--json", run_folder, code=3).stdout
    there = program.run("inspect", "--json", url, code=3, env=place.env).stdout
    assert json.loads(there.replace(url, str(run_folder))) == json.loads(here)
    # What is not read is named and not brought.
    unread = [entry["path"] for entry in json.loads(there)["unread"]]
    assert unread == [f"{url}/state.pkl"]
    brought = {path.name for path in (program.home / "cache").rglob("*") if path.is_file()}
    assert "metrics.jsonl" in brought
    assert not brought & {"sample.png", "state.pkl"}


def test_a_file_and_a_series_of_it_are_read(program: Program, place: Place, url: str, run_folder: Path) -> None:
    here = program.run("series", run_folder, "--key", "loss", "-q", code=0).stdout
    assert len(here.splitlines()) == 201
    assert program.run("series", f"{url}/metrics.jsonl", "--key", "loss", "-q", env=place.env).stdout == here


def test_it_is_drawn(program: Program, place: Place, url: str, run_folder: Path, tmp_path: Path) -> None:
    def drawn(path: object, file: str) -> dict:
        command = ("render", path, "--view", "loss-landscape", "--size", "320x240", "--adapter", "cpu", "-q", "--json")
        done = program.run(*command, "-o", tmp_path / file, "--save", tmp_path / f"{file}.toml", code=3, env=place.env)
        return json.loads(done.stdout)

    here, there = drawn(run_folder, "here.png"), drawn(url, "there.png")
    for name in ("points", "triangles", "caption", "axes", "runs", "keys"):
        assert here[name] == there[name], name
    figure = tmp_path / "there.png.toml"
    assert f'"{url}"' in figure.read_text()
    again = program.run("render", figure, "-o", tmp_path / "again.png", "-q", code=3, env=place.env)
    assert not again.stderr
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "there.png").read_bytes()


def test_it_is_followed(place: Place, follow) -> None:
    key = f"{uuid.uuid4().hex}/metrics.jsonl"
    place.put(key, rows(0, 3))
    place.content[key] = rows(0, 3)
    followed = follow(place, place.url(key.split("/")[0]))
    begun = time.monotonic()
    for step in range(3, 6):
        place.append(key, rows(step, step + 1))
        assert followed.losses(1) == [(step, round(1 / (step + 1), 6))]
        # The time of a file on another machine has whole seconds, and its size is looked at.
    if place.name == "ssh":
        assert time.monotonic() - begun < 5
    place.append(key, b'{"step": 6, "lo')
    time.sleep(2.5)
    assert followed.is_silent()
    place.append(key, b'ss": 0.125}\n')
    assert followed.losses(1) == [(6, 0.125)]
    assert followed.is_silent()


def test_runs_are_listed_and_fetched(program: Program, place: Place, run_folder: Path, tmp_path: Path) -> None:
    top = uuid.uuid4().hex
    names = ["a-20260101-000000", "b-20260301-120000", "a-20260201-235959"]
    for name in names:
        place.put_folder(f"{top}/runs/{name}", run_folder)
    place.put(f"{top}/README.md", b"not a run")
    url, env = place.url(top), place.env
    listed = json.loads(program.run("fetch", url, "--list", "--json", env=env).stdout)["runs"]
    assert [run["name"] for run in listed] == [names[0], names[2], names[1]]
    assert {run["files"] for run in listed} == {6}
    out = tmp_path / "reports"

    def fetched(*arguments: str) -> dict:
        done = program.run("fetch", *arguments, "-o", out, "--json", env=env)
        return json.loads(done.stdout)

    def same(name: str) -> bool:
        here = {path.relative_to(run_folder): path.read_bytes() for path in run_folder.rglob("*") if path.is_file()}
        there = out / name
        return here == {path.relative_to(there): path.read_bytes() for path in there.rglob("*") if path.is_file()}

    latest = fetched(url, "--latest")
    assert latest["out"] == [str(out / names[1])]
    assert (latest["brought"], latest["present"], latest["failures"]) == (6, 0, [])
    assert latest["by_checksum"] == (6 if place.name in ("s3", "gs") else 0)
    assert same(names[1])
    # The newest one of a name, and the URL of a run itself.
    assert fetched(f"{url}/runs", "a")["out"] == [str(out / names[2])]
    assert fetched(f"{url}/runs/{names[0]}", "--all")["brought"] == 6
    everything = fetched(url, "--all")
    assert (everything["brought"], everything["present"]) == (0, 18)
    assert all(map(same, names))
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    sentence = program.fails("fetch", url, "c", "-o", out, env=env)
    assert "no run" in sentence and names[1] in sentence
