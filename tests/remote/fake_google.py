"""Google's servers behind a proxy: what they answer to a token that has expired, and to none."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import trustme


class FakeGoogle:
    """An HTTPS proxy that answers in the place of every host."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.certificate = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.certificate))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        hosts = ("accounts.google.com", "oauth2.googleapis.com", "storage.googleapis.com")
        authority.issue_cert(*hosts).configure_cert(self.context)
        self.listener = socket.create_server(("127.0.0.1", 0))
        #: What each host answers: status and body.
        self.answers: dict[str, tuple[str, str]] = {}
        self.asked: list[tuple[str, str]] = []
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def env(self) -> dict[str, str]:
        proxy = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        return {"HTTPS_PROXY": proxy, "https_proxy": proxy, "SSL_CERT_FILE": str(self.certificate)}

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        try:
            host = self.head(connection).split()[1].split(":")[0]
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self.context.wrap_socket(connection, server_side=True) as secure:
                while head := self.head(secure):
                    lines = head.split("\r\n")
                    lengths = [line for line in lines if line.lower().startswith("content-length:")]
                    left = int(lengths[0].split(":")[1]) if lengths else 0
                    while left > 0:
                        left -= len(secure.recv(left))
                    self.asked.append((host, lines[0]))
                    status, body = self.answers[host]
                    secure.sendall(
                        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
                    )
        except (OSError, IndexError, ssl.SSLError):
            connection.close()

    @staticmethod
    def head(connection: socket.socket) -> str:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = connection.recv(1)
            if not piece:
                return ""
            head += piece
        return head.decode()

    def stop(self) -> None:
        self.listener.close()
