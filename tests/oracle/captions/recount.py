"""What captions say of series, counted again. Each rule is a sentence as a regular expression and what its numbers must be;
numbers that no rule reads are counted as not recomputed."""

import re

import numpy

from captions.arrays import lowest_node, weights_above
from captions.lines import middle
from captions.numbers import FREE_NUMBER, NUMBER, derived_text, parsed, value_text

COUNT = r"\d[\d,]*"
ROWS_PER_WINDOW, PATH_PER_WINDOW = 20, 10
LEAST_WINDOWS = 3
SHORT = 0.1
# The first sentence on a panel.
HEAD = r"(?:^|(?<=\. ))(?P<key>(?:(?!\. ).)+?) by \S+(?: \S+)? for (?:run .+?|\d[\d,]* runs?), \d[\d,]* logged points?"
WINDOW = r"(?:Lines: centred means|means? of .*?|Each run is averaged) over (?:up to )?(\d+) points"


class Figure:
    """A drawn figure: its caption, and the lines of its runs by key."""

    def __init__(self, drawn, runs):
        self.caption, self.view, self.keys, self.axes = (drawn[key] for key in ("caption", "view", "keys", "axes"))
        self.all_runs = runs
        # Where no series is a loss, another one stands in for it.
        main = ("loss", "reward", "value", "accuracy", "validation_loss")
        self.main_key = next((self.keys[role] for role in main if role in self.keys), None)
        self.rows_key = self.main_key
        self.part = self.caption
        self.is_averaged_over_seeds = "Lines are means of" in self.caption
        self.is_path = self.view == "training-dynamics" or (self.view == "reward-landscape" and "second" not in self.keys)
        self.is_ribbon = self.view == "loss-surface" and "The ribbon" in self.caption
        self.is_series = self.view in ("loss-surface", "reward-landscape", "training-dynamics")
        wanted = set(drawn["runs"])
        self.runs = [run for run in runs if run.id in wanted]

    def rows(self):
        """The runs that have a finite value of the drawn key, and their lines."""
        # The same quantity under another name.
        spelled = re.search(r"logs? it as (\S+?)\.(?: |$)", self.caption)
        keys = [self.rows_key] + ([spelled[1]] if spelled else [])
        found = [(run, [run.line(key) for key in keys]) for run in self.runs]
        lines = [(run, next((line for line in lines if line is not None), None)) for run, lines in found]
        return [(run, line) for run, line in lines if line is not None and len(line.values)]

    def parts(self):
        """Where each panel's part of the caption starts and ends, and the key that it is of."""
        keys = {key for run in self.all_runs for key in run.keys()}
        heads = [(match.start(), match["key"]) for match in re.finditer(HEAD, self.caption) if match["key"] in keys]
        if len(heads) < 2:
            return [(0, len(self.caption), self.main_key)]
        ends = [start for start, _ in heads[1:]] + [len(self.caption)]
        return [(start, end, key) for (start, key), end in zip(heads, ends)]

    def averaged(self, line):
        """Whether a line is averaged: short runs are drawn as logged where the data choose the window."""
        return "short runs as logged" not in self.caption or len(line.values) >= LEAST_WINDOWS * self.window()

    def window(self):
        # Panels whose lines are averaged alike say so once.
        found = (re.search(WINDOW, text) for text in (self.part, self.caption))
        return next((int(match[1]) for match in found if match), 1)


def recount(figure):
    """Yields (numbers of the caption, what they must be) of each sentence that a rule reads, and the places of the numbers."""
    for start, end, figure.rows_key in figure.parts():
        figure.part = figure.caption[start:end]
        for pattern, rule in RULES:
            for match in re.compile(pattern).finditer(figure.caption, start, end):
                wanted = rule(figure, match)
                if wanted is not None:
                    yield match, wanted


def not_recomputed(figure, spans):
    """The numbers of the caption outside of the places that rules have read, without those that are constants of a method."""
    read = spans + [match.span() for pattern in CONSTANTS for match in re.finditer(pattern, figure.caption)]
    for match in FREE_NUMBER.finditer(figure.caption):
        if not any(start <= match.start() < end for start, end in read):
            yield match


def logged_points(figure, match):
    if not figure.is_series or figure.is_ribbon or figure.is_path:
        return None
    rows = figure.rows()
    return {"points": sum(len(line.values) for _, line in rows), "runs": len(rows) if match["runs"] else None}


