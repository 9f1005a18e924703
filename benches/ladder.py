"""Prints how the time and memory of `trainscape inspect` grow with the number of arrays, keys, files and runs.

    python3 benches/ladder.py [TRAINSCAPE] [KIND ...] [--most COUNT]

A kind is linear if its last column (time per item) stays the same from row to row.
"""

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time


def entries(folder, count):
    """Arrays in one safetensors file, named as the experts of a mixture model."""
    parts = ("gate", "up", "down")
    header = {
        f"model.layers.{i // 384}.mlp.experts.{i // 3 % 128}.{parts[i % 3]}_proj.weight": {
            "dtype": "F32",
            "shape": [2, 2],
            "data_offsets": [16 * i, 16 * i + 16],
        }
        for i in range(count)
    }
    text = json.dumps(header).encode()
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + bytes(16 * count))


def arrays(folder, count):
    """Small .npy files in one folder."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
    header += b" " * (117 - len(header)) + b"\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(16)
    for i in range(count):
        name = "".join(chr(97 + i // 26**place % 26) for place in range(4))
        with open(os.path.join(folder, f"w{name}.npy"), "wb") as file:
            file.write(content)


def keys(folder, count):
    """Distinct keys of a JSONL, ten in a row."""
    with open(os.path.join(folder, "metrics.jsonl"), "w") as file:
        for row in range(count // 10):
            values = {f"m{10 * row + i}/loss": 1.0 for i in range(10)}
            file.write(json.dumps({"step": row, **values}) + "\n")


def runs(folder, count):
    """Runs of two rows."""
    for i in range(count):
        run = os.path.join(folder, f"r{i:06}")
        os.makedirs(run)
        with open(os.path.join(run, "metrics.csv"), "w") as file:
            file.write("step,loss,lr\n0,1,0.1\n1,0.5,0.1\n")


def reruns(folder, count):
    """Runs of one seed: logs of the same bytes, long enough to be compared."""
    log = "step,loss\n" + "".join(f"{step},{1 / (step + 1):.6f}\n" for step in range(400))
    for i in range(count):
        run = os.path.join(folder, f"r{i:06}")
        os.makedirs(run)
        with open(os.path.join(run, "metrics.csv"), "w") as file:
            file.write(log)


def files(folder, count):
    """Files that are no logs, beside one."""
    with open(os.path.join(folder, "metrics.csv"), "w") as file:
        file.write("step,loss\n0,1\n1,0.5\n")
    for i in range(count):
        with open(os.path.join(folder, f"n{i:06}.dat"), "w") as file:
            file.write("x")


KINDS = {kind.__name__: kind for kind in (entries, arrays, keys, runs, reruns, files)}
COUNTS = {"runs": (100, 1000, 10_000), "reruns": (100, 1000, 10_000)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", default="target/release/trainscape")
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []])
    parser.add_argument("--most", type=int, default=100_000)
    arguments = parser.parse_args()
    program = arguments.program
    print(f"{'kind':8} {'count':>7} {'s':>8} {'MB':>6} {'us/item':>8}")
    for name in arguments.kinds or KINDS:
        for count in COUNTS.get(name, (1000, 10_000, 100_000)):
            if count > arguments.most:
                continue
            with tempfile.TemporaryDirectory() as folder:
                KINDS[name](folder, count)
                begun = time.time()
                # A child of its own, because the peak memory is that of all children.
                code = os.fork() if hasattr(os, "fork") else None
                if code == 0:
                    done = subprocess.run([program, "inspect", folder], capture_output=True)
                    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
                    taken = time.time() - begun
                    print(f"{name:8} {count:7} {taken:8.2f} {peak:6} {1e6 * taken / count:8.1f}", flush=True)
                    os._exit(min(done.returncode, 1) if done.returncode not in (0, 3) else 0)
                _, status = os.waitpid(code, 0)
                if status:
                    sys.exit(f"{name} {count}: inspect failed")


if __name__ == "__main__":
    main()
