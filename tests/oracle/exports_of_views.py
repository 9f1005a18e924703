"""Writes every view of run folders in every format, and reads each file with somebody else's program.

usage: exports_of_views.py TRAINSCAPE_BIN FOLDER... [--modules DIR] [--keep DIR] [--plant-fault]

- PNG: Pillow reads size, resolution and the texts of how it was made; `render --from` it gives the same bytes.
- SVG by rsvg-convert and PDF by pdftoppm must look as the PNG; pdffonts must find every font embedded and subset.
- HTML in headless Chromium must look as the PNG, without an error of the console or a request.
- GLB: the Khronos validator (`npm install gltf-validator` in DIR) finds no error; every view has triangles; in f3d its colours are as bright as in the PNG.
- PLY: as many bytes as its header says; CSV and Parquet (pandas, pyarrow) hold the same table.
- GIF and APNG by Pillow, MP4 and WebM by ffprobe: number of frames and size.

`--plant-fault` compares each picture with one that is seen from elsewhere, which must then fail. Needs Pillow, NumPy, pandas,
pyarrow, and the programs above. Exit code 0: all as expected; 1: differences.
"""

import argparse
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy
import pandas
from browser import Browser
from PIL import Image

HERE = pathlib.Path(__file__).parent
VIEWS = ["loss-surface", "loss-landscape", "gradient-flow", "reward-landscape", "training-dynamics", "attention", "embedding",
         "weights", "activations", "spectra", "importance", "media"]
PROGRAMS = ["rsvg-convert", "pdftoppm", "pdffonts", "node", "ffprobe", "ffmpeg", "chromium", "f3d", "xvfb-run"]
SIZE, DPI = (576, 432), 72
DETAILED = 2
# Means over blocks of pixels are compared: fonts are hinted and edges covered differently.
BLOCK = 8
MOST_MEAN, MOST_SHARE = 4.0, 0.05
FAR = 24
# Of 255: pixels with a colour, and how much brighter or darker they may be in another program, whose light is its own.
LEAST_SATURATION, FEWEST_COLOURED, MOST_BRIGHTER = 90, 400, 40


