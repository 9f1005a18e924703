"""W&B's binary log, by wandb's own DataStore and protobuf messages."""

import json

import wandb

wandb._assert_is_internal_process = True
from wandb.proto import wandb_internal_pb2
from wandb.sdk.internal.datastore import DataStore

from readers.points import Points, flatten


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
        points.add_row(row.get("_step", record.history.step.num), flatten(row))
    return points
