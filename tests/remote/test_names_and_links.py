"""Names of any characters in every kind of place, and links at the far end of ssh."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from urllib.parse import quote

from conftest import Program, rows
from places import Place, Ssh

NAMES = ["with space", "100%", "a%20b", "a#b", "a?b", "a+b", "a&b=c", "[x]", "ünï—日本", "it's \"q\"", "~x", "a,b"]


def found(program: Program, url: str, place: Place, code: int = 0) -> dict:
    return json.loads(program.run("inspect", "--json", "-q", url, env=place.env, code=code).stdout)


def test_names_of_any_characters(program: Program, place: Place) -> None:
    folder = uuid.uuid4().hex
    for name in NAMES:
        place.put(f"{folder}/{name}/metrics.jsonl", rows(0, 3))
    snapshot = found(program, place.url(folder), place)
    assert sorted(run["id"] for run in snapshot["runs"]) == sorted(NAMES)
    assert snapshot["unread"] == []
    for run in snapshot["runs"]:
        assert [series["points"] for series in run["series"] if series["key"] == "loss"] == [3]
    # Each of them is opened by its own URL, too; a URL of the web has escapes.
    for name in NAMES:
        shown = quote(name) if place.name == "http" else name
        url = f"{place.url(folder)}/{shown}/metrics.jsonl"
        series = program.run("series", url, "--key", "loss", "-q", env=place.env).stdout
        assert len(series.splitlines()) == 4, name


def test_links_are_followed_and_loops_are_told(program: Program, ssh: Ssh, tmp_path: Path) -> None:
    root = ssh.folder / uuid.uuid4().hex
    elsewhere = ssh.folder / uuid.uuid4().hex
    ssh.put(f"{root.name}/real/metrics.jsonl", rows(0, 3))
    ssh.put(f"{elsewhere.name}/deep/metrics.jsonl", rows(0, 5))
    # To a folder elsewhere, to a file, to a folder beside it, to itself, to what contains everything, and to nothing.
    (root / "linked").symlink_to(elsewhere)
    (root / "one").mkdir()
    ssh.put(f"{elsewhere.name}-file/metrics.jsonl", rows(0, 4))
    (root / "one/metrics.jsonl").symlink_to(ssh.folder / f"{elsewhere.name}-file/metrics.jsonl")
    (root / "again").symlink_to("real")
    (root / "real/loop").symlink_to(root / "real")
    (elsewhere / "deep/back").symlink_to(elsewhere)
    (root / "above").symlink_to(ssh.folder)
    (root / "gone.jsonl").symlink_to(root / "nowhere.jsonl")
    snapshot = found(program, ssh.url(root.name), ssh, code=3)
    points = {
        run["id"]: series["points"] for run in snapshot["runs"] for series in run["series"] if series["key"] == "loss"
    }
    assert points == {"real": 3, "linked/deep": 5, "one": 4}
    told = {unread["path"].removeprefix(ssh.url(root.name) + "/"): unread["why"] for unread in snapshot["unread"]}
    loop = "it is a link to a folder that contains it, and was not followed"
    assert told.pop("real/loop") == loop
    assert told.pop("linked/deep/back") == loop
    assert "contains" in told.pop("above")
    assert told.pop("gone.jsonl") == "it is a link that leads to no file"
    assert told == {}
    # A folder that is itself a link is opened, and brought with what it links to.
    ssh.put(f"{root.name}/runs/d1-20260102-030405/metrics.jsonl", rows(0, 2))
    (root / "runs/d1-20260102-030405/shared").symlink_to(elsewhere)
    (root / "latest").symlink_to("runs/d1-20260102-030405")
    opened = found(program, ssh.url(f"{root.name}/latest"), ssh, code=3)
    assert [run["id"] for run in opened["runs"]] == ["latest", "shared/deep"]
    done = program.run("fetch", ssh.url(f"{root.name}/runs"), "--all", "-o", tmp_path, env=ssh.env, code=3)
    assert (tmp_path / "d1-20260102-030405/shared/deep/metrics.jsonl").read_bytes() == rows(0, 5)
    assert loop in done.stderr


def test_a_file_that_is_larger_than_the_cache_is_refused(program: Program, ssh: Ssh) -> None:
    folder = uuid.uuid4().hex
    ssh.put(f"{folder}/metrics.jsonl", rows(0, 3))
    huge = ssh.folder / folder / "history.jsonl"
    with huge.open("wb") as file:
        file.truncate(20 << 30)
    sentence = program.fails("inspect", ssh.url(f"{folder}/history.jsonl"), env=ssh.env)
    assert "it has 21.5 GB, and at most 12.9 GB are brought by themselves" in sentence
    snapshot = found(program, ssh.url(folder), ssh, code=3)
    assert [run["id"] for run in snapshot["runs"]] == [folder]
    (unread,) = snapshot["unread"]
    assert "it has 21.5 GB, and at most 4.3 GB are brought by themselves" in unread["why"]
    assert not [path for path in program.home.rglob("history.jsonl") if path.is_file()]
