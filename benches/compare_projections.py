"""Compares this program's t-SNE and UMAP, on the CPU, with scikit-learn's and umap-learn's: seconds, peak memory,
trustworthiness(n_neighbors=15). Each runs in a separate process; the best of the repeats is reported.

Usage: python compare_projections.py EMBEDDINGS.npy OUT.json [--repeats N] [--large] [--only-ours]
Needs: numpy scikit-learn umap-learn, and `cargo build --release -p trainscape-compute --example layout`

EMBEDDINGS.npy is ../shared/runs/sentences/embeddings.npy or similar; generated clusters of 10,000 x 128 values are compared
as well, and with --large 100,000 x 128, without trustworthiness, which would need 80 GB.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LAYOUT = TARGET / "release" / "examples" / "layout"

# Runs in a separate process, so that its memory can be measured; numba compiles before the timing starts.
PEER = """
import sys, time, json, numpy as np
method, source, dims, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
x = np.load(source)
if method == "tsne":
    from sklearn.manifold import TSNE
    reducer = TSNE(dims, init="pca", random_state=0)
else:
    import umap
    umap.UMAP(n_components=2).fit_transform(x[:500])
    reducer = umap.UMAP(n_components=dims, random_state=0)
begun = time.time()
y = reducer.fit_transform(x)
print(json.dumps({"seconds": time.time() - begun}))
np.save(out, y)
"""


def groups(rows, columns=128, count=50, inner=8):
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(count, columns))
    bases = rng.normal(size=(count, inner, columns)) / np.sqrt(inner)
    label = rng.integers(0, count, rows)
    x = centres[label] + 0.2 * rng.normal(size=(rows, columns))
    inside = rng.normal(size=(rows, inner))
    for group in range(count):
        of = label == group
        x[of] += inside[of] @ bases[group]
    return x.astype(np.float32)


def memory(pid):
    """Peak memory of a process, in MB."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) // 1024 if found else 0


def measured(command, repeats):
    """The shortest time in seconds, as printed by the program, and the peak memory in MB."""
    best, peak = float("inf"), 0
    for _ in range(repeats):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        # Not `ru_maxrss`, which includes the memory of this process at the fork.
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            time.sleep(0.02)
        if process.returncode:
            raise SystemExit(f"{command[0]} failed")
        output = process.stdout.read()
        best = min(best, json.loads(output.splitlines()[-1])["seconds"])
    return round(best, 2), peak


def main():
    source, out = sys.argv[1:3]
    options = sys.argv[3:]
    repeats = int(options[options.index("--repeats") + 1]) if "--repeats" in options else 1
    from sklearn.manifold import trustworthiness

    results = {"cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sets = {"embeddings": np.load(source).astype(np.float32), "groups-10000": groups(10_000)}
        if "--large" in options:
            sets["groups-100000"] = groups(100_000)
        for name, x in sets.items():
            np.save(folder / "x.npy", x)
            for method, dims in [("tsne", 2), ("tsne", 3), ("umap", 2), ("umap", 3)]:
                if len(x) > 50_000 and (method, dims) == ("tsne", 3):
                    continue
                arguments = [method, str(folder / "x.npy"), str(dims), str(folder / "y.npy")]
                commands = {"trainscape": [str(LAYOUT), *arguments]}
                if "--only-ours" not in options and len(x) <= 50_000:
                    commands["peer"] = [sys.executable, "-c", PEER, *arguments]
                entry = results.setdefault(name, {}).setdefault(f"{method}-{dims}", {})
                for who, command in commands.items():
                    seconds, megabytes = measured(command, repeats if who == "trainscape" else 1)
                    entry[who] = {"seconds": seconds, "megabytes": megabytes}
                    if len(x) <= 50_000:
                        kept = trustworthiness(x, np.load(folder / "y.npy"), n_neighbors=15)
                        entry[who]["trustworthiness"] = round(float(kept), 4)
                print(name, f"{method}-{dims}", entry, flush=True)
    pathlib.Path(out).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
