"""Writes the small stores of runs in `logs` that are not text: `python make_logs.py`, with pyarrow.

The tables have the columns of the loggers' own schemas that are read, and few rows.
"""

import decimal
import json
import pathlib
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq

LOGS = pathlib.Path(__file__).parent / "logs"


def database(name, journal="delete"):
    path = LOGS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA page_size = 512")
    connection.execute(f"PRAGMA journal_mode = {journal}")
    return connection


def mlflow():
    """Four runs: one with NaN and infinity, one nested in it, one without metrics, one deleted."""
    store = database("mlflow-sqlite/mlflow.db")
    store.executescript(
        """
        CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name VARCHAR(256));
        CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, name VARCHAR(250), status VARCHAR(9),
            start_time BIGINT, lifecycle_stage VARCHAR(20), experiment_id INTEGER);
        CREATE TABLE metrics ("key" VARCHAR(250), value FLOAT, timestamp BIGINT, run_uuid VARCHAR(32),
            step BIGINT, is_nan BOOLEAN);
        CREATE TABLE params ("key" VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32));
        CREATE TABLE tags ("key" VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32));
        INSERT INTO experiments VALUES (0, 'Default'), (1, 'digits');
        """
    )
    runs = [
        ("a" * 32, "first", "FINISHED", "active"),
        ("b" * 32, "", "RUNNING", "active"),
        ("c" * 32, "failed", "FAILED", "active"),
        ("d" * 32, "wrong", "FINISHED", "deleted"),
    ]
    for run, name, status, stage in runs:
        store.execute(
            "INSERT INTO runs VALUES (?, ?, ?, 1700000000000, ?, 1)", (run, name, status, stage)
        )
    for step in range(5):
        for run, scale in (("a" * 32, 1.0), ("b" * 32, 2.0), ("d" * 32, 9.0)):
            row = ("train/loss", scale / (step + 1), 1_700_000_000_123 + step, run, step * 10, 0)
            store.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", row)
    largest = 1.7976931348623157e308
    for step, (value, is_nan) in enumerate([(0, 1), (largest, 0), (-largest, 0), (0.25, 0)]):
        row = ("grad_norm", value, 1_700_000_000_500, "a" * 32, step, is_nan)
        store.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", row)
    for key, value in (("lr", "0.001"), ("layers", "4"), ("nesterov", "True"), ("optimizer", "adamw")):
        store.execute("INSERT INTO params VALUES (?, ?, ?)", (key, value, "a" * 32))
    tags = [
        ("mlflow.user", "someone", "a" * 32),
        ("purpose", "test", "a" * 32),
        ("mlflow.parentRunId", "a" * 32, "b" * 32),
        ("mlflow.runName", "nested", "b" * 32),
    ]
    store.executemany("INSERT INTO tags VALUES (?, ?, ?)", tags)
    store.commit()


def trackio():
    """Three runs, two of the same name; nested values, words for numbers that are not finite."""
    store = database("trackio/project.db", "wal")
    store.executescript(
        """
        CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL,
            timestamp TEXT NOT NULL, run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL);
        CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL,
            run_name TEXT NOT NULL, config TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE(run_id));
        """
    )
    for index, (run, name) in enumerate((("0" * 32, "lr"), ("1" * 32, "wd"), ("2" * 32, "lr"))):
        created = f"2026-11-25T23:09:2{index}.544544+00:00"
        for step in range(4):
            values = {"train/loss": 3.0 / (step + 1) + index, "nested": {"a": step}, "note": "text"}
            if step == 2:
                values["train/loss"] = "NaN"
            text = json.dumps(values).encode()
            row = (run, created, name, step * 10, text)
            store.execute(
                "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?,?,?,?,?)", row
            )
        config = json.dumps({"lr": 0.1 * (index + 1), "_Username": None}).encode()
        store.execute(
            "INSERT INTO configs (run_id, run_name, config, created_at) VALUES (?,?,?,?)",
            (run, name, config, created),
        )
    store.commit()
    store.close()


