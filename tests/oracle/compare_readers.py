"""Compares Trainscape's readers with the loggers' own, for every run in a folder.

usage: compare_readers.py RUNS_DIR TRAINSCAPE_BIN [--keys N] [--plant-fault]

For each run that `TRAINSCAPE_BIN inspect RUNS_DIR --json` lists, its source files are read again by the
readers in `readers/`: the loggers' own packages where they can read (wandb, tensorboard, mlflow, optuna), else pandas,
NumPy, sqlite3 and json. The number of points of every key must be equal; for N keys per run (default 3, 0 for all),
every step and value must be equal bit for bit, as `TRAINSCAPE_BIN series` prints them. Log files that belong to no run are errors,
too.

`--plant-fault` changes one bit of one value, and the comparison must then fail.
Needs the packages in requirements.txt. Exit code 0: all equal; 1: differences.
"""

import argparse
import collections
import csv
import io
import json
import pathlib
import random
import struct
import subprocess
import sys

from readers import READERS, WITHOUT_SERIES
from readers.points import Points, same


def expected(run):
    """With several sources, the points of a key come from the source that has the most of them."""
    by_format = collections.defaultdict(list)
    for source in run["sources"]:
        by_format[source["format"]].append(pathlib.Path(source["path"]))
    if unknown := by_format.keys() - READERS.keys() - WITHOUT_SERIES:
        sys.exit(f"{run['id']}: no independent reader of {', '.join(sorted(unknown))}")
    logs = [log for format_, read in READERS.items() if format_ in by_format for log in read(by_format[format_], run)]
    # What a training reached stands at its end, unless it says at which step.
    ends = [step for log in logs if not log.is_at_end for series in log.series.values() for step, _ in series]
    for log in logs:
        if log.is_at_end and ends:
            log.series = {key: [(max(ends), value) for _, value in series] for key, series in log.series.items()}
    merged = Points()
    for log in logs:
        for key, series in log.series.items():
            if len(series) > len(merged.series.get(key, [])):
                merged.series[key] = series
        for key, count in log.histograms.items():
            merged.histograms[key] = max(merged.histograms[key], count)
    # Points of parallel writers stand in the order of their steps; those of one step, in any order.
    by_step = lambda point: (float(point[0]), point[1])
    for key, series in merged.series.items():
        if is_joined(run):
            merged.series[key] = sorted(series, key=by_step)
    return merged


def joined_starts(runs):
    """The runs, those that are trainings of one log (`id#1`, `id#2`, ..., `id`) as one: the loggers' readers do not divide them."""
    joined = {}
    for run in runs:
        known = joined.setdefault(run["id"].split("#")[0], {**run, "series": {}, "media": {}, "parts": []})
        known["parts"].append(run["id"])
        known["id"] = run["id"]
        for series in run["series"]:
            known["series"].setdefault(series["key"], {**series, "points": 0})["points"] += series["points"]
        for entry in run.get("media", []):
            known["media"].setdefault((entry["key"], entry["kind"]), {**entry, "count": 0})["count"] += entry["count"]
    for run in joined.values():
        run["series"], run["media"] = list(run["series"].values()), list(run["media"].values())
        yield run


def is_joined(run):
    return sum(source["path"].endswith(".monitor.csv") for source in run["sources"]) > 1


def printed_series(binary, root, run, key):
    command = [binary, "series", str(root), "--run", run, "--key", key]
    done = subprocess.run(command, capture_output=True, text=True)
    # 3: done, but the run has a damaged or unfinished record, as reported on stderr.
    if done.returncode not in (0, 3):
        sys.exit(f"{command} ended with {done.returncode}: {done.stderr}")
    rows = list(csv.reader(io.StringIO(done.stdout)))[1:]
    return [(float(step), float(value)) for step, _, value in rows]


def differences_in_counts(run, oracle):
    media = {entry["key"]: entry["count"] for entry in run.get("media", []) if entry["kind"] == "histogram"}
    compared = [("points", {series["key"]: series["points"] for series in run["series"]},
                 {key: len(points) for key, points in oracle.series.items()}),
                ("histograms", media, oracle.histograms)]
    for what, ours, theirs in compared:
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key, 0) != theirs.get(key, 0):
                yield f"{run['id']}: {key}: {ours.get(key, 0)} {what}, expected {theirs.get(key, 0)}"


def first_difference(run, key, printed, series):
    if is_joined(run):
        printed = sorted(printed)
    for index, ((step, value), (want_step, want)) in enumerate(zip(printed, series)):
        if not same(value, want) or step != float(want_step):
            return [f"{run['id']}: {key}[{index}]: step {step} value {value!r}, expected step {want_step} value {want!r}"]
    return []


def flip_last_bit(points):
    step, value = points[-1]
    bits = struct.unpack("<q", struct.pack("<d", value))[0] ^ 1
    points[-1] = (step, struct.unpack("<d", struct.pack("<q", bits))[0])


def logs_without_run(runs, folder):
    listed = {pathlib.Path(source["path"]).resolve() for run in runs for source in run["sources"]}
    for pattern in ["*.wandb", "*tfevents*", "metrics.csv", "*.jsonl", "*monitor.csv", "progress.csv", "trainer_state.json"]:
        for path in folder.rglob(pattern):
            # CatBoost's event files repeat its tables, with which read_catboost compares them.
            if path.is_file() and path.resolve() not in listed and "catboost_info" not in path.parts:
                yield f"{path}: not listed"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runs_dir", type=pathlib.Path)
    parser.add_argument("binary")
    parser.add_argument("--keys", type=int, default=3)
    parser.add_argument("--plant-fault", action="store_true")
    options = parser.parse_args()
    command = [options.binary, "inspect", str(options.runs_dir), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"inspect failed: {done.stderr}")
    runs = json.loads(done.stdout)["runs"]
    counted = {"runs": len(runs), "keys": 0, "points": 0, "histograms": 0, "values": 0}
    differences = []
    keys_of = {run["id"]: {series["key"] for series in run["series"]} for run in runs}
    planted = not options.plant_fault
    random.seed(0)
    for run in joined_starts(runs):
        oracle = expected(run)
        differences += differences_in_counts(run, oracle)
        counted["keys"] += len(oracle.series)
        counted["points"] += sum(map(len, oracle.series.values()))
        counted["histograms"] += sum(oracle.histograms.values())
        common = sorted({series["key"] for series in run["series"]} & oracle.series.keys())
        sample = common if options.keys == 0 else random.sample(common, min(options.keys, len(common)))
        for key in sample:
            printed = [point for part in run["parts"] if key in keys_of[part]
                       for point in printed_series(options.binary, options.runs_dir, part, key)]
            if not planted and printed:
                flip_last_bit(printed)
                planted = True
            counted["values"] += len(printed)
            differences += first_difference(run, key, printed, oracle.series[key])
    differences += logs_without_run(runs, options.runs_dir)
    for difference in differences:
        print(difference)
    by_format = collections.Counter(source["format"] for run in runs for source in run["sources"])
    print(f"{json.dumps(counted)} sources {json.dumps(by_format)}: {len(differences)} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
