"""What two trainers print: the lines of each are named here, by regular expressions of its own."""

import re

from readers.points import Points

NUMBER = r"-?[0-9][0-9,]*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"


def read_text_log(path):
    # A block of zeros is a part of the file that was never written, by a network drive, say.
    text = path.read_text(encoding="utf-8").replace("\0", "")
    return read_nanochat(text) if "nanochat" in text else read_madrona(text)


def value(text):
    return float(text.replace(",", ""))


def read_nanochat(text):
    points = Points()
    step = 0.0
    for line in text.splitlines():
        if match := re.match(r"step (\d+)/\d+ ", line):
            step = float(match[1])
            for key, number in re.findall(rf"\| ([a-z/ ]+): ({NUMBER})", line):
                points.series[key].append((step, value(number)))
        elif match := re.match(rf"Step (\d+) \| (Validation bpb|CORE metric): ({NUMBER})", line):
            step = float(match[1])
            points.series[match[2]].append((step, value(match[3])))
        elif match := re.match(r"Evaluating: \S+ \(", line):
            step = max(step, last_step(points))
            for key, number in re.findall(rf"(accuracy|centered|time): ({NUMBER})", line):
                points.series[f"eval/{key}"].append((step, value(number)))
        elif match := re.match(rf"(Minimum validation bpb|train bpb|val bpb): ({NUMBER})", line):
            points.series[match[1]].append((step, value(match[2])))
    return points


def last_step(points):
    return max((series[-1][0] for series in points.series.values()), default=0.0)


def read_madrona(text):
    points = Points()
    step = None
    for line in text.splitlines():
        if match := re.fullmatch(r"Update: (\d+)", line):
            step = float(match[1])
        elif step is not None:
            section, arrow, rest = line.partition("=>")
            section = f"{section.strip()}/" if arrow else ""
            for key, number in re.findall(rf"([^\W\d_][\w ]*): +({NUMBER})", rest if arrow else line):
                points.series[section + key.strip()].append((step, value(number)))
    return points
