"""Times Trainscape commands and equivalent programs in one run on one machine, and prints a table.

usage: compare.py [--only WORD]... [--times N] [--keep DIR]

Every value is the median of N processes (5), including start-up, except frames, which are timed inside a running
process on both sides. A peer that is not installed is skipped and named below the table. Data are generated from
fixed seeds: logs by `app/source/benches/read.rs`, all others here.
Peers: numpy scipy scikit-learn umap-learn matplotlib pandas polars tensorboard wandb plotly kaleido pygfx rendercanvas.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
METADATA = ["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"]
TARGET = pathlib.Path(json.loads(subprocess.check_output(METADATA, cwd=ROOT))["target_directory"])
BINARY = TARGET / "release" / ("trainscape.exe" if os.name == "nt" else "trainscape")

READ_WANDB = """
import wandb; wandb._assert_is_internal_process = True
from wandb.proto import wandb_internal_pb2
from wandb.sdk.internal.datastore import DataStore
store = DataStore(); store.open_for_scan(sys.argv[1])
while (data := store.scan_data()) is not None:
    record = wandb_internal_pb2.Record(); record.ParseFromString(data)
    for item in record.history.item: json.loads(item.value_json)
"""
READ_TENSORBOARD = """
from tensorboard.backend.event_processing import event_accumulator as module
events = module.EventAccumulator(sys.argv[1], {kind: 0 for kind in module.DEFAULT_SIZE_GUIDANCE})
events.Reload(); [events.Scalars(tag) for tag in events.Tags()["scalars"]]
"""
MATPLOTLIB = """
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt, numpy as np
z = np.load(sys.argv[1]); x, y = np.meshgrid(np.arange(z.shape[1]), np.arange(z.shape[0]))
figure = plt.figure(figsize=(10, 8), dpi=100); axes = figure.add_subplot(projection="3d")
axes.plot_surface(x, y, z, rcount=256, ccount=256, cmap="viridis", linewidth=0); figure.savefig(sys.argv[2])
"""
PLOTLY = """
import numpy as np, plotly.graph_objects as go
go.Figure(go.Surface(z=np.load(sys.argv[1]))).write_image(sys.argv[2], width=1000, height=800)
"""
SCIPY = """
import numpy as np
from scipy.interpolate import RBFInterpolator, griddata
x, y, z = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1).T
places = np.column_stack([(v - v.min()) / np.ptp(v) for v in (x, y)])
nodes = np.meshgrid(np.linspace(0, 1, 512), np.linspace(0, 1, 512))
if sys.argv[3] == "rbf":
    rbf = RBFInterpolator(places, z, neighbors=48, kernel="thin_plate_spline", smoothing=1e-6)
    grid = rbf(np.column_stack([axis.ravel() for axis in nodes])).reshape(512, 512)
else:
    grid = griddata(places, z, tuple(nodes), method=sys.argv[3])
np.save(sys.argv[2], grid)
"""
PROJECT = """
import numpy as np
matrix = np.load(sys.argv[1])
if sys.argv[3] == "pca":
    from sklearn.decomposition import PCA
    np.save(sys.argv[2], PCA(3).fit_transform(matrix))
elif sys.argv[3] == "tsne":
    from sklearn.manifold import TSNE
    np.save(sys.argv[2], TSNE(2, init="pca", random_state=0).fit_transform(matrix))
else:
    import umap
    np.save(sys.argv[2], umap.UMAP(n_components=3, random_state=0).fit_transform(matrix))
"""
PYGFX = """
import numpy as np, pygfx as gfx, time
from rendercanvas.offscreen import RenderCanvas
canvas = RenderCanvas(size=(1600, 900), pixel_ratio=1); renderer = gfx.WgpuRenderer(canvas)
scene, camera = gfx.Scene(), gfx.PerspectiveCamera(40, 16 / 9)
rng = np.random.default_rng(1)
if sys.argv[1] == "points":
    positions = rng.random((1_000_000, 3)).astype("float32")
    scene.add(gfx.Points(gfx.Geometry(positions=positions), gfx.PointsMaterial(size=2)))
else:
    u = np.linspace(0, 1, 1024, dtype="float32"); x, y = np.meshgrid(u, u)
    z = 0.5 + 0.3 * np.sin(9 * x) * np.cos(7 * y)
    positions = np.column_stack([x.ravel(), y.ravel(), z.ravel()]).astype("float32")
    a = (np.arange(1023)[:, None] * 1024 + np.arange(1023)[None]).ravel()
    faces = np.vstack([np.column_stack([a, a + 1, a + 1025]), np.column_stack([a, a + 1025, a + 1024])])
    geometry = gfx.Geometry(positions=positions, indices=faces.astype("int32"), texcoords=z.ravel().astype("float32"))
    scene.add(gfx.AmbientLight(), gfx.DirectionalLight())
    scene.add(gfx.Mesh(geometry, gfx.MeshPhongMaterial(map=gfx.cm.viridis, side="both")))
