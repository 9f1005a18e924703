"""What captions say of arrays, counted again in the files that hold them."""

import math
import pathlib
import re

import numpy

from captions.numbers import value_text

OVERFLOW = 1e300


def array_of(figure, key):
    """The array that `inspect` lists under a key, by NumPy, safetensors or h5py; `None` of other formats."""
    found = [tensor for run in figure.runs for tensor in run.entry.get("tensors", []) if tensor["key"] == key]
    if not found:
        return None
    path, name = pathlib.Path(found[0]["path"]), key.rsplit("/", 1)[-1]
    if path.suffix == ".npy":
        return numpy.load(path)
    if path.suffix == ".npz":
        with numpy.load(path) as arrays:
            return arrays[name] if name in arrays.files else None
    if path.suffix == ".safetensors":
        from safetensors.numpy import load_file
        return load_file(path).get(name)
    if path.suffix in (".h5", ".hdf5"):
        import h5py
        with h5py.File(path) as arrays:
            return arrays[name][:] if name in arrays else None
    return None


def lowest_node(figure, match):
    """The lowest loss of a landscape; -1 among losses above zero is not computed."""
    values = array_of(figure, figure.keys["loss"]) if figure.view == "loss-landscape" else None
    if values is None:
        return None
    values = numpy.asarray(values, float).ravel()
    values = values[numpy.isfinite(values) & (numpy.abs(values) < OVERFLOW)]
    if ((values >= 0) | (values == -1)).all():
        values = values[values >= 0]
    return {"value": value_text(values.min() if match["side"] == "Lowest" else values.max())}


def weights_above(figure, match):
    """Attention weights above the threshold in the layer, the head and the snapshot that the caption names."""
    values = array_of(figure, figure.keys["attention"])
    axes = re.search(r"× \d+ \(([a-z, ]+)\)\)", figure.caption)
    if values is None or axes is None:
        return None
    names = axes[1].split(", ")
    for axis in ("snapshot", "layer", "batch", "head"):
        shown = re.search(rf"(?i)\b{axis} (\d+) of (\d+)", figure.caption)
        if axis in names and shown:
            at = int(shown[1]) - (axis == "snapshot")
            values = numpy.take(values, at, names.index(axis))
            names.remove(axis)
    if math.prod(values.shape) == 0:
        return None
    values = values.astype(numpy.float32)
    return {"drawn": int((values > numpy.float32(match["threshold"])).sum()), "total": values.size}
