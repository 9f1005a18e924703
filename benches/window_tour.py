#!/usr/bin/env python3
"""Drives the real window under Xvfb, as a user would, and takes the README's pictures of it.

    python3 benches/make_runs.py RUNS
    python3 benches/window_tour.py target/debug/trainscape RUNS -o PICTURES [--software]

It needs Xvfb, xdotool and ImageMagick's `import`. Everything is reached by keys and by the search (Ctrl+K), so that it
does not depend on where things are. After each step the process must still run; what it wrote to the terminal is shown
at the end. `--software` draws on the CPU.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Name, size, theme, and what is shown.
PICTURES = [
    ("window", (1360, 860), "dark", []),
    ("window-wide", (1920, 1080), "light", ["two tiles side by side"]),
    ("window-narrow", (1024, 700), "dark", ["show the spikes"]),
    ("window-small", (720, 480), "light", []),
]


class Window:
    """The program on a display of its own."""

    def __init__(self, program, paths, size, home, software):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size[0]}x{size[1]}x24"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        display = os.read(read, 16).decode().strip()
        self.environment = {**os.environ, "DISPLAY": f":{display}", "HOME": str(home)}
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.log = tempfile.TemporaryFile()
        command = [program, "-q", *map(str, paths)]
        if software:
            command[1:1] = ["--adapter", "cpu"]
        self.program = subprocess.Popen(command, env=self.environment, stderr=self.log, stdout=self.log)
        for _ in range(200):
            found = self.ask("xdotool", "search", "--name", "Trainscape").split()
            if found:
                break
            self.check("start")
            time.sleep(0.1)
        else:
            sys.exit("no window was opened")
        self.xdotool("windowsize", found[0], *map(str, size))
        time.sleep(4.0)
        # A window that is not on screen yet cannot have the keyboard.
        self.xdotool("windowfocus", "--sync", found[0])

    def ask(self, *command):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        return done.stdout

    def xdotool(self, *arguments):
        self.ask("xdotool", *arguments)

    def check(self, step):
        if self.program.poll() is not None:
            self.log.seek(0)
            sys.exit(f"{step}: the program ended with {self.program.returncode}\n{self.log.read().decode()}")

    def key(self, *keys):
        for key in keys:
            self.xdotool("key", key)
            time.sleep(0.25)
        self.check(f"key {keys}")

    def search(self, text):
        """Types into the search and takes the first match."""
        self.key("ctrl+k")
        time.sleep(1.0)
        self.xdotool("type", "--delay", "15", text)
        time.sleep(0.4)
        self.key("Return")
        time.sleep(0.6)
        self.check(text)

    def move(self, x, y):
        self.xdotool("mousemove", str(x), str(y))
        time.sleep(0.3)

    def drag(self, start, end, seconds=1.0):
        self.move(*start)
        self.xdotool("mousedown", "1")
        for part in range(1, 21):
            share = part / 20
            at = [round(a + (b - a) * share) for a, b in zip(start, end)]
            self.xdotool("mousemove", *map(str, at))
            time.sleep(seconds / 20)
        self.xdotool("mouseup", "1")
        self.check("drag")

    def picture(self, path):
        time.sleep(1.5)
        self.ask("import", "-window", "root", "+dither", "-colors", "255", f"png8:{path}")

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.program.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) // 1024

    def close(self):
        self.program.send_signal(signal.SIGTERM)
        self.program.wait()
        self.server.terminate()
        self.server.wait()
        self.log.seek(0)
        return self.log.read().decode()


def set_theme(home, theme):
    folder = pathlib.Path(home, ".config", "trainscape")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "preferences.json").write_text(json.dumps({"theme": theme}))


def take_pictures(program, runs, output, software):
    output.mkdir(parents=True, exist_ok=True)
    for name, size, theme, steps in PICTURES:
        with tempfile.TemporaryDirectory() as home:
            set_theme(home, theme)
            window = Window(program, [runs], size, home, software)
            for step in steps:
                window.search(step)
            window.move(size[0] - 3, size[1] - 3)
            window.picture(output / f"{name}.png")
            print(f"{name}.png: {size[0]} x {size[1]}, {theme}")
            window.close()


def tour(program, runs, software):
    """What a researcher does in a day; returns what the program said."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        live = pathlib.Path(folder, "live", "metrics.jsonl")
        live.parent.mkdir()
        live.write_text("")
        window = Window(program, [runs], (1360, 860), home, software)
        for step in [
            "show the spikes",
            "show the timeline",
            "smooth the timeline",
            "logarithmic or linear timeline",
            "show training dynamics",
            "look from above",
            "two by two tiles",
            "maximize",
            "show all runs",
        ]:
            window.search(step)
        window.drag((500, 780), (900, 780))
        window.key("space", "space", "Right", "shift+Right", "ctrl+z", "c", "c")
        window.drag((700, 300), (560, 260))
        print("searched, brushed, played, undone, turned")

        # Another folder by its path, and an export by its path, without a portal.
        exported = pathlib.Path(folder, "figure.png")
        window.key("ctrl+e")
        time.sleep(1.0)
        window.key("Return")
        time.sleep(1.0)
        window.key("ctrl+a")
        window.xdotool("type", str(exported))
        time.sleep(0.5)
        window.key("Return")
        time.sleep(4.0)
        window.check("export")
        print(f"exported: {exported.stat().st_size if exported.exists() else 'nothing'} bytes")

        before = window.resident_mb()
        for _ in range(500):
            window.xdotool("key", "ctrl+Tab")
        time.sleep(3.0)
        window.check("500 switches")
        print(f"500 switches: {before} MB before, {window.resident_mb()} MB after")
        text = window.close()

        window = Window(program, [live.parent], (1360, 860), home, software)
        with live.open("a") as log:
            for step in range(100):
                log.write(f'{{"step":{step},"loss":{3.0 / (step + 1):.4f},"learning_rate":{1e-3 - step * 1e-6}}}\n')
                log.flush()
                time.sleep(0.1)
                if step == 50:
                    window.drag((700, 300), (560, 260), 0.5)
        live.write_text("")
        time.sleep(1.0)
        window.check("truncated")
        shutil.rmtree(live.parent)
        time.sleep(4.0)
        window.check("deleted")
        print("followed 10 lines a second while dragging; truncated; deleted")
        return text + window.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("runs", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="folder for the pictures")
    parser.add_argument("--software", action="store_true", help="draw on the CPU")
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.program).resolve())
    if arguments.output:
        take_pictures(program, arguments.runs, arguments.output, arguments.software)
    text = tour(program, arguments.runs, arguments.software)
    print(text.strip() or "the program said nothing")


if __name__ == "__main__":
    main()
