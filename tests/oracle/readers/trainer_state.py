"""Hugging Face's trainer_state.json, by json: the state of the last checkpoint holds the log of all before it."""

import json

from readers.points import Points, number


def read_trainer_state(paths):
    states = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    newest = max(states, key=lambda state: state["global_step"])
    points = Points()
    for row in newest["log_history"]:
        points.add_row(row["step"], {key: value for key, value in row.items() if number(value) is not None})
    return points
