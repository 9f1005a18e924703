"""The lines of runs as figures average them: segments, jumps, windows and means, in NumPy."""

import numpy

GAP_FACTOR, BURSTS = 10, 10
SIDE, JUMP_FACTOR = 8, 2.0
MOST_AT_EPOCH, FEWEST_AT_EPOCH, STANDARD_ERRORS, TIMES_WITHIN = 96, 8, 4.0, 2.0
NOISY = 0.015
MOST_CHANGE, MOST_AVERAGED, FEWEST_POINTS, MOST_PAIRS = 2.0, 101, 20, 20_000


def live_points(points):
    """Step and value of the points that no restart repeats, where the run continues after a restart, and the points that one
    repeats: a step that goes back supersedes the points at that step and after it."""
    kept, restarts, repeated = [], set(), []
    for step, value in points:
        if kept and step < kept[-1][0]:
            while kept and kept[-1][0] >= step:
                repeated.append(kept.pop())
            restarts = {at for at in restarts if at <= len(kept)} | {len(kept)}
        kept.append((step, value))
    return kept, sorted(restarts), repeated


class Line:
    """The finite points of a series, and the segments over which they are averaged."""

    def __init__(self, points, epochs=()):
        """`points` and `epochs` are pairs of step and value; the latter say which epoch it is."""
        kept, restarts, repeated = live_points(points)
        self.superseded = len(points) - len(kept)
        self.repeated = [(step, value) for step, value in repeated if numpy.isfinite(value)]
        steps = numpy.array([step for step, _ in kept], float)
        values = numpy.array([value for _, value in kept], float)
        finite = numpy.isfinite(values)
        self.non_finite = int((~finite).sum())
        self.non_finite_steps = steps[~finite]
        self.last = values[-1] if len(values) else numpy.nan
        before = numpy.concatenate([[0], numpy.cumsum(finite)])
        ends = {int(before[at]) for at in numpy.flatnonzero(~finite)} | {int(before[at]) for at in restarts}
        self.steps, self.values = steps[finite], values[finite]
        spacings = numpy.diff(self.steps)
        positive = numpy.sort(spacings[spacings > 0])
        if len(positive):
            # Regular pauses between bursts of points are no gaps.
            largest = GAP_FACTOR * positive[len(positive) // 2]
            usual = positive[(len(positive) - 1) * (BURSTS - 1) // BURSTS]
            largest = GAP_FACTOR * usual if usual > largest else largest
            ends |= {int(at) + 1 for at in numpy.flatnonzero(spacings > largest)}
        self.segments = between(sorted(ends), len(self.values))
        self.averaged = [part for segment in self.segments for part in without_jumps(self.values, *segment)]
        self.averaged = [part for segment in self.averaged for part in without_epoch_jumps(self.values, *segment, self.starts(epochs))]

    def starts(self, epochs):
        """Where another epoch begins: one of 2 is the end of the second one."""
        if not len(epochs):
            return []
        steps, numbers = numpy.array([step for step, _ in epochs], float), numpy.array([number for _, number in epochs], float)
        before = numpy.searchsorted(steps, self.steps, side="right") - 1
        epoch = numpy.where(before >= 0, numpy.ceil(numbers[numpy.maximum(before, 0)] - 1e-6), numpy.nan)
        return [int(at) + 1 for at in numpy.flatnonzero(epoch[1:] > epoch[:-1])]

    def window(self, points_per_smoothed):
        return window(self.values, self.averaged, len(self.values) // points_per_smoothed)

    def means(self, size):
        """The means over full windows, NaN elsewhere."""
        means = numpy.full(len(self.values), numpy.nan)
        half = size // 2
        for start, end in self.averaged:
            if end - start >= size:
                windows = numpy.lib.stride_tricks.sliding_window_view(self.values[start:end], size)
                means[start + half:end - half] = windows.mean(axis=1)
        return means

    def drawn(self, size):
        """The centred means up to the last full window, with which a line ends."""
        end = len(self.values)
        if size > 1 and self.averaged:
            start, last = self.averaged[-1]
            end = last - size // 2 if last - start >= size else end
        return self.smoothed(size)[:end]

    def smoothed(self, size):
        """The centred means, over fewer points at the ends of a segment."""
        means = self.values.copy()
        half = size // 2
        for start, end in self.averaged if size > 1 else []:
            for at in range(start, end):
                reach = min(half, at - start)
                means[at] = self.values[at - reach:min(at + reach + 1, end)].mean()
        return means


def between(ends, length):
    edges = [0] + [end for end in ends if 0 < end < length] + [length]
    return [(start, end) for start, end in zip(edges, edges[1:]) if start < end]


def without_jumps(values, start, end):
    at = start + SIDE
    while at + SIDE <= end:
        before, after = values[at - SIDE:at], values[at:at + SIDE]
        step = abs(after[0] - before[-1])
        if step > abs(before[-1] - before[-2]) and step > abs(after[1] - after[0]):
            spread = max(numpy.ptp(before), numpy.ptp(after))
            if abs(numpy.median(after) - numpy.median(before)) > JUMP_FACTOR * spread:
                yield start, at
                start, at = at, at + SIDE
                continue
        at += 1
    if start < end:
        yield start, end


def without_epoch_jumps(values, start, end, starts):
    """Divides a segment where the lines fitted on both sides of the start of an epoch are apart, and are not within it."""
    begin = start
    for place, at in enumerate(starts):
        if not start < at < end:
            continue
        beside = [at - starts[place - 1]] if place else []
        beside += [starts[place + 1] - at] if place + 1 < len(starts) else []
        side = min([MOST_AT_EPOCH, at - start, end - at] + [distance // 2 for distance in beside])
        if side < FEWEST_AT_EPOCH:
            continue
        height, error = step_at(values[start:end], at - start, side)
        within = [step_at(values[start:end], other, side) for other in (at - start - side, at - start + side)]
        if height > STANDARD_ERRORS * error and all(height > TIMES_WITHIN * bend for bend, _ in filter(None, within)):
            yield begin, at
            begin = at
    yield begin, end


def step_at(values, at, side):
    """How far apart two fitted lines are, and the standard error of that."""
    if at < side or at + side > len(values):
        return None
    x = numpy.arange(side)
    spread = ((x - x.mean()) ** 2).sum()
    ends, variance = [], 0.0
    for part, place in ((values[at - side:at], side - 0.5), (values[at:at + side], -0.5)):
        line = numpy.polyfit(x, part, 1)
        residual = ((part - numpy.polyval(line, x)) ** 2).sum() / (side - 2)
        ends.append(numpy.polyval(line, place))
        variance += residual * (1 / side + (place - x.mean()) ** 2 / spread)
    return abs(ends[1] - ends[0]), variance ** 0.5


def noise(values):
    """The deviation of the noise, from second differences, relative to the central 90 % of the values."""
    second = numpy.sort(numpy.abs(numpy.diff(values, 2)))
    ordered = numpy.sort(values)
    at = lambda share: ordered[int((len(ordered) - 1) * share + 0.5)]
    spread = at(0.95) - at(0.05)
    return 1.4826 * second[len(second) // 2] / 6 ** 0.5 / spread if spread > 0 else 0.0


def window(values, segments, most):
    """The widest window within which the trend changes by no more than the noise, from the semivariogram of the ranks."""
    half = min(most, MOST_AVERAGED) // 2
    if len(values) < FEWEST_POINTS or half == 0 or noise(values) <= NOISY:
        return 1
    unique, inverse, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    ranks = (numpy.cumsum(counts) - (counts + 1) / 2)[inverse]
    stride = -(-len(values) // MOST_PAIRS)

    def semivariance(lag):
        squares = [((ranks[start + lag:end] - ranks[start:end - lag])[::stride]) ** 2
                   for start, end in segments if end - start > lag]
        return numpy.concatenate(squares).mean() / 2 if squares else None

    first, second = semivariance(1), semivariance(2)
    if first is None or second is None:
        return 1
    least = min(2 * first - second, first)
    lags = 0
    while least > 0 and lags < half:
        at_lag = semivariance(lags + 1)
        if at_lag is None or at_lag > MOST_CHANGE * least:
            break
        lags += 1
    return 2 * lags + 1


def middle(windows):
    ordered = sorted(windows)
    return ordered[len(ordered) // 2]
