"""Figures for trackers: Weights & Biases, Trackio, TensorBoard."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

#: Ending of the keys of models, beside the pages of the same view.
MODEL = "_model"


def active_trackers() -> list[object]:
    """The runs of W&B and Trackio that this process has started."""
    found: list[object] = []
    wandb = sys.modules.get("wandb")
    if getattr(wandb, "run", None) is not None:
        found.append(wandb.run)  # type: ignore[union-attr]
    variables = sys.modules.get("trackio.context_vars")
    current = getattr(variables, "current_run", None)
    if current is not None and current.get() is not None:
        found.append(current.get())
    return found


def check(tracker: Any) -> None:
    """Refuse what is no tracker."""
    if _library_of(tracker) not in ("wandb", "trackio") and not hasattr(tracker, "add_scalar"):
        raise TypeError(f"{type(tracker).__name__} is no tracker: give runs of W&B or Trackio, or a SummaryWriter")


def _library_of(tracker: object) -> str:
    return type(tracker).__module__.split(".")[0]


def publish(tracker: Any, group: Path, prefix: str | None, step: float | None) -> None:
    """Hand the figures of a folder to a tracker, under keys such as ``final/3d/loss_landscape``."""
    start = "3d/" if prefix is None else f"{prefix}/3d/"
    library = _library_of(tracker)
    if library == "wandb":
        media = _of_library(sys.modules["wandb"], group, start)
        # Media join the row that the training logs next, so that its steps stay as they are.
        tracker.log(media, commit=prefix is not None)
    elif library == "trackio":
        tracker.log(_of_library(sys.modules["trackio"], group, start))
    else:
        _to_tensorboard(tracker, group, start, step)


def _of_library(library: Any, group: Path, start: str) -> dict[str, object]:
    """Pages and models as the media types of W&B and of Trackio, which has the same names."""
    media: dict[str, object] = {}
    for page in sorted(group.glob("*.html")):
        media[start + page.stem] = library.Html(str(page), inject=False)
    for model in sorted(group.glob("*.glb")):
        if hasattr(library, "Object3D"):
            media[start + model.stem + MODEL] = library.Object3D(str(model))
    return media


def _to_tensorboard(writer: Any, group: Path, start: str, step: float | None) -> None:
    """Pictures, as they are: `add_image` would need a decoder."""
    if type(writer).__module__.startswith("tensorboardX"):
        from tensorboardX.proto.summary_pb2 import Summary
    else:
        from tensorboard.compat.proto.summary_pb2 import Summary
    values = []
    for picture in sorted(group.glob("*.png")):
        data = picture.read_bytes()
        width, height = struct.unpack(">II", data[16:24])
        image = Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=data)
        values.append(Summary.Value(tag=start + picture.stem, image=image))
    writer._get_file_writer().add_summary(Summary(value=values), None if step is None else int(step))
    writer.flush()
