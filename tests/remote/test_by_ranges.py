"""Large arrays are read where they lie: their headers, and what is drawn."""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from arrays import attention, safetensors
from conftest import Program, rows
from faults import FaultyProxy, Relay
from places import Place

MB = 1_000_000
#: What opening and drawing may bring of 100 MB.
FEW = 4 * MB


class Counted:
    """A place behind something that counts bytes and does what networks do."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.proxy: FaultyProxy | Relay | None = None
        if place.name == "ssh":
            self.proxy = Relay(place.port)
            place.write_known(place.port, self.proxy.port)
        elif place.name != "http with ranges":
            self.proxy = FaultyProxy(place.port)

    @property
    def env(self) -> dict[str, str]:
        env = self.place.env
        if isinstance(self.proxy, FaultyProxy):
            near, far = f":{self.place.port}", f":{self.proxy.port}"
            env = {name: value.replace(near, far) for name, value in env.items()}
        return env

    def url(self, key: str) -> str:
        return self.place.url(key, self.proxy.port) if isinstance(self.proxy, Relay) else self.place.url(key)

    @property
    def moved(self) -> int:
        """Bytes that have come."""
        if isinstance(self.proxy, FaultyProxy):
            return self.proxy.faults.sent
        return self.proxy.passed if self.proxy else self.place.sent

    def before_requests(self, call: Callable[[str, str | None], None]) -> None:
        if isinstance(self.proxy, FaultyProxy):
            self.proxy.faults.before = call
        else:
            self.place.before = call

    def stop(self) -> None:
        if self.proxy:
            self.proxy.stop()
        else:
            self.place.before = lambda path, span: None


def counted_places(*names: str) -> Any:
    return pytest.mark.parametrize("place", names, indirect=True)


@pytest.fixture
def counted(place: Place) -> Iterator[Counted]:
    counted = Counted(place)
    yield counted
    counted.stop()


@pytest.fixture(scope="module")
def large_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a log and two files of arrays of 100 MB each."""
    folder = tmp_path_factory.mktemp("large") / "run-20260101-000000"
    folder.mkdir()
    (folder / "metrics.jsonl").write_bytes(rows(0, 20))
    (folder / "attention.npy").write_bytes(attention(1600))
    (folder / "model.safetensors").write_bytes(safetensors(100 * MB))
    assert (folder / "attention.npy").stat().st_size > 100 * MB
    return folder


DRAWN = {
    "attention": ("--view", "attention"),
    "embedding": ("--view", "embedding", "--tensor", "embedding"),
}


def drawn(program: Program, path: object, view: str, folder: Path, env: dict[str, str]) -> tuple[bytes, bytes, dict]:
    """The numbers and the picture of a view, and what is told of it."""
    folder.mkdir(exist_ok=True)
    arguments = ("--adapter", "cpu", "-q", *DRAWN[view])
    program.run("export", path, *arguments, "-o", folder / "numbers.csv", env=env)
    told = program.run("render", path, *arguments, "--size", "320x240", "--json", "-o", folder / "p.png", env=env)
    told = json.loads(told.stdout)
    return (folder / "numbers.csv").read_bytes(), pixels((folder / "p.png").read_bytes()), told


def pixels(png: bytes) -> bytes:
    """The compressed pixels: the rest names where the run is."""
    at, found = 8, b""
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        found += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    return found


def taken(folder: Path) -> int:
    """Bytes that files take on the disk."""
    return sum(512 * path.stat().st_blocks for path in folder.rglob("*") if path.is_file())


@counted_places("s3", "gs", "az", "http with ranges", "ssh")
def test_what_is_drawn_of_large_arrays_comes_and_nothing_else(
    program: Program, counted: Counted, large_run: Path, tmp_path: Path
) -> None:
    key = f"{uuid.uuid4().hex}/{large_run.name}"
    counted.place.put_folder(key, large_run)
    url, env = counted.url(key), counted.env
    here = program.run("inspect", "--json", large_run).stdout
    there = program.run("inspect", "--json", url, env=env).stdout
    assert json.loads(there.replace(url, str(large_run))) == json.loads(here)
    opened = counted.moved
    assert 0 < opened < FEW
    for view in DRAWN:
        expected = drawn(program, large_run, view, tmp_path / "here", {})
        found = drawn(program, url, view, tmp_path / "there", env)
        assert found[:2] == expected[:2], view
        assert found[2]["caption"] == expected[2]["caption"]
        assert len(found[0].splitlines()) > 48
    both = counted.moved
    print(f"{counted.place.name}: {opened} bytes for opening, {both} with both views, of 200 MB")
    assert both < 2 * FEW
    assert taken(program.home / "cache") < 2 * FEW
    # What has come does not come again.
    drawn(program, url, "attention", tmp_path / "there", env)
    assert counted.moved - both < MB


