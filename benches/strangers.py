"""Draws every view of every run below a folder, and recomputes the numbers of the captions.

usage: strangers.py FOLDER TRAINSCAPE_BIN [-o PICTURES] [--size WxH] [--only NAME,...] [--views V,...] [--plant-fault]

Each folder directly below FOLDER (its `data` where it has one) is opened by itself: `inspect --json` lists what was
read, `render --view V --json` draws each view. The numbers of the captions are counted again by
`tests/oracle/captions` from what the readers in `tests/oracle/readers` read: the loggers' own, pandas, NumPy, sqlite3
and json. Where there is no such reader of a format, the points are those that `series` prints, and the numbers
are counted as recomputed from our own reading.

Differences, crashes, hangs and pictures that are not written are listed; `--plant-fault` changes one number of a caption,
which must be found. Needs the packages in tests/oracle/requirements.txt. Exit code 0: no difference; 1: differences.
"""

import argparse
import collections
import csv
import io
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "oracle"))
import compare_readers  # noqa: E402
from captions.lines import Line  # noqa: E402
from captions.numbers import parsed  # noqa: E402
from captions.recount import Figure, not_recomputed, recount  # noqa: E402

VIEWS = ["loss-surface", "loss-landscape", "gradient-flow", "reward-landscape", "training-dynamics", "attention", "embedding",
         "weights", "activations", "spectra", "importance", "media"]
# Readers of lines of text know two trainers.
WITHOUT_READER = {"text"}
LIMIT_SECS = 300
# Series of one folder that are taken from `series`, which opens the folder each time.
MOST_PRINTED = 60


class TooMany(Exception):
    """More series without an independent reader than are asked for one by one."""


class Run:
    """A run as `inspect` lists it, with lines by key from an independent reader where there is one."""

    def __init__(self, entry, folder, binary, printed):
        self.entry, self.folder, self.binary, self.printed = entry, folder, binary, printed
        self.id = entry["id"]
        self.counts = {series["key"]: series for series in entry["series"]}
        self.lines = {}
        self.own = set()
        self.differences = []
        self._read = None

    def keys(self):
        return list(self.counts)

    def read(self):
        if self._read is None:
            self._read = {}
            formats = {source["format"] for source in self.entry["sources"]}
            if not formats & WITHOUT_READER:
                try:
                    self._read = compare_readers.expected(self.entry).series
                except (SystemExit, Exception):  # A format without a reader, or one that this reader does not know.
                    self._read = {}
        return self._read

    def line(self, key):
        if key not in self.counts:
            return None
        if key not in self.lines:
            points = [(float(step), float(value)) for step, value in self.read().get(key, []) if value is not None]
            if len(points) != self.counts[key]["points"]:
                self.own.add(key)
                self.printed[key] += 1
                if sum(self.printed.values()) > MOST_PRINTED:
                    raise TooMany
                points = compare_readers.printed_series(self.binary, self.folder, self.id, key)
            self.lines[key] = Line(points, self.epochs(key))
        return self.lines[key]


    def epochs(self, key):
        """The points of the series that counts epochs."""
        roles = {entry["key"]: entry["role"] for entry in self.entry["series"]}
        counts = sorted(key for key, role in roles.items() if role == "step" and key.split("/")[-1] == "epoch")
        return [] if not counts or counts[0] == key else list(zip(self.line(counts[0]).steps, self.line(counts[0]).values))


def call(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECS)
    except subprocess.TimeoutExpired:
        return None


def inspected(binary, folder):
    done = call([binary, "inspect", str(folder), "--json"])
    if done is None or done.returncode not in (0, 1, 3):
        return None, "inspect: " + ("no end" if done is None else done.stderr.strip()[-300:])
    return (json.loads(done.stdout)["runs"] if done.stdout.strip() else []), None


