"""Runs of a W&B server as folders, with every logged point."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trainscape._binary import TrainscapeError
from trainscape._files import LineFile, replace_file

#: Which run a folder holds; readers pass over names that start with a dot.
ORIGIN = ".wandb_run.json"
#: Rows of one request.
PAGE = 10_000
#: Files of a run that are media, tables and what the script printed.
WANTED = ("media/", "output.log")


def pull_wandb(
    path: str, folder: str | os.PathLike[str], *, media: bool = True, api: Any = None, progress: bool = True
) -> Path:
    """Copy a run of a W&B server into a folder that Trainscape opens: configuration, full history, media.

    The history is the full one (``scan_history``), not the sample of 500 points that ``history`` gives. Called again,
    it goes on where it ended: after an interruption, and for a run that still trains.

    Parameters
    ----------
    path
        ``"entity/project/run"``; the run by its id.
    folder
        Folder to write into; created if necessary. It belongs to one run.
    media
        Whether to download media files.
    api
        A ``wandb.Api``; made by the installed package `wandb` if omitted, with the account it is logged in to.
    progress
        Tell on stderr what was downloaded.

    Returns
    -------
    The folder.
    """
    if api is None:
        try:
            import wandb
        except ImportError:
            raise TrainscapeError("runs of W&B are read by its own package: pip install wandb") from None
        api = wandb.Api()
    run = api.run(path)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    _claim(target, "/".join([*run.path]) if isinstance(run.path, (list, tuple)) else str(run.path))
    config = {key: value for key, value in dict(run.config).items() if not key.startswith("_")}
    text = json.dumps({**config, "wandb_name": run.name}, indent=1, default=str)
    replace_file(target / "config.json", [text.encode()])
    rows = _pull_history(run, target / "metrics.jsonl")
    files = _pull_files(run, target) if media else 0
    if progress:
        import sys

        print(f"trainscape: {path}: {rows} new rows, {files} new files in {target}", file=sys.stderr)
    return target


def _claim(folder: Path, path: str) -> None:
    origin = folder / ORIGIN
    if origin.exists():
        other = json.loads(origin.read_text("utf-8"))["run"]
        if other != path:
            raise TrainscapeError(f"{folder} holds the run {other}: give another folder for {path}")
    elif any(folder.iterdir()):
        raise TrainscapeError(f"{folder} is not empty: give a new folder for {path}")
    replace_file(origin, [json.dumps({"run": path}).encode()])


def _pull_history(run: Any, path: Path) -> int:
    """Append the rows after the last one of the file; returns their number."""
    last = _last_step(path)
    lines = LineFile(path)
    count = 0
    try:
        for row in run.scan_history(page_size=PAGE, min_step=0 if last is None else last + 1):
            # The server has a column for each key of the run, most of them empty.
            kept = {key: value for key, value in row.items() if value is not None}
            if last is not None and kept.get("_step", last + 1) <= last:
                continue
            lines.append(json.dumps(kept, default=str))
            count += 1
    finally:
        lines.close()
    return count


def _last_step(path: Path) -> int | None:
    """The step of the last whole row; what follows it is cut off."""
    last, end = None, 0
    try:
        with open(path, "rb+") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                step = json.loads(line).get("_step")
                last = last if step is None else int(step)
                end += len(line)
            file.truncate(end)
    except FileNotFoundError:
        return None
    return last


def _pull_files(run: Any, folder: Path) -> int:
    count = 0
    for file in _wanted(run):
        target = folder / file.name
        if target.is_file() and target.stat().st_size == file.size:
            continue
        # It is downloaded apart, so that an interrupted one is not taken for a whole one.
        apart = folder / ".download"
        file.download(root=str(apart), replace=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(apart / file.name, target)
        count += 1
    _remove_empty(folder / ".download")
    return count


def _wanted(run: Any) -> Iterator[Any]:
    for file in run.files():
        parts = Path(file.name).parts
        is_inside = not Path(file.name).is_absolute() and ".." not in parts and "\\" not in file.name
        if file.name.startswith(WANTED) and is_inside:
            yield file


def _remove_empty(folder: Path) -> None:
    if folder.is_dir():
        for inner, _, _ in os.walk(folder, topdown=False):
            try:
                os.rmdir(inner)
            except OSError:
                pass
