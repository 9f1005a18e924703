"""One JSON object a line, by json."""

import json

from readers.points import Points, RowSteps, flatten


def read_json_lines(path):
    points, steps = Points(), RowSteps()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        try:
            row = flatten(json.loads(line))
        except json.JSONDecodeError:
            continue
        points.add_row(steps.of(row), row)
    return points