def optuna():
    """A study with one objective and choices, and a study with two named objectives."""
    store = database("optuna/study.db")
    store.executescript(
        """
        CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR(512));
        CREATE TABLE study_directions (study_direction_id INTEGER PRIMARY KEY, direction VARCHAR(8),
            study_id INTEGER, objective INTEGER);
        CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER PRIMARY KEY,
            study_id INTEGER, "key" VARCHAR(512), value_json TEXT);
        CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER,
            state VARCHAR(8), datetime_start DATETIME, datetime_complete DATETIME);
        CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER PRIMARY KEY,
            trial_id INTEGER, "key" VARCHAR(512), value_json TEXT);
        CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER,
            param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT);
        CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER,
            objective INTEGER, value FLOAT, value_type VARCHAR(7));
        CREATE TABLE trial_intermediate_values (trial_intermediate_value_id INTEGER PRIMARY KEY,
            trial_id INTEGER, step INTEGER, intermediate_value FLOAT, intermediate_value_type VARCHAR(7));
        INSERT INTO studies VALUES (1, 'sweep'), (2, 'pareto');
        INSERT INTO study_directions VALUES (1, 'MINIMIZE', 1, 0), (2, 'MAXIMIZE', 2, 0),
            (3, 'MINIMIZE', 2, 1);
        INSERT INTO study_system_attributes VALUES (1, 2, 'study:metric_names', '["accuracy", "flops"]');
        INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', NULL, NULL), (2, 1, 1, 'PRUNED', NULL, NULL),
            (3, 2, 1, 'FAIL', NULL, NULL), (4, 0, 2, 'COMPLETE', NULL, NULL);
        INSERT INTO trial_values VALUES (1, 1, 0, 0.125, 'FINITE'), (2, 4, 0, 0.9, 'FINITE'),
            (3, 4, 1, NULL, 'INF_POS');
        INSERT INTO trial_user_attributes VALUES (1, 1, 'host', '"a"');
        """
    )
    of_choice = json.dumps(
        {"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd", None, 3]}}
    )
    of_int = json.dumps(
        {"name": "IntDistribution", "attributes": {"log": False, "step": 1, "low": 1, "high": 9}}
    )
    of_float = json.dumps(
        {"name": "FloatDistribution", "attributes": {"step": None, "low": 0.0, "high": 1.0, "log": False}}
    )
    for trial, (choice, layers, lr) in enumerate([(1, 3, 0.5), (2, 4, 0.25), (3, 5, 1.0)], 1):
        for name, value, kind in (
            ("optimizer", choice, of_choice),
            ("layers", layers, of_int),
            ("lr", lr, of_float),
        ):
            store.execute(
                "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
                "VALUES (?, ?, ?, ?)",
                (trial, name, float(value), kind),
            )
    values = [(1, 0, 1.0, "FINITE"), (1, 5, 0.5, "FINITE"), (2, 0, None, "NAN"), (2, 1, None, "INF_NEG")]
    for row in values:
        store.execute(
            "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, "
            "intermediate_value_type) VALUES (?, ?, ?, ?)",
            row,
        )
    store.commit()


def parquet():
    """W&B's history, Neptune's export, and a table of several runs with many types of numbers."""
    folder = LOGS / "parquet"
    folder.mkdir(parents=True, exist_ok=True)
    steps = list(range(0, 40, 10))
    history = pa.table(
        {
            "_step": pa.array(steps, pa.int64()),
            "_timestamp": [1.7e9 + step for step in steps],
            "train/loss": [1.0 / (step + 1) for step in steps],
            "val/loss": [None, float("nan"), None, float("inf")],
            "note": ["a", None, "b", "c"],
        }
    )
    pq.write_table(history, folder / "history.parquet", row_group_size=3)
    neptune = pa.table(
        {
            "run_id": ["A-1", "A-1", "A-1", "A-2", "A-2", "A-1", "A-2"],
            "attribute_path": ["train/loss"] * 3 + ["train/loss", "acc", "lr", "sys/name"],
            "attribute_type": ["float_series"] * 5 + ["float", "string"],
            "step": [decimal.Decimal(text) for text in ("0", "1.5", "2", "0", "7")] + [None, None],
            "timestamp": [1_700_000_000_000 + row for row in range(7)],
            "int_value": pa.array([None] * 7, pa.int64()),
            "float_value": [0.5, 0.25, 0.125, 4.0, 0.75, 0.001, None],
            "string_value": pa.array([None] * 6 + ["second"], pa.string()),
            "histogram_value": pa.array(
                [None] * 7, pa.struct([("type", pa.string()), ("edges", pa.list_(pa.float64()))])
            ),
        },
        schema=None,
    )
    neptune = neptune.set_column(3, "step", neptune["step"].cast(pa.decimal128(18, 6)))
    neptune = neptune.set_column(4, "timestamp", neptune["timestamp"].cast(pa.timestamp("ms")))
    pq.write_table(neptune, folder / "neptune.parquet", compression="zstd")
    runs = pa.table(
        {
            "trial": pa.array([1, 1, 2, None], pa.int32()),
            "step": pa.array([1, 2, 1, 9], pa.uint16()),
            "half": pa.array([0.5, 1.5, None, 2.0], pa.float16()),
            "single": pa.array([0.1, 0.2, 0.3, 0.4], pa.float32()),
            "large": pa.array([2**63, 1, 2, 3], pa.uint64()),
            "exact": pa.array([decimal.Decimal("0.10")] * 4, pa.decimal128(10, 2)),
            "flag": [True, False, True, True],
            "several": [[1.0], [2.0, 3.0], [], None],
        }
    )
    pq.write_table(runs, folder / "sweep.parquet", compression="gzip")
    brotli = pa.table({"step": [1, 2], "loss": [1.0, 0.5]})
    pq.write_table(brotli, LOGS.parent / "brotli.parquet", compression="brotli")


for make in (mlflow, trackio, optuna, parquet):
    make()
