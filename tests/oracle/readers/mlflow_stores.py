"""MLflow's file store and SQLite store, by mlflow's own client."""

import os
import pathlib
import shutil
import tempfile

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
from mlflow.tracking import MlflowClient

from readers.points import Points


def read_mlflow_folder(paths, run):
    """`paths` are the run's meta.yaml and its metrics; the store is the folder of the experiments above it."""
    uuid = run["id"].split("/")[-1]
    folder = next(parent for path in paths for parent in path.parents if parent.name == uuid)
    # mlflow refuses a run without these folders, and empty ones are often not copied with it.
    with tempfile.TemporaryDirectory() as copy:
        store = pathlib.Path(copy)
        experiment = store / folder.parent.name
        shutil.copytree(folder, experiment / uuid, copy_function=shutil.copyfile)
        shutil.copyfile(folder.parent / "meta.yaml", experiment / "meta.yaml")
        for copied in store.rglob("*"):
            copied.chmod(0o755)
        for name in ["metrics", "params", "artifacts"]:
            (experiment / uuid / name).mkdir(exist_ok=True)
        return read_run(MlflowClient(store.as_uri()), uuid)


def read_mlflow_sqlite(path, run):
    """Of a copy: mlflow updates the tables of an older store."""
    with tempfile.TemporaryDirectory() as copy:
        store = pathlib.Path(copy) / path.name
        shutil.copyfile(path, store)
        return read_run(MlflowClient(f"sqlite:///{store}"), run["id"].split("/")[-1])


def read_run(client, uuid):
    points = Points()
    for key in client.get_run(uuid).data.metrics:
        points.series[key] = [(float(metric.step), float(metric.value))
                              for metric in client.get_metric_history(uuid, key)]
    return points