def path_points(figure, match):
    """Points of the longest series at which all others have a value."""
    if not (figure.is_path or figure.is_ribbon):
        return None
    points = 0
    for run in figure.runs:
        lines = [run.line(key) for role, key in figure.keys.items() if run.line(key) is not None and role != "colour"]
        if not lines:
            return None
        points += max(len(line.values) + line.non_finite for line in lines)
    lost = sum(parsed(text) for text in re.findall(rf"({COUNT}) points? (?:is|are) left out", figure.caption))
    lost += sum(parsed(text) for text in re.findall(rf"({COUNT}) points? (?:is|are) NaN", figure.caption))
    return {"points": points - lost}


def lowest_mean(figure, match):
    """Of equal means, sums in another order may prefer any."""
    size = int(match["window"])
    sign = 1 if match["side"] == "Lowest" else -1
    rows = [(line, line.means(size) * sign) for _, line in figure.rows() if figure.averaged(line)]
    rows = [(line, means) for line, means in rows if numpy.isfinite(means).any()]
    if not rows:
        return {"value": "no full window"}
    best = min(numpy.nanmin(means) for _, means in rows)
    records = [(value_text(line.steps[at]), value_text(line.values[at]))
               for line, means in rows for at in numpy.flatnonzero(numpy.abs(means - best) <= 1e-9 * abs(best) + 1e-15)]
    found = next((record for record in records if record == (match["step"], match["logged"])), records[0])
    wanted = {"value": derived_text(best * sign), "logged": found[1]}
    if figure.axes[0]["title"] == "step":
        wanted["step"] = found[0]
    return wanted


def lowest_logged(figure, match):
    sign = 1 if match["side"] == "Lowest" else -1
    best = None
    for run, line in figure.rows():
        at = int(numpy.argmin(line.values * sign))
        if best is None or line.values[at] * sign < best[0] * sign:
            best = (line.values[at], line.steps[at])
    if best is None:
        return None
    wanted = {"value": value_text(best[0])}
    if figure.axes[0]["title"] == "step":
        wanted["step"] = value_text(best[1])
    return wanted


def chosen_window(figure, match):
    if figure.is_path:
        return None
    lines = [line for _, line in figure.rows()]
    # Half of all points are in runs of at least the usual length; much shorter runs have no say.
    lens = sorted((len(line.values) for line in lines), reverse=True)
    usual = next((size for size, held in zip(lens, numpy.cumsum(lens)) if 2 * held >= sum(lens)), 0)
    windows = [line.window(ROWS_PER_WINDOW) for line in lines if len(line.values) >= SHORT * usual]
    return {"window": middle(windows)}


def without_key(figure, match):
    if not figure.is_series or figure.is_path:
        return None
    count = 0
    for run in figure.all_runs:
        line = run.line(figure.rows_key)
        count += line is None or not len(line.values)
    return {"count": count}


def not_finite(figure, match):
    if not figure.is_series or figure.is_path:
        return None
    return {"count": sum(line.non_finite for _, line in figure.rows())}


def superseded(figure, match):
    """Of trajectories, the points of the series that has most."""
    if not figure.is_series:
        return None
    if figure.is_path:
        keys = [key for role, key in figure.keys.items() if role != "colour"]
        lines = [max((run.line(key) for key in keys), key=lambda line: len(line.values) + line.superseded)
                 for run in figure.runs if all(run.line(key) is not None for key in keys)]
        return {"count": sum(line.superseded for line in lines)}
    return {"count": sum(line.superseded for _, line in figure.rows())}


def beyond(figure, match):
    """Drawn points beyond the height axis, and the farthest of them: the logged ones where they are drawn as dots, otherwise
    the averages."""
    if figure.rows_key != figure.main_key:
        # The axis of another panel.
        return None
    axis = figure.axes[2]
    # The line of a ribbon joins the logged values.
    shows_logged = figure.is_ribbon or re.search("dots: logged values|Dots are logged values", figure.caption)
    if figure.is_averaged_over_seeds:
        return None
    size = 1 if shows_logged else figure.window()
    lines = [line.drawn(size if figure.averaged(line) else 1) for _, line in figure.rows()]
    values = numpy.concatenate(lines) if lines else numpy.array([])
    if axis["scale"] == "log":
        values = values[values > 0]
        unit = numpy.log10(values / axis["low"]) / numpy.log10(axis["high"] / axis["low"])
    else:
        unit = (values - axis["low"]) / (axis["high"] - axis["low"])
    is_out = (unit < -1e-9) | (unit > 1 + 1e-9)
    out, unit = values[is_out], unit[is_out]
    return {"count": len(out), "farthest": value_text(out[numpy.argmax(numpy.abs(unit - 0.5))]) if len(out) else None}


