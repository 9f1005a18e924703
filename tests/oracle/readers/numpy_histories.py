"""Stable-Baselines3's evaluations.npz, by NumPy: the mean over the episodes of each evaluation."""

import numpy

from readers.points import Points


def read_evaluations(path):
    points = Points()
    with numpy.load(path) as arrays:
        steps = arrays["timesteps"]
        for key in set(arrays.files) - {"timesteps"}:
            # One sum after the other, as the mean is exact only up to the order of the sums.
            means = [sum(float(value) for value in row) / len(row) for row in arrays[key]]
            points.series[f"{key}/mean"] = [(float(step), mean) for step, mean in zip(steps, means)]
    return points
