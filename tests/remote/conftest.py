"""What the tests share: the program, places, and a small run."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

from places import S3, Azure, Google, Place, Ssh, Web, WebWithRanges

DATA = Path(__file__).resolve().parent.parent / "data"
#: Variables that name credentials and servers: those of whoever runs the tests are not theirs.
NOT_OURS = ("AWS_", "AZURE_", "GOOGLE_", "GCS_", "CLOUDSDK_", "STORAGE_EMULATOR", "SSH_", "GCE_")


class Program:
    """The program, with a home and a cache of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
        self.env = {**kept, "HOME": str(home), "TRAINSCAPE_CACHE": str(home / "cache")}
        self.binary = os.environ["TRAINSCAPE_BINARY"]

    def start(self, *arguments: object, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.Popen:
        return subprocess.Popen(
            [self.binary, *map(str, arguments)],
            env={**self.env, **(env or {})},
            cwd=cwd or self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # No terminal, on which ssh would ask.
            start_new_session=True,
        )

    def run(self, *arguments: object, code: int = 0, **options: Any) -> subprocess.CompletedProcess:
        process = self.start(*arguments, **options)
        try:
            out, err = process.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"it hangs: {arguments}\n{out}\n{err}") from None
        assert process.returncode == code, f"{arguments}: {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(arguments, code, out, err)

    def fails(self, *arguments: object, code: int = 1, **options: Any) -> str:
        """The sentence with which the program fails."""
        err = self.run(*arguments, code=code, **options).stderr
        lines = [line for line in err.splitlines() if line.startswith("trainscape: ")]
        assert len(lines) == 1 and len(err.splitlines()) == 1, err
        return lines[0].removeprefix("trainscape: ")


class Followed:
    """``trainscape follow --json`` while it runs."""

    def __init__(self, program: Program, url: str, env: dict[str, str]) -> None:
        self.process = program.start("follow", "--json", url, env=env)
        self.records: queue.Queue = queue.Queue()
        self.notes: queue.Queue = queue.Queue()
        for stream, lines in ((self.process.stdout, self.records), (self.process.stderr, self.notes)):
            threading.Thread(target=self.pass_on, args=(stream, lines), daemon=True).start()
        assert "following" in self.note()

    @staticmethod
    def pass_on(stream: Any, lines: queue.Queue) -> None:
        for line in stream:
            lines.put(line)

    def note(self, secs: float = 60) -> str:
        return self.notes.get(timeout=secs)

    def losses(self, count: int, secs: float = 60) -> list[tuple[int, float]]:
        """The next records of the loss."""
        found: list[tuple[int, float]] = []
        until = time.monotonic() + secs
        while len(found) < count:
            record = json.loads(self.records.get(timeout=max(0.0, until - time.monotonic())))
            if record["key"] == "loss":
                found.append((record["step"], record["value"]))
        return found

    def is_silent(self) -> bool:
        """Whether no more records of the loss have come."""
        while not self.records.empty():
            if json.loads(self.records.get())["key"] == "loss":
                return False
        return True

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    home = tmp_path / "home"
    home.mkdir()
    return Program(home)


@pytest.fixture
def follow(program: Program) -> Iterator[Any]:
    started = []

    def start(place: Place, url: str, env: dict[str, str] | None = None) -> Followed:
        started.append(Followed(program, url, {**place.env, **(env or {})}))
        return started[-1]

    yield start
    for followed in started:
        followed.stop()


def rows(first: int, last: int) -> bytes:
    """Rows of a log: each step has its own loss."""
    return b"".join(b'{"step": %d, "loss": %.6f, "lr": 0.001}\n' % (step, 1 / (step + 1)) for step in range(first, last))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run: a log, a configuration, arrays, and what is not read."""
    folder = tmp_path_factory.mktemp("runs") / "tiny-20260101-000000"
    (folder / "notes & more").mkdir(parents=True)
    (folder / "metrics.jsonl").write_bytes(rows(0, 200))
    (folder / "config.json").write_text('{"lr": 0.001, "layers": 2}')
    (folder / "landscape.npz").write_bytes((DATA / "landscape.npz").read_bytes())
    (folder / "notes & more/eval #1.csv").write_text("step,accuracy\n0,0.5\n10,0.75\n20,0.875\n")
    (folder / "sample.png").write_bytes(b"\x89PNG" + bytes(1000))
    (folder / "state.pkl").write_bytes(b"\x80\x04N.")
    return folder


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    """The places that were started, by name."""
    started: dict[str, Place] = {}
    yield started
    for place in started.values():
        place.stop()


def start(name: str, started: dict[str, Place], factory: pytest.TempPathFactory) -> Place:
    if name not in started:
        makers = {
            "s3": S3,
            "gs": Google,
            "az": lambda: Azure(Path(os.environ["AZURITE_FOLDER"])),
            "http": lambda: Web(factory.mktemp("web")),
            "http with ranges": lambda: WebWithRanges(factory.mktemp("web")),
            "ssh": lambda: Ssh(factory.mktemp("far"), factory.mktemp("ssh")),
        }
        started[name] = makers[name]()
    return started[name]


@pytest.fixture(params=["s3", "gs", "az", "http", "ssh"])
def place(request: pytest.FixtureRequest, places: dict, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return start(request.param, places, tmp_path_factory)


@pytest.fixture
def s3(places: dict, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return start("s3", places, tmp_path_factory)


@pytest.fixture
def google(places: dict, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return start("gs", places, tmp_path_factory)


@pytest.fixture
def ssh(places: dict, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return start("ssh", places, tmp_path_factory)