camera.show_object(scene, view_dir=(-1, -1, -1), up=(0, 0, 1))
canvas.request_draw(lambda: renderer.render(scene, camera))
took = []
for _ in range(6):
    start = time.perf_counter(); np.asarray(canvas.draw()); took.append(time.perf_counter() - start)
print(sorted(took[1:])[len(took[1:]) // 2])
"""


class Table:
    def __init__(self, times, only):
        self.times, self.only, self.rows, self.missing = times, only, [], set()

    def wanted(self, work):
        return not self.only or any(word in work for word in self.only)

    def seconds(self, command, times=None):
        took = []
        for _ in range(times or self.times):
            start = time.perf_counter()
            subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE)
            took.append(time.perf_counter() - start)
        return statistics.median(took)

    def peer(self, needs, code, *arguments, times=None):
        """Seconds of a Python program, or None where a package is missing or it fails."""
        absent = [name for name in needs if importlib.util.find_spec(name) is None]
        if absent:
            self.missing.update(absent)
            return None
        command = [sys.executable, "-c", "import json, sys\n" + code, *arguments]
        try:
            return self.seconds(command, times)
        except subprocess.CalledProcessError as error:
            last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
            self.missing.add(f"{'+'.join(needs)} (failed: {' '.join(last)})")
            return None

    def row(self, work, ours, peers):
        for name, theirs in peers.items():
            if theirs is not None:
                self.rows.append((work, ours, name, theirs))
                print(f"  {work}: {ours:.3f} s, {name} {theirs:.3f} s", file=sys.stderr, flush=True)
        if all(theirs is None for theirs in peers.values()):
            self.rows.append((work, ours, "-", None))

    def show(self):
        print("| work | Trainscape | peer | its time | ratio |\n|---|---|---|---|---|")
        for work, ours, name, theirs in self.rows:
            rest = f"{theirs:.3f} s | {theirs / ours:.1f} x" if theirs is not None else "- | -"
            print(f"| {work} | {ours:.3f} s | {name} | {rest} |")
        if self.missing:
            print("\nLeft out: " + ", ".join(sorted(self.missing)) + ".")


def picture(table, folder):
    work = "256 x 256 surface to a 1000 x 800 PNG"
    if not table.wanted(work):
        return
    import numpy as np

    layer, step = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    norms = 10 ** (-layer / 128 + 0.4 * np.sin(step / 20) * np.cos(layer / 30))
    np.save(folder / "surface.npy", np.log10(norms))
    with open(folder / "surface.csv", "w") as file:
        print("step", *(f"grad_norm/layers.{row}.mlp" for row in range(256)), sep=",", file=file)
        for column in range(256):
            print(column, *norms[:, column], sep=",", file=file)
    command = [BINARY, "render", folder / "surface.csv", "--view", "gradient-flow", "--smooth", "1",
               "--size", "1000x800", "--adapter", "cpu", "-o", folder / "ours.png"]
    data = folder / "surface.npy"
    table.row(work, table.seconds(command), {
        "matplotlib": table.peer(["matplotlib"], MATPLOTLIB, data, folder / "matplotlib.png"),
        "plotly + kaleido": table.peer(["plotly", "kaleido"], PLOTLY, data, folder / "plotly.png"),
    })


def reading(table, folder):
    works = {"tensorboard": "100 MB", "jsonl": "100 MB", "csv": "53 MB", "wandb": "100 MB"}
    works = {name: f"read {size} of {name}" for name, size in works.items()}
    if not any(table.wanted(work) for work in works.values()):
        return
    logs = folder / "logs"
    if not logs.exists():
        logs.mkdir()
        generate = ["cargo", "bench", "--package", "trainscape-source", "--bench", "read", "--", "--test"]
        subprocess.run(generate, cwd=ROOT, check=True, env=os.environ | {"TRAINSCAPE_BENCH_DIR": str(logs)})
    polars = "import polars; polars.{}(sys.argv[1])"
    peers = {
        "tensorboard": {"tensorboard": (["tensorboard"], READ_TENSORBOARD, 1)},
        "jsonl": {
            "polars": (["polars"], polars.format("read_ndjson"), None),
            "pandas": (["pandas"], "import pandas; pandas.read_json(sys.argv[1], lines=True)", 1),
        },
        "csv": {
            "polars": (["polars"], polars.format("read_csv"), None),
            "pandas": (["pandas"], "import pandas; pandas.read_csv(sys.argv[1])", None),
        },
        "wandb": {"wandb": (["wandb"], READ_WANDB, 1)},
    }
    for name, work in works.items():
        if table.wanted(work):
            file = next((logs / name).iterdir())
            ours = table.seconds([BINARY, "inspect", "--json", logs / name])
            table.row(work, ours, {
                peer: table.peer(needs, code, logs / name if name == "tensorboard" else file, times=times)
                for peer, (needs, code, times) in peers[name].items()
            })


def interpolation(table, folder):
    work = "interpolate 10,000 samples to 512 x 512, {}"
    if not table.wanted(work):
        return
    import numpy as np

    places = np.random.default_rng(1).random((10_000, 2))
    values = 0.5 + 0.3 * np.sin(7 * places[:, 0]) * np.cos(5 * places[:, 1])
    samples = folder / "samples.csv"
    np.savetxt(samples, np.column_stack([places, values]), delimiter=",", header="x,y,z", comments="")
    for method in ["linear", "nearest", "rbf"]:
        command = [BINARY, "compute", "interpolate", samples, "-o", folder / "ours.npy", "--grid", "512x512",
                   "--method", method, "--adapter", "cpu"]
        times = 1 if method == "rbf" else None
        scipy = table.peer(["scipy"], SCIPY, samples, folder / "scipy.npy", method, times=times)
        table.row(work.format(method), table.seconds(command), {"SciPy": scipy})


def projections(table, folder):
    """Rows around cluster centres, with ten directions of high variance."""
    works = [("pca", 3, 100_000, 768, "scikit-learn"), ("pca", 3, 17, 901_728, "scikit-learn"),
             ("tsne", 2, 10_000, 128, "scikit-learn"), ("umap", 3, 10_000, 128, "umap-learn")]
    packages = {"scikit-learn": "sklearn", "umap-learn": "umap"}
    for method, dims, rows, columns, peer in works:
        work = f"project {rows:,} x {columns:,} to {dims} by {method}"
        if not table.wanted(work):
            continue
        import numpy as np

        random = np.random.default_rng(1)
        matrix = random.standard_normal((rows, columns), dtype=np.float32)
        matrix += random.standard_normal((rows, 10), dtype=np.float32) @ random.standard_normal(
            (10, columns), dtype=np.float32)
        matrix += random.standard_normal((30, columns), dtype=np.float32)[random.integers(0, 30, rows)]
        np.save(folder / "matrix.npy", matrix)
        command = [BINARY, "compute", method, folder / "matrix.npy", "-o", folder / "ours.npy",
                   "--dims", dims, "--adapter", "cpu"]
        times = None if method == "pca" else 1
        theirs = table.peer(["numpy", packages[peer]], PROJECT, folder / "matrix.npy", folder / "theirs.npy",
                            method, times=times)
        table.row(work, table.seconds(command, times), {peer: theirs})


def frames(table):
    works = {"points": ("frame of 1 M points at 1600 x 900", "points 1M software"),
             "surface": ("frame of a 1024 x 1024 surface at 1600 x 900", "surface 1024 software")}
    if not any(table.wanted(work) for work, _ in works.values()):
        return
    subprocess.run(["cargo", "bench", "--package", "trainscape-gpu", "--bench", "frame"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    for kind, (work, name) in works.items():
        if not table.wanted(work):
            continue
        estimates = TARGET / "criterion" / "frame" / name / "new" / "estimates.json"
        ours = json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9
        absent = [name for name in ["pygfx", "rendercanvas"] if importlib.util.find_spec(name) is None]
        theirs = None
        if absent:
            table.missing.update(absent)
        else:
            code = [sys.executable, "-c", "import sys\n" + PYGFX, kind]
            done = subprocess.run(code, capture_output=True, text=True)
            if done.returncode == 0:
                theirs = float(done.stdout.split()[-1])
            else:
                table.missing.add(f"pygfx (failed: {done.stderr.strip().splitlines()[-1]})")
        table.row(work, ours, {"pygfx": theirs})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", action="append", default=[], help="tasks whose name contains this word")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the generated data")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--package", "trainscape"], cwd=ROOT, check=True)
    table = Table(options.times, options.only)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        picture(table, folder)
        reading(table, folder)
        interpolation(table, folder)
        projections(table, folder)
        frames(table)
    table.show()


if __name__ == "__main__":
    main()
