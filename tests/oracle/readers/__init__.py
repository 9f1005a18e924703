"""Readers of run logs that share nothing with Trainscape's: the loggers' own packages where there is one."""

from readers.event_files import read_event_folder
from readers.json_lines import read_json_lines
from readers.mlflow_stores import read_mlflow_folder, read_mlflow_sqlite
from readers.numpy_histories import read_evaluations
from readers.results import read_results
from readers.sqlite_stores import read_optuna_trial, read_trackio
from readers.tables import read_catboost, read_csv, read_dvclive, read_parquet
from readers.text_logs import read_text_log
from readers.trainer_state import read_trainer_state
from readers.wandb_runs import read_wandb

# By the name of the format that `inspect --json` prints; the first of two logs with equally many points of a key counts.
# Each takes the paths of one run in this format and the run as `inspect --json` describes it, and returns a list of logs.
READERS = {
    "wandb": lambda paths, run: [read_wandb(path) for path in paths],
    "jsonl": lambda paths, run: [read_json_lines(path) for path in paths],
    "csv": lambda paths, run: read_csv(paths),
    "tensorboard": lambda paths, run: [read_event_folder(paths)],
    "trainer_state": lambda paths, run: [read_trainer_state(paths)],
    "mlflow": lambda paths, run: [read_mlflow_folder(paths, run)],
    "mlflow-sqlite": lambda paths, run: [read_mlflow_sqlite(path, run) for path in paths],
    "trackio": lambda paths, run: [read_trackio(path, run) for path in paths],
    "optuna": lambda paths, run: [read_optuna_trial(path, run) for path in paths],
    "parquet": lambda paths, run: [read_parquet(path, run) for path in paths],
    "dvclive": lambda paths, run: [read_dvclive(paths)],
    "catboost": lambda paths, run: [read_catboost(paths)],
    "npz_history": lambda paths, run: [read_evaluations(path) for path in paths],
    "summary": lambda paths, run: [read_results(path) for path in paths],
    "text": lambda paths, run: [read_text_log(path) for path in paths],
}

# Formats without series: arrays, which compare_arrays.py compares, and media.
WITHOUT_SERIES = {"npy", "npz", "safetensors", "hdf5", "grid-rows", "plotly", "object3d"}
