"""Writes lightning.ckpt and legacy.pth as `torch.save` does, with the standard library and NumPy."""

import collections
import io
import pickle
import struct
import sys
import types
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CLASSES = {
    "f4": "FloatStorage",
    "f8": "DoubleStorage",
    "f2": "HalfStorage",
    "bf": "BFloat16Storage",
    "i8": "LongStorage",
    "i4": "IntStorage",
    "i2": "ShortStorage",
    "i1": "CharStorage",
    "u1": "ByteStorage",
    "b1": "BoolStorage",
    "c8": "ComplexFloatStorage",
}


def module(name, members):
    made = types.ModuleType(name)
    sys.modules[name] = made
    for key, value in members.items():
        value.__module__, value.__qualname__, value.__name__ = name, key, key
        setattr(made, key, value)
    return made


TORCH = module("torch", {name: type(name, (), {}) for name in [*CLASSES.values(), "Callback"]})
UTILS = module(
    "torch._utils", {name: lambda *_: None for name in ["_rebuild_tensor_v2", "_rebuild_parameter"]}
)


class Storage:
    def __init__(self, values, code):
        self.values, self.code = np.ascontiguousarray(values).ravel(), code


class Tensor:
    def __init__(self, values, code=None, offset=0, shape=None, strides=None):
        shared = isinstance(values, Storage)
        values = values if shared else np.asarray(values)
        self.storage = values if shared else Storage(values, code or values.dtype.str[1:])
        self.offset, self.shape = offset, shape or values.shape
        lens = np.cumprod([1, *self.shape[:0:-1]])[: len(self.shape)]
        self.strides = strides or tuple(int(length) for length in reversed(lens))

    def __reduce_ex__(self, protocol):
        hooks = collections.OrderedDict()
        arguments = (self.storage, self.offset, self.shape, self.strides, False, hooks)
        return UTILS._rebuild_tensor_v2, arguments


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce_ex__(self, protocol):
        return UTILS._rebuild_parameter, (self.tensor, True, collections.OrderedDict())


class Pickler(pickle.Pickler):
    storages = None

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        key, _ = self.storages.setdefault(id(value), (str(len(self.storages)), value))
        return "storage", getattr(TORCH, CLASSES[value.code]), key, "cpu", len(value.values)


def dump(value):
    out = io.BytesIO()
    pickler = Pickler(out, protocol=2)
    pickler.storages = {}
    pickler.dump(value)
    return out.getvalue(), list(pickler.storages.values())


def save(value, path):
    content, storages = dump(value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        members = {"data.pkl": content, "byteorder": b"little"}
        members |= {f"data/{key}": storage.values.tobytes() for key, storage in storages}
        for name, member in (members | {"version": b"3\n"}).items():
            info = zipfile.ZipInfo(f"archive/{name}", (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, member)


def save_legacy(value, path):
    content, storages = dump(value)
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": sizes}
    before = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, system)]
    keys = pickle.dumps([key for key, _ in storages], 2)
    counted = [
        struct.pack("<q", len(storage.values)) + storage.values.tobytes() for _, storage in storages
    ]
    path.write_bytes(b"".join([*before, content, keys, *counted]))


weight = np.arange(6, dtype="f4").reshape(2, 3)
bias = np.array([0.5, -1.5], dtype="f4")
shared = Storage(np.arange(24, dtype="f4"), "f4")
callback = TORCH.Callback()
callback.patience = 3
save(
    {
        "epoch": 3,
        "global_step": 400,
        "state_dict": collections.OrderedDict(
            {
                "fc.weight": Parameter(Tensor(weight)),
                "fc.bias": Tensor(bias),
                "half": Tensor(np.array([1, 2, 0.5], dtype="f2")),
                "bf": Tensor(np.array([0x3F80, 0xC000], dtype="u2"), code="bf"),
                "double": Tensor(np.array([[1e-300]])),
                "long": Tensor(np.array(7, dtype="i8")),
                "flags": Tensor(np.array([True, False])),
                "bytes": Tensor(np.array([200, 1], dtype="u1")),
                "small": Tensor(np.array([-3], dtype="i1")),
                "ints": Tensor(np.array([-70000], dtype="i4")),
                "shorts": Tensor(np.array([-300], dtype="i2")),
                "shared": Tensor(shared, offset=4, shape=(2, 4)),
                "turned": Tensor(shared, shape=(3, 2), strides=(1, 3)),
                "gaps": Tensor(shared, shape=(3, 2), strides=(8, 1)),
                "wave": Tensor(np.array([1 + 2j], dtype="c8")),
            }
        ),
        "optimizer_states": [{"state": {0: {"exp_avg": Tensor(weight)}}, "param_groups": [{"lr": 1e-3}]}],
        "callbacks": {"EarlyStopping": callback},
        "hyper_parameters": {"lr": 0.1, "name": "x"},
    },
    HERE / "lightning.ckpt",
)
legacy = {"fc.weight": Parameter(Tensor(weight)), "fc.bias": Tensor(bias)}
save_legacy(collections.OrderedDict(legacy), HERE / "legacy.pth")
