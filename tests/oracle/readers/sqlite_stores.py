"""Stores in SQLite: Optuna's studies by optuna itself, Trackio's runs by sqlite3 and json."""

import functools
import json
import sqlite3

import optuna

from readers.points import Points, flatten

optuna.logging.set_verbosity(optuna.logging.ERROR)


@functools.cache
def trials_of(path, study_name):
    study = optuna.load_study(study_name=study_name, storage=f"sqlite:///{path}")
    return {trial.number: trial for trial in study.get_trials()}


def own_names(name):
    """A run's name, and without the folders that tell it apart from others, longest first."""
    parts = name.split("/")
    return ["/".join(parts[at:]) for at in range(len(parts))]


def read_optuna_trial(path, run):
    """A trial's intermediate values, and its value at the last of their steps."""
    name, trial_number = run["name"].rsplit("/", 1)
    studies = {summary.study_name for summary in optuna.get_all_study_summaries(f"sqlite:///{path.resolve()}")}
    study_name = next(own for own in own_names(name) if own in studies)
    trial = trials_of(path.resolve(), study_name)[int(trial_number)]
    points = Points()
    steps = sorted(trial.intermediate_values)
    for step in steps:
        points.series["intermediate_value"].append((float(step), trial.intermediate_values[step]))
    if trial.value is not None:
        points.series["value"].append((float(steps[-1] if steps else 0), trial.value))
    return points


def read_trackio(path, run):
    points = Points()
    store = sqlite3.connect(f"file:{path.resolve()}?mode=ro&immutable=1", uri=True)
    known = {name for name, in store.execute("SELECT DISTINCT run_name FROM metrics")}
    own = next(name for name in own_names(run["name"]) if name in known)
    rows = store.execute("SELECT step, metrics FROM metrics WHERE run_name = ? ORDER BY id", [own])
    for step, metrics in rows:
        points.add_row(step, flatten(json.loads(metrics)))
    store.close()
    return points
