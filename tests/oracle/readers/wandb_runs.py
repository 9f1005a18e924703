"""W&B's binary log, by wandb's own DataStore and protobuf messages."""

import json

import wandb

wandb._assert_is_internal_process = True
from wandb.proto import wandb_internal_pb2
from wandb.sdk.internal.datastore import DataStore

from readers.points import Points, flatten


# What Trainscape calls the types that W&B's media have; figures and histograms are read, not listed.
LISTED_MEDIA = {
    "image-file": "image",
    "images": "image",
    "images/separated": "image",
    "audio-file": "audio",
    "audio": "audio",
    "video-file": "video",
    "videos": "video",
    "html-file": "html",
    "table-file": "table",
    "partitioned-table": "table",
    "joined-table": "table",
}


def history_rows(path):
    """Step and members of each history record, up to the first damaged one."""
    if path.stat().st_size < 7:
        return
    store = DataStore()
    store.open_for_scan(str(path))
    while True:
        try:
            data = store.scan_data()
        except AssertionError:
            return  # An incomplete last record: this reader stops at the first damaged record.
        if data is None:
            return
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
        yield row.get("_step", record.history.step.num), row


def read_wandb(path):
    points = Points()
    for step, row in history_rows(path):
        points.add_row(step, flatten(row))
    return points


def media_kinds(path):
    """(key, kind) of each object that a record holds and that Trainscape lists without reading it."""
    for _, row in history_rows(path):
        yield from nested_media((), row)


def nested_media(path, row):
    for key, value in row.items():
        if not isinstance(value, dict):
            continue
        kind = LISTED_MEDIA.get(value.get("_type"))
        if kind:
            yield "/".join((*path, key)), kind
        elif "_type" not in value:
            yield from nested_media((*path, key), value)
