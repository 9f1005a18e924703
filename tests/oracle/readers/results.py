"""What a training reached, by json: the numbers of one document, at its step if that is stated."""

import json

from readers.points import Points, flatten, number


def read_results(path):
    values = flatten(json.loads(path.read_text(encoding="utf-8")))
    values = {key.replace(".", "/"): value for key, value in values.items()}
    step = next((values[key] for key in ("step", "global_step") if key in values), None)
    points = Points()
    points.is_at_end = step is None
    points.add_row(number(values.get("epoch", 0)) if step is None else step, values)
    return points
