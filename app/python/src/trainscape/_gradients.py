"""Norms of gradients.

Part of the file that ``trainscape recorder`` writes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trainscape._values import array_of, floating, is_torch, named, number_of, numpy_module, refuse_sharded

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]


def layer_of(name: str) -> str:
    """The layer of a parameter: up to its first number (``layers.3`` of ``layers.3.mlp.up``), else its module."""
    parts = re.split(r"[./]", name)
    for index, part in enumerate(parts):
        if part.isdigit() or re.fullmatch(r"[A-Za-z_]+_\d+", part):
            return ".".join(parts[: index + 1])
    return ".".join(parts[:-1]) or name


def gradients_of(model: object) -> dict[str, Any]:
    parameters = named(model)
    if callable(getattr(model, "named_parameters", None)):
        return {name: parameter.grad for name, parameter in parameters if parameter.grad is not None}
    return dict(parameters)


def norms_of(gradients: Mapping[str, Any], loss_scale: object) -> dict[str, float]:
    """The L2 norm of each gradient, without the factor of the loss."""
    for value in gradients.values():
        refuse_sharded(value)
    names = list(gradients)
    values = [gradients[name] for name in names]
    scale: Any = loss_scale
    if callable(getattr(scale, "is_enabled", None)) and not scale.is_enabled():
        scale = None  # A scaler that is switched off has none to ask for.
    elif hasattr(scale, "_get_scale_async"):
        scale = scale._get_scale_async()  # A tensor, which is not copied yet.
    elif callable(getattr(scale, "get_scale", None)):
        scale = scale.get_scale()
    if values and all(is_torch(value) for value in values):
        found, scale = _torch_norms(values, scale)
    elif values and type(values[0]).__module__.startswith(("jax", "jaxlib")):
        jnp = sys.modules["jax"].numpy
        norms = [jnp.sqrt(jnp.sum(jnp.square(value.astype(jnp.float32)))) for value in values]
        found = numpy_module().asarray(jnp.stack(norms)).tolist()
    elif values and type(values[0]).__module__.startswith("tensorflow"):
        tf = sys.modules["tensorflow"]
        norms = [tf.norm(tf.cast(tf.convert_to_tensor(value), tf.float32)) for value in values]
        found = tf.stack(norms).numpy().tolist()
    else:
        found = [_norm(array_of(value)) for value in values]
    factor = 1.0 if scale is None else number_of(scale)
    return {name: norm / factor for name, norm in zip(names, found)}


def _norm(array: Array) -> float:
    np = numpy_module()
    flat = floating(array).ravel()
    with np.errstate(over="ignore"):
        square = float(np.dot(flat, flat))
    if flat.dtype == np.float16 or not 1e-30 < square < 1e30:
        # Squares that are too large or too small for the type.
        square = float(np.square(flat, dtype=np.float64).sum())
    return float(square**0.5)


def _torch_norms(values: list[Any], scale: Any) -> tuple[list[float], Any]:
    torch = sys.modules["torch"]
    with torch.no_grad():
        devices: dict[object, list[int]] = {}
        norms: list[Any] = []
        for index, value in enumerate(values):
            value = value.detach()
            if value.is_sparse:
                value = value.coalesce().values()
            norms.append(torch.linalg.vector_norm(value, dtype=torch.float32))
            devices.setdefault(value.device, []).append(index)
        found = [0.0] * len(values)
        with_scale = is_torch(scale)
        for device, indices in devices.items():
            column = [norms[index] for index in indices]
            if with_scale:
                column.append(scale.detach().reshape(()).to(device, torch.float32))
            numbers = torch.stack(column).tolist()
            if with_scale:
                *numbers, scale_value = numbers
            for index, number in zip(indices, numbers):
                found[index] = number
    return found, scale_value if with_scale else scale
