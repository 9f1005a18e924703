"""The last rows of a recording, in memory.

Part of the file that ``trainscape recorder`` writes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

#: A buffer keeps at most so many values, however many rows it was asked to keep: about 50 MB.
MOST_BUFFERED = 500_000


class Buffer:
    """The last rows, as many as were asked for, within a bound of all their values."""

    def __init__(self, rows: int) -> None:
        self._rows: deque[tuple[dict[str, Any], int]] = deque()
        self._most = rows
        self._values = 0

    def append(self, row: dict[str, Any], values: int) -> None:
        self._rows.append((row, values))
        self._values += values
        while self._rows and (len(self._rows) > self._most or self._values > MOST_BUFFERED):
            self._values -= self._rows.popleft()[1]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (row for row, _ in self._rows)
