"""Places that runs lie in: emulators of buckets, a web server and an SSH server, all on the loopback."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable

BUCKET = "lab"
#: Key of the emulator of Azure, as its documentation publishes it.
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} has ended with {process.returncode}")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} does not listen")


class Place:
    """A place with files, and the environment in which the program reaches it."""

    name = ""
    process: subprocess.Popen | None = None

    def start(self, command: list[str], port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(port, self.process)

    def stop(self) -> None:
        if self.process:
            # Nothing of it is kept, so that nothing has to be written.
            self.process.kill()
            self.process.wait()

    @property
    def env(self) -> dict[str, str]:
        return {}

    def url(self, key: str = "") -> str:
        return f"{self.name}://{BUCKET}/{key}".rstrip("/")

    def put(self, key: str, content: bytes) -> None:
        raise NotImplementedError

    def append(self, key: str, content: bytes) -> None:
        """Buckets have no appending: the object is written anew, with what was added."""
        self.content[key] = self.content.get(key, b"") + content
        self.put(key, self.content[key])

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def put_folder(self, key: str, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{key}/{path.relative_to(folder).as_posix()}", path.read_bytes())


class S3(Place):
    name = "s3"

    def __init__(self) -> None:
        super().__init__()
        import boto3

        port = free_port()
        program = Path(sys.executable).with_name("moto_server")
        self.start([str(program), "-H", "127.0.0.1", "-p", str(port)], port)
        self.client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id="key",
            aws_secret_access_key="secret-of-s3",
            region_name="us-east-1",
        )
        self.client.create_bucket(Bucket=BUCKET)

    @property
    def env(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret-of-s3",
            "AWS_REGION": "us-east-1",
        }

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)


class Google(Place):
    name = "gs"

    def __init__(self) -> None:
        super().__init__()
        import requests

        port = free_port()
        program = Path(sys.executable).with_name("gcp-storage-emulator")
        self.start([str(program), "start", "--host=127.0.0.1", f"--port={port}", "--in-memory"], port)
        self.session = requests.Session()
        self.base = f"http://127.0.0.1:{port}"
        self.session.post(f"{self.base}/storage/v1/b", json={"name": BUCKET}).raise_for_status()

    @property
    def env(self) -> dict[str, str]:
        return {"STORAGE_EMULATOR_HOST": self.base}

    def put(self, key: str, content: bytes) -> None:
        upload = f"{self.base}/upload/storage/v1/b/{BUCKET}/o"
        parameters = {"uploadType": "media", "name": key}
        self.session.post(upload, params=parameters, data=content).raise_for_status()


class Azure(Place):
    name = "az"

    def __init__(self, azurite: Path) -> None:
        super().__init__()
        from azure.storage.blob import BlobServiceClient

        port = free_port()
        script = azurite / "node_modules/azurite/dist/src/blob/main.js"
        options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--blobPort", str(port)]
        self.start(["node", str(script), *options, "--blobHost", "127.0.0.1"], port)
        self.settings = (
            "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
            f"AccountKey={AZURE_KEY};BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;"
        )
        self.client = BlobServiceClient.from_connection_string(self.settings)
        self.client.create_container(BUCKET)

    @property
    def env(self) -> dict[str, str]:
        return {"AZURE_STORAGE_CONNECTION_STRING": self.settings}

    def put(self, key: str, content: bytes) -> None:
        self.client.get_blob_client(BUCKET, key).upload_blob(content, overwrite=True)


class OnDisk(Place):
    """A server of files of a folder."""

    folder: Path

    def put(self, key: str, content: bytes) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(path.name + ".new")
        new.write_bytes(content)
        new.rename(path)

    def append(self, key: str, content: bytes) -> None:
        with (self.folder / key).open("ab") as file:
            file.write(content)


class Web(OnDisk):
    """Python's own web server: it lists folders, and gives no ranges."""

    name = "http"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

        handler = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()

    def url(self, key: str = "") -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/{key}".rstrip("/")


class WebWithRanges(Web):
    """A web server that gives ranges, and no validators but times."""

    name = "http with ranges"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        #: Bytes of bodies, and what is called before each answer.
        self.sent = 0
        self.before: Callable[[str, str | None], None] = lambda path, span: None
        place = self

        class WithRanges(self.server.RequestHandlerClass.func):  # type: ignore[name-defined]
            def do_GET(self) -> None:
                span = self.headers.get("Range")
                place.before(self.path, span)
                path = Path(self.translate_path(self.path))
                if not path.is_file():
                    return super().do_GET()
                size = path.stat().st_size
                first, last = 0, size - 1
                if span:
                    first, last = (int(part) for part in span.removeprefix("bytes=").split("-"))
                    last = min(last, size - 1)
                self.send_response(206 if span else 200)
                self.send_header("Content-Length", str(last + 1 - first))
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
                self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
                self.end_headers()
                with path.open("rb") as file:
                    file.seek(first)
                    left = last + 1 - first
                    while left > 0 and (piece := file.read(min(left, 1 << 16))):
                        self.wfile.write(piece)
                        left -= len(piece)
                        place.sent += len(piece)

        self.server.RequestHandlerClass = functools.partial(WithRanges, directory=str(folder))


class Ssh(OnDisk):
    """OpenSSH's server, with a key and a file of known hosts of its own."""

    name = "ssh"

    def __init__(self, folder: Path, settings: Path) -> None:
        super().__init__()
        self.folder = folder
        self.settings = settings
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", settings / name], check=True)
        shutil.copy(settings / "user.pub", settings / "authorized")
        port = free_port()
        # Programs that a test installs at the far end.
        self.far = settings / "far"
        self.far.mkdir()
        (settings / "sshd").write_text(
            f"SetEnv PATH={self.far}:/usr/bin:/bin\nPort {port}\nListenAddress 127.0.0.1\nHostKey {settings}/host\nStrictModes no\nUsePAM no\n"
            f"AuthorizedKeysFile {settings}/authorized\nPidFile none\nSubsystem sftp internal-sftp\n"
        )
        if os.geteuid() == 0:
            # The server's own requirement where it runs as root.
            Path("/run/sshd").mkdir(exist_ok=True)
        self.known = settings / "known"
        self.write_known(port)
        (settings / "ssh_config").write_text(
            f"Host *\n IdentityFile {settings}/user\n IdentitiesOnly yes\n UserKnownHostsFile {self.known}\n"
        )
        # The program takes the ssh of the search path.
        program = settings / "bin/ssh"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {settings}/ssh_config "$@"\n')
        program.chmod(0o755)
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        self.start([sshd, "-f", str(settings / "sshd"), "-D", "-e"], port)

    def write_known(self, *ports: int) -> None:
        key = " ".join((self.settings / "host.pub").read_text().split()[:2])
        self.known.write_text("".join(f"[127.0.0.1]:{port} {key}\n" for port in ports))

    @property
    def env(self) -> dict[str, str]:
        return {"PATH": f"{self.settings}/bin:{os.environ['PATH']}"}

    def url(self, key: str = "", port: int | None = None) -> str:
        return f"ssh://127.0.0.1:{port or self.port}{self.folder}/{key}".rstrip("/")
