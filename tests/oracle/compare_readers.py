"""Compares Trainscape's readers with the loggers' own, for every run in a folder.

usage: compare_readers.py RUNS_DIR TRAINSCAPE_BIN [--keys N] [--plant-fault]

For each run that `TRAINSCAPE_BIN inspect RUNS_DIR --json` lists, its source files are read again with
wandb's DataStore and protobuf, tensorboard's EventAccumulator (all points), pandas and json. The number
of points of every key must be equal; for N keys per run (default 3, 0 for all), every step and value must
be equal bit for bit, as `TRAINSCAPE_BIN series` prints them. Log files that belong to no run are errors, too.

`--plant-fault` changes one bit of one value, and the comparison must then fail.
Needs wandb==0.19.11, tensorboard and pandas. Exit code 0: all equal; 1: differences.
"""

import argparse
import collections
import csv
import io
import json
import math
import pathlib
import random
import struct
import subprocess
import sys

import pandas
import wandb

wandb._assert_is_internal_process = True
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util
from wandb.proto import wandb_internal_pb2
from wandb.sdk.internal.datastore import DataStore

PREFERENCE = ["wandb", "jsonl", "csv", "tensorboard"]
STEP_KEYS = ["_step", "step", "global_step", "train/global_step", "trainer/global_step",
             "current_steps", "iteration", "iter", "time/total_timesteps", "total_timesteps", "epoch"]
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def number(value):
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return NON_FINITE.get(value) if isinstance(value, str) else None


def flatten(prefix, value, out):
    """Numbers of nested objects, keys joined by dots; objects with a `_type` are media."""
    if isinstance(value, dict):
        if "_type" in value:
            if value["_type"] == "histogram":
                out[prefix] = "histogram"
            return
        for key, inner in value.items():
            flatten(f"{prefix}.{key}" if prefix else key, inner, out)
    elif number(value) is not None:
        out[prefix] = value


class Points:
    def __init__(self):
        self.series = collections.defaultdict(list)
        self.histograms = collections.Counter()


def read_wandb(path):
    points = Points()
    store = DataStore()
    if path.stat().st_size < 7:
        return points
    store.open_for_scan(str(path))
    while True:
        try:
            data = store.scan_data()
        except AssertionError:
            break  # An incomplete last record: this reader stops at the first damaged record.
        if data is None:
            break
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        if record.WhichOneof("record_type") != "history":
            continue
        row = {}
        for item in record.history.item:
            place, path_ = row, list(item.nested_key) or [item.key]
            for part in path_[:-1]:
                place = place.setdefault(part, {})
            place[path_[-1]] = json.loads(item.value_json)
        flat = {}
        flatten("", row, flat)
        step = row.get("_step", record.history.step.num)
        for key, value in flat.items():
            if isinstance(value, str) and value == "histogram":
                points.histograms[key] += 1
            else:
                points.series[key].append((step, number(value)))
    return points


