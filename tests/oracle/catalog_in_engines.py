"""Runs the README's examples of engines on a catalog of the demo's runs and compares them with the logs.

usage: catalog_in_engines.py TRAINSCAPE_BIN [--plant-fault]

Each example is taken out of the README as it stands there. It computes `curve`, the mean loss of all runs by hundreds of
steps, which is computed here from the logs as `trainscape series` prints them. The example for Spark runs on Sail's
server, which speaks its protocol. `--plant-fault` changes one value of the expectation, and the comparison must then fail.
Needs the packages of engines.txt. Exit code 0: all equal; 1: differences.
"""

import argparse
import collections
import csv
import json
import math
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECTION = "## From one run to a hundred thousand"
ENGINES = ["DuckDB", "Polars", "Spark", "Sail"]
PORT = 50051
KEY = "train/loss"


def examples():
    """The code of each example, by the engine's name."""
    section = (ROOT / "README.md").read_text().split(SECTION)[1].split("\n## ")[0]
    found = re.findall(r"\n\[?(\w+)[^\n]*:\n\n```python\n(.*?)```", section, re.DOTALL)
    assert [name for name, _ in found] == ENGINES, [name for name, _ in found]
    return dict(found)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def expected(binary, logs):
    """The mean loss by hundreds of steps, and how many points it is the mean of."""
    values = collections.defaultdict(list)
    for found in json.loads(run(binary, "inspect", "--json", "-q", logs))["runs"]:
        series = {series["key"]: series for series in found["series"]}
        if KEY in series:
            assert series[KEY]["superseded"] == 0
            text = run(binary, "series", logs, "--run", found["id"], "--key", KEY, "-q")
            for row in csv.DictReader(text.splitlines()):
                values[int(row["step"]) // 100 * 100].append(float(row["value"]))
    return [(steps, math.fsum(values[steps]) / len(values[steps])) for steps in sorted(values)]


def serve_sail():
    """Starts Sail's server, and waits until it answers."""
    command = [pathlib.Path(sys.executable).parent / "sail", "spark", "server", "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("localhost", PORT), timeout=1).close()
            return server
        except OSError:
            time.sleep(0.1)
    server.kill()
    sys.exit("Sail's server does not answer")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--plant-fault", action="store_true")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        zipfile.ZipFile(ROOT / "assets" / "demo.zip").extractall("logs")
        run(binary, "catalog", "build", "logs", "-o", "catalog", "-q")
        wanted = expected(binary, "logs")
        assert len(wanted) > 2 and all(math.isfinite(loss) for _, loss in wanted)
        if arguments.plant_fault:
            wanted[1] = (wanted[1][0], wanted[1][1] * (1 + 1e-6))
        os.environ["SPARK_REMOTE"] = f"sc://localhost:{PORT}"
        server = serve_sail()
        differences = 0
        try:
            for name, code in examples().items():
                names = {}
                exec(compile(code, f"README, {name}", "exec"), names)
                curve = [tuple(row) for row in names["curve"]]
                # Sums of several threads differ in their last bits.
                same = len(curve) == len(wanted) and all(
                    steps == int(of_steps) and math.isclose(loss, of_loss, rel_tol=1e-12)
                    for (steps, loss), (of_steps, of_loss) in zip(wanted, curve)
                )
                print(f"{name}: {len(curve)} rows, {'equal' if same else 'different'}", flush=True)
                differences += not same
                if "spark" in names:
                    # Without its server a session would try to reach it until it gives up.
                    names["spark"].stop()
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
