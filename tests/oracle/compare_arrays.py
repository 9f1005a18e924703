"""Compares the arrays and media that Trainscape lists with NumPy, h5py, safetensors and json.

usage: compare_arrays.py RUNS_DIR TRAINSCAPE_BIN [--values SUMS_BIN] [--plant-fault]

Every npy, npz, HDF5 and safetensors file below RUNS_DIR must be a source of exactly one run, and each of its
arrays a tensor of that run with the same shape and type, under its own name or prefixed with the
file's stem. Axes must match the file's metadata, and an array stored with `steps` or `timesteps` of equal length must have
as many steps. Each W&B figure, image and table must be counted under its key.

`--values` also compares every value of every HDF5 dataset, bit for bit as float64; SUMS_BIN is the example
`array_sums` of the package trainscape-source (cargo build --package trainscape-source --example array_sums).

Without these options compare_spectra.py is run as well, and once more with a fault that it must find.

`--plant-fault` changes one length of one shape (with `--values`, the last bit of one value), and the comparison
must then fail. Needs numpy, h5py and safetensors. Exit code 0: all equal; 1: differences.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import zlib

import h5py
import numpy
import pandas
from safetensors import safe_open

from readers.event_files import accumulator
from readers.wandb_runs import media_kinds

NAMES = {"float": "f", "uint": "u", "int": "i", "bool": "bool"}
STEPS = {"steps", "step", "iterations", "timesteps"}
ENDINGS = {".plotly.json": "plotly", ".pts.json": "object3d"}


def dtype_name(dtype):
    return re.sub("^(float|uint|int)", lambda found: NAMES[found[0]], dtype.name)


def arrays(path):
    """Name to (shape, type, axes by metadata, number of steps)."""
    if path.suffix == ".npy":
        array = numpy.load(path, mmap_mode="r")
        return {path.stem: (list(array.shape), dtype_name(array.dtype), None, None)}
    found = {}
    if path.suffix == ".csv":
        matrix = numpy.loadtxt(path, delimiter=",", ndmin=2)
        return {path.stem: (list(matrix.shape), "f64", None, None)}
    if path.suffix == ".h5":
        for name, values in datasets(path).items():
            found[name] = [list(values.shape), dtype_name(values.dtype), None, None]
    elif path.suffix == ".npz":
        with numpy.load(path) as file:
            for name in file.files:
                found[name] = [list(file[name].shape), dtype_name(file[name].dtype), None, None]
    else:
        with safe_open(path, "numpy") as file:
            metadata_axes = (file.metadata() or {}).get("axes")
            for name in file.keys():
                part = file.get_slice(name)
                shape = list(part.get_shape())
                axes = metadata_axes.split(",") if metadata_axes and metadata_axes.count(",") + 1 == len(shape) else None
                found[name] = [shape, part.get_dtype().lower(), axes, None]
    for steps in found.keys() & STEPS:
        count = found[steps][0][0]
        for name, facts in found.items():
            if name not in STEPS and facts[0][:1] == [count]:
                facts[3] = count
    return found


def datasets(path):
    """Name to values of every dataset of numbers."""
    found = {}
    with h5py.File(path) as file:
        def visit(name, item):
            if isinstance(item, h5py.Dataset) and item.dtype.kind in "biuf":
                found[name] = item[()]
        file.visititems(visit)
    return found


def value_differences(runs_dir, sums_binary, plant_fault):
    """Differences between our values and h5py's, and the number of compared datasets."""
    done = subprocess.run([sums_binary, str(runs_dir)], capture_output=True, text=True, check=True)
    ours = collections.defaultdict(dict)
    for line in done.stdout.splitlines():
        path, key, checksum = line.split("\t")
        ours[pathlib.Path(path)][key] = checksum
    differences, count = [], 0
    for path in sorted(runs_dir.rglob("*.h5")):
        for name, values in datasets(path).items():
            count += 1
            bits = numpy.array(values, dtype="<f8").tobytes()
            if plant_fault:
                bits, plant_fault = bytes([bits[0] ^ 1]) + bits[1:], False
            checksum = f"{zlib.crc32(bits):08x}"
            of_file = ours[path]
            found = of_file.get(name) or of_file.get(f"{path.stem}/{name}")
            if found is None:
                found = next((sum for key, sum in of_file.items() if key.endswith(f"/{name}")), None)
            if found != checksum:
                differences.append(f"{path}: {name}: {found}, expected {checksum}")
    return differences, count


def figure_key(path):
    """The key under which W&B logged the file, and its kind; None for other files."""
    for ending, kind in ENDINGS.items():
        if path.name.endswith(ending):
            parts = path.parts
            at = max(index for index, part in enumerate(parts) if part == "media")
            name = "/".join(parts[at + 2:])[:-len(ending)]
            return re.sub(r"_\d+_[0-9a-f]{8,}$", "", name), kind
    return None


