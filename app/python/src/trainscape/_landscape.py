"""The loss on a plane through the weights.

Part of the file that ``trainscape recorder`` writes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainscape._files import MAX_BYTES, LineFile, replace_file
from trainscape._values import array_of, floating, is_torch, named, numpy_module

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

#: Seconds between two writes of an unfinished landscape.
LANDSCAPE_INTERVAL_SECS = 5.0


class Plane:
    """Two directions in the space of the weights, from the trained ones."""

    def __init__(self, params: object, filter_axis: int | None) -> None:
        self.params = params
        self.is_module = callable(getattr(params, "named_parameters", None))
        self.values = dict(named(params))
        if not self.values:
            raise ValueError("no weights")
        is_of_torch = all(is_torch(value) for value in self.values.values())
        self.filter_axis = filter_axis if filter_axis is not None else (0 if is_of_torch else -1)
        self.base = {name: floating(array_of(value)).copy() for name, value in self.values.items()}
        self.directions: list[dict[str, Array]] = []
        self.moved = False
        self.recipe: list[object] = []
        self._native: list[dict[str, Any]] | None = None

    def has_shapes_of(self, arrays: Mapping[str, Array]) -> bool:
        return all(name in arrays and arrays[name].shape == base.shape for name, base in self.base.items())

    def random(self, seed: int) -> None:
        np = numpy_module()
        generator = np.random.default_rng(seed)
        for _ in range(2):
            direction = {}
            for name, base in self.base.items():
                if base.ndim < 2:
                    direction[name] = np.zeros_like(base)
                    continue
                noise = generator.standard_normal(base.shape).astype(np.float32)
                others = tuple(axis for axis in range(base.ndim) if axis != self.filter_axis % base.ndim)
                length = np.sqrt(np.square(noise).sum(others, keepdims=True)) + 1e-10
                direction[name] = noise * (np.sqrt(np.square(base).sum(others, keepdims=True)) / length)
            self.directions.append(direction)
        self.recipe = ["random", seed, self.filter_axis]

    def principal(self, steps: list[int], snapshots: list[dict[str, Array]]) -> tuple[list[int], Array]:
        """Take the principal components of the snapshots; returns their steps and places ``(snapshot, 2)``."""
        np = numpy_module()
        size = sum(base.size for base in self.base.values())
        if size * (len(snapshots) + 2) * 4 > MAX_BYTES:
            raise ValueError(f"{len(snapshots)} snapshots of {size} weights have more than {MAX_BYTES >> 30} GiB")
        final = np.concatenate([base.ravel() for base in self.base.values()]).astype(np.float32)
        rows = np.stack(
            [
                np.concatenate([snapshot[name].ravel() for name in self.base]).astype(np.float32) - final
                for snapshot in snapshots
            ]
        )
        # The components lie in the span of the few rows, so that their products are enough.
        powers, mixing = np.linalg.eigh((rows @ rows.T).astype(np.float64))
        flat = [rows.T @ mixing[:, -1 - axis].astype(np.float32) for axis in (0, 1)]
        if powers[-2] <= 1e-12 * powers[-1]:
            raise ValueError("the snapshots of the weights lie on one line, which spans no plane")
        flat = [component / np.linalg.norm(component) for component in flat]
        for component in flat:
            parts, at = {}, 0
            for name, base in self.base.items():
                parts[name] = component[at : at + base.size].reshape(base.shape)
                at += base.size
            self.directions.append(parts)
        self.recipe = ["pca", steps]
        return steps, np.stack([rows @ component for component in flat], axis=1)

    def given(self, pair: tuple[object, object]) -> None:
        if len(pair) != 2:
            raise ValueError("directions are a pair")
        for tree in pair:
            arrays = {name: floating(array_of(value)) for name, value in named(tree)}
            if not self.has_shapes_of(arrays):
                raise ValueError("a direction has other names or shapes than the weights")
            self.directions.append({name: arrays[name] for name in self.base})
        self.recipe = ["given"]

    def fingerprint(self, counts: tuple[int, int], reach: Sequence[float]) -> str:
        """Tells whether an unfinished grid is of the same weights and directions."""
        import hashlib

        digest = hashlib.sha256(json.dumps([self.recipe, counts, list(reach)]).encode())
        for arrays in (self.base, *self.directions):
            for name, array in arrays.items():
                digest.update(name.encode())
                digest.update(numpy_module().ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def at(self, x: float, y: float) -> object:
        """The weights at a place of the plane, as the caller gave them."""
        if self._native is None:
            parts = [self.base, *self.directions]
            self._native = [{n: self._like(self.values[n], a) for n, a in part.items()} for part in parts]
        base, first, second = self._native
        moved = {name: base[name] + x * first[name] + y * second[name] for name in base}
        if not self.is_module:
            return _rebuilt(self.params, "", moved)
        self.moved = True
        self._assign(moved)
        return self.params

    def restore(self) -> None:
        if self.moved and self._native is not None:
            self._assign(self._native[0])
            self.moved = False

    def _assign(self, values: Mapping[str, Any]) -> None:
        with sys.modules["torch"].no_grad():
            for name, parameter in self.values.items():
                parameter.copy_(values[name])

    def _like(self, value: Any, array: Array) -> Any:
        if is_torch(value):
            return sys.modules["torch"].from_numpy(numpy_module().array(array)).to(value.device, value.dtype)
        dtype = value.dtype if isinstance(value, numpy_module().ndarray) else None
        return array if dtype is None or dtype.kind != "f" else array.astype(dtype)


def _rebuilt(tree: object, prefix: str, values: Mapping[str, Any]) -> Any:
    def name(key: object) -> str:
        return f"{prefix}.{key}" if prefix else str(key)

    if isinstance(tree, Mapping):
        return {key: _rebuilt(value, name(key), values) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_rebuilt(value, name(key), values) for key, value in enumerate(tree)]
    return None if tree is None else values[prefix]


class Grid:
    """Losses on a grid, which are kept in a file beside it until all are computed."""

    def __init__(
        self,
        path: Path,
        key: str,
        counts: tuple[int, int],
        reach: Sequence[float],
        trajectory: tuple[list[int], Array] | None,
    ) -> None:
        np = numpy_module()
        self.path = path
        self.key = key
        self.axes = [np.linspace(-reach[axis], reach[axis], counts[axis]) for axis in (0, 1)]
        self.loss: Array = np.full((counts[1], counts[0]), np.nan)
        self.done = np.zeros(self.loss.shape, bool)
        self.trajectory = trajectory
        # Readers pass over names that start with a dot.
        self.kept = LineFile(path.with_name(f".{path.stem}.unfinished.jsonl"))

    def resume(self) -> None:
        try:
            lines = self.kept.path.read_text("utf-8").splitlines()
        except OSError:
            return
        if not lines or lines[0] != json.dumps(self.key):
            os.remove(self.kept.path)
            return
        for line in lines[1:]:
            try:
                row, column, loss = json.loads(line)
                self.loss[row, column] = loss
                self.done[row, column] = True
            except (ValueError, TypeError, IndexError):
                continue  # It was cut when the process ended.

    def evaluate(
        self,
        loss_at: Callable[[float, float], float],
        progress: bool | Callable[[int, int], object],
        max_seconds: float | None,
    ) -> None:
        start = written = time.monotonic()
        count, total = int(self.done.sum()), self.done.size
        try:
            for row, column in numpy_module().argwhere(~self.done):
                if max_seconds is not None and time.monotonic() - start > max_seconds:
                    break
                loss = loss_at(float(self.axes[0][column]), float(self.axes[1][row]))
                self.loss[row, column] = loss
                self.done[row, column] = True
                count += 1
                if not self.kept.path.exists():
                    self.kept.append(json.dumps(self.key))
                self.kept.append(json.dumps([int(row), int(column), loss]))
                _show(progress, count, total)
                if time.monotonic() - written > LANDSCAPE_INTERVAL_SECS:
                    self.write()
                    written = time.monotonic()
        finally:
            self.kept.close()
            self.write()
        if count == total and self.kept.path.exists():
            os.remove(self.kept.path)

    def write(self) -> None:
        import io

        arrays: dict[str, Any] = {"alpha": self.axes[0], "beta": self.axes[1], "loss": self.loss}
        if self.trajectory is not None:
            arrays["steps"], arrays["trajectory"] = self.trajectory
        buffer = io.BytesIO()
        numpy_module().savez(buffer, **arrays)
        replace_file(self.path, [buffer.getbuffer()])


def _show(progress: bool | Callable[[int, int], object], done: int, total: int) -> None:
    if callable(progress):
        progress(done, total)
    elif progress and sys.stderr is not None and sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\rtrainscape: loss landscape {done}/{total}", end=end, file=sys.stderr, flush=True)
