"""Figures in notebooks and scripts; the program draws them."""

from __future__ import annotations

import html
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from trainscape._binary import TrainscapeError, run

if TYPE_CHECKING:
    from trainscape._runs import Run

Paths = Union[str, "os.PathLike[str]", "Run", Iterable[Union[str, "os.PathLike[str]", "Run"]]]

#: Files of the geometry; others are pictures.
GEOMETRY = (".html", ".glb", ".ply")


def show(path: Paths, view: str | None = None, *, height: int = 600, **controls: Any) -> Figure:
    """A figure that a notebook displays: it can be turned, and shows the exact record under the pointer.

    Parameters
    ----------
    path
        A run folder or log file, a run of `trainscape.runs`, or several of these.
    view
        Name of the view, such as ``"loss-landscape"``; the one that the window opens on if omitted.
    height
        Height of the display in pixels.
    **controls
        The settings of the view as ``trainscape render --help`` lists them, with ``_`` for ``-``: ``smooth=0.9`` is
        ``--smooth 0.9``, ``surface=True`` ``--surface``, ``surface=False`` ``--no-surface``, ``range={"z": "0..4"}``
        ``--range z=0..4``, and a list gives a flag several times.
    """
    return Figure(path, view, height=height, **controls)


def render(path: Paths, output: str | os.PathLike[str], view: str | None = None, **controls: Any) -> Path:
    """Write a picture (PNG, SVG, PDF) or an animation (GIF, APNG, MP4), by the ending of `output`.

    For the other parameters see `show`.
    """
    return Figure(path, view, **controls).save(output)


def export(path: Paths, output: str | os.PathLike[str], view: str | None = None, **controls: Any) -> Path:
    """Write the geometry: an HTML page, a GLB or a PLY model, by the ending of `output`. For the rest see `show`."""
    if Path(output).suffix.lower() not in GEOMETRY:
        raise TrainscapeError(f"{output}: the geometry is written as {' or '.join(GEOMETRY)}; render writes pictures")
    return Figure(path, view, **controls).save(output)


class Figure:
    """A figure of runs. It is drawn when it is displayed or saved; see `show` for the parameters."""

    def __init__(self, path: Paths, view: str | None = None, *, height: int = 600, **controls: Any) -> None:
        self.paths = list(_paths(path))
        self.view = view
        self.height = height
        self.flags = list(_flags(controls))
        self._html: str | None = None
        self._png: bytes | None = None

    def save(self, output: str | os.PathLike[str]) -> Path:
        """Write the figure as a picture, an animation, a page or a model, by the ending of `output`."""
        target = Path(output)
        command = "export" if target.suffix.lower() in GEOMETRY else "render"
        view = [] if self.view is None else ["--view", self.view]
        run([command, *view, *self.flags, "-o", str(target), "--quiet", "--", *self.paths])
        return target

    def html(self) -> str:
        """The figure as a page of one file that loads nothing."""
        if self._html is None:
            self._html = self._written(".html").decode("utf-8")
        return self._html

    def png(self) -> bytes:
        """The figure as a PNG file."""
        if self._png is None:
            self._png = self._written(".png")
        return self._png

    def _written(self, ending: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="trainscape-") as folder:
            return self.save(Path(folder) / f"figure{ending}").read_bytes()

    def _repr_html_(self) -> str | None:
        try:
            page = html.escape(self.html())
        except TrainscapeError:
            return None  # A flat figure has no geometry: the picture is displayed.
        return (
            f'<iframe sandbox="allow-scripts" srcdoc="{page}" title="Trainscape" width="100%" height="{self.height}" '
            'style="border: 0"></iframe>'
        )

    def _repr_png_(self) -> bytes:
        return self.png()

    def __repr__(self) -> str:
        return f"<trainscape.Figure {self.view or 'of the first view'} of {', '.join(self.paths)}>"


def _paths(path: Paths) -> Iterable[str]:
    from trainscape._runs import Run

    if isinstance(path, Run):
        yield str(path.path)
    elif isinstance(path, (str, os.PathLike)):
        yield os.path.expanduser(os.fspath(path))
    else:
        for part in path:
            yield from _paths(part)


def _flags(controls: Mapping[str, Any]) -> Iterable[str]:
    for name, value in controls.items():
        flag = f"--{name.rstrip('_').replace('_', '-')}"
        if value is True:
            yield flag
        elif value is False:
            yield flag.replace("--", "--no-", 1)
        elif isinstance(value, Mapping):
            yield from (f"{flag}={key}={part}" for key, part in value.items())
        elif isinstance(value, (list, tuple)):
            yield from (f"{flag}={part}" for part in value)
        elif value is not None:
            yield f"{flag}={value}"
