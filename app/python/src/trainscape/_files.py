"""Files that are whole at any time: lines that are appended, arrays that are renamed into place.

Part of the file that ``trainscape recorder`` writes.
"""

from __future__ import annotations

import errno
import json
import os
import struct
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainscape._values import numpy_module

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

#: Bytes of the arrays of one call at most.
MAX_BYTES = 4 << 30
_SAFETENSORS_TYPES = {
    "float16": "F16",
    "float32": "F32",
    "float64": "F64",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
    "uint8": "U8",
    "bool": "BOOL",
}


class LineFile:
    """A file to which whole lines are appended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = -1

    def append(self, line: str) -> None:
        if self.descriptor >= 0 and os.fstat(self.descriptor).st_nlink == 0:
            self.close()  # It was deleted: a file that nobody can open.
        if self.descriptor < 0:
            self._open()
        data = line.encode() + b"\n"
        written = os.write(self.descriptor, data)
        if written < len(data):
            # A reader waits for the rest of a line: half of one would be joined to the next one.
            os.ftruncate(self.descriptor, os.fstat(self.descriptor).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self.path, flags, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if size > 0:
                os.lseek(descriptor, size - 1, os.SEEK_SET)
                if os.read(descriptor, 1) != b"\n":
                    os.write(descriptor, b"\n")  # The process before this one was killed within a line.
        except BaseException:
            os.close(descriptor)
            raise
        self.descriptor = descriptor

    def close(self) -> None:
        if self.descriptor >= 0:
            descriptor, self.descriptor = self.descriptor, -1
            os.close(descriptor)


def replace_file(path: Path, chunks: Sequence[bytes | memoryview]) -> None:
    """Write a file as a whole: it is renamed into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with open(temporary, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.remove(temporary)
        except OSError:
            pass
        raise


def safetensors(arrays: Mapping[str, Array], metadata: dict[str, str]) -> list[bytes | memoryview]:
    np = numpy_module()
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    chunks: list[bytes | memoryview] = []
    offset = 0
    for name, array in arrays.items():
        array = np.ascontiguousarray(array).reshape(array.shape)
        if array.dtype.name not in _SAFETENSORS_TYPES:
            array = array.astype(np.float32)
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        end = offset + array.nbytes
        if end > MAX_BYTES:
            raise ValueError(f"the arrays have more than {MAX_BYTES >> 30} GiB: record fewer or smaller ones")
        kind = _SAFETENSORS_TYPES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, end]}
        chunks.append(array.tobytes() if array.size == 0 or array.ndim == 0 else array.reshape(-1).data)
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return [struct.pack("<Q", len(text)) + text, *chunks]


def read_safetensors(path: Path, arrays: bool = True) -> tuple[dict[str, Array], dict[str, str]]:
    np = numpy_module()
    types = {kind: name for name, kind in _SAFETENSORS_TYPES.items()}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        metadata = header.pop("__metadata__", {})
        data = file.read() if arrays else b""
    found = {}
    for name, entry in header.items() if arrays else ():
        start, end = entry["data_offsets"]
        found[name] = np.frombuffer(data[start:end], np.dtype(types[entry["dtype"]])).reshape(entry["shape"])
    return found, metadata
