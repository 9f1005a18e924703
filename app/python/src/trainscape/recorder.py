"""Records a training run into a folder that Trainscape opens.

This file needs nothing but NumPy, and NumPy only for arrays: ``trainscape recorder -o recorder.py`` writes it for
machines where nothing may be installed. The folder holds ``metrics.jsonl`` (a line a call), ``config.json``,
``landscape.npz`` and ``snapshots/step-N/NAME.safetensors`` (attention, embeddings, activations, weights).

>>> with Recorder("runs/first", config={"lr": 1e-3}) as recorder:
...     for step in range(1000):
...         loss = train(step)
...         recorder.log(step, loss=loss, learning_rate=1e-3)

A recorder never stops a training: whatever fails inside of it is told once on stderr and counted in
``Recorder.failures``. Only the process of rank 0 writes; in others, every call does nothing.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from trainscape._buffer import Buffer
from trainscape._files import LineFile, read_safetensors, replace_file, safetensors
from trainscape._gradients import gradients_of, layer_of, norms_of
from trainscape._landscape import Grid, Plane
from trainscape._values import (
    Step,
    array_of,
    flattened,
    floating,
    heads,
    layer_parts,
    named,
    number_of,
    numbers_of,
    numpy_module,
    positions,
    shape_text,
    step_of,
    text_of,
    whole_step,
    without_positions,
)

if TYPE_CHECKING:
    import types

    import numpy.typing as npt

    Array = npt.NDArray[Any]

__all__ = ["Recorder"]

_Method = TypeVar("_Method", bound=Callable[..., Any])

#: Environment variables that hold the rank of this process, the first one that is set counts.
RANK_VARIABLES = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "LOCAL_RANK")


def _guarded(method: _Method) -> _Method:
    """A method that does nothing in other processes than the recorder's and never raises an `Exception`."""

    @functools.wraps(method)
    def call(self: Recorder, *args: Any, **kwargs: Any) -> Any:
        if not self.is_active:
            return None
        try:
            return method(self, *args, **kwargs)
        except Exception as error:  # The training goes on, whatever it is.
            self._failed(method.__name__, error)
            return None

    return cast(_Method, call)


