"""Trainscape: records neural-network training and draws it in three dimensions.

Everything is loaded when it is first used: importing takes milliseconds, and never starts the program.
"""

from __future__ import annotations

# Importing `typing` takes longer than everything else here; type checkers know this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from trainscape._binary import TrainscapeError, find_binary
    from trainscape._runs import Run, RunTable, runs
    from trainscape.notebook import Figure, export, render, show
    from trainscape.recorder import Recorder
    from trainscape.wandb_cloud import pull_wandb

__all__ = [
    "Figure",
    "Recorder",
    "Run",
    "RunTable",
    "TrainscapeError",
    "export",
    "find_binary",
    "pull_wandb",
    "render",
    "runs",
    "show",
]

_MODULES = {
    "Figure": "notebook",
    "Recorder": "recorder",
    "Run": "_runs",
    "RunTable": "_runs",
    "TrainscapeError": "_binary",
    "export": "notebook",
    "find_binary": "_binary",
    "pull_wandb": "wandb_cloud",
    "render": "notebook",
    "runs": "_runs",
    "show": "notebook",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("trainscape")
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'trainscape' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"trainscape.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