def texts(run):
    """TensorBoard's texts of a run, by tag, as tensorboard's own reader counts them."""
    found = collections.Counter()
    for source in run["sources"]:
        path = pathlib.Path(source["path"])
        if source["format"] != "tensorboard" or path.stat().st_size == 0:
            continue
        events = accumulator(path)
        for tag in events.Tags()["tensors"]:
            if events.SummaryMetadata(tag).plugin_data.plugin_name == "text":
                found[tag, "text"] += len(events.Tensors(tag))
    return found


def wandb_media(run):
    """Images, tables and the like of a run, by key and kind, from the records as wandb's own reader gives them."""
    logs = (pathlib.Path(source["path"]) for source in run["sources"] if source["format"] == "wandb")
    return collections.Counter(found for path in logs for found in media_kinds(path))


def grid_of_rows(path):
    """Rows of x, y and a value over all combinations: two coordinates and a grid, by pandas."""
    table = pandas.read_csv(path)
    columns, rows = table["x"].nunique(), table["y"].nunique()
    assert len(table) == columns * rows, path
    shapes = {"x": [columns], "y": [rows], "z": [rows, columns]}
    return {name: [shape, "f64", None, None] for name, shape in shapes.items()}


def spectra_differences(runs_dir, binary):
    """What is wrong with the singular values, or with the script that compares them."""
    script = pathlib.Path(__file__).with_name("compare_spectra.py")
    command = [sys.executable, str(script), str(runs_dir), binary]
    if subprocess.run(command).returncode != 0:
        return ["the singular values differ from NumPy's"]
    if subprocess.run([*command, "--plant-fault"]).returncode == 0:
        return [f"{script.name} did not find a planted fault"]
    return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runs_dir", type=pathlib.Path)
    parser.add_argument("binary")
    parser.add_argument("--values", metavar="SUMS_BIN")
    parser.add_argument("--plant-fault", action="store_true")
    options = parser.parse_args()
    command = [options.binary, "inspect", str(options.runs_dir), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"inspect failed: {done.stderr}")
    runs = json.loads(done.stdout)["runs"]
    if options.plant_fault and not options.values:
        next(tensor for run in runs for tensor in run["tensors"] if tensor["shape"])["shape"][0] += 1
    differences = []
    listed = collections.Counter()
    counted = {"arrays": 0, "figures": 0}
    for run in runs:
        by_path = collections.defaultdict(dict)
        for tensor in run["tensors"]:
            by_path[pathlib.Path(tensor["path"])][tensor["key"]] = tensor
        figures = collections.Counter()
        for source in run["sources"]:
            path = pathlib.Path(source["path"])
            # A file of arrays by step is a source of series too.
            listed[path.resolve()] += source["format"] != "npz_history"
            if source["format"] in ENDINGS.values():
                figures[figure_key(path)] += 1
            is_matrix = source["format"] == "csv" and path in by_path
            is_grid = source["format"] == "grid-rows"
            if source["format"] not in ("npy", "npz", "safetensors", "hdf5") and not is_matrix and not is_grid:
                continue
            expected = grid_of_rows(path) if is_grid else arrays(path)
            ours = by_path.pop(path, {})
            if (source["records"] != len(expected) and not is_grid) or len(ours) != len(expected):
                differences.append(f"{path}: {len(ours)} arrays, expected {len(expected)}")
            for name, (shape, dtype, axes, steps) in expected.items():
                tensor = ours.get(name) or ours.get(f"{path.stem}/{name}")
                if tensor is None and path.suffix == ".h5":
                    # Two folders of a run may contain files with the same name.
                    tensor = next((ours[key] for key in ours if key.endswith(f"/{path.stem}/{name}")), None)
                if tensor is None:
                    differences.append(f"{path}: {name} is missing among {sorted(ours)}")
                    continue
                counted["arrays"] += 1
                if (tensor["shape"], tensor["dtype"]) != (shape, dtype):
                    differences.append(f"{path}: {name}: {tensor}, expected {shape} {dtype}")
                if axes is not None and tensor["axes"] != axes:
                    differences.append(f"{path}: {name}: axes {tensor['axes']}, expected {axes}")
                if tensor["steps"] != steps and name not in STEPS:
                    differences.append(f"{path}: {name}: {tensor['steps']} steps, expected {steps}")
        for path in by_path:
            differences.append(f"{path}: has arrays and is not a source of {run['id']}")
        ours = {(media["key"], media["kind"]): media["count"] for media in run["media"] if media["kind"] != "histogram"}
        figures += texts(run) + wandb_media(run)
        if ours != dict(figures):
            differences.append(f"{run['id']}: figures {ours}, expected {dict(figures)}")
        counted["figures"] += sum(ours.values())
    for pattern in ["*.npy", "*.npz", "*.h5", "*.safetensors", "*.plotly.json", "*.pts.json"]:
        for path in options.runs_dir.rglob(pattern):
            if path.is_file() and listed[path.resolve()] != 1:
                differences.append(f"{path}: listed {listed[path.resolve()]} times")
    if options.values:
        found, counted["values of"] = value_differences(options.runs_dir, options.values, options.plant_fault)
        differences += found
    if not options.values and not options.plant_fault:
        differences += spectra_differences(options.runs_dir, options.binary)
    for difference in differences:
        print(difference)
    print(f"{json.dumps(counted)}: {len(differences)} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
