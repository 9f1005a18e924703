"""Times SciPy for the interpolations of app/gpu/benches/interpolate.rs.

Usage: python peers_interpolate.py
Needs: numpy scipy
"""
import time
import numpy as np
from scipy.interpolate import RBFInterpolator, griddata

def scattered(count):
    places = np.random.default_rng(1).random((count, 2))
    return places, 0.5 + 0.3 * np.sin(7 * places[:, 0]) * np.cos(5 * places[:, 1])

def grid(side):
    return tuple(np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side)))

def seconds(name, work, times=3):
    took = []
    for _ in range(times):
        start = time.perf_counter(); work(); took.append(time.perf_counter() - start)
    print(f"{name}: {min(took):.3f} s")

places, values = scattered(10_000)
nodes = grid(512)
seconds("linear 10k to 512", lambda: griddata(places, values, nodes, method="linear"))
seconds("nearest 10k to 512", lambda: griddata(places, values, nodes, method="nearest"))
rbf = lambda: RBFInterpolator(places, values, neighbors=48, kernel="thin_plate_spline", smoothing=1e-6)
at = np.column_stack([axis.ravel() for axis in nodes])
seconds("rbf 48 10k to 512", lambda: rbf()(at), times=1)
places_m, values_m = scattered(1_000_000)
seconds("linear 1M to 2048", lambda: griddata(places_m, values_m, grid(2048), method="linear"), times=1)
