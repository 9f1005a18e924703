"""Opens exported HTML pages in headless Chromium and compares what they show with the PNG and with the log.

usage: html_in_browser.py TRAINSCAPE_BIN [--plant-fault]

Of three figures of the built-in demo run, and of panels of four generated runs: the page loads from the disk without an error of the console or a request, looks as
the PNG of the same size, changes when it is dragged, and reads the logged value under the pointer, digit by digit as
`trainscape series` writes it. A page of a log whose key and run contain markup shows them as text, and a page without WebGL
says so beside the still picture.

`--plant-fault` turns each page before the comparison with the PNG, which must then fail. Needs Chromium and Python's standard
library. Exit code 0: all as expected; 1: differences.
"""

import argparse
import csv
import io
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

from browser import Browser

DEMO = pathlib.Path(__file__).parents[2] / "assets/demo.zip"
# View, folder of the demo run, key and run of a series whose points are drawn.
FIGURES = [
    ("reward-landscape", "rl", "reward", None),
    ("loss-surface", "sweep", "train/loss", "lr-0.0001"),
    ("embedding", "pretrain", None, None),
]
SIZE = (576, 432)
BAR_HEIGHT = 34
# Fonts and the coverage of edges differ between a browser and the PNG, so means over blocks of pixels are compared.
BLOCK = 8
TOLERANCE = 1.6
MARKUP = "</script><script>document.title='broken'</script><!--"


