"""Expected refinement of a small measured grid, by SciPy's PchipInterpolator along x, then along y.

Usage: python make_refine.py OUT_DIR
Needs: numpy scipy

Writes refine-x.npy, refine-y.npy (the nodes' places), refine-nodes.npy (rows = y, columns = x) and
refine-expected.npy (every cell divided into 4 along x and 3 along y), all float64.
"""
import pathlib, sys
import numpy as np
from scipy.interpolate import PchipInterpolator

out = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(7)

def places(count):
    """Uneven, ascending, from 0 to 1, and exact in float32."""
    steps = np.cumsum(np.r_[0, rng.uniform(0.2, 2.0, count - 1)])
    return (steps / steps[-1]).astype(np.float32).astype(float)

def refined(nodes, factor):
    return np.r_[np.concatenate([np.linspace(a, b, factor, endpoint=False) for a, b in zip(nodes, nodes[1:])]), nodes[-1]]

x, y = places(14), places(9)
nodes = 0.5 + 0.3 * np.sin(9 * x)[None] * np.cos(7 * y)[:, None] + 0.15 * rng.standard_normal((9, 14))
nodes[3:5, 4:8] = 0.25  # flat: a cubic that overshoots shows here
nodes = nodes.astype(np.float32).astype(float)
expected = PchipInterpolator(x, nodes, axis=1)(refined(x, 4))
expected = PchipInterpolator(y, expected, axis=0)(refined(y, 3))
for name, array in [("x", x), ("y", y), ("nodes", nodes), ("expected", expected)]:
    np.save(out / f"refine-{name}.npy", array)
