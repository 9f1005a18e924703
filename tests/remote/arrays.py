"""Large arrays that cost little to make: a few numbers, and zeros."""

from __future__ import annotations

import io
import json

import numpy as np


def safetensors(length: int) -> bytes:
    """A checkpoint of some length, of which a small matrix in the middle has numbers that differ."""
    small = np.random.default_rng(5).normal(size=(48, 64)).astype("<f4")
    rest = length - small.nbytes
    first = rest // 2 // 1024 * 1024
    last = (rest - first) // 256 * 256
    header, at = {}, 0
    for name, shape in (
        ("a.rest", [first // 1024, 256]),
        ("embedding", list(small.shape)),
        ("z.rest", [last // 256, 64]),
    ):
        size = 4 * shape[0] * shape[1]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    content = bytearray(8 + len(head) + at)
    content[: 8 + len(head)] = len(head).to_bytes(8, "little") + head
    start = 8 + len(head) + header["embedding"]["data_offsets"][0]
    content[start : start + small.nbytes] = small.tobytes()
    return bytes(content)


def attention(snapshots: int, size: int = 64) -> bytes:
    """Attention of a layer of four heads at many steps: one step is drawn."""
    steps = np.zeros((snapshots, 1, 4, size, size), "<f4")
    logits = np.random.default_rng(3).normal(size=(2, 1, 4, size, size))
    weights = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    steps[0], steps[-1] = weights
    out = io.BytesIO()
    np.save(out, steps)
    return out.getvalue()
