"""The program `trainscape`, which the package's wheel brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

#: Environment variable with the path of the program.
VARIABLE = "TRAINSCAPE_BINARY"
#: The exit code of work that is done although some input was skipped.
SOME_SKIPPED = 3


class TrainscapeError(RuntimeError):
    """A sentence of the program: what failed, where, and what to do."""


def find_binary() -> Path:
    """The path of the program: ``TRAINSCAPE_BINARY``, that of this package, or the one on the search path."""
    given = os.environ.get(VARIABLE)
    if given:
        if not Path(given).is_file():
            raise TrainscapeError(f"{VARIABLE} names {given}, which is no file")
        return Path(given)
    name = "trainscape.exe" if sys.platform == "win32" else "trainscape"
    # `pip install --user` and `--target` put it elsewhere than the interpreter's own scripts.
    user_scheme = "nt_user" if os.name == "nt" else "posix_user"
    folders = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", scheme=user_scheme),
        str(Path(__file__).resolve().parent.parent / "bin"),
    ]
    for folder in folders:
        path = Path(folder) / name
        if path.is_file():
            return path
    found = shutil.which("trainscape")
    if found is None:
        raise TrainscapeError(f"the program `trainscape` was not found: pip install trainscape, or set {VARIABLE}")
    return Path(found)


def run(arguments: Sequence[str | os.PathLike[str]], timeout: float | None = None) -> str:
    """Run a command of the program and return what it printed.

    Raises
    ------
    TrainscapeError
        With the program's own sentence if it failed.
    """
    command = [str(find_binary()), *(os.fspath(argument) for argument in arguments)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace", timeout=timeout
        )
    except subprocess.TimeoutExpired:
        raise TrainscapeError(f"`trainscape {command[1]}` took longer than {timeout} s") from None
    except OSError as error:
        raise TrainscapeError(f"{command[0]} cannot be started: {error.strerror}") from None
    if done.returncode not in (0, SOME_SKIPPED):
        raise TrainscapeError(sentence_of(done.stderr) or f"`trainscape {command[1]}` failed ({done.returncode})")
    return done.stdout


def sentence_of(stderr: str) -> str:
    """What the program said, without its name."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return " ".join(line.removeprefix("trainscape: ").removeprefix("error: ") for line in lines)
