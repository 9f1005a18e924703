"""Compares the singular values that Trainscape draws with NumPy's.

usage: compare_spectra.py RUNS_DIR TRAINSCAPE_BIN [--plant-fault]

The view `spectra` is exported as a table of what it plots: a row for each singular value of each matrix. Compared are
every matrix of RUNS_DIR/char-gpt/pretrain/model.safetensors (1e-5 of the largest value) and one of 768 x 1536, whose
largest 128 values are computed by the randomised method (the first 64: 1 % each).

`--plant-fault` changes one of NumPy's values by 2e-5 of the largest, and the comparison must then fail. Needs numpy and
safetensors. Exit code 0: all equal; 1: differences.
"""

import argparse
import csv
import pathlib
import subprocess
import sys
import tempfile

import numpy
from safetensors.numpy import load_file, save_file

MODEL = "char-gpt/pretrain/model.safetensors"
COMPLETE_TOLERANCE = 1e-5
RANDOMISED_TOLERANCE = 0.01
RANDOMISED_VALUES = 64


def drawn_values(binary, file):
    """The singular values of each line of the view, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "spectra.csv"
        command = [binary, "export", str(file), "--view", "spectra", "--adapter", "cpu", "-o", str(table)]
        subprocess.run(command, check=True)
        with table.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
    found = {}
    for row in rows:
        found.setdefault(row["layer"], []).append(float(row["singular value"]))
    return {name: numpy.array(values) for name, values in found.items()}


def expected_values(tensors):
    matrices = {key: values.astype(numpy.float64) for key, values in tensors.items() if values.ndim == 2}
    return {key: numpy.linalg.svd(matrix, compute_uv=False) for key, matrix in matrices.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runs_dir", type=pathlib.Path)
    parser.add_argument("binary")
    parser.add_argument("--plant-fault", action="store_true")
    options = parser.parse_args()
    differences = []

    model = options.runs_dir / MODEL
    if not model.is_file():
        sys.exit(f"{model} does not exist: there is nothing to compare with NumPy")
    found, expected = drawn_values(options.binary, model), expected_values(load_file(model))
    if options.plant_fault:
        values = next(iter(expected.values()))
        values[-1] += 2e-5 * values[0]
    if sorted(found) != sorted(expected):
        differences.append(f"drawn are {sorted(found)}, expected {sorted(expected)}")
    largest = 0.0
    for key in found.keys() & expected.keys():
        ours, numpys = found[key], expected[key]
        if len(ours) != len(numpys):
            differences.append(f"{key}: {len(ours)} values, expected {len(numpys)}")
            continue
        deviation = numpy.abs(ours - numpys).max() / numpys[0]
        largest = max(largest, deviation)
        if deviation > COMPLETE_TOLERANCE:
            differences.append(f"{key}: differs by {deviation:.1e} of the largest value")

    # Singular values that fall as the square root of their rank, with noise.
    random = numpy.random.default_rng(3)
    left, right = (numpy.linalg.qr(random.standard_normal((side, 768)))[0] for side in (768, 1536))
    large = left * numpy.arange(1, 769) ** -0.5 @ right.T + 1e-3 * random.standard_normal((768, 1536))
    tensors = {"layers.0.large.weight": large.astype(numpy.float32)}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "model.safetensors"
        save_file(tensors, file)
        ours = drawn_values(options.binary, file)["layers.0.large.weight"]
    numpys = expected_values(tensors)["layers.0.large.weight"]
    if len(ours) != 128:
        differences.append(f"randomised: {len(ours)} values, expected 128")
    ratios = numpy.abs(ours / numpys[:len(ours)] - 1.0)
    if ratios[:RANDOMISED_VALUES].max() > RANDOMISED_TOLERANCE:
        differences.append(f"randomised: differs by {ratios[:RANDOMISED_VALUES].max():.1e}")

    for difference in differences:
        print(difference)
    print(
        f"{len(expected)} spectra, off by at most {largest:.1e} of the largest value; randomised: off by "
        f"{ratios[:RANDOMISED_VALUES].max():.1e} (first {RANDOMISED_VALUES} values), {ratios.max():.1e} (all "
        f"{len(ours)}): {len(differences)} differences"
    )
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