class Recorder:
    """Writes a run's metrics, gradients and arrays into a folder while it trains.

    Parameters
    ----------
    folder
        Folder of the run; created if necessary. An existing run is continued.
    buffer
        Number of rows of metrics that `metrics_buffer` keeps; fewer where they hold more than 500,000 values together.
    gradients
        Number of snapshots that `gradient_buffer` keeps, with the same bound.
    config
        Configuration, as for `config`.
    rank
        Rank of this process; found from the environment or from ``torch.distributed`` if omitted. Only rank 0 writes.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        buffer: int = 1000,
        gradients: int = 100,
        *,
        config: object = None,
        rank: int | None = None,
    ) -> None:
        #: Number of failures by method.
        self.failures: Counter[str] = Counter()
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._is_writer = (find_rank() if rank is None else rank) == 0
        self._said: set[tuple[object, ...]] = set()
        try:
            self.folder = Path(os.fsdecode(folder))
            sizes = [max(0, int(size)) for size in (buffer, gradients)]
        except (TypeError, ValueError) as error:  # The training goes on without a recording.
            self.folder, sizes, self._is_writer = Path(os.devnull), [0, 0], False
            self._failed("Recorder", error)
        self._metrics, self._gradients = (Buffer(size) for size in sizes)
        # Each key once, whatever it was put together from: rows share them.
        self._keys: dict[str, str] = {}
        self._lines = LineFile(self.folder / "metrics.jsonl")
        self._last_step: Step | None = None
        self._has_own_norm = False
        # Attention by name: the step, and the weights of its layers so far.
        self._layers: dict[str, tuple[int, dict[int, Array]]] = {}
        self._labels: dict[str, list[str] | None] = {}
        self._tokens: dict[str, list[str] | None] = {}
        self._config: dict[str, Any] = {}
        self._figures: Any = None
        atexit.register(_close_at_exit, weakref.ref(self))
        if config is not None:
            self.config(config)

    # Metrics

    @_guarded
    def log(self, step: Step, metrics: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Append a row of metrics.

        Parameters
        ----------
        step
            Training step.
        metrics, **more
            Values by key: numbers, or arrays of one element of NumPy, PyTorch, JAX or TensorFlow. Nested mappings are
            joined by dots. Keys that are no identifiers are given as a mapping: ``log(3, {"train/loss": 0.5})``.
        """
        values = {self._keys.setdefault(key, key): value for key, value in flattened({**(metrics or {}), **more})}
        numbers, refused = numbers_of(values)
        at = step_of(step)
        numbers, renamed = without_positions(at, numbers)
        row = {"step": at, "_timestamp": round(time.time(), 3), **numbers}
        with self._lock:
            self._has_own_norm = self._has_own_norm or any(key.endswith("grad_norm") for key in numbers)
            self._metrics.append(row, len(row))
            self._append(row)
            self._write_layers(before=row["step"])
        if self._figures is not None:
            self._figures.reached(at)
        if refused:
            raise TypeError(f"{', '.join(refused)} is left out: not a real number or an array of one element")
        if renamed:
            raise ValueError(f"the first argument is the step: {', '.join(renamed)} is written as logged/…")

    @_guarded
    def gradients(
        self,
        step: Step,
        model: object,
        *,
        loss_scale: object = None,
        per: str = "parameter",
        total: bool = True,
    ) -> None:
        """Append the L2 norms of the gradients; the view `gradient-flow` draws them.

        The norms are computed where the gradients are, and copied together: one synchronisation with the device.

        Parameters
        ----------
        step
            Training step.
        model
            A PyTorch module after ``backward()``, or a mapping (nested, too) of names to gradients of any shape. What
            has no gradient is left out.
        loss_scale
            Factor by which the loss was multiplied: a number or a ``torch.amp.GradScaler``. Leave it out after
            ``scaler.unscale_(optimizer)``.
        per
            ``"parameter"`` or ``"layer"``: what a norm is written for. `gradient_buffer` has both.
        total
            Write the norm of all gradients as ``grad_norm``, unless `log` gets one.
        """
        if per not in ("parameter", "layer"):
            raise ValueError(f"per is parameter or layer, not {per!r}")
        norms = norms_of(gradients_of(model), loss_scale)
        if not norms:
            raise ValueError("no gradients: call it after backward() and before the gradients are set to None")
        layers: dict[str, float] = {}
        for name, norm in norms.items():
            layer = layer_of(name)
            layers[layer] = layers.get(layer, 0.0) + norm * norm
        layers = {layer: square**0.5 for layer, square in layers.items()}
        of_all = sum(norm * norm for norm in norms.values()) ** 0.5
        snapshot = {"step": step_of(step), "total": of_all, "parameters": norms, "layers": layers}
        row: dict[str, Any] = {"step": snapshot["step"], "_timestamp": round(time.time(), 3)}
        with self._lock:
            if total and not self._has_own_norm:
                row["grad_norm"] = of_all
            row.update((f"grad_norm/{name}", norm) for name, norm in (norms if per == "parameter" else layers).items())
            self._gradients.append(snapshot, len(norms) + len(layers))
            self._append(row)

    @property
    def metrics_buffer(self) -> list[dict[str, Any]]:
        """The last rows of metrics, the oldest first; none in processes that do not write."""
        if not self.is_active:  # The lock may have been held when this process was forked.
            return []
        with self._lock:
            return [dict(row) for row in self._metrics]

    @property
    def gradient_buffer(self) -> list[dict[str, Any]]:
        """The last norms of gradients: ``step``, ``total``, and ``parameters`` and ``layers`` by name."""
        if not self.is_active:
            return []
        with self._lock:
            return [dict(snapshot) for snapshot in self._gradients]

    # Arrays

    @_guarded
    def attention(
        self,
        step: int,
        layer: int | None,
        weights: object,
        tokens: Sequence[str] | None = None,
        name: str = "attention",
    ) -> None:
        """Record attention weights, as half-precision numbers.

        The layers of a step are written when a later step is logged or recorded, and by `flush`.

        Parameters
        ----------
        step
            Training step.
        layer
            Index of the layer; `None` for the weights of all layers.
        weights
            Of one layer: ``(head, query, key)``, ``(query, key)`` or ``(batch, head, query, key)``. Of all layers: a
            sequence of these, or one array with the layer as first axis. Of a batch, the first example is recorded.
        tokens
            Text of each position; the same at every step.
        name
            Name of the array. Sequences with other tokens need another name, which contains ``attention``.
        """
        at = whole_step(step)
        if layer is None:
            found = {index: heads(part) for index, part in enumerate(layer_parts(weights))}
        else:
            found = {int(layer): heads(weights)}
        words = None if tokens is None else [str(token) for token in tokens]
        for part in found.values():
            if words is not None and len(words) not in part.shape[1:]:
                raise ValueError(f"{len(words)} tokens for weights of {shape_text(part)} (head x query x key)")
        with self._lock:
            self._check_labels(name, words, "tokens")
            pending = self._layers.get(name)
            if pending is not None and pending[0] != at:
                self._write_layers(only=name)
                pending = None
            layers = {} if pending is None else pending[1]
            layers.update(found)
            self._layers[name] = (at, layers)
            self._tokens[name] = words
            if layer is None:
                self._write_layers(only=name)

    @_guarded
    def embeddings(
        self, step: int, matrix: object, labels: Sequence[object] | None = None, name: str = "embeddings"
    ) -> None:
        """Record a matrix of embeddings.

        Parameters
        ----------
        step
            Training step.
        matrix
            ``(row, dimension)``.
        labels
            Name of each row; the same at every step.
        name
            Name of the array; one for each set of rows.
        """
        rows = floating(array_of(matrix))
        if rows.ndim != 2:
            raise ValueError(f"embeddings are row x dimension, not {shape_text(rows)}")
        words = None if labels is None else [str(label) for label in labels]
        if words is not None and len(words) != rows.shape[0]:
            raise ValueError(f"{len(words)} labels for {rows.shape[0]} rows")
        with self._lock:
            self._check_labels(name, words, "labels")
            self._save(step, name, {name: rows}, {"axes": "row,dimension"}, words, "labels")

    @_guarded
    def activations(self, step: int, values: object, dtype: str = "float32", name: str = "activations") -> None:
        """Record activations.

        Parameters
        ----------
        step
            Training step.
        values
            ``(layer, position, channel)``; or a mapping or a sequence of ``(position, channel)`` or ``(batch, position,
            channel)`` for each layer, of which the first example is recorded. Layers of other shapes than the first
            one are recorded apart.
        dtype
            Type of the numbers; the same at every step.
        name
            Name of the array.
        """
        if isinstance(values, Mapping):
            layers = [positions(value) for value in values.values()]
        elif isinstance(values, (list, tuple)):
            layers = [positions(value) for value in values]
        else:
            array = array_of(values)
            if array.ndim != 3:
                raise ValueError(f"activations are layer x position x channel, not {shape_text(array)}")
            layers = list(array)
        if not layers:
            raise ValueError("no activations")
        np = numpy_module()
        layers = [floating(layer).astype(dtype) for layer in layers]
        if all(layer.shape == layers[0].shape for layer in layers):
            self._save(step, name, {name: np.stack(layers)}, {"axes": "layer,position,channel"})
        else:
            apart = {f"layers.{index}.{name}": layer for index, layer in enumerate(layers)}
            self._save(step, name, apart, {"axes": "position,channel"})

    @_guarded
    def weights(self, step: int, params: object, dtype: str | None = None, name: str = "weights") -> None:
        """Record the weights; the views `weights` and `spectra` draw them.

        Parameters
        ----------
        step
            Training step.
        params
            A PyTorch module, or a mapping (nested, too) of names to arrays of any shape.
        dtype
            Type in which floating-point numbers are written, such as ``"float16"``; theirs if omitted. The same at
            every step.
        name
            Name of the file.
        """
        arrays = {key: array_of(value) for key, value in named(params)}
        if not arrays:
            raise ValueError("no weights")
        if dtype is not None:
            arrays = {key: floating(array).astype(dtype) for key, array in arrays.items()}
        self._save(step, name, arrays, {})

    @_guarded
    def landscape(
        self,
        loss_fn: Callable[[Any], Any],
        params: object,
        *,
        directions: object = "random",
        n: int | tuple[int, int] = 21,
        span: float | None = None,
        seed: int = 0,
        filter_axis: int | None = None,
        progress: bool | Callable[[int, int], object] = True,
        max_seconds: float | None = None,
        name: str = "landscape",
    ) -> Array | None:
        """Compute the loss on a plane through the weights, and record it for the view `loss-landscape`.

        It evaluates the loss ``n * n`` times in the calling thread. An evaluation that was interrupted goes on where
        it was if it is called again with the same weights and settings.

        Parameters
        ----------
        loss_fn
            Gets the moved weights, as `params`, and returns the loss. Evaluate it on the same data each time, without
            dropout.
        params
            A PyTorch module, which is moved in place and restored, or a mapping (nested, too) of names to arrays.
        directions
            ``"random"``: two random directions with the norm of each filter (Li et al. 2018); biases and the weights
            of normalisation do not move. ``"pca"``: the first two principal components of the snapshots that `weights`
            recorded. Or a pair of directions, each as `params`.
        n
            Number of points along each axis, or along both.
        span
            The plane reaches from ``-span`` to ``span`` times each direction; 1 if omitted, with ``"pca"`` as far as
            the snapshots.
        seed
            Seed of random directions.
        filter_axis
            Axis of a weight whose entries are filters; if omitted, the first for PyTorch and otherwise the last.
        progress
            False for silence, or a function that gets the number of evaluations that are done and of all.
        max_seconds
            Stop after this time; the next call goes on.
        name
            Name of the file; it contains ``landscape``.

        Returns
        -------
        The losses ``(beta, alpha)`` so far, NaN where none was computed; `None` if it failed.
        """
        plane = Plane(params, filter_axis)
        path = None
        if isinstance(directions, str):
            if directions == "random":
                plane.random(seed)
            elif directions == "pca":
                path = plane.principal(*self._recorded_weights(plane))
            else:
                raise ValueError(f"directions are random, pca or a pair, not {directions!r}")
        else:
            plane.given(cast("tuple[object, object]", directions))
        counts = (n, n) if isinstance(n, int) else (int(n[0]), int(n[1]))
        if min(counts) < 2:
            raise ValueError("n is at least 2")
        np = numpy_module()
        reach = [span, span] if span is not None else [1.0, 1.0]
        if path is not None and span is None:
            reach = [max(1e-12, 1.2 * float(np.abs(path[1][:, axis]).max())) for axis in (0, 1)]
        grid = Grid(self._file_name(name, ".npz"), plane.fingerprint(counts, reach), counts, reach, path)
        grid.resume()
        try:
            grid.evaluate(lambda x, y: number_of(loss_fn(plane.at(x, y))), progress, max_seconds)
        finally:
            plane.restore()
        return grid.loss

    @_guarded
    def config(self, values: object = None, /, **more: Any) -> None:
        """Add to the configuration in ``config.json``.

        Parameters
        ----------
        values, **more
            A mapping, or an object with attributes such as ``argparse.Namespace`` or a dataclass. What JSON does not
            have is written as text.
        """
        if values is None:
            values = {}
        elif not isinstance(values, Mapping):
            values = dict(vars(values))
        with self._lock:
            path = self.folder / "config.json"
            if not self._config and path.is_file():
                self._config = json.loads(path.read_text("utf-8"))
            self._config.update({**values, **more})
            text = json.dumps(self._config, indent=1, default=text_of, skipkeys=True)
            replace_file(path, [text.encode()])

    # Figures

    @_guarded
    def summary(
        self,
        every: int | None = None,
        prefix: str | None = None,
        *,
        trackers: Sequence[object] | None = None,
        wait: bool | None = None,
        timeout: float = 600.0,
        **options: Any,
    ) -> None:
        """Draw every view that the data allow, and hand the figures to the trackers that are active.

        The program `trainscape` draws them in the background, at low priority, into ``figures/`` below the run.

        Parameters
        ----------
        every
            Draw them each time that `log` gets to a multiple of this number of steps. A time is skipped while the
            figures of the one before are drawn.
        prefix
            Draw them once, now, such as ``"final"``: trackers get ``final/3d/loss_landscape`` instead of
            ``3d/loss_landscape``.
        trackers
            Objects that get the figures: a run of W&B, a run of Trackio, a ``SummaryWriter`` of TensorBoard. If
            omitted, the active runs of W&B and Trackio.
        wait
            Wait for the figures, at most `timeout` seconds; the default without `every`.
        **options
            ``theme``, ``adapter`` and ``size`` of ``trainscape summary``.
        """
        try:
            from trainscape._figures import Figures
        except ImportError:
            text = "figures need the package: pip install trainscape, or run `trainscape summary` on the folder"
            raise RuntimeError(text) from None
        if self._figures is None:
            self._figures = Figures(self.folder, self._failed)
        self._figures.configure(trackers, options)
        if every is not None:
            self._figures.every = int(every)
        if prefix is not None or every is None:
            self.flush()
            is_awaited = wait is None or wait
            self._figures.draw(prefix, self._last_step, is_awaited)
            if is_awaited:
                self._figures.wait(timeout)
        elif wait:
            self._figures.wait(timeout)

    # Life

    @property
    def is_active(self) -> bool:
        """False in processes of other ranks, and in those that were forked from the recorder's."""
        return self._is_writer and os.getpid() == self._process

    @_guarded
    def flush(self) -> None:
        """Write the attention weights of a step whose layers may not be complete."""
        with self._lock:
            self._write_layers()

    @_guarded
    def close(self, timeout: float = 600.0) -> None:
        """Write what is pending, and wait for figures that are being drawn, at most `timeout` seconds."""
        try:
            self.flush()
            if self._figures is not None:
                self._figures.wait(timeout)
        finally:
            with self._lock:
                self._lines.close()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        if error is not None and self._figures is not None:
            self._figures.stop()  # Nobody waits for figures of a training that has failed or was interrupted.
        self.close()

    # Inside

    @_guarded
    def _at_exit(self) -> None:
        if self._figures is not None:
            self._figures.stop()
        self.close()

    def _failed(self, method: str, error: BaseException) -> None:
        with self._lock:
            self.failures[method] += 1
            kind = (method, type(error), getattr(error, "errno", None))
            if kind in self._said:
                return
            self._said.add(kind)
        text = _message(error)
        if isinstance(error, OSError) and error.strerror:
            place = error.filename if error.filename is not None else self.folder
            text = f"cannot write {place}: {error.strerror}"
        self._say(f"{method}: {text}; the training goes on, and failures of this kind are only counted from now on")

    def _say(self, text: str) -> None:
        try:
            print(f"trainscape: {text}", file=sys.stderr)
        except Exception:  # stderr may be closed.
            self.failures["stderr"] += 1

    def _append(self, row: dict[str, Any]) -> None:
        step = row["step"]
        if self._last_step is not None and step < self._last_step and "order" not in self.failures:
            self.failures["order"] += 1
            self._say(f"step {step} comes after step {self._last_step}: figures take this for a restart")
        self._last_step = step
        self._lines.append(json.dumps(row))

    def _write_layers(self, before: Step | None = None, only: str | None = None) -> None:
        """Write pending attention weights: all, those of steps before another one, or those of one name."""
        np = numpy_module() if self._layers else None
        for name, (step, layers) in list(self._layers.items()):
            if (before is not None and step >= before) or (only is not None and name != only):
                continue
            del self._layers[name]
            assert np is not None
            indices = sorted(layers)
            shapes = {layers[index].shape for index in indices}
            if len(shapes) == 1 and indices == list(range(len(indices))):
                arrays = {name: np.stack([layers[index] for index in indices])}
                axes = "layer,head,query,key"
            else:
                arrays = {f"layers.{index}.{name}": layers[index] for index in indices}
                axes = "head,query,key"
            self._save(step, name, arrays, {"axes": axes}, self._tokens.get(name), "tokens")

    def _save(
        self,
        step: int,
        name: str,
        arrays: Mapping[str, Array],
        metadata: dict[str, str],
        labels: list[str] | None = None,
        labels_key: str = "labels",
    ) -> None:
        if labels is not None:
            metadata = {**metadata, labels_key: json.dumps(labels)}
        folder = self.folder / "snapshots" / f"step-{whole_step(step):08d}"
        self._file_name(name, ".safetensors")
        replace_file(folder / f"{name}.safetensors", safetensors(arrays, metadata))

    def _file_name(self, name: str, ending: str) -> Path:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise ValueError(f"{name!r} is no name of a file: use letters, digits, `-`, `_` and `.`")
        return self.folder / (name + ending)

    def _check_labels(self, name: str, labels: list[str] | None, key: str) -> None:
        """All snapshots of an array have the labels of the first one, which figures show."""
        if name not in self._labels:
            self._file_name(name, ".safetensors")
            self._labels[name] = labels
            first = next(self._snapshots(name), None)
            if first is not None:
                metadata = read_safetensors(first[1], arrays=False)[1]
                self._labels[name] = json.loads(metadata[key]) if key in metadata else None
        if self._labels[name] != labels:
            raise ValueError(
                f"the {key} of `{name}` differ from those of its first snapshot: record the same sequence at every "
                f"step, or give another name="
            )

    def _snapshots(self, name: str) -> Iterator[tuple[int, Path]]:
        found = []
        for path in self.folder.glob(f"snapshots/step-*/{name}.safetensors"):
            digits = path.parent.name[len("step-") :]
            if digits.isdigit():
                found.append((int(digits), path))
        return iter(sorted(found))

    def _recorded_weights(self, plane: Plane) -> tuple[list[int], list[dict[str, Array]]]:
        steps, snapshots = [], []
        for step, path in self._snapshots("weights"):
            arrays = read_safetensors(path)[0]
            if plane.has_shapes_of(arrays):
                steps.append(step)
                snapshots.append(arrays)
        if len(snapshots) < 3:
            count = len(snapshots)
            raise ValueError(f"pca needs three snapshots of these weights, {count} are recorded: call weights()")
        return steps, snapshots


def _message(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:  # An error may be unable to tell itself.
        return type(error).__name__


def _close_at_exit(reference: weakref.ref[Recorder]) -> None:
    recorder = reference()
    if recorder is not None:
        recorder._at_exit()


def find_rank() -> int:
    """The rank of this process among those that train together; 0 if it is alone."""
    distributed = getattr(sys.modules.get("torch"), "distributed", None)
    try:
        if distributed is not None and distributed.is_available() and distributed.is_initialized():
            return int(distributed.get_rank())
    except Exception:  # A half-initialised module decides nothing.
        pass
    for variable in RANK_VARIABLES:
        text = os.environ.get(variable, "")
        if text.isascii() and text.isdigit():
            return int(text)
    return 0
