"""Writes the fixtures of tests/arrays.rs with NumPy's and safetensors' own writers.

Needs numpy, ml_dtypes and safetensors. Element number n (in C order) of every array is the same number,
-4 + 1.5 n, without sign and fraction where the type has none; a bool is n % 3 == 0. An f8_e8m0 is 2^(n - 5).
"""

from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

HERE = Path(__file__).parent
SHAPE = (3, 4)
NUMPY = "? u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8".split()


def values(dtype):
    n = np.arange(12).reshape(SHAPE)
    if np.dtype(dtype) == np.bool_:
        return n % 3 == 0
    exact = -4 + 1.5 * n
    if np.issubdtype(dtype, np.unsignedinteger):
        exact = np.abs(np.trunc(exact))
    elif np.issubdtype(dtype, np.integer):
        exact = np.trunc(exact)
    return exact.astype(dtype)


def members():
    for code in NUMPY:
        for endian in "<>":
            for order in "CF":
                dtype = np.dtype(code).newbyteorder(endian)
                name = f"{np.dtype(code).name}-{'le' if endian == '<' else 'be'}-{order}"
                yield name, np.array(values(np.dtype(code)), dtype=dtype, order=order)


np.savez(HERE / "stored.npz", **dict(members()))
np.savez_compressed(HERE / "deflated.npz", **dict(members()))
for version in (1, 2, 3):
    with open(HERE / f"version-{version}.npy", "wb") as file:
        np.lib.format.write_array(file, values("<f4"), version=(version, 0))
np.savez(
    HERE / "text.npz",
    maps=np.zeros((2, 3), np.float32),
    maps_axes=np.array(["layer", "key"]),
    embeddings=np.zeros((3, 2), np.float32),
    labels=np.array(["a", "bé", "ccc"]),
    objects=np.array([{}, None], dtype=object),
    records=np.zeros(2, [("a", "<f4"), ("b", "<i8")]),
    complex=np.zeros(2, np.complex64),
    words=np.array(["x"]),
    other=np.array(["x"]),
)
FLOATS = {
    "bf16": ml_dtypes.bfloat16,
    "f8_e4m3": ml_dtypes.float8_e4m3fn,
    "f8_e5m2": ml_dtypes.float8_e5m2,
}
tensors = {np.dtype(code).name: values(np.dtype(code)) for code in NUMPY}
tensors |= {name: values("f8").astype(dtype) for name, dtype in FLOATS.items()}
tensors["f8_e8m0"] = (2.0 ** (np.arange(12) - 5)).astype(ml_dtypes.float8_e8m0fnu).reshape(SHAPE)
# All 256 values, as ml_dtypes reads them.
for name in ("float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu"):
    every = np.arange(256, dtype=np.uint8).view(getattr(ml_dtypes, name))
    tensors[f"all/{name}"] = every
    tensors[f"all/{name}/expected"] = every.astype(np.float64)
metadata = {"axes": "query, key", "tokens": '["a", "b", "c"]', "format": "np"}
save_file(tensors, HERE / "dtypes.safetensors", metadata)
