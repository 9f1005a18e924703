"""Credentials where the clouds' tools keep them: found, never told, and a sentence where they do not suffice."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Iterator

import pytest
from conftest import Program, rows
from fake_google import FakeGoogle
from faults import EXPIRED, FaultyProxy
from places import Place

LOGIN = "`gcloud auth application-default login`"


@pytest.fixture
def fake_google(tmp_path: Path) -> Iterator[FakeGoogle]:
    fake = FakeGoogle(tmp_path)
    yield fake
    fake.stop()


def adc(program: Program) -> Path:
    """The file that gcloud writes when somebody signs in."""
    file = program.home / ".config/gcloud/application_default_credentials.json"
    file.parent.mkdir(parents=True)
    secrets = {"client_id": "id", "client_secret": "secret-of-client", "refresh_token": "secret-of-token"}
    file.write_text(json.dumps({"type": "authorized_user", **secrets}))
    return file


def test_a_revoked_token_of_google(program: Program, fake_google: FakeGoogle) -> None:
    adc(program)
    fake_google.answers["accounts.google.com"] = (
        "400 Bad Request",
        '{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}',
    )
    for command in (["inspect"], ["fetch", "--list"]):
        sentence = program.fails(command[0], "gs://lab/runs", *command[1:], env=fake_google.env)
        assert "expired or were revoked (invalid_grant)" in sentence
        assert LOGIN in sentence
        assert "secret" not in sentence
    assert {host for host, _ in fake_google.asked} == {"accounts.google.com"}


def test_no_credentials_for_google(program: Program, fake_google: FakeGoogle) -> None:
    refusal = '{"error": {"code": 401, "message": "Anonymous caller does not have storage.objects.list access."}}'
    fake_google.answers["storage.googleapis.com"] = ("401 Unauthorized", refusal)
    sentence = program.fails("inspect", "gs://lab/runs", env=fake_google.env)
    assert sentence.startswith("no credentials for gs://lab/runs were found")
    assert LOGIN in sentence


def test_a_token_of_google_is_used_and_never_told(program: Program, fake_google: FakeGoogle) -> None:
    file = adc(program)
    fake_google.answers["accounts.google.com"] = ("200 OK", '{"access_token": "secret-bearer", "expires_in": 3600}')
    fake_google.answers["storage.googleapis.com"] = ("403 Forbidden", '{"error": {"code": 403, "message": "no"}}')
    done = program.run("inspect", "gs://lab/runs", "-vv", env=fake_google.env, code=1)
    assert "may not be read with these credentials (403" in done.stderr
    assert "secret" not in done.stderr + done.stdout
    # The same file under the name that the variable gives.
    named = program.home / "key.json"
    file.rename(named)
    env = {**fake_google.env, "GOOGLE_APPLICATION_CREDENTIALS": str(named)}
    assert "403" in program.fails("inspect", "gs://lab/runs", env=env)
    named.write_text("no key")
    assert "which is no key file" in program.fails("inspect", "gs://lab/runs", env=env)
    named.unlink()
    sentence = program.fails("inspect", "gs://lab/runs", env=env)
    assert "GOOGLE_APPLICATION_CREDENTIALS names" in sentence
    assert str(named) in sentence


def test_an_expired_token_of_s3(program: Program, s3: Place) -> None:
    proxy = FaultyProxy(s3.port)
    proxy.faults.refuse = (400, EXPIRED)
    env = {**s3.env, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}", "AWS_SESSION_TOKEN": "secret-of-session"}
    done = program.run("inspect", "s3://lab/runs", "-vv", env=env, code=1)
    sentence = done.stderr.splitlines()[-1]
    assert "have expired or were revoked (ExpiredToken)" in sentence
    assert "`aws sso login`" in sentence
    assert "secret" not in done.stderr
    proxy.faults.refuse = (403, b"<Error><Code>InvalidAccessKeyId</Code></Error>")
    assert "may not be read with these credentials (InvalidAccessKeyId)" in program.fails("inspect", "s3://lab", env=env)
    proxy.faults.refuse = (403, b"<Error><Code>AccessDenied</Code></Error>")
    anonymous = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}", "AWS_EC2_METADATA_DISABLED": "true"}
    sentence = program.fails("inspect", "s3://lab/runs", env=anonymous)
    assert sentence.startswith("no credentials for s3://lab/runs were found")
    proxy.stop()


def test_a_profile_of_aws(program: Program, s3: Place) -> None:
    key = uuid.uuid4().hex
    s3.put(f"{key}/metrics.jsonl", rows(0, 3))
    proxy = FaultyProxy(s3.port)
    folder = program.home / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        "[default]\naws_access_key_id = other\naws_secret_access_key = x\n"
        "[lab]\naws_access_key_id = key-of-lab\naws_secret_access_key = secret-of-lab\n"
    )
    (folder / "config").write_text(
        f"[profile lab]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:{proxy.port}\n"
    )
    program.run("inspect", f"s3://lab/{key}", env={"AWS_PROFILE": "lab"})
    signed = [headers.get("authorization", "") for headers in proxy.faults.headers]
    assert signed
    assert all("Credential=key-of-lab/" in header and "/eu-west-3/s3/" in header for header in signed)
    proxy.stop()


def test_the_bucket_of_a_file_of_settings(program: Program, google: Place, tmp_path: Path) -> None:
    key = uuid.uuid4().hex
    google.put(f"{key}/x-20260101-000000/metrics.jsonl", rows(0, 3))
    folder = tmp_path / "project"
    folder.mkdir()
    # An address in such a file is not taken: whoever wrote it would get the credentials.
    (folder / ".env").write_text(f"GCS_BUCKET='lab/{key}'\nSTORAGE_EMULATOR_HOST=127.0.0.1:1\n")
    done = program.run("fetch", "--list", env=google.env, cwd=folder)
    assert "x-20260101-000000" in done.stdout
    program.run("fetch", "x", "-o", "out", env=google.env, cwd=folder)
    assert (folder / "out/x-20260101-000000/metrics.jsonl").read_bytes() == rows(0, 3)
    sentence = program.fails("fetch", "--list", env=google.env, code=2)
    assert "GCS_BUCKET" in sentence


def test_an_account_of_azure_must_be_named(program: Program) -> None:
    sentence = program.fails("inspect", "az://lab/runs")
    assert "AZURE_STORAGE_ACCOUNT_NAME" in sentence
