"""Writes assets/colour/maps.bin: 256 sRGB triples per map, the bytes of matplotlib (and cmcrameri for batlow).

Usage: python make_colour_maps.py OUT
Needs: matplotlib cmcrameri numpy
The order is that of `ColourMap::ALL` in app/scene/src/colour.rs.
"""
import sys

import matplotlib
import numpy as np
from cmcrameri import cm as crameri

NAMES = ["viridis", "plasma", "inferno", "magma", "cividis", "turbo", "rainbow", "RdYlGn", "batlow", "coolwarm"]


def table(name):
    colour_map = crameri.batlow if name == "batlow" else matplotlib.colormaps[name]
    return (colour_map(np.arange(256))[:, :3] * 255).round().astype(np.uint8)


with open(sys.argv[1], "wb") as out:
    for name in NAMES:
        out.write(table(name).tobytes())
