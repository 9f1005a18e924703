"""Numbers and arrays of NumPy, PyTorch, JAX and TensorFlow.

Part of the file that ``trainscape recorder`` writes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union, cast

if TYPE_CHECKING:
    import types

    import numpy.typing as npt

    Array = npt.NDArray[Any]

Step = Union[int, float]


def numpy_module() -> types.ModuleType:
    import numpy

    return numpy


def text_of(value: object) -> object:
    """Numbers of other libraries as numbers, anything else as text."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "size", 1) == 1:
        return item()
    return str(value)


def step_of(step: object) -> Step:
    if isinstance(step, (int, float)) and not isinstance(step, bool):
        if isinstance(step, float) and not step - step == 0.0:
            raise ValueError(f"a step is a finite number, not {step}")
        return step
    number = cast(Any, step).item() if hasattr(step, "item") else int(cast(Any, step))
    return cast(Step, number)


def whole_step(step: object) -> int:
    number = step_of(step)
    if number != int(number) or number < 0:
        raise ValueError(f"the step of an array is a whole number from 0, not {number}")
    return int(number)


def shape_text(array: Array) -> str:
    return " x ".join(str(length) for length in array.shape) or "a single number"


def is_torch(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, getattr(torch, "Tensor", ()))


def refuse_sharded(value: object) -> None:
    # Collecting the parts needs all processes, and only rank 0 is here.
    if hasattr(value, "full_tensor") or getattr(value, "is_fully_addressable", True) is False:
        raise ValueError("the array is distributed over processes: record its full value, gathered in all of them")


def number_of(value: Any) -> float:
    return float(value.item() if hasattr(value, "item") else value)


#: The largest number of double precision.
LARGEST = sys.float_info.max


def real_number(value: Any) -> Any:
    """A number, a truth value or a text as it is, any other number as one of double precision."""
    if type(value) in (float, bool, str) or value is None:
        return value
    if type(value) is int and abs(value) <= LARGEST:
        return value
    return float(value)


def numbers_of(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Values as numbers, and the keys of those that are none. Those on an accelerator are copied together."""
    numbers: dict[str, Any] = {}
    refused = []
    devices: dict[object, list[str]] = {}
    for key, value in values.items():
        kind = type(value)
        if kind is float or kind is bool or kind is str or value is None:
            numbers[key] = value
        elif kind is int:
            # JSON has no limit for whole numbers, programs that read it have.
            if abs(value) > LARGEST:
                refused.append(key)
            else:
                numbers[key] = value
        elif is_torch(value) and value.device.type != "cpu" and value.numel() == 1:
            numbers[key] = None
            devices.setdefault(value.device, []).append(key)
        else:
            try:
                numbers[key] = real_number(value.item() if hasattr(value, "item") else value)
            except Exception:  # Values of any library raise anything.
                refused.append(key)
    for keys in devices.values():
        stacked = sys.modules["torch"].stack([values[key].detach().reshape(()).float() for key in keys])
        numbers.update(zip(keys, stacked.tolist()))
    return numbers, refused


#: Keys that readers of a log take for the step or the time of a row.
POSITIONS = frozenset(("step", "_step", "global_step", "_timestamp"))


def without_positions(step: Step, numbers: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Metrics of which those get other names that would be taken for the step of their row, and these keys."""
    if not any(key.lower() in POSITIONS for key in numbers):
        return numbers, []
    kept, renamed = {}, []
    for key, value in numbers.items():
        if key.lower() not in POSITIONS:
            kept[key] = value
        elif value != step:
            kept[f"logged/{key}"] = value
            renamed.append(key)
    return kept, renamed


def array_of(value: Any) -> Array:
    """An array of any library as one of NumPy, on the CPU."""
    np = numpy_module()
    refuse_sharded(value)
    if is_torch(value):
        value = value.detach()
        if str(value.dtype) in ("torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2"):
            value = value.float()
        value = value.cpu().numpy()
    elif not isinstance(value, np.ndarray) and callable(getattr(value, "numpy", None)):
        value = value.numpy()  # TensorFlow and Keras.
    array: Array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        array = array.astype(np.float32)  # Types such as bfloat16 of JAX.
    return array


def floating(array: Array) -> Array:
    return array if array.dtype.kind == "f" else array.astype(numpy_module().float32)


def half(array: Array) -> Array:
    """As half-precision numbers; single precision where those would become infinite."""
    np = numpy_module()
    array = floating(array)
    with np.errstate(over="ignore"):
        half16: Array = array.astype(np.float16)
    if bool(np.all(np.isfinite(half16) == np.isfinite(array))):
        return half16
    return array.astype(np.float32)


def layer_parts(weights: object) -> Sequence[object]:
    if isinstance(weights, (list, tuple)):
        return weights
    array = array_of(weights)
    if array.ndim < 3:
        raise ValueError(f"the weights of all layers are layer x head x query x key, not {shape_text(array)}")
    return list(array)


def heads(weights: object) -> Array:
    array = array_of(weights)
    if array.ndim == 4:
        array = array[0]
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3:
        raise ValueError(f"the weights of a layer are head x query x key, not {shape_text(array)}")
    return half(array)


def positions(values: object) -> Array:
    array = array_of(values)
    if array.ndim == 3:
        array = array[0]
    if array.ndim != 2:
        raise ValueError(f"the activations of a layer are position x channel, not {shape_text(array)}")
    return array


def flattened(values: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def named(params: object) -> Iterator[tuple[str, Any]]:
    """Names and arrays of a module or of nested mappings and sequences."""
    if callable(getattr(params, "named_parameters", None)):
        yield from cast(Any, params).named_parameters()
    elif hasattr(params, "trainable_variables"):  # A model of Keras.
        for variable in cast(Any, params).trainable_variables:
            yield variable.path if hasattr(variable, "path") else variable.name, variable
    else:
        yield from _leaves(params, "")


def _leaves(tree: object, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping):
        children: Iterator[tuple[object, object]] = iter(tree.items())
    elif isinstance(tree, (list, tuple)):
        children = iter(enumerate(tree))
    else:
        if tree is not None:
            yield prefix, tree
        return
    for key, value in children:
        yield from _leaves(value, f"{prefix}.{key}" if prefix else str(key))
