"""Catalogs are built in buckets: new files first, then the list, and nothing of it is read or written twice."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest
from conftest import Program
from faults import FaultyProxy
from places import Place
from test_catalogs import figure, points, write_runs

buckets = pytest.mark.parametrize("place", ["s3", "gs", "az"], indirect=True)


def build(program: Program, logs: Path, url: str, *more: object, env: dict[str, str], code: int = 0) -> dict[str, Any]:
    done = program.run("catalog", "build", logs, "-o", url, "--json", *more, env=env, code=code)
    return json.loads(done.stdout)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    write_runs(folder, 0, 6)
    return folder


@buckets
def test_a_catalog_is_built_where_it_lies_and_only_what_is_new_is_written(
    program: Program, place: Place, logs: Path, tmp_path: Path
) -> None:
    url, env = place.url(f"{uuid.uuid4().hex}/catalog"), place.env
    first = build(program, logs, url, env=env)
    assert first["read"] == 6 and first["written"] > 50_000
    here = points(program, logs, "run_004", "train/reward", tmp_path, {})
    assert points(program, url, "run_004", "train/reward", tmp_path, env) == here
    again = build(program, logs, url, env=env)
    assert (again["read"], again["unchanged"], again["written"]) == (0, 6, 0)
    assert not again["commit"]["changed"]
    write_runs(logs, 6, 1)
    grown = build(program, logs, url, env=env)
    assert (grown["read"], grown["unchanged"]) == (1, 6)
    # Another machine has nothing in its cache.
    shutil.rmtree(program.home / "cache")
    shutil.rmtree(logs / "run_000")
    pruned = build(program, logs, url, "--prune", env=env)
    assert (pruned["read"], pruned["commit"]["runs"]) == (0, 6)
    told = json.loads(program.run("inspect", "--json", url, env=env).stdout)
    assert [run["id"] for run in told["runs"]] == [f"run_{number:03}" for number in range(1, 7)]
    assert figure(program, url, tmp_path, env) == figure(program, logs, tmp_path, {})


@buckets
def test_shards_are_joined_in_the_bucket(program: Program, place: Place, logs: Path, tmp_path: Path) -> None:
    url, env = place.url(f"{uuid.uuid4().hex}/catalog"), place.env
    for shard in ("2/3", "1/3"):
        report = build(program, logs, url, "--shard", shard, env=env)
        assert report["commit"] is None
    sentence = program.fails("catalog", "commit", url, env=env)
    assert "3/3" in sentence and url in sentence
    build(program, logs, url, "--shard", "3/3", env=env)
    # The machine that joins them has built none of them.
    shutil.rmtree(program.home / "cache")
    done = json.loads(program.run("catalog", "commit", url, "--json", env=env).stdout)
    assert (done["runs"], done["changed"]) == (6, True)
    assert points(program, url, "run_002", "lr", tmp_path, env) == points(program, logs, "run_002", "lr", tmp_path, {})
    again = [build(program, logs, url, "--shard", f"{shard}/3", env=env) for shard in (1, 2, 3)]
    assert sum(report["unchanged"] for report in again) == 6
    done = json.loads(program.run("catalog", "commit", url, "--json", env=env).stdout)
    assert (done["runs"], done["changed"], done["written"]) == (6, False, 0)


class NoMorePuts(FaultyProxy):
    """A server that takes some files and no more."""

    def __init__(self, port: int, count: int) -> None:
        super().__init__(port)
        self.left: int | None = count
        self.taken: list[str] = []
        place = self
        handler = self.server.RequestHandlerClass

        class Handler(handler):  # type: ignore[misc,valid-type]
            def do_PUT(self) -> None:
                import http.client

                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if place.left == 0:
                    self.send_response(403)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if place.left:
                    place.left -= 1
                place.taken.append(self.path)
                inner = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                inner.request(self.command, self.path, body=body, headers=dict(self.headers))
                answer = inner.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() in ("etag",):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_DELETE = do_PUT

        self.server.RequestHandlerClass = Handler


def test_a_build_that_could_not_be_written_goes_on(
    program: Program, s3: Place, logs: Path, tmp_path: Path
) -> None:
    url, env = s3.url(f"{uuid.uuid4().hex}/catalog"), s3.env
    build(program, logs, url, env=env)
    write_runs(logs, 6, 2)
    proxy = NoMorePuts(s3.port, 2)
    through = {name: value.replace(f":{s3.port}", f":{proxy.port}") for name, value in env.items()}
    sentence = program.fails("catalog", "build", logs, "-o", url, "-q", env=through)
    assert "cannot be written" in sentence and "403" in sentence
    assert len(proxy.taken) == 2
    # Readers see the catalog as it was.
    told = json.loads(program.run("inspect", "--json", url, env=env).stdout)
    assert len(told["runs"]) == 6
    proxy.left = None
    done = build(program, logs, url, env=through)
    assert (done["read"], done["unchanged"], done["commit"]["runs"]) == (0, 8, 8)
    # The list comes last, and no file a second time.
    assert proxy.taken[-1].endswith("/catalog.json")
    assert len(set(proxy.taken)) == len(proxy.taken)
    assert points(program, url, "run_007", "lr", tmp_path, env) == points(program, logs, "run_007", "lr", tmp_path, {})
    proxy.stop()


def test_something_else_is_not_written_over(program: Program, s3: Place, logs: Path) -> None:
    key = uuid.uuid4().hex
    s3.put_folder(f"{key}/runs", logs)
    sentence = program.fails("catalog", "build", logs, "-o", s3.url(key), env=s3.env)
    assert "not of a catalog" in sentence and s3.url(key) in sentence
    env = {**s3.env, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    assert "cannot be reached" in program.fails("catalog", "build", logs, "-o", s3.url(key), env=env)
