"""`trainscape follow` at the far end of ssh, where it is installed."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import pytest
from conftest import Program, rows
from places import Ssh


@pytest.fixture
def installed(ssh: Ssh, program: Program) -> Path:
    """The program at the far end, which notes its process and its arguments."""
    notes = ssh.far / "notes"
    notes.unlink(missing_ok=True)
    script = ssh.far / "trainscape"
    script.write_text(f'#!/bin/sh\necho $$ "$@" >> {notes}\nexec {os.path.abspath(program.binary)} "$@"\n')
    script.chmod(0o755)
    yield notes
    script.unlink()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().split(")")[-1].split()[0]


def wait_until(is_so, secs: float = 60) -> None:
    until = time.monotonic() + secs
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_far_end_tells_of_changes_and_ends(ssh: Ssh, follow, installed: Path) -> None:
    folder = f"it's {uuid.uuid4().hex}"
    ssh.put(f"{folder}/a/metrics.jsonl", rows(0, 3))
    followed = follow(ssh, ssh.url(folder))
    wait_until(installed.exists)
    for step in range(3, 6):
        ssh.append(f"{folder}/a/metrics.jsonl", rows(step, step + 1))
        assert followed.losses(1) == [(step, round(1 / (step + 1), 6))]
    # A run that begins meanwhile is in no file that was known.
    ssh.put(f"{folder}/b/metrics.jsonl", rows(0, 2))
    assert [step for step, _ in followed.losses(2)] == [0, 1]
    (note,) = installed.read_text().splitlines()
    process, *words = note.split(" ", 5)
    assert words == ["follow", "-q", "--json", "--", f"{ssh.folder}/{folder}"]
    assert is_alive(int(process))
    followed.stop()
    wait_until(lambda: not is_alive(int(process)))