def mean_of_seeds(figure, match):
    """The last mean of the only group, and its deviation: each run is interpolated between its own steps."""
    rows = figure.rows()
    if f"({len(rows)} runs each)" not in figure.caption or figure.axes[0]["title"] == "time (UTC)":
        return None
    x = parsed(match["x"])
    size = figure.window()
    values = [numpy.interp(x, line.steps, line.smoothed(size if figure.averaged(line) else 1)) for _, line in rows]
    return {"mean": derived_text(numpy.mean(values)), "deviation": derived_text(numpy.std(values, ddof=1)), "runs": len(rows)}


def last_values_of_seeds(figure, match):
    """Mean and deviation of the last drawn values of the only group's runs, which end at different steps."""
    rows = figure.rows()
    if f"({len(rows)} runs each)" not in figure.caption or figure.axes[0]["title"] == "time (UTC)":
        return None
    size = figure.window()
    ends = []
    for _, line in rows:
        window = size if figure.averaged(line) else 1
        at = len(line.values) - 1 - window // 2
        ends.append((line.steps[at], line.smoothed(window)[at]))
    steps, values = zip(*ends)
    wanted = {"mean": derived_text(numpy.mean(values)), "deviation": derived_text(numpy.std(values, ddof=1)), "runs": len(rows)}
    return wanted | {"first": value_text(min(steps)), "last": value_text(max(steps))}


def shared_extreme(figure, match):
    """An extreme that several points have."""
    values = numpy.concatenate([line.values for _, line in figure.rows()])
    best = values.min() if match["side"] == "Lowest" else values.max()
    return {"value": value_text(best), "count": int((values == best).sum())}


def validation(figure, match):
    """Points of the validation losses, and the first of the lowest."""
    key = figure.keys.get("validation_loss")
    lines = [run.line(key) for run, _ in figure.rows()] if key else []
    lines = [line for line in lines if line is not None and len(line.values)]
    if not lines:
        return None
    lowest = min(lines, key=lambda line: line.values.min())
    at = int(numpy.argmin(lowest.values))
    wanted = {"points": sum(len(line.values) for line in lines), "value": value_text(lowest.values[at])}
    best = lowest.values[at]
    steps = {value_text(step) for line in lines for step in line.steps[line.values == best]}
    return wanted | {"step": match["step"] if match["step"] in steps else value_text(lowest.steps[at])}


def earlier_starts(figure, match):
    """Points that restarts repeat, and the most extreme of them."""
    repeated = [point for _, line in figure.rows() for point in line.repeated]
    if not repeated:
        return None
    values = [value for _, value in repeated]
    best = min(values) if match["side"] == "lowest" else max(values)
    steps = {value_text(step) for step, value in repeated if value == best}
    return {"points": len(repeated), "value": value_text(best),
            "step": match["step"] if match["step"] in steps else sorted(steps)[0]}


def constant_rate(figure, match):
    """The learning rate that does not change."""
    values = {value for run in figure.runs for key in run.keys() if run.counts[key].get("role") == "learning_rate"
              for value in run.line(key).values}
    return {"value": value_text(values.pop())} if len(values) == 1 else None


def cells(figure, match):
    """Values, layers and steps of gradient norms."""
    keys = [key for key in figure.runs[0].keys() if key.startswith(match["prefix"])]
    lines = [figure.runs[0].line(key) for key in keys]
    if not lines or any(line is None for line in lines):
        return None
    steps = numpy.unique(numpy.concatenate([numpy.concatenate([line.steps, line.non_finite_steps]) for line in lines]))
    return {"values": sum(len(line.values) + line.non_finite for line in lines), "steps": len(steps)}