@counted_places("http with ranges", "ssh")
def test_five_gigabytes(program: Program, counted: Counted, tmp_path: Path) -> None:
    key = f"{uuid.uuid4().hex}/run"
    small = attention(80)
    counted.place.put(f"{key}/attention.npy", small)
    path = counted.place.folder / key / "attention.npy"
    snapshots = 80_000
    with path.open("r+b") as file:
        head = file.read(128)
        # Shorter spaces, longer shape: the header stays as long as it is.
        longer = head.replace(b"(80,", f"({snapshots},".encode()).replace(b"   \n", b"\n")
        file.seek(0)
        file.write(longer)
        step = 4 * 4 * 64 * 64
        file.truncate(128 + snapshots * step)
        file.seek(128 + (snapshots - 1) * step)
        file.write(small[-step:])
    assert len(longer) == 128 and path.stat().st_size > 5_000 * MB
    expected = drawn(program, path.parent, "attention", tmp_path / "here", {})
    found = drawn(program, counted.url(key), "attention", tmp_path / "there", counted.env)
    assert found[:2] == expected[:2]
    assert counted.moved < FEW
    # The file itself is a place, too.
    url = counted.url(f"{key}/attention.npy")
    here = drawn(program, path, "attention", tmp_path / "here", {})
    there = drawn(program, url, "attention", tmp_path / "there", counted.env)
    assert there[0].replace(url.encode(), str(path).encode()) == here[0]
    assert counted.moved < 2 * FEW
    assert taken(program.home / "cache") < 2 * FEW


@counted_places("s3", "gs", "az", "http with ranges")
def test_an_array_that_is_replaced_between_its_header_and_its_numbers(
    program: Program, counted: Counted, tmp_path: Path
) -> None:
    key = f"{uuid.uuid4().hex}/run"
    first, second = attention(40), bytearray(attention(40))
    # Other numbers of the same length; the time of files differs by a second.
    second[-400:-200] = second[-200:]
    counted.place.put(f"{key}/attention.npy", first)
    if counted.place.name == "http with ranges":
        path = counted.place.folder / key / "attention.npy"
        os.utime(path, (time.time() - 60,) * 2)
    asked: list[str] = []

    def replace(path: str, span: str | None) -> None:
        if "attention" in path and span:
            asked.append(path)
            last = int(span.split("-")[1])
            if last > 100_000 and second:
                counted.place.put(f"{key}/attention.npy", bytes(second))
                second.clear()
                if counted.place.name == "gs":
                    # The emulator does not look at the generation that is asked for.
                    counted.proxy.faults.refuse = (404, b"No such object")

    expected = tmp_path / "run"
    expected.mkdir()
    (expected / "attention.npy").write_bytes(second)
    counted.before_requests(replace)
    command = ("export", counted.url(key), "--adapter", "cpu", "-q", *DRAWN["attention"])
    sentence = program.fails(*command, "-o", tmp_path / "n.csv", env=counted.env)
    assert not second, asked
    assert "attention.npy was replaced or deleted since it was listed: try again" in sentence
    assert counted.url(key) in sentence
    assert not (tmp_path / "n.csv").exists()
    if counted.place.name == "gs":
        assert all("generation=" in path for path in asked)
        counted.proxy.faults.refuse = None
    here = drawn(program, expected, "attention", tmp_path / "here", {})
    assert drawn(program, counted.url(key), "attention", tmp_path / "there", counted.env)[:2] == here[:2]


@counted_places("s3", "gs", "az")
def test_connections_that_are_cut_in_the_middle(program: Program, counted: Counted, tmp_path: Path) -> None:
    key = f"{uuid.uuid4().hex}/run"
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "attention.npy").write_bytes(attention(40))
    counted.place.put_folder(key, folder)
    faults = counted.proxy.faults
    faults.applies = lambda path: "attention" in path
    faults.cut = 3
    found = drawn(program, counted.url(key), "attention", tmp_path / "there", counted.env)
    assert faults.cut == 0
    assert found[:2] == drawn(program, folder, "attention", tmp_path / "numbers", {})[:2]


def test_a_server_that_is_gone_is_told_and_what_has_come_stays(
    program: Program, s3: Place, tmp_path: Path
) -> None:
    counted = Counted(s3)
    key = f"{uuid.uuid4().hex}/run"
    s3.put(f"{key}/attention.npy", attention(40))
    s3.put(f"{key}/metrics.jsonl", rows(0, 5))
    faults = counted.proxy.faults
    faults.applies = lambda path: "attention" in path
    faults.refuse = (403, b"<Error><Code>AccessDenied</Code></Error>")
    done = program.run("inspect", "--json", s3.url(key), env=counted.env, code=3)
    (run,) = json.loads(done.stdout)["runs"]
    notes = {Path(source["path"]).name: source["note"] for source in run["sources"]}
    assert "403 Forbidden" in notes["attention.npy"] and not notes["metrics.jsonl"]
    faults.refuse = None
    program.run("inspect", "--json", s3.url(key), env=counted.env)
    counted.stop()


@pytest.mark.parametrize("place", ["http"], indirect=True)
def test_a_server_without_ranges(program: Program, place: Any, tmp_path: Path) -> None:
    key = f"{uuid.uuid4().hex}/run"
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "attention.npy").write_bytes(attention(40))
    place.put_folder(key, folder)
    # Above the bound: a file that is nearly all hole.
    place.put(f"{key}/large.npy", attention(40))
    with (place.folder / key / "large.npy").open("r+b") as file:
        file.truncate(2_200 * MB)
    found = drawn_with_unread(program, place.url(key), tmp_path / "there")
    assert found == drawn(program, folder, "attention", tmp_path / "numbers", {})[0]
    done = program.run("inspect", "--json", place.url(key), code=3)
    (unread,) = json.loads(done.stdout)["unread"]
    assert unread["path"] == place.url(f"{key}/large.npy")
    assert "gives no ranges" in unread["why"] and "trainscape fetch" in unread["why"]


def drawn_with_unread(program: Program, url: str, folder: Path) -> bytes:
    folder.mkdir()
    arguments = ("--adapter", "cpu", "-q", *DRAWN["attention"])
    program.run("export", url, *arguments, "-o", folder / "numbers.csv", code=3)
    return (folder / "numbers.csv").read_bytes()
