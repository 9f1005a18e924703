"""Tables: CSV, DVCLive's and CatBoost's TSV, and Parquet, by pandas."""

import csv
import math

import numpy
import pandas

from readers.event_files import accumulator
from readers.points import Points, RowSteps, number, same


def read_csv(paths):
    """Monitor files of parallel environments are joined, as their rows are episodes of one run."""
    logs = [read_csv_file(path) for path in paths]
    monitors = [log for path, log in zip(paths, logs) if path.name.endswith(".monitor.csv")]
    if len(monitors) < 2:
        return logs
    joined = Points()
    for log in monitors:
        for key, points in log.series.items():
            joined.series[key] += points
    return [joined] + [log for log in logs if log not in monitors]


def read_csv_file(path):
    points, steps = Points(), RowSteps()
    if is_matrix(path):
        return points
    skip = 1 if path.open(encoding="utf-8-sig").readline().startswith("#") else 0
    text = pandas.read_csv(path, dtype=str, keep_default_na=False, skiprows=skip, sep=None,
                           engine="python", encoding="utf-8-sig")
    numbers = pandas.read_csv(path, skiprows=skip, float_precision="round_trip")
    for index, row in enumerate(text.to_dict("records")):
        cells = {}
        for key, cell in row.items():
            try:
                cells[key.strip()] = float(cell)
            except (TypeError, ValueError):
                continue
            value = numbers[key].iloc[index] if key in numbers else cells[key.strip()]
            assert same(float(value), cells[key.strip()]), (path, key, index)
        points.add_row(steps.of(cells), cells)
    return points


def is_matrix(path):
    """Numbers in the first row: a table without a header is an array, which compare_arrays.py compares."""
    first = path.open(encoding="utf-8-sig").readline().strip().rstrip(",").split(",")
    try:
        numbers = [float(cell) for cell in first]
    except ValueError:
        return False
    return len(numbers) > 1


def read_parquet(path, run):
    """A row a step, or Neptune's export with a row a value and the run in a column."""
    points = Points()
    table = pandas.read_parquet(path)
    if "attribute_path" in table:
        # A name that another run has is preceded by folders.
        table = table[table["run_id"] == run["name"].rsplit("/", 1)[-1]]
        for _, row in table.iterrows():
            points.series[row["attribute_path"]].append((float(row["step"]), float(row["float_value"])))
        return points
    steps = RowSteps()
    for row in table.to_dict("records"):
        # pandas shows a missing value of a column of numbers as NaN.
        cells = {key: value for key, value in row.items()
                 if number(value) is not None and not math.isnan(value)}
        points.add_row(steps.of(cells), cells)
    return points


def read_dvclive(paths):
    points = Points()
    for path in paths:
        key = "/".join(path.with_suffix("").parts[path.parts.index("metrics") + 1:])
        table = pandas.read_csv(path, sep="\t", float_precision="round_trip")
        column = table.columns[-1]
        points.series[key] = [(float(step), float(value)) for step, value in zip(table["step"], table[column])]
    return points


def read_catboost(paths):
    """The tables of errors by iteration; CatBoost's own event files beside them must hold the same numbers as float32."""
    points = Points()
    for path in paths:
        part = path.name.removesuffix("_error.tsv")
        with path.open(encoding="utf-8", newline="") as rows:
            header, *rows = csv.reader(rows, delimiter="\t")
        for row in rows:
            for key, cell in zip(header[1:], row[1:]):
                name = key if part == path.name else f"{part}/{key}"
                points.series[name].append((float(row[0]), float(cell)))
        for events in sorted((path.parent / part).glob("*tfevents*")):
            compare_with_events(points, part, accumulator(events))
    return points


def compare_with_events(points, part, events):
    for tag in events.Tags()["scalars"]:
        table = [numpy.float32(value) for _, value in points.series[f"{part}/{tag}"]]
        logged = [numpy.float32(event.value) for event in events.Scalars(tag)]
        assert table == logged, (part, tag)
