"""Seconds that other readers take for the files of `read.rs`, kept in TRAINSCAPE_BENCH_DIR.

usage: peers_read.py FOLDER [--slow]     (--slow adds pandas, wandb's and TensorBoard's Python readers)
"""

import pathlib
import sys
import time


def timed(name, read, times=5):
    best = min(_once(read) for _ in range(times))
    print(f"{name:32} {best:8.3f} s", flush=True)


def _once(read):
    begun = time.perf_counter()
    read()
    return time.perf_counter() - begun


def wandb_reader(path):
    import wandb
    wandb._assert_is_internal_process = True
    from wandb.proto import wandb_internal_pb2
    from wandb.sdk.internal.datastore import DataStore

    store = DataStore()
    store.open_for_scan(str(path))
    rows = 0
    while (data := store.scan_data()) is not None:
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        rows += record.HasField("history")
    return rows


def tensorboard_reader(folder):
    from tensorboard.backend.event_processing import event_accumulator

    guidance = {kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE}
    events = event_accumulator.EventAccumulator(str(folder), guidance)
    events.Reload()
    return sum(len(events.Scalars(tag)) for tag in events.Tags()["scalars"])


def main():
    folder = pathlib.Path(sys.argv[1])
    jsonl, csv = folder / "jsonl/metrics.jsonl", folder / "csv/metrics.csv"
    import polars

    timed("jsonl polars", lambda: polars.read_ndjson(jsonl))
    timed("csv polars", lambda: polars.read_csv(csv))
    if "--slow" in sys.argv:
        import pandas

        timed("jsonl pandas", lambda: pandas.read_json(jsonl, lines=True), 1)
        timed("csv pandas", lambda: pandas.read_csv(csv), 2)
        timed("wandb DataStore + protobuf", lambda: wandb_reader(folder / "wandb/run-a.wandb"), 1)
        timed("tensorboard EventAccumulator", lambda: tensorboard_reader(folder / "tensorboard"), 1)


if __name__ == "__main__":
    main()