def available(runs, wanted):
    """The views that some run allows, and those that need several."""
    views = {view["view"] for run in runs for view in run["views"] if view["available"]}
    views |= {"importance"} if len(runs) > 2 else set()
    return [view for view in wanted if view in views]


def drawn(options, folder, name, view):
    """What `render` printed, or why there is no picture; a view that is not available is neither."""
    picture = options.output / f"{name}-{view}.png"
    command = [options.binary, "render", str(folder), "--view", view, "-o", str(picture), "--adapter", "cpu", "--json",
               "--size", options.size]
    done = call(command)
    if done is None:
        return None, f"no end within {LIMIT_SECS} s"
    if done.returncode == 1 and " needs " in done.stderr or done.returncode == 1 and not done.stdout:
        return None, None if "panicked" not in done.stderr else done.stderr.strip()[-300:]
    if done.returncode not in (0, 3) or not picture.exists():
        return None, f"ended with {done.returncode}: {done.stderr.strip()[-300:]}"
    return json.loads(done.stdout.strip().splitlines()[-1]), None


def compared(figure, tally):
    """The differences of a caption, and where its numbers were read."""
    differences, spans = [], []
    for match, wanted in recount(figure):
        for name, value in wanted.items():
            if value is None:
                continue
            found = match[name]
            spans.append(match.span(name))
            own = any(run.own for run in figure.runs)
            tally["own" if own else "independent"] += 1
            same = parsed(found) == value if isinstance(value, (int, float)) else found == value
            if not same:
                differences.append(f"{name} {found}, expected {value}: “{match[0]}”")
        if "window" in match.groupdict() and match["window"]:
            spans.append(match.span("window"))
    return differences, spans


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("binary")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("strangers"))
    parser.add_argument("--size", default="800x600")
    parser.add_argument("--only", default="")
    parser.add_argument("--views", default=",".join(VIEWS))
    parser.add_argument("--plant-fault", action="store_true")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    tally = collections.Counter()
    left = collections.Counter()
    differences = []
    planted = not options.plant_fault
    only = options.only.split(",") if options.only else None
    for entry in sorted(path for path in options.folder.iterdir() if path.is_dir()):
        if only and not any(entry.name.startswith(name) for name in only):
            continue
        folder = entry / "data" if (entry / "data").is_dir() else entry
        listed, why = inspected(options.binary, folder)
        if listed is None:
            differences.append(f"{entry.name}: {why}")
            continue
        tally["folders"] += 1
        print(f"{entry.name}: {len(listed)} runs", flush=True)
        printed = collections.Counter()
        runs = [Run(run, folder, options.binary, printed) for run in listed]
        for view in available(listed, options.views.split(",")):
            metadata, why = drawn(options, folder, entry.name, view)
            if why:
                differences.append(f"{entry.name} {view}: {why}")
            if metadata is None:
                continue
            tally["figures"] += 1
            if not planted and re.search(r"[1-9],? ?\w* logged points", metadata["caption"]):
                metadata["caption"] = re.sub(r"(\d) logged points", lambda m: f"{(int(m[1]) + 1) % 10} logged points",
                                             metadata["caption"], count=1)
                planted = True
            figure = Figure(metadata, runs)
            try:
                found, spans = compared(figure, tally)
            except TooMany:
                tally["figures with too many series to recompute"] += 1
                continue
            differences += [f"{entry.name} {view}: {difference}" for difference in found]
            for match in not_recomputed(figure, spans):
                tally["not recomputed"] += 1
                around = figure.caption[max(match.start() - 28, 0):match.end() + 28]
                left[re.sub(r"\d[\d,.]*", "#", around)] += 1
            for difference in found:
                print(f"{entry.name} {view}: {difference}", flush=True)
    print("\nmost frequent numbers that are not recomputed:")
    for around, count in left.most_common(25):
        print(f"{count:5} …{around}…")
    print(f"{json.dumps(tally)}: {len(differences)} differences")
    for difference in differences:
        print(difference)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
