"""Writes spectra.safetensors, a small checkpoint, and spectra.json, its singular values by NumPy in float64.

usage: make_spectra.py [FOLDER]; needs numpy and safetensors. The file's values are float32, as NumPy reads them back.
"""

import json
import pathlib
import sys

import numpy
from safetensors.numpy import save_file

folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
random = numpy.random.default_rng(7)


def orthogonal(rows, columns):
    return numpy.linalg.qr(random.standard_normal((rows, columns)))[0]


def graded(rows, columns, values):
    return orthogonal(rows, len(values)) * values @ orthogonal(columns, len(values)).T


tensors = {
    "layers.0.tall.weight": random.standard_normal((40, 12)),
    "layers.0.wide.weight": random.standard_normal((10, 37)),
    "layers.1.deficient.weight": random.standard_normal((18, 5)) @ random.standard_normal((5, 14)),
    "layers.1.graded.weight": graded(12, 12, 10.0 ** -numpy.arange(0, 6, 0.5)),
    "layers.2.repeated.weight": graded(9, 11, numpy.array([2.0, 2.0, 2.0, 1.0, 1.0])),
    "layers.2.zero.weight": numpy.zeros((4, 6)),
    "layers.3.zero_columns.weight": numpy.pad(random.standard_normal((7, 3)), ((0, 0), (2, 2))),
    "layers.10.conv.weight": random.standard_normal((6, 3, 2, 2)),
    "head.weight": random.standard_normal((1, 9)),
    "embed.weight": random.standard_normal((11, 6)),
    "layers.4.broken.weight": numpy.array([[1.0, numpy.nan], [0.0, 1.0]]),
    "layers.0.tall.bias": random.standard_normal(12),
}
tensors = {key: values.astype(numpy.float32) for key, values in tensors.items()}
save_file(tensors, folder / "spectra.safetensors")
expected = {}
for key, values in tensors.items():
    if values.ndim > 1 and numpy.isfinite(values).all():
        matrix = values.astype(numpy.float64).reshape(len(values), -1)
        expected[key] = numpy.linalg.svd(matrix, compute_uv=False).tolist()
(folder / "spectra.json").write_text(json.dumps(expected, indent=1) + "\n")
