"""Times catalogs of made runs: building by shards, opening the table, one key of 1,000 runs, a figure.

    python3 benches/catalog.py [--binary TRAINSCAPE] [--runs 100,1000,10000] [--shards 4] [--folder] [--keep DIR]

Each run has 500 rows of a loss, a learning rate and a reward, and four settings. Peers that are installed (polars,
pandas, duckdb) read the same Parquet files in processes of their own. Seconds are those of whole processes; memory is
the most that one of them held. `--folder` also times the folder of logs.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROWS = 500
CHOSEN = 1000

TABLE = {
    "polars": "import polars as pl\nprint(pl.read_parquet(DIR + '/runs/*.parquet').height)",
    "pandas": "import pandas as pd\nprint(len(pd.read_parquet(DIR + '/runs')))",
    "duckdb": "import duckdb\nprint(len(duckdb.sql(f\"from '{DIR}/runs/*.parquet'\").fetchnumpy()['run_id']))",
}
KEY = {
    "polars": """import polars as pl
rows = pl.scan_parquet(DIR + '/history/key=loss/*.parquet').filter(pl.col('run_id').is_in(RUNS))
print(rows.select('run_id', 'step', 'value').collect().height)""",
    "pandas": """import pandas as pd
print(len(pd.read_parquet(DIR + '/history/key=loss', filters=[('run_id', 'in', RUNS)], columns=['run_id', 'step', 'value'])))""",
    "duckdb": """import duckdb, json
chosen = ','.join("'" + run + "'" for run in RUNS)
rows = duckdb.sql(f"select run_id, step, value from '{DIR}/history/key=loss/*.parquet' where run_id in ({chosen})")
print(len(rows.fetchnumpy()['step']))""",
}


def make(folder, count):
    """Writes the logs of `count` runs, a thousand a folder."""
    for at in range(count):
        run = folder / f"sweep_{at // 1000:03}" / f"run_{at:06}"
        run.mkdir(parents=True)
        rate, width = 10 ** -(1 + at % 5), 64 << at % 4
        text = "".join(
            f'{{"step": {step}, "loss": {2 / (1 + step * rate) + at % 97 / 1000:.6f}, "lr": {rate}, "reward": {(step * 7 + at) % 11}}}\n'
            for step in range(ROWS)
        )
        (run / "metrics.jsonl").write_text(text)
        (run / "config.json").write_text(json.dumps({"lr": rate, "width": width, "seed": at, "model": "mlp"}))


def run(command, env=None):
    """Seconds, megabytes and output of a process."""
    with tempfile.TemporaryFile("w+") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True, env=env)
        error = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read()
    if process.returncode not in (0, 3):
        sys.exit(f"{' '.join(map(str, command))[:200]} failed: {error[-500:]}")
    return seconds, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20), output


def size(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files) / 1e6


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def measured(what, count, result, per=None):
    seconds, megabytes, _ = result
    each = f"{seconds / per * 1e6:.0f} µs" if per else ""
    row(f"{count:,}", what, f"{seconds:.2f}", f"{megabytes:.0f}", each)


def peers(what, scripts, catalog, chosen):
    for name, script in scripts.items():
        if subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode:
            continue
        text = f"DIR = {str(catalog)!r}\nRUNS = {chosen!r}\n{script}"
        yield f"{what}: {name}", run([sys.executable, "-c", text])


def measure(binary, work, count, shards, with_folder):
    logs, catalog = work / f"logs-{count}", work / f"catalog-{count}"
    if not logs.exists():
        make(logs, count)
    shutil.rmtree(catalog, ignore_errors=True)
    seconds, most = 0.0, 0.0
    for shard in range(1, shards + 1):
        part = [binary, "catalog", "build", logs, "-o", catalog, "-q", "--shard", f"{shard}/{shards}"]
        taken, megabytes, _ = run(part)
        seconds, most = seconds + taken, max(most, megabytes)
    measured(f"build, {shards} shards one after another", count, (seconds, most, ""), count)
    measured("commit", count, run([binary, "catalog", "commit", catalog]), count)
    files, megabytes = size(catalog)
    row(f"{count:,}", f"catalog: {files} files, {megabytes:.1f} MB; logs: {size(logs)[1]:.1f} MB", "", "", "")
    again = [binary, "catalog", "build", logs, "-o", catalog, "-q"]
    measured("build again, nothing new", count, run(again), count)
    # One run's points need the table of all runs.
    first = f"sweep_000/run_{0:06}"
    table = [binary, "series", catalog, "--run", first, "--key", "loss", "-o", work / "series.csv", "-q"]
    measured("table of all runs, points of one", count, run(table), count)
    every = max(count // CHOSEN, 1)
    chosen = [f"sweep_{at // 1000:03}/run_{at:06}" for at in range(0, count, every)][:CHOSEN]
    picture = ["--view", "loss-surface", "--adapter", "cpu", "--size", "800x600", "-q", "-o", work / "figure.png"]
    runs = ["--runs", ",".join(chosen)] if count > CHOSEN else []
    figure = [binary, "render", catalog, *runs, *picture]
    measured(f"figure of {len(chosen)} runs spread over all", count, run(figure))
    for what, result in peers("table", TABLE, catalog, chosen):
        measured(what, count, result)
    for what, result in peers(f"one key of {len(chosen)} runs", KEY, catalog, chosen):
        measured(what, count, result)
    if with_folder:
        table[2] = figure[2] = logs
        measured("folder: points of one run", count, run(table), count)
        measured(f"folder: figure of {len(chosen)} runs", count, run(figure))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=ROOT / "target" / "release" / "trainscape")
    parser.add_argument("--runs", default="100,1000,10000")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--folder", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    work = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="trainscape-catalog-"))
    work.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} cores, {arguments.binary}\n")
    row("runs", "what", "seconds", "MB", "each")
    row("--:", "---", "--:", "--:", "--:")
    for count in map(int, arguments.runs.split(",")):
        measure(arguments.binary, work, count, arguments.shards, arguments.folder)
    if not arguments.keep:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
