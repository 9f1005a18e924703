"""What a reader returns, and what counts as a number in a log."""

import collections
import math
import struct

STEP_KEYS = ["_step", "step", "global_step", "train/global_step", "trainer/global_step",
             "current_steps", "iteration", "iter", "time/total_timesteps", "total_timesteps",
             "timesteps_total", "episodic_step", "TotalEnvInteracts", "epoch"]
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Points:
    """Series as lists of (step, value) by key, and the number of histograms by key."""

    def __init__(self):
        self.series = collections.defaultdict(list)
        self.histograms = collections.Counter()
        self.is_at_end = False

    def add_row(self, step, row):
        for key, value in row.items():
            if value == "histogram":
                self.histograms[key] += 1
            else:
                self.series[key].append((step, number(value)))


class RowSteps:
    """The step of each row of a log: its step column, else that of the row before, else its number."""

    def __init__(self):
        self.step = None
        self.rows = 0

    def of(self, row):
        for key in STEP_KEYS:
            if number(row.get(key)) is not None:
                self.step = row[key]
                break
        step = self.rows if self.step is None else self.step
        self.rows += 1
        return step


def number(value):
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return NON_FINITE.get(value) if isinstance(value, str) else None


def flatten(value, prefix="", out=None):
    """Numbers of nested objects, keys joined by dots; objects with a `_type` are media."""
    out = {} if out is None else out
    if isinstance(value, dict):
        if "_type" in value:
            if value["_type"] == "histogram":
                out[prefix] = "histogram"
            return out
        for key, inner in value.items():
            flatten(inner, f"{prefix}.{key}" if prefix else key, out)
    elif number(value) is not None:
        out[prefix] = value
    return out


def same(a, b):
    """Equality bit for bit; every NaN equals every NaN."""
    return (math.isnan(a) and math.isnan(b)) or struct.pack("d", a) == struct.pack("d", b)