def read_events(paths):
    """All event files of one folder, sorted by name."""
    points = Points()
    for path in sorted(paths):
        if path.stat().st_size == 0:
            continue
        guidance = {kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE}
        events = event_accumulator.EventAccumulator(str(path), guidance, purge_orphaned_data=False)
        events.Reload()
        tags = events.Tags()
        for tag in tags["scalars"]:
            points.series[tag] += [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in tags["histograms"]:
            points.histograms[tag] += len(events.Histograms(tag))
        for tag in tags["tensors"]:
            plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
            tensors = events.Tensors(tag)
            if plugin == "scalars":
                for event in tensors:
                    value = tensor_util.make_ndarray(event.tensor_proto)
                    points.series[tag].append((event.step, float(value.reshape(-1)[0])))
            elif plugin == "histograms":
                points.histograms[tag] += len(tensors)
    return points


def row_step(row, state):
    for key in STEP_KEYS:
        if number(row.get(key)) is not None:
            state["step"] = row[key]
            break
    step = state.get("step", state["row"])
    state["row"] += 1
    return step


def read_jsonl(path):
    points = Points()
    state = {"row": 0}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        flat = {}
        flatten("", row, flat)
        step = row_step(flat, state)
        for key, value in flat.items():
            if isinstance(value, str) and value == "histogram":
                points.histograms[key] += 1
            else:
                points.series[key].append((step, number(value)))
    return points


def is_matrix(path):
    """Numbers in the first row: a table without a header is an array, which compare_arrays.py compares."""
    first = path.open(encoding="utf-8-sig").readline().strip().rstrip(",").split(",")
    try:
        numbers = [float(cell) for cell in first]
    except ValueError:
        return False
    return len(numbers) > 1


def read_csv(path):
    points = Points()
    if is_matrix(path):
        return points
    skip = 1 if path.open(encoding="utf-8-sig").readline().startswith("#") else 0
    text = pandas.read_csv(path, dtype=str, keep_default_na=False, skiprows=skip, sep=None,
                           engine="python", encoding="utf-8-sig")
    numbers = pandas.read_csv(path, skiprows=skip)
    state = {"row": 0}
    for index, row in enumerate(text.to_dict("records")):
        cells = {}
        for key, cell in row.items():
            try:
                cells[key.strip()] = float(cell)
            except (TypeError, ValueError):
                continue
            value = numbers[key].iloc[index] if key in numbers else cells[key.strip()]
            assert same(float(value), cells[key.strip()]), (path, key, index)
        step = row_step(cells, state)
        for key, value in cells.items():
            points.series[key].append((step, value))
    return points


def same(a, b):
    return (math.isnan(a) and math.isnan(b)) or struct.pack("d", a) == struct.pack("d", b)


def expected(run):
    """With several sources, the points of a key come from the source that has the most of them."""
    by_format = collections.defaultdict(list)
    for source in run["sources"]:
        by_format[source["format"]].append(pathlib.Path(source["path"]))
    logs = []
    for format_ in PREFERENCE:
        paths = by_format.get(format_, [])
        if format_ == "tensorboard" and paths:
            logs.append(read_events(paths))
        else:
            read = {"wandb": read_wandb, "jsonl": read_jsonl, "csv": read_csv}.get(format_)
            logs += [read(path) for path in paths]
    merged = Points()
    for log in logs:
        for key, series in log.series.items():
            if len(series) > len(merged.series.get(key, [])):
                merged.series[key] = series
        for key, count in log.histograms.items():
            merged.histograms[key] = max(merged.histograms[key], count)
    return merged


def printed_series(binary, root, run, key):
    command = [binary, "series", str(root), "--run", run, "--key", key]
    done = subprocess.run(command, capture_output=True, text=True)
    # 3: done, but the run has a damaged or unfinished record, as reported on stderr.
    if done.returncode not in (0, 3):
        sys.exit(f"{command} ended with {done.returncode}: {done.stderr}")
    rows = list(csv.reader(io.StringIO(done.stdout)))[1:]
    return [(float(step), float(value)) for step, _, value in rows]


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
    differences = []
    counted = {"runs": 0, "keys": 0, "points": 0, "histograms": 0, "values": 0}
    by_format = collections.Counter()
    planted = not options.plant_fault
    random.seed(0)
    for run in runs:
        oracle = expected(run)
        ours = {series["key"]: series["points"] for series in run["series"]}
        theirs = {key: len(points) for key, points in oracle.series.items()}
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key, 0) != theirs.get(key, 0):
                differences.append(f"{run['id']}: {key}: {ours.get(key, 0)} points, expected {theirs.get(key, 0)}")
        media = {entry["key"]: entry["count"] for entry in run.get("media", []) if entry["kind"] == "histogram"}
        for key in sorted(media.keys() | oracle.histograms.keys()):
            if media.get(key, 0) != oracle.histograms.get(key, 0):
                differences.append(f"{run['id']}: {key}: {media.get(key, 0)} histograms, expected {oracle.histograms.get(key, 0)}")
        counted["runs"] += 1
        counted["keys"] += len(theirs)
        counted["points"] += sum(theirs.values())
        counted["histograms"] += sum(oracle.histograms.values())
        for source in run["sources"]:
            by_format[source["format"]] += 1
        common = sorted(ours.keys() & theirs.keys())
        sample = common if options.keys == 0 else random.sample(common, min(options.keys, len(common)))
        for key in sample:
            printed = printed_series(options.binary, options.runs_dir, run["id"], key)
            if not planted and printed:
                step, value = printed[-1]
                bits = struct.unpack("<q", struct.pack("<d", value))[0] ^ 1
                printed[-1] = (step, struct.unpack("<d", struct.pack("<q", bits))[0])
                planted = True
            counted["values"] += len(printed)
            for index, ((step, value), (want_step, want)) in enumerate(zip(printed, oracle.series[key])):
                if not same(value, want) or step != float(want_step):
                    differences.append(f"{run['id']}: {key}[{index}]: step {step} value {value!r}, "
                                       f"expected step {want_step} value {want!r}")
                    break
    listed = {pathlib.Path(source["path"]).resolve() for run in runs for source in run["sources"]}
    for pattern in ["*.wandb", "*tfevents*", "metrics.csv", "*.jsonl", "*monitor.csv", "progress.csv"]:
        for path in options.runs_dir.rglob(pattern):
            if path.is_file() and path.resolve() not in listed:
                differences.append(f"{path}: not listed")
    for difference in differences:
        print(difference)
    print(f"{json.dumps(counted)} sources {json.dumps(by_format)}: {len(differences)} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
