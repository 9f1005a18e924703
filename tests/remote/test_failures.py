"""What networks, servers and hostile keys do: a sentence each, nothing damaged, nothing outside of the folder."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any, Iterator

import pytest
from conftest import Program, rows
from faults import EXPIRED, FaultyProxy, Relay
from places import Place, free_port


@pytest.fixture
def proxy(s3: Place) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(s3.port)
    yield proxy
    proxy.stop()


@pytest.fixture
def env(s3: Place, proxy: FaultyProxy) -> dict[str, str]:
    return {**s3.env, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}"}


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".trainscape-partial" not in path.parts
    }


def test_what_is_not_there(program: Program, place: Place) -> None:
    key = uuid.uuid4().hex
    assert "nothing is at" in program.fails("inspect", place.url(key), env=place.env)
    if place.name in ("s3", "gs", "az"):
        sentence = program.fails("inspect", f"{place.name}://no-such-bucket-{key[:8]}/x", env=place.env)
        assert "no bucket of this name" in sentence
    sentence = program.fails("fetch", place.url(key), "--list", env=place.env)
    assert "no runs were found" in sentence or "nothing is at" in sentence


def test_no_network(program: Program) -> None:
    port = free_port()
    aws = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    for url, env in (
        ("s3://lab/runs", aws),
        ("gs://lab/runs", {"STORAGE_EMULATOR_HOST": f"127.0.0.1:{port}"}),
        (f"http://127.0.0.1:{port}/runs", {}),
        (f"ssh://127.0.0.1:{port}/runs", {}),
        ("https://no-such-host.invalid/runs", {}),
        ("ssh://no-such-host.invalid/runs", {}),
    ):
        assert "cannot be reached" in program.fails("inspect", url, env=env), url


def test_what_is_no_url(program: Program) -> None:
    for url in ("ftp://host/runs", "gs://", "https://me:secret@host/x", "ssh://-oProxyCommand=touch/x"):
        for command in (["inspect", url], ["fetch", url, "--list"], ["follow", url]):
            sentence = program.fails(*command, code=2)
            assert "cannot be opened" in sentence
            assert "secret" not in sentence
    assert not (program.home / "x").exists()


def test_the_key_of_a_host_must_be_known(program: Program, ssh: Any) -> None:
    ssh.put("run/metrics.jsonl", rows(0, 3))
    try:
        ssh.write_known()
        sentence = program.fails("inspect", ssh.url("run"), env=ssh.env)
    finally:
        ssh.write_known(ssh.port)
    assert "is not known or has changed" in sentence
    assert f"`ssh -p {ssh.port} 127.0.0.1`" in sentence


def test_a_user_who_may_not_sign_in(program: Program, ssh: Any) -> None:
    authorized = ssh.settings / "authorized"
    before = authorized.read_text()
    authorized.write_text("")
    try:
        sentence = program.fails("inspect", ssh.url("run"), env=ssh.env)
    finally:
        authorized.write_text(before)
    assert "Permission denied" in sentence
    assert "ssh-add" in sentence


def test_downloads_that_are_cut_off(
    program: Program, s3: Place, proxy: FaultyProxy, env: dict[str, str], tmp_path: Path
) -> None:
    name = f"{uuid.uuid4().hex}/cut-20260101-000000"
    content = {"metrics.jsonl": rows(0, 2000), "a/b.npy": bytes(range(256)) * 400, "empty.log": b""}
    for key, body in content.items():
        s3.put(f"{name}/{key}", body)
    proxy.faults.cut = 5
    done = program.run("fetch", f"s3://lab/{name}", "--all", "-o", tmp_path / "out", "--json", env=env)
    assert proxy.faults.cut == 0
    report = json.loads(done.stdout)
    assert (report["brought"], report["by_checksum"], report["failures"]) == (3, 3, [])
    assert files_in(tmp_path / "out/cut-20260101-000000") == content
    # What had come was not asked for again.
    assert any(span and not span.startswith("bytes=0-") for _, span in proxy.faults.asked)


def test_downloads_that_are_damaged(
    program: Program, s3: Place, proxy: FaultyProxy, env: dict[str, str], tmp_path: Path
) -> None:
    name = f"{uuid.uuid4().hex}/bad-20260101-000000"
    s3.put(f"{name}/metrics.jsonl", rows(0, 100))
    proxy.faults.damage = 1
    command = ("fetch", f"s3://lab/{name}", "--all", "--json", "-o")
    report = json.loads(program.run(*command, tmp_path / "once", env=env).stdout)
    assert report["by_checksum"] == 1
    assert files_in(tmp_path / "once") == {"bad-20260101-000000/metrics.jsonl": rows(0, 100)}


def test_a_store_that_gives_other_bytes_each_time(
    program: Program, google: Place, tmp_path: Path
) -> None:
    name = f"{uuid.uuid4().hex}/bad-20260101-000000"
    google.put(f"{name}/metrics.jsonl", rows(0, 100))
    google.put(f"{name}/good.csv", b"step,loss\n1,2\n")
    proxy = FaultyProxy(google.port)
    proxy.faults.damage = 10**6
    proxy.faults.applies = lambda path: "alt=media" in path and "metrics" in path
    env = {"STORAGE_EMULATOR_HOST": f"127.0.0.1:{proxy.port}"}
    out = tmp_path / "out"
    done = program.run("fetch", google.url(name), "--all", "-o", out, "--json", env=env, code=3)
    proxy.stop()
    (failure,) = json.loads(done.stdout)["failures"]
    assert "metrics.jsonl does not have the checksum of the store" in failure
    assert files_in(out) == {"bad-20260101-000000/good.csv": b"step,loss\n1,2\n"}


HOSTILE = ["../../escaped.jsonl", "a/../../../escaped.jsonl", "b//c.jsonl", "d\\..\\escaped.jsonl", "/etc/escaped.jsonl"]


def check_hostile(program: Program, place: Place, env: dict[str, str], top: str, folder: Path) -> None:
    """The one good file is brought, and the others are named."""
    done = program.run("fetch", place.url(top), "--latest", "-o", folder / "deep/er/out", "--json", env=env, code=3)
    report = json.loads(done.stdout)
    assert len(report["failures"]) == len(HOSTILE), report
    assert files_in(folder / "deep") == {"er/out/evil-20260101-000000/metrics.jsonl": rows(0, 3)}
    url = place.url(f"{top}/evil-20260101-000000")
    unread = json.loads(program.run("inspect", "--json", url, env=env, code=3).stdout)["unread"]
    assert len(unread) == len(HOSTILE), unread
    assert not list(folder.rglob("*escaped*"))
    assert not Path("/etc/escaped.jsonl").exists()


def test_hostile_keys(program: Program, s3: Place, tmp_path: Path) -> None:
    top = uuid.uuid4().hex
    for key in ["metrics.jsonl", *HOSTILE]:
        s3.put(f"{top}/evil-20260101-000000/{key}", rows(0, 3))
    check_hostile(program, s3, s3.env, top, tmp_path)


def test_hostile_keys_of_google(program: Program, google: Place, tmp_path: Path) -> None:
    # The emulator keeps objects as files, and takes no such names.
    top = uuid.uuid4().hex
    proxy = FaultyProxy(google.port)
    google.put(f"{top}/evil-20260101-000000/metrics.jsonl", rows(0, 3))
    for number, key in enumerate(HOSTILE):
        google.put(f"{top}/evil-20260101-000000/key-{number}", rows(0, 3))
        proxy.faults.rewrite.append((f"key-{number}".encode(), json.dumps(key)[1:-1].encode()))
    check_hostile(program, google, {"STORAGE_EMULATOR_HOST": f"127.0.0.1:{proxy.port}"}, top, tmp_path)
    proxy.stop()


def test_a_link_in_the_folder_is_not_followed(program: Program, s3: Place, tmp_path: Path) -> None:
    top = uuid.uuid4().hex
    s3.put(f"{top}/x-20260101-000000/sub/metrics.jsonl", rows(0, 3))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/x-20260101-000000").mkdir(parents=True)
    (tmp_path / "out/x-20260101-000000/sub").symlink_to(tmp_path / "elsewhere")
    done = program.run("fetch", f"s3://lab/{top}", "--latest", "-o", tmp_path / "out", env=s3.env, code=3)
    assert "is there and is no folder" in done.stderr
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_store_that_is_slow_or_silent(program: Program, s3: Place, proxy: FaultyProxy, env: dict[str, str]) -> None:
    key = uuid.uuid4().hex
    s3.put(f"{key}/metrics.jsonl", rows(0, 300))
    proxy.faults.delay_secs, proxy.faults.piece = 0.4, 4096
    begun = time.monotonic()
    program.run("inspect", f"s3://lab/{key}", env={**env, "TRAINSCAPE_REMOTE_TIMEOUT_SECS": "1"})
    # It took longer than the server may be silent.
    assert time.monotonic() - begun > 1.2
    proxy.faults.delay_secs = 30
    begun = time.monotonic()
    sentence = program.fails("inspect", f"s3://lab/{key}", env={**env, "TRAINSCAPE_REMOTE_TIMEOUT_SECS": "1"})
    assert "did not answer within 1 s" in sentence
    assert time.monotonic() - begun < 10


def test_a_fetch_that_is_killed_goes_on(
    program: Program, s3: Place, proxy: FaultyProxy, env: dict[str, str], tmp_path: Path
) -> None:
    top = uuid.uuid4().hex
    large = bytes(range(251)) * 16000
    content = {"a.jsonl": rows(0, 10), "large.npy": large}
    for key, body in content.items():
        s3.put(f"{top}/k-20260101-000000/{key}", body)
    out = tmp_path / "out"
    command = ("fetch", f"s3://lab/{top}", "--latest", "-o", out, "--json")
    proxy.faults.delay_secs, proxy.faults.piece = 0.05, 1 << 16
    process = program.start(*command, env=env)
    partial = out / ".trainscape-partial"
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if any(path.stat().st_size > 1 << 18 for path in partial.glob("*")):
            break
        time.sleep(0.02)
    process.kill()
    process.communicate()
    # Whole files alone.
    assert files_in(out) == {"k-20260101-000000/a.jsonl": content["a.jsonl"]}
    assert any(partial.iterdir())
    proxy.faults.delay_secs = 0
    proxy.faults.asked.clear()
    report = json.loads(program.run(*command, env=env).stdout)
    assert (report["brought"], report["present"]) == (1, 1)
    assert {name: body for name, body in files_in(out / "k-20260101-000000").items()} == content
    assert not partial.exists()
    spans = [span for path, span in proxy.faults.asked if "large" in path]
    assert spans
    assert not any(span is None or span.startswith("bytes=0-") for span in spans)


def test_a_token_that_expires_while_a_run_is_followed(s3: Place, proxy: FaultyProxy, env: dict[str, str], follow) -> None:
    key = f"{uuid.uuid4().hex}/metrics.jsonl"
    s3.put(key, rows(0, 3))
    s3.content[key] = rows(0, 3)
    followed = follow(s3, f"s3://lab/{key.split('/')[0]}", env)
    proxy.faults.refuse = (400, EXPIRED)
    note = followed.note()
    assert "ExpiredToken" in note
    assert "it is tried again" in note
    s3.append(key, rows(3, 5))
    proxy.faults.refuse = None
    assert followed.losses(2) == [(3, 0.25), (4, 0.2)]
    assert "is followed again" in followed.note()
    assert followed.is_silent()


def test_a_connection_that_is_cut_while_a_run_is_followed(ssh: Any, follow) -> None:
    relay = Relay(ssh.port)
    ssh.write_known(ssh.port, relay.port)
    key = f"{uuid.uuid4().hex}/metrics.jsonl"
    ssh.put(key, rows(0, 3))
    followed = follow(ssh, ssh.url(key.split("/")[0], relay.port))
    ssh.append(key, rows(3, 4))
    assert followed.losses(1) == [(3, 0.25)]
    relay.refuses = True
    relay.cut()
    assert "it is tried again" in followed.note()
    ssh.append(key, rows(4, 6))
    relay.refuses = False
    assert followed.losses(2) == [(4, 0.2), (5, round(1 / 6, 6))]
    assert "is followed again" in followed.note()
    ssh.append(key, rows(6, 7))
    assert followed.losses(1) == [(6, round(1 / 7, 6))]
    assert followed.is_silent()
    relay.stop()


def test_a_log_that_is_written_anew(place: Place, follow) -> None:
    key = f"{uuid.uuid4().hex}/metrics.jsonl"
    place.put(key, rows(0, 40))
    followed = follow(place, place.url(key.split("/")[0]))
    # As long as before, but for its end: what is here must not stay in front of it.
    place.put(key, rows(100, 141))
    found = dict(followed.losses(41))
    assert found == {step: round(1 / (step + 1), 6) for step in range(100, 141)}


def test_a_checkpoint_that_is_deleted(program: Program, s3: Place, run_folder: Path) -> None:
    key = uuid.uuid4().hex
    s3.put_folder(key, run_folder)
    url = f"s3://lab/{key}"

    def arrays() -> int:
        runs = json.loads(program.run("inspect", "--json", url, env=s3.env, code=3).stdout)["runs"]
        return sum(len(run["tensors"]) for run in runs)

    assert arrays() > 0
    s3.client.delete_object(Bucket="lab", Key=f"{key}/landscape.npz")
    assert arrays() == 0


def test_two_programs_at_once_do_not_disturb_each_other(program: Program, s3: Place, run_folder: Path) -> None:
    key = uuid.uuid4().hex
    s3.put_folder(key, run_folder)
    commands = [program.start("inspect", "--json", f"s3://lab/{key}", env=s3.env) for _ in range(4)]
    outputs = {command.communicate(timeout=60)[0] for command in commands}
    assert len(outputs) == 1
    assert [command.returncode for command in commands] == [3] * 4


def test_nothing_to_read_names_the_url_and_what_was_not_brought(program: Program, place: Place) -> None:
    folder = uuid.uuid4().hex
    place.put(f"{folder}/notes.txt", b"nothing\n")
    place.put(f"{folder}/state.pkl", b"\x80\x04N.")
    told = program.run("inspect", "-q", place.url(folder), env=place.env, code=1).stderr
    assert f"no training log was found in {place.url(folder)}" in told
    assert "state.pkl was not brought" in told
    assert str(program.home) not in told
