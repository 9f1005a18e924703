"""Exports every W&B Plotly figure below a folder as PNG of 1000 x 800, by Trainscape and by Plotly's own exporter (kaleido
with an installed Chromium), and prints a table: the median seconds of whole processes, and for Plotly also those of a
second export in one process, which has its browser already.

Usage: python compare_plotly.py RUNS [--times N]
Needs: plotly kaleido, Chromium, and `cargo build --release`
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = TARGET / "release" / "trainscape"

# Runs in a separate process, as a user's script does; the second export is timed inside.
PEER = """
import sys, time, json, plotly.io, kaleido
figure = plotly.io.from_json(open(sys.argv[1]).read(), skip_invalid=True)
kaleido.start_sync_server(path=sys.argv[3] or None, silence_warnings=True)
export = lambda: kaleido.write_fig_sync(figure, path=sys.argv[2], opts={"width": 1000, "height": 800, "format": "png"})
export()
begun = time.time(); export()
print(json.dumps({"warm": time.time() - begun}))
kaleido.stop_sync_server(silence_warnings=True)
"""


def ours(figure, out):
    begun = time.time()
    command = [BINARY, "render", figure, "--view", "media", "--size", "1000x800", "-q", "-o", out]
    subprocess.run(command, check=True)
    return time.time() - begun


def theirs(figure, out, chromium):
    begun = time.time()
    command = [sys.executable, "-c", PEER, figure, out, chromium]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    warm = json.loads(printed.splitlines()[-1])["warm"]
    # The second export is not part of what a user waits for.
    return time.time() - begun - warm, warm


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=pathlib.Path)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    figures = sorted(arguments.runs.rglob("*.plotly.json"))
    if not figures:
        sys.exit(f"{arguments.runs}: no *.plotly.json below it")
    rows = []
    print("| figure | Trainscape s | Plotly s | Plotly, second s | ratio |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "figure.png")
        for figure in figures:
            us = statistics.median(ours(figure, out) for _ in range(arguments.times))
            pairs = [theirs(figure, out, arguments.chromium) for _ in range(arguments.times)]
            them, warm = (statistics.median(values) for values in zip(*pairs))
            rows.append(them / us)
            print(f"| {figure.name[:40]} | {us:.2f} | {them:.2f} | {warm:.2f} | {them / us:.1f} |", flush=True)
    print(f"\n{len(rows)} figures; ratio: median {statistics.median(rows):.1f}, least {min(rows):.1f}")


main()