def pixels(png):
    """Width, height, channels and unfiltered rows of a PNG with eight bits a channel."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data = 8, b""
    while at < len(png):
        size, kind = struct.unpack("!I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack("!IIBB", body[:10])
        elif kind == b"IDAT":
            data += body
        at += size + 12
    channels = {2: 3, 6: 4}[colour]
    assert depth == 8
    data, stride = zlib.decompress(data), width * channels
    rows, above = [], bytearray(stride)
    for start in range(0, height * (stride + 1), stride + 1):
        kind, row = data[start], bytearray(data[start + 1:start + 1 + stride])
        for i in range(stride if kind else 0):
            left = row[i - channels] if i >= channels else 0
            up, corner = above[i], above[i - channels] if i >= channels else 0
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            else:
                guess = min((abs(up - corner), 0, left), (abs(left - corner), 1, up), (abs(left + up - 2 * corner), 2, corner))[2]
            row[i] = (row[i] + guess) & 255
        rows.append(row)
        above = row
    return width, height, channels, rows


def blocks(png):
    """Means of the channels over blocks of pixels."""
    width, height, channels, rows = pixels(png)
    return [sum(rows[top + y][channels * (left + x) + channel] for y in range(BLOCK) for x in range(BLOCK)) / BLOCK**2
            for top in range(0, height - BLOCK + 1, BLOCK) for left in range(0, width - BLOCK + 1, BLOCK) for channel in range(3)]


def difference(a, b):
    a, b = blocks(a), blocks(b)
    if len(a) != len(b):
        return 255.0
    return sum(abs(x - y) for x, y in zip(a, b)) / len(a)


class Checks:
    def __init__(self, program, folder, plants_fault):
        self.program, self.folder, self.plants_fault = program, folder, plants_fault
        self.failures = 0

    def check(self, holds, text):
        print(("ok   " if holds else "FAIL ") + text)
        self.failures += not holds

    def run(self, *arguments):
        result = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"trainscape {' '.join(map(str, arguments))}: {result.stderr}")
        return result.stdout

    def panels(self, browser):
        """Rewards of two environments, in a panel each."""
        runs = self.folder / "panels"
        for run, (algorithm, environment) in enumerate((a, e) for a in ("sac", "td3") for e in ("Hopper-v4", "Ant-v4")):
            log = runs / algorithm / environment / "progress.csv"
            log.parent.mkdir(parents=True)
            rows = (f"{step * 1000},{(run + 1) * 100 * step / (step + 10) + step % 3}" for step in range(40))
            log.write_text("step,reward\n" + "\n".join(rows) + "\n")
        self.figure(browser, "reward-landscape", runs, None, None, name="panels")

    def figure(self, browser, view, folder, key, run, name=None):
        name = name or view
        page, picture = self.folder / f"{name}.html", self.folder / f"{name}.png"
        self.run("export", "--quiet", folder, "--view", view, "-o", page)
        self.run("render", "--quiet", folder, "--view", view, "--width", f"{SIZE[0]}pt", "--dpi", "72", "-o", picture)
        browser.events.clear()
        browser.open(page)
        start = (SIZE[0] // 2, SIZE[1] // 2)
        if self.plants_fault:
            browser.drag(start, (start[0] + 30, start[1] + 10))
        shown = browser.screenshot((0, 0, *SIZE))
        found = difference(shown, picture.read_bytes())
        self.check(found < TOLERANCE, f"{name}: page and PNG differ by {found:.2f} of 255 (at most {TOLERANCE})")
        if not self.plants_fault:
            if key:
                self.records(browser, view, folder, key, run)
            browser.evaluate("document.querySelector('#bar button').click()")
            browser.drag(start, (start[0] + 60, start[1] + 20))
            turned = difference(shown, browser.screenshot((0, 0, *SIZE)))
            self.check(turned > TOLERANCE, f"{name}: dragging it changes it by {turned:.2f}")
        faults = browser.faults()
        self.check(not faults, f"{name}: no error and no request {faults or ''}")

    def records(self, browser, view, folder, key, run):
        """Records that the keyboard and the pointer find have the values of the log."""
        text = self.run("series", "--quiet", folder, "--key", key, *(["--run", run] if run else []))
        logged = {row[0]: row[-1] for row in csv.reader(io.StringIO(text))}
        browser.evaluate("document.querySelector('canvas').focus()")
        right, checked = 0, 0
        for _ in range(24):
            browser.key("n")
            said = browser.evaluate("document.querySelector('[aria-live]').textContent")
            if run and f"run {run}," not in said:
                continue
            x, y = browser.evaluate("(() => { const box = document.querySelector('#stage svg > g:last-of-type circle').getBoundingClientRect();"
                                    " return [box.x + box.width / 2, box.y + box.height / 2]; })()")
            browser.key("Escape")
            browser.mouse("mouseMoved", x, y)
            browser.settle()
            browser.settle()
            card = dict(browser.evaluate("[...document.querySelectorAll('#card tr')].map((row) => [...row.children].map((cell) => cell.textContent))"))
            if run and card and card["run"] != run:
                continue  # another run passes in front of this record
            checked += 1
            value = logged.get(card.get("step"))
            right += value is not None and card.get(key) == value
            if card.get(key) != value:
                print(f"     step {card.get('step')}: the page says {card.get(key)}, the log {value}")
            if checked == 12:
                break
        self.check(checked == 12 and right == checked, f"{view}: {right} of {checked} records under the pointer are those of the log")

    def markup(self, browser):
        folder = self.folder / "<b>run"
        folder.mkdir()
        key = "loss" + MARKUP
        rows = [{"step": step, key: 2 - step / 50, "learning_rate": 0.001} for step in range(50)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        page = self.folder / "markup.html"
        self.run("export", "--quiet", folder, "--view", "loss-surface", "--role", f"loss={key}", "-o", page)
        browser.events.clear()
        browser.open(page)
        shown = browser.evaluate("!!document.getElementById('stage').dataset.drawn && !document.querySelector('b')"
                                 " && document.title !== 'broken' && document.documentElement.textContent.includes('</script>')")
        self.check(shown and not browser.faults(), f"markup in names is text {browser.faults() or ''}")

    def without_webgl(self, page):
        browser = Browser(SIZE[0], SIZE[1] + BAR_HEIGHT, arguments=["--disable-3d-apis"])
        browser.open(page)
        text = browser.evaluate("document.getElementById('message').textContent")
        visible = browser.evaluate("document.getElementById('still').getBoundingClientRect().width > 100")
        browser.close()
        self.check("WebGL 2" in text and visible, f"without WebGL: {text}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--plant-fault", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainscape-pages-") as folder:
        folder = pathlib.Path(folder)
        zipfile.ZipFile(DEMO).extractall(folder / "demo")
        checks = Checks(arguments.program.resolve(), folder, arguments.plant_fault)
        browser = Browser(SIZE[0], SIZE[1] + BAR_HEIGHT)
        for view, part, key, run in FIGURES:
            checks.figure(browser, view, folder / "demo" / part, key, run)
        checks.panels(browser)
        if not arguments.plant_fault:
            checks.markup(browser)
        browser.close()
        if not arguments.plant_fault:
            checks.without_webgl(folder / "embedding.html")
    sys.exit(1 if checks.failures else 0)


main()
