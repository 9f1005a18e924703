"""Headless Chromium through its DevTools protocol, with the standard library only."""

import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request


class Browser:
    """A page of a headless Chromium that loads nothing from the network and draws with a software GPU."""

    def __init__(self, width, height, scale=1.0, arguments=()):
        program = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
        if program is None:
            raise SystemExit("no Chromium is installed: apt-get install chromium")
        self.folder = tempfile.mkdtemp(prefix="trainscape-browser-")
        command = [program, "--headless=new", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={self.folder}",
                   "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--hide-scrollbars", "--disable-dev-shm-usage",
                   "--no-first-run", "--disable-background-networking", f"--window-size={width},{height}", *arguments, "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.events, self.next_id = [], 0
        self.socket = self._connect(self._port())
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def _port(self):
        path = pathlib.Path(self.folder, "DevToolsActivePort")
        for _ in range(300):
            if path.exists() and (lines := path.read_text().split()):
                return int(lines[0])
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit("Chromium did not start")

    def _connect(self, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            target = next(entry for entry in json.load(answer) if entry["type"] == "page")
        path = target["webSocketDebuggerUrl"].split(str(port), 1)[1]
        connection = socket.create_connection(("127.0.0.1", port), timeout=120)
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        return connection

    def _send(self, text):
        payload, mask = text.encode(), os.urandom(4)
        size = len(payload)
        head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else (
            struct.pack("!BBH", 0x81, 0xFE, size) if size < 65536 else struct.pack("!BBQ", 0x81, 0xFF, size))
        self.socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))

    def _exactly(self, count):
        parts = bytearray()
        while len(parts) < count:
            part = self.socket.recv(min(1 << 20, count - len(parts)))
            if not part:
                raise SystemExit("Chromium closed the connection")
            parts += part
        return bytes(parts)

    def _receive(self):
        text = b""
        while True:
            first, second = self._exactly(2)
            size = second & 127
            if size == 126:
                size = struct.unpack("!H", self._exactly(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self._exactly(8))[0]
            text += self._exactly(size)
            if first & 0x80:
                return json.loads(text)

    def call(self, method, **parameters):
        """Calls a method of the protocol; events that arrive meanwhile are kept."""
        self.next_id += 1
        self._send(json.dumps({"id": self.next_id, "method": method, "params": parameters}))
        while True:
            message = self._receive()
            if message.get("id") == self.next_id:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def evaluate(self, expression):
        """The value of a JavaScript expression."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)["result"].get("value")

    def open(self, path):
        """Loads a file and waits until the viewer has drawn or says why it cannot; returns the seconds it took."""
        start = time.monotonic()
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        ready = "document.readyState === 'complete' && (!!document.getElementById('stage')?.dataset.drawn || !!document.getElementById('message')?.textContent)"
        for _ in range(600):
            if self.evaluate(ready):
                break
            time.sleep(0.1)
        self.settle()
        return time.monotonic() - start

    def settle(self):
        """Waits for two frames."""
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def key(self, name):
        """Presses a key, such as `n` or `Escape`, on the focused element."""
        text = {"text": name} if len(name) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name)
        self.settle()

    def drag(self, start, end, button="left"):
        self.mouse("mousePressed", *start, button=button, clickCount=1)
        for part in range(1, 6):
            share = part / 5
            self.mouse("mouseMoved", start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share, button=button, buttons=1)
        self.mouse("mouseReleased", *end, button=button, clickCount=1)
        self.settle()

    def screenshot(self, clip=None):
        """A PNG of the page, or of a rectangle x, y, width, height of it."""
        parameters = {}
        if clip:
            parameters["clip"] = dict(zip(("x", "y", "width", "height"), clip), scale=1)
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", **parameters)["data"])

    def faults(self):
        """Errors of the console, and requests to anywhere but the file."""
        found = []
        for event in self.events:
            method, parameters = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(str(parameters["exceptionDetails"].get("exception", {}).get("description")))
            elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
                found.append(str([argument.get("value") for argument in parameters["args"]]))
            elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
                found.append(parameters["entry"]["text"])
            elif method == "Network.requestWillBeSent" and not parameters["request"]["url"].startswith(("file:", "data:", "about:")):
                found.append(f"request to {parameters['request']['url']}")
        return found

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
