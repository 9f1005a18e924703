"""Servers between the program and a place, which do what networks and clouds do."""

from __future__ import annotations

import http.client
import http.server
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Callable

EXPIRED = (
    b'<?xml version="1.0"?><Error><Code>ExpiredToken</Code>'
    b"<Message>The provided token has expired.</Message></Error>"
)


@dataclass
class Faults:
    """What happens to requests; each number counts down."""

    #: Answers with this status and body in place of the server's.
    refuse: tuple[int, bytes] | None = None
    #: Bodies that end after half of what was promised.
    cut: int = 0
    #: Bodies in which a byte is changed.
    damage: int = 0
    #: What stands in bodies, and what stands there instead.
    rewrite: list[tuple[bytes, bytes]] = field(default_factory=list)
    #: Time before each answer, and between pieces of a body.
    delay_secs: float = 0.0
    piece: int = 1 << 16
    #: Only requests for which this holds.
    applies: Callable[[str], bool] = field(default=lambda path: True)
    #: Paths that were asked for, and the ranges.
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    #: Is called with each path and range before the answer.
    before: Callable[[str, str | None], None] = field(default=lambda path, span: None)
    #: Bytes of all answers.
    sent: int = 0


class FaultyProxy:
    """A web server in front of another one."""

    def __init__(self, port: int) -> None:
        faults = self.faults = Faults()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                faults.asked.append((self.path, self.headers.get("Range")))
                faults.headers.append({name.lower(): value for name, value in self.headers.items()})
                faults.before(self.path, self.headers.get("Range"))
                applies = faults.applies(self.path)
                time.sleep(faults.delay_secs)
                if faults.refuse and applies:
                    status, body = faults.refuse
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                inner = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                inner.request(self.command, self.path, headers=dict(self.headers))
                answer = inner.getresponse()
                body = answer.read()
                for old, new in faults.rewrite:
                    body = body.replace(old, new)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "date", "server", "content-length"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                is_file = applies and answer.status in (200, 206) and b"<ListBucketResult" not in body[:400]
                if is_file and faults.damage > 0 and body:
                    faults.damage -= 1
                    body = bytes([body[0] ^ 1]) + body[1:]
                if is_file and faults.cut > 0 and len(body) > 1:
                    faults.cut -= 1
                    self.wfile.write(body[: len(body) // 2])
                    faults.sent += len(body) // 2
                    self.close_connection = True
                    return
                faults.sent += len(body) if self.command == "GET" else 0
                for start in range(0, len(body), faults.piece):
                    self.wfile.write(body[start : start + faults.piece])
                    if faults.delay_secs and start:
                        time.sleep(faults.delay_secs)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """The program may have gone away."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Relay:
    """A connection that can be cut."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = []
        self.refuses = False
        #: Bytes in both directions.
        self.passed = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.refuses:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self.open += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(1 << 16):
                self.passed += len(piece)
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self) -> None:
        """Ends all connections."""
        for end in self.open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open.clear()

    def stop(self) -> None:
        self.cut()
        self.listener.close()