def blocks(image):
    pixels = numpy.asarray(image.convert("RGB"), dtype=float)
    height, width = (side // BLOCK * BLOCK for side in pixels.shape[:2])
    parts = pixels[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return parts.mean(axis=(1, 3))


def difference(a, b):
    """Mean difference of blocks, and the share of blocks that are far apart; of 255."""
    a, b = blocks(a), blocks(b)
    if a.shape != b.shape:
        return 255.0, 1.0
    apart = numpy.abs(a - b).max(axis=2)
    return float(apart.mean()), float((apart > FAR).mean())


def brightness(image):
    """The median of the largest channel of coloured pixels; `None` where there are few."""
    hsv = numpy.asarray(image.convert("RGB").convert("HSV"))
    coloured = hsv[..., 2][hsv[..., 1] > LEAST_SATURATION]
    return float(numpy.median(coloured)) if coloured.size > FEWEST_COLOURED else None


class Checks:
    def __init__(self, arguments, folder):
        self.program, self.modules = arguments.program.resolve(), arguments.modules
        self.folder, self.plants_fault, self.keeps = folder, arguments.plant_fault, bool(arguments.keep)
        self.failures, self.done = [], 0
        self.browser = Browser(SIZE[0], SIZE[1] + 34, DETAILED)

    def check(self, holds, text):
        self.done += 1
        if not holds:
            self.failures.append(text)
            print("FAIL " + text, flush=True)

    def run(self, *arguments):
        return subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True)

    def alike(self, name, kind, image, picture):
        mean, share = difference(image, picture)
        text = f"{name}: {kind} and PNG differ by {mean:.2f} of 255 (at most {MOST_MEAN}), {share:.1%} of the blocks by more than {FAR}"
        self.check(mean < MOST_MEAN and share < MOST_SHARE, text)
        return mean

    def view(self, source, view):
        """All exports of a view; False where the runs do not allow it."""
        name = f"{source.name}-{view}"
        at = self.folder / name
        page = ["--width", f"{SIZE[0]}pt", "--dpi", DPI * DETAILED]
        pictures = [at.with_suffix(ending) for ending in (".png", ".svg", ".pdf")]
        outputs = [part for path in pictures for part in ("-o", path)]
        drawn = self.run("render", "-q", source, "--view", view, *page, *outputs)
        if drawn.returncode not in (0, 3):
            return False
        models = [at.with_suffix(ending) for ending in (".glb", ".html", ".ply", ".csv", ".parquet")]
        outputs = [part for path in models for part in ("-o", path)]
        exported = self.run("export", "-q", source, "--view", view, *outputs)
        self.check(exported.returncode in (0, 3), f"{name}: export {exported.stderr.strip()}")
        picture = Image.open(pictures[0])
        compared = picture.convert("RGB")
        if self.plants_fault:
            other = at.with_suffix(".turned.png")
            self.run("render", "-q", source, "--view", view, *page, "--camera", "40,30", "-o", other)
            compared = Image.open(other).convert("RGB")
        means = {
            "png": self.png(name, picture, pictures[0]),
            "svg": self.svg(name, pictures[1], compared),
            "pdf": self.pdf(name, pictures[2], compared),
            "html": self.html(name, models[1], compared),
        }
        triangles = self.glb(name, models[0], picture)
        vertices = self.ply(name, models[2])
        rows = self.tables(name, models[3], models[4])
        sizes = {path.suffix[1:]: path.stat().st_size // 1000 for path in pictures + models if path.exists()}
        print(f"{name}: svg {means['svg']:.2f}, pdf {means['pdf']:.2f}, html {means['html']:.2f} of 255; {triangles} triangles; "
              f"{vertices} vertices; {rows} rows; kB {sizes}", flush=True)
        return True

    def png(self, name, picture, path):
        self.check(picture.size == tuple(side * DETAILED for side in SIZE), f"{name}: PNG of {picture.size}")
        dpi = picture.info.get("dpi", (0, 0))[0]
        self.check(abs(dpi - DPI * DETAILED) < 0.1, f"{name}: PNG states {dpi} dpi")
        texts = getattr(picture, "text", {})
        self.check({"trainscape-figure", "trainscape-command", "Software"} <= set(texts), f"{name}: PNG has texts {sorted(texts)}")
        again = path.with_suffix(".again.png")
        self.run("render", "-q", "--from", path, "-o", again)
        self.check(again.exists() and again.read_bytes() == path.read_bytes(), f"{name}: `render --from` gives other bytes")
        return 0.0

    def svg(self, name, path, picture):
        command = ["rsvg-convert", "-w", str(picture.width), "-h", str(picture.height), "-b", "white", str(path)]
        drawn = subprocess.run(command, capture_output=True)
        self.check(drawn.returncode == 0, f"{name}: rsvg-convert {drawn.stderr.decode()[:200]}")
        return self.alike(name, "SVG", Image.open(io.BytesIO(drawn.stdout)), picture) if drawn.returncode == 0 else 255.0

    def pdf(self, name, path, picture):
        command = ["pdftoppm", "-png", "-singlefile", "-scale-to-x", str(picture.width), "-scale-to-y", str(picture.height), str(path)]
        drawn = subprocess.run(command, capture_output=True)
        self.check(drawn.returncode == 0 and not drawn.stderr, f"{name}: pdftoppm {drawn.stderr.decode()[:200]}")
        fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True).stdout.splitlines()[2:]
        embedded = [line.split()[-5:-2] for line in fonts]
        self.check(fonts and all(part == ["yes", "yes", "yes"] for part in embedded), f"{name}: fonts of the PDF {fonts}")
        return self.alike(name, "PDF", Image.open(io.BytesIO(drawn.stdout)), picture)

    def html(self, name, path, picture):
        self.browser.events.clear()
        self.browser.open(path)
        shown = Image.open(io.BytesIO(self.browser.screenshot((0, 0, *SIZE))))
        faults = self.browser.faults()
        self.check(not faults, f"{name}: HTML page {faults}")
        if self.plants_fault is False and self.keeps:
            shown.save(path.with_suffix(".html.png"))
        return self.alike(name, "HTML", shown, picture)

    def glb(self, name, path, picture):
        command = ["node", str(HERE / "validate_glb.js"), str(self.modules), str(path)]
        told = subprocess.run(command, capture_output=True, text=True)
        report = json.loads(told.stdout.splitlines()[0]) if told.returncode == 0 else {"errors": told.stderr[:200], "warnings": 0}
        self.check(report["errors"] == 0 and report["warnings"] == 0, f"{name}: GLB {report}")
        data = path.read_bytes()
        document = json.loads(data[20:20 + int.from_bytes(data[12:16], "little")])
        primitives = [part for mesh in document["meshes"] for part in mesh["primitives"] if part.get("mode", 4) == 4]
        count = lambda part: document["accessors"][part["indices"] if "indices" in part else part["attributes"]["POSITION"]]["count"]
        triangles = sum(count(part) for part in primitives) // 3
        self.check(triangles > 0, f"{name}: GLB has no triangles")
        shown = path.with_suffix(".glb.png")
        command = ["xvfb-run", "-a", "f3d", "--output", str(shown), "--resolution", "800,600", "--bg-color", "1,1,1", str(path)]
        subprocess.run(command, capture_output=True)
        self.check(shown.exists(), f"{name}: f3d draws nothing")
        found = [brightness(picture), brightness(Image.open(shown)) if shown.exists() else None]
        alike = None in found or abs(found[0] - found[1]) < MOST_BRIGHTER
        self.check(alike, f"{name}: coloured pixels have brightness {found[0]} in the PNG, {found[1]} in f3d")
        return triangles

    def ply(self, name, path):
        head, _, body = path.read_bytes().partition(b"end_header\n")
        sizes = {"float": 4, "uchar": 1, "int": 4, "uint": 4, "ushort": 2, "double": 8}
        expected, vertices, element = 0, 0, 0
        for words in (line.split() for line in head.decode().splitlines()):
            if words[0] == "element":
                element = int(words[2])
                vertices = element if words[1] == "vertex" else vertices
            elif words[0] == "property" and words[1] == "list":
                # Faces are triangles.
                expected += element * (sizes[words[2]] + 3 * sizes[words[3]])
            elif words[0] == "property":
                expected += element * sizes[words[1]]
        self.check(vertices > 0 and len(body) == expected, f"{name}: PLY of {vertices} vertices has {len(body)} bytes, {expected} expected")
        return vertices

    def tables(self, name, csv, parquet):
        if not csv.exists() or not parquet.exists():
            self.check(False, f"{name}: no table")
            return 0
        text, typed = pandas.read_csv(csv), pandas.read_parquet(parquet)
        same = list(text.columns) == list(typed.columns) and len(text) == len(typed) > 0
        for column in text.columns if same else []:
            if pandas.api.types.is_numeric_dtype(typed[column]) and pandas.api.types.is_numeric_dtype(text[column]):
                same &= bool(numpy.array_equal(text[column].to_numpy(float), typed[column].to_numpy(float), equal_nan=True))
        # What people write for a minus or thousands is no number to a program.
        for column in typed.select_dtypes(exclude="number").columns:
            odd = [cell for cell in typed[column].dropna() if cell[:1] == "\u2212"]
            self.check(not odd, f"{name}: {column} is text: {odd[:2]}")
        self.check(same, f"{name}: CSV and Parquet differ: {list(text.columns)} x {len(text)}, {list(typed.columns)} x {len(typed)}")
        return len(text)

    def animations(self, source, view):
        name = f"{source.name}-{view}"
        paths = [self.folder / f"{name}{ending}" for ending in (".gif", ".apng", ".mp4", ".webm")]
        outputs = [part for path in paths for part in ("-o", path)]
        made = self.run("render", "-q", source, "--view", view, "--size", "320x240", "--seconds", "0.6", "--fps", "10", *outputs)
        self.check(made.returncode in (0, 3), f"{name}: animation {made.stderr.strip()}")
        for path in paths[:2]:
            image = Image.open(path)
            self.check((image.size, image.n_frames) == ((320, 240), 6), f"{path.name}: {image.size}, {image.n_frames} frames")
        for path in paths[2:]:
            command = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=width,height,nb_read_frames", "-of", "csv=p=0", str(path)]
            told = subprocess.run(command, capture_output=True, text=True).stdout.strip()
            self.check(told == "320,240,6", f"{path.name}: {told}")
        print(f"{name}: animations of 6 frames in 4 formats", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    parser.add_argument("--modules", type=pathlib.Path, default=pathlib.Path("."), help="folder with node_modules/gltf-validator")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the files")
    parser.add_argument("--views", default=",".join(VIEWS))
    parser.add_argument("--plant-fault", action="store_true")
    arguments = parser.parse_args()
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        checks = Checks(arguments, folder)
        for source in arguments.folders:
            shown = [view for view in arguments.views.split(",") if checks.view(source.resolve(), view)]
            checks.check(shown, f"{source.name}: no view could be drawn")
            if shown:
                checks.animations(source.resolve(), shown[0])
        checks.browser.close()
    print(f"{checks.done} checks, {len(checks.failures)} failed")
    sys.exit(1 if checks.failures else 0)


if __name__ == "__main__":
    main()
