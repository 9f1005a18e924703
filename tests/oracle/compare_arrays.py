"""Compares what Trainscape lists of arrays and figures with NumPy, safetensors and json.

usage: compare_arrays.py RUNS_DIR TRAINSCAPE_BIN [--plant-fault]

Every npy, npz and safetensors file below RUNS_DIR must be a source of exactly one run, and each of its
arrays a tensor of that run with the same shape and type, under its own name or with the file's stem before
it. Axes that a file's metadata names must be those, and an array beside `steps` or `timesteps` of equal length must have
as many steps. Each W&B figure must be counted under its key.

`--plant-fault` changes one length of one shape, and the comparison must then fail.
Needs numpy and safetensors. Exit code 0: all equal; 1: differences.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

import numpy
from safetensors import safe_open

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
    if path.suffix == ".npz":
        with numpy.load(path) as file:
            for name in file.files:
                found[name] = [list(file[name].shape), dtype_name(file[name].dtype), None, None]
    else:
        with safe_open(path, "numpy") as file:
            said = (file.metadata() or {}).get("axes")
            for name in file.keys():
                part = file.get_slice(name)
                shape = list(part.get_shape())
                axes = said.split(",") if said and said.count(",") + 1 == len(shape) else None
                found[name] = [shape, part.get_dtype().lower(), axes, None]
    for steps in found.keys() & STEPS:
        count = found[steps][0][0]
        for name, facts in found.items():
            if name not in STEPS and facts[0][:1] == [count]:
                facts[3] = count
    return found


def figure_key(path):
    """The key under which W&B logged the file, and its kind; None for other files."""
    for ending, kind in ENDINGS.items():
        if path.name.endswith(ending):
            parts = path.parts
            at = max(index for index, part in enumerate(parts) if part == "media")
            name = "/".join(parts[at + 2:])[:-len(ending)]
            return re.sub(r"_\d+_[0-9a-f]{8,}$", "", name), kind
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runs_dir", type=pathlib.Path)
    parser.add_argument("binary")
    parser.add_argument("--plant-fault", action="store_true")
    options = parser.parse_args()
    command = [options.binary, "inspect", str(options.runs_dir), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"inspect failed: {done.stderr}")
    runs = json.loads(done.stdout)["runs"]
    if options.plant_fault:
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
            listed[path.resolve()] += 1
            if source["format"] in ENDINGS.values():
                figures[figure_key(path)] += 1
            if source["format"] not in ("npy", "npz", "safetensors"):
                continue
            expected = arrays(path)
            ours = by_path.pop(path, {})
            if source["records"] != len(expected) or len(ours) != len(expected):
                differences.append(f"{path}: {len(ours)} arrays, expected {len(expected)}")
            for name, (shape, dtype, axes, steps) in expected.items():
                tensor = ours.get(name) or ours.get(f"{path.stem}/{name}")
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
            differences.append(f"{path}: has arrays and is no source of {run['id']}")
        ours = {(media["key"], media["kind"]): media["count"] for media in run["media"] if media["kind"] != "histogram"}
        if ours != dict(figures):
            differences.append(f"{run['id']}: figures {ours}, expected {dict(figures)}")
        counted["figures"] += sum(ours.values())
    for pattern in ["*.npy", "*.npz", "*.safetensors", "*.plotly.json", "*.pts.json"]:
        for path in options.runs_dir.rglob(pattern):
            if path.is_file() and listed[path.resolve()] != 1:
                differences.append(f"{path}: listed {listed[path.resolve()]} times")
    for difference in differences:
        print(difference)
    print(f"{json.dumps(counted)}: {len(differences)} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
