"""The runs of a folder as a table."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

from trainscape._binary import run

#: Rows that a notebook displays.
DISPLAYED = 50


@dataclass(frozen=True)
class Run:
    """A run as `trainscape inspect` describes it."""

    id: str
    name: str
    path: Path
    #: Configuration by key.
    config: dict[str, Any]
    #: Last value of each series by key; `None` where it is not finite.
    last: dict[str, float | None]
    #: Last step of any series.
    step: float | None
    #: Names of the views that the data allow.
    views: list[str]
    #: Everything that the program says of it.
    details: dict[str, Any] = field(repr=False)

    def row(self) -> dict[str, Any]:
        """The run as a row of a table: ``config.KEY`` is its configuration, ``last.KEY`` the end of a series."""
        row: dict[str, Any] = {"id": self.id, "name": self.name, "path": str(self.path), "step": self.step}
        row.update((f"config.{key}", value) for key, value in self.config.items())
        row.update((f"last.{key}", value) for key, value in self.last.items())
        return row


class RunTable(Sequence[Run]):
    """The runs of a folder, and what was said about files that are not read."""

    def __init__(self, found: Sequence[Run], unread: Sequence[dict[str, Any]], warnings: Sequence[str]) -> None:
        self._runs = list(found)
        self.unread = list(unread)
        self.warnings = list(warnings)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> RunTable: ...
    def __getitem__(self, index: int | slice) -> Run | RunTable:
        """A run by its place, or some of them."""
        if isinstance(index, slice):
            return RunTable(self._runs[index], self.unread, self.warnings)
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each run, all with the same keys."""
        rows = [found.row() for found in self._runs]
        keys = list(dict.fromkeys(key for row in rows for key in row))
        return [{key: row.get(key) for key in keys} for row in rows]

    def to_pandas(self) -> Any:
        """The table as a ``pandas.DataFrame``."""
        import pandas

        return pandas.DataFrame(self.rows())

    def to_polars(self) -> Any:
        """The table as a ``polars.DataFrame``."""
        import polars

        return polars.DataFrame(self.rows(), infer_schema_length=None, strict=False)

    def __repr__(self) -> str:
        return f"<trainscape.RunTable of {len(self)} runs: {', '.join(found.name for found in self._runs[:5])}>"

    def _repr_html_(self) -> str:
        rows = self.rows()[:DISPLAYED]
        keys = [key for key in (rows[0] if rows else {}) if key not in ("id", "path")]
        head = "".join(f"<th>{html.escape(key)}</th>" for key in keys)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_cell(row[key]))}</td>" for key in keys) + "</tr>" for row in rows
        )
        more = f"<p>{len(self) - DISPLAYED} more runs</p>" if len(self) > DISPLAYED else ""
        return f"<table><tr>{head}</tr>{body}</table>{more}"


def runs(*paths: str | os.PathLike[str]) -> RunTable:
    """The runs of folders or log files, whichever logger wrote them.

    Parameters
    ----------
    *paths
        Folders, searched with their subfolders, or log files.
    """
    found = json.loads(run(["inspect", "--json", "--quiet", "--", *(os.path.expanduser(path) for path in paths)]))
    described = []
    for entry in found["runs"]:
        series = entry["series"]
        steps = [one["last_step"] for one in series if one["last_step"] is not None]
        described.append(
            Run(
                id=entry["id"],
                name=entry["name"],
                path=Path(entry["path"]),
                config=entry["config"],
                last={one["key"]: one["last_value"] for one in series},
                step=max(steps, default=None),
                views=[view["view"] for view in entry["views"] if view["available"]],
                details=entry,
            )
        )
    return RunTable(described, found["unread"], found["warnings"])


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