def bucketed_steps(figure, match):
    prefix = figure.keys["layer_gradient_norm"].removesuffix("…")
    lines = [figure.runs[0].line(key) for key in figure.runs[0].keys() if key.startswith(prefix)]
    return {"steps": len(numpy.unique(numpy.concatenate([line.steps for line in lines])))} if lines else None


def analysed_runs(figure, match):
    return {"runs": len(figure.all_runs)} if "without" not in figure.caption and "lack" not in figure.caption else None


SIDE = r"(?P<side>Lowest|Highest)"
RULES = [
    (rf"for (?:run .+?|(?P<runs>{COUNT}) runs?), (?P<points>{COUNT}) logged points?", logged_points),
    (rf"for (?:run .+?|{COUNT} runs?), (?P<points>{COUNT}) logged points?", path_points),
    (rf"{SIDE} mean of (?P<window>\d+) points: (?P<value>{NUMBER}) at \S+ (?P<step>{NUMBER})(?: of .+?| \(dot\))?, where "
     rf"(?P<logged>{NUMBER}) was logged", lowest_mean),
    (rf"{SIDE} logged value: (?P<value>{NUMBER}) at \S+ (?P<step>{NUMBER})", lowest_logged),
    (
        rf"Last means: (?P<mean>{NUMBER}) ± (?P<deviation>{NUMBER}) over the last values of (?P<runs>{COUNT}) runs,"
        rf" each at its own last \S+, (?P<first>{NUMBER}) to (?P<last>{NUMBER})",
        last_values_of_seeds,
    ),
    (rf"Last means: (?P<mean>{NUMBER}) ± (?P<deviation>{NUMBER}) at \S+ (?P<x>{NUMBER}) \((?P<runs>{COUNT}) runs\)", mean_of_seeds),
    (r"(?:means|mean|averaged) over (?P<window>\d+) points (?:first )?\(window by autocorrelation\)", chosen_window),
    (rf"(?P<count>{COUNT}) runs? without \S+ (?:is|are) left out", without_key),
    (rf"(?P<count>{COUNT}) points? (?:is|are) NaN or infinite", not_finite),
    (rf"(?P<count>{COUNT}) points? superseded by a restart", superseded),
    (rf"(?P<count>{COUNT}) points? beyond the range of \S+ (?:is|are) marked at the wall \(as far as (?P<farthest>{NUMBER})\)",
     beyond),
    (rf"{SIDE} logged value: (?P<value>{NUMBER}), at (?P<count>{COUNT}) points", shared_extreme),
    (rf"\((?P<points>{COUNT}) points?\): thin lines(?: with dots)?(?:, means over up to \d+ points)?, lowest (?P<value>{NUMBER}) at step (?P<step>{NUMBER})",
     validation),
    (rf"(?P<points>{COUNT}) points? of {COUNT} earlier starts? that a restart repeats \((?P<side>lowest|highest) "
     rf"(?P<value>{NUMBER}) at step (?P<step>{NUMBER})\)", earlier_starts),
    (rf"The learning rate is constant \((?P<value>{NUMBER})\)", constant_rate),
    (rf"from (?P<prefix>\S+)…: (?P<values>{COUNT}) values? of .+? at (?P<steps>{COUNT}) steps?", cells),
    (rf"The (?P<steps>{COUNT}) steps are drawn in {COUNT} buckets", bucketed_steps),
    (rf"{SIDE}: (?P<value>{NUMBER}) at \(", lowest_node),
    (rf"Attention weights above (?P<threshold>[\d.]+) of .*?: (?P<drawn>{COUNT}) of (?P<total>{COUNT}) weights", weights_above),
    (rf"Permutation importance over (?P<runs>{COUNT}) runs", analysed_runs),
]
# Numbers that say how something was computed.
CONSTANTS = [
    r"widened by [\d.]+ % of the axes", r"\d+ random forests of \d+ trees, \d+ shuffles each", r"a surface needs \d+ %",
    r"runs are fewer than \d+", r"is under [\d.]+", r"more than \d+ robust standard deviations \([\d.]+ × MAD\)",
    r"running median of \d+ points", r"more than [\d.]+ × the median", r"by more than \d+ % of the decrease",
    r"in \d+ buckets", r"standard deviation \(n - 1\)", r"of every (?:up to )?[\d,]+ consecutive points", r"more than \d+ robust standard deviations",
    r"extends [\d.]+ % of the axes", r"[<>] [\d.e−]+\)",
]
