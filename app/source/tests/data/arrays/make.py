"""Writes the fixtures of tests/arrays.rs with NumPy's and safetensors' own writers.

Needs numpy, ml_dtypes, safetensors and h5py. Element number n (in C order) of every array is the same number,
-4 + 1.5 n, without sign and fraction where the type has none; a bool is n % 3 == 0. An f8_e8m0 is 2^(n - 5).
"""

from pathlib import Path

import h5py
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


def write_hdf5(name, libver):
    """Every type, byte order and layout that h5py writes, in groups."""
    with h5py.File(HERE / name, "w", libver=libver) as file:
        plain = file.create_group("plain")
        for code in NUMPY:
            for endian in "<>" if code not in ("?", "u1", "i1") else "<":
                kind = np.dtype(code).name + ("-be" if endian == ">" else "")
                plain.create_dataset(kind, data=values(np.dtype(code)).astype(np.dtype(code).newbyteorder(endian)))
        floats = values("<f8")
        chunked = file.create_group("chunked/deeper")
        chunked.create_dataset("deflated", data=floats, chunks=(2, 3), compression="gzip", shuffle=True)
        chunked.create_dataset("checked", data=floats.astype(">f4"), chunks=(3, 2), fletcher32=True)
        chunked.create_dataset("growing", data=floats, chunks=(1, 4), maxshape=(None, 4))
        part = chunked.create_dataset("unfinished", (3, 4), "f8", chunks=(1, 4), fillvalue=-1.0)
        part[0] = floats[0]
        file.create_dataset("scalar", data=np.float64(0.5))
        file.create_dataset("empty", data=np.zeros((0, 3)))
        file.create_dataset("path", data="where/it/came/from")
        file.create_dataset("plain_axes", data=np.array(["row", "column"], dtype="S"))
        file.create_dataset("remarks", data=np.array(["a", "b"], dtype="S"))
        file.create_dataset("records", data=np.zeros(2, [("a", "<f4"), ("b", "<i8")]))
        file["itself"] = file["chunked"]
        file["chunked/above"] = file["chunked"]


def write_links(name):
    """What leads out of the file, to `outside.h5` and `outside.bin`, beside what is in it."""
    with h5py.File(HERE / name, "w", libver="latest") as file:
        file["own"] = np.arange(3.0)
        file["linked"] = h5py.ExternalLink("outside.h5", "/secret")
        file["soft"] = h5py.SoftLink("/own")
        file["dangling"] = h5py.SoftLink("/nowhere")
        file.create_dataset("stored", (4,), "<f8", external=[("outside.bin", 0, 32)])


def write_only_links(name):
    """Nothing but a link that leads out of the file."""
    with h5py.File(HERE / name, "w", libver="latest") as file:
        file["linked"] = h5py.ExternalLink("outside.h5", "/secret")


write_links("links.h5")
write_only_links("only-links.h5")
write_hdf5("layouts.h5", "earliest")
# HDF5 2.0 wrote the first version of the layout that the reader does not know.
write_hdf5("layouts-latest.h5", ("v110", "v110"))
