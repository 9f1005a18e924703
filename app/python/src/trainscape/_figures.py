"""Figures of a run while it trains: the program draws them in the background, trackers get them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from trainscape._binary import SOME_SKIPPED, TrainscapeError, find_binary, sentence_of
from trainscape._trackers import active_trackers, check, publish

#: Folder of the figures below a run.
FOLDER = "figures"
#: Summaries of steps that are kept; older ones of this process are removed.
KEPT = 20
#: Priority of the program: that of work for which nobody waits.
NICENESS = 15
#: Priority of work for which the training waits, at its end.
NORMAL = 0
#: Settings of `trainscape summary` that can be given.
OPTIONS = ("theme", "adapter", "size")


class Figures:
    """Draws the figures of one run, one summary at a time."""

    def __init__(self, folder: Path, failed: Callable[[str, BaseException], None]) -> None:
        self.folder = folder
        self.every: int | None = None
        self._failed = failed
        self._trackers: Sequence[object] | None = None
        self._options: dict[str, str] = {}
        self._next: float | None = None
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self._kept: deque[Path] = deque()

    def configure(self, trackers: Sequence[object] | None, options: Mapping[str, object]) -> None:
        """Set the trackers, and options of the program."""
        unknown = [name for name in options if name not in OPTIONS]
        if unknown:
            raise TypeError(f"{', '.join(unknown)}: the options of summary are {', '.join(OPTIONS)}")
        if trackers is not None:
            for tracker in trackers:
                check(tracker)
            self._trackers = list(trackers)
        self._options.update({name: str(value) for name, value in options.items()})

    def reached(self, step: float) -> None:
        """Start a summary if a multiple of `every` was reached and none is being drawn. Never waits."""
        if self.every is None:
            return
        if self._next is None:
            # Not at the first row, which draws nothing yet.
            self._next = (step // self.every + 1) * self.every
        if step >= self._next and not self.is_drawing:
            self._next = (step // self.every + 1) * self.every
            self._start(None, step, NICENESS)

    def draw(self, prefix: str | None, step: float | None, is_awaited: bool) -> None:
        """Start a summary, at normal priority if the caller waits for it; one that is being drawn ends first."""
        self.wait(600)
        self._start(prefix, step, NORMAL if is_awaited else NICENESS)

    @property
    def is_drawing(self) -> bool:
        """Whether a summary is being drawn or handed to trackers."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self, timeout: float) -> None:
        """Wait for the summary that is being drawn; one that takes longer is ended."""
        thread = self._thread
        if thread is None:
            return
        thread.join(timeout)
        if thread.is_alive():
            self.stop()
            raise TimeoutError(f"the figures were not drawn within {timeout} s")

    def stop(self) -> None:
        """End the program if it is drawing."""
        self._stopped = True
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()

    def _start(self, prefix: str | None, step: float | None, niceness: int) -> None:
        # Everything that takes time, starting the program included, is done by the thread.
        self._stopped = False
        # Trackio's run is a variable of the context, which the thread does not have.
        trackers = active_trackers() if self._trackers is None else self._trackers
        self._thread = threading.Thread(
            target=self._work, args=(prefix, step, trackers, niceness), name="trainscape-figures", daemon=True
        )
        self._thread.start()

    def _work(self, prefix: str | None, step: float | None, trackers: Sequence[object], niceness: int) -> None:
        try:
            output = self.folder / FOLDER
            if prefix is None:
                output = output / f"step-{0 if step is None else step:g}"
                self._keep(output)
            self._run(output, prefix, niceness)
            group = (output if prefix is None else output / prefix) / "3d"
            for tracker in trackers:
                publish(tracker, group, prefix, step)
        except Exception as error:  # The training goes on.
            if not self._stopped:
                self._failed("summary", error)

    def _run(self, output: Path, prefix: str | None, niceness: int) -> None:
        command = [str(find_binary()), "summary", str(self.folder), "-o", str(output), "--quiet"]
        if prefix is not None:
            command.append(f"--prefix={prefix}")
        command += [f"--{name}={value}" for name, value in self._options.items()]
        flags = 0
        if niceness > 0 and sys.platform == "win32":
            flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS
        elif niceness > 0:
            nice = shutil.which("nice")
            command = [nice, "-n", str(niceness), *command] if nice else command
        # Without closing descriptors, which Python does not pass on anyway, the process is spawned instead of forked:
        # forking a training that holds hundreds of gigabytes takes as long as several steps.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            close_fds=os.name != "posix",
            creationflags=flags,
        )
        _, stderr = self._process.communicate()
        if self._process.returncode not in (0, SOME_SKIPPED):
            raise TrainscapeError(sentence_of(stderr) or f"`trainscape summary` failed ({self._process.returncode})")

    def _keep(self, output: Path) -> None:
        if output in self._kept:
            self._kept.remove(output)
        self._kept.append(output)
        while len(self._kept) > KEPT:
            shutil.rmtree(self._kept.popleft(), ignore_errors=True)
