"""Compares figures of a folder of runs, of its catalog, and of the catalog through engines.

usage: figures_of_engines.py TRAINSCAPE_BIN EXAMPLES [--plant-fault]

The engines are Sail in its local-cluster mode with two workers, and DuckDB behind a small server of Flight SQL. The
terrain, the importance and the reward figure must be the same bytes as PNG, SVG and CSV (PNG without the text that names
what was opened). Then servers refuse, stay silent and die in the middle of an answer: each is one sentence, and a server
that was started again answers. `--plant-fault` changes one value of the catalog that engines see, and the comparison must
then fail. Needs the packages of engines.txt. Exit code 0: all equal; 1: differences.
"""

import argparse
import contextlib
import math
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

import duckdb
import pyarrow.parquet as parquet

import duckdb_flight

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIGURES = [
    ("pretrain", "loss-surface"),
    ("sweep/*", "loss-surface"),
    ("sweep/*", "importance"),
    ("rl", "reward-landscape"),
    ("odd/*", "loss-surface"),
]
ENDINGS = ["png", "svg", "csv"]
LONG = 1_200_000
failures = 0


def check(holds, what):
    global failures
    failures += not holds
    print(f"{'ok    ' if holds else 'FAILED'} {what}", flush=True)


def start(binary, *arguments, **environment):
    return subprocess.Popen(
        [binary, *map(str, arguments), "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def run(binary, *arguments, code=0, **environment):
    process = start(binary, *arguments, **environment)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == code, (arguments, process.returncode, output, errors)
    return output if code == 0 else errors


def sentence(text, *words):
    """What a failed command says: one line with these words."""
    lines = [line for line in text.splitlines() if line.strip()]
    check(len(lines) == 1 and all(word in text for word in words), f"one sentence with {words}: {text.strip()}")


def without_text(png):
    """A PNG without what it says of its source."""
    kept, at = [png[:8]], 8
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] not in (b"tEXt", b"zTXt", b"iTXt"):
            kept.append(png[at:end])
        at = end
    return b"".join(kept)


def figure(binary, source, runs, view, ending, *more):
    """The bytes of a figure of some runs."""
    out = pathlib.Path(f"figure.{ending}")
    command = "export" if ending == "csv" else "render"
    run(binary, command, source, "--view", view, "--runs", runs, "--adapter", "cpu", "-o", out, *more)
    content = out.read_bytes()
    return without_text(content) if ending == "png" else content


def make_logs():
    """The demo's runs, and some with odd names, restarts, fractional steps and values that are no numbers."""
    zipfile.ZipFile(ROOT / "assets" / "demo.zip").extractall("logs")
    for at, name in enumerate(["it's", "a b", "q\"x", "損失"]):
        folder = pathlib.Path("logs/odd") / name
        folder.mkdir(parents=True)
        rows = ["step,time,loss,val/acc@5 (%)"]
        for step in [*range(300), *range(200, 400)]:
            value = "nan" if step % 97 == 5 else math.exp(-step / 100 / (at + 1)) + math.sin(step * 7.0) / 50
            rows.append(f"{step},{step * 1.5},{value},{step % 7}")
        (folder / "progress.csv").write_text("\n".join(rows) + "\n")
    folder = pathlib.Path("long/a")
    folder.mkdir(parents=True)
    rows = (f"{step},{1 / (1 + step / 1000) + (step * 37 % 101) / 1000}" for step in range(LONG))
    (folder / "progress.csv").write_text("step,loss\n" + "\n".join(rows) + "\n")


def plant_fault():
    file = next(pathlib.Path("catalog/history/key=loss").glob("*.parquet"))
    table = parquet.read_table(file).to_pydict()
    first = next(at for at, run_id in enumerate(table["run_id"]) if run_id.startswith("odd/")) + 7
    table["value"][first] *= 1 + 1e-3
    parquet.write_table(parquet.read_table(file).set_column(5, "value", [table["value"]]), file)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_sail(port):
    program = pathlib.Path(sys.executable).parent / "sail"
    environment = os.environ | {
        "SAIL_MODE": "local-cluster",
        "SAIL_CLUSTER__WORKER_INITIAL_COUNT": "2",
        "SAIL_CLUSTER__WORKER_MAX_COUNT": "2",
    }
    command = [program, "flight", "server", "--ip", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    for _ in range(300):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server
        time.sleep(0.1)
    server.kill()
    sys.exit("Sail's server does not answer")


def without_path(url):
    """The URL of an engine without that of the catalog."""
    scheme, rest = url.split("://", 1)
    host = rest.split("/", 1)[0]
    question = rest.partition("?")[2]
    return f"{scheme}://{host}" + (f"?{question}" if question else "")


def compare_figures(binary, engines):
    for runs, view in FIGURES:
        for ending in ENDINGS:
            of_logs = figure(binary, "logs", runs, view, ending)
            check(len(of_logs) > 100, f"{view} of {runs} as {ending} of the logs: {len(of_logs)} bytes")
            for name, source in [("catalog", "catalog"), *engines.items()]:
                same = figure(binary, source, runs, view, ending) == of_logs
                check(same, f"{view} of {runs} as {ending}: {name}")
    runs, view = FIGURES[0]
    of_logs = figure(binary, "logs", runs, view, "csv")
    for name, source in engines.items():
        same = figure(binary, "catalog", runs, view, "csv", "--engine", without_path(source)) == of_logs
        check(same, f"{view} of {runs} with --engine beside the catalog: {name}")


def compare_points(points, engines):
    """Every point, setting, role and histogram bit by bit."""
    of_folder = subprocess.run([points, "catalog"], check=True, capture_output=True).stdout
    for name, source in engines.items():
        of_engine = subprocess.run([points, source], check=True, capture_output=True).stdout
        check(of_engine == of_folder, f"all {of_folder.count(10)} lines of points: {name}")


def compare_statements(statements):
    """Each statement as DuckDB runs it, with what it must return."""
    key, runs = "loss", ["odd/it's", "odd/a b"]
    command = [statements, "duckdb", pathlib.Path("catalog").resolve(), key, "none", "16", *runs]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = {}
    for line in lines:
        name, statement = line.split("\t", 1)
        if name == "histograms":
            continue
        rows[name] = duckdb.sql(statement).to_arrow_table().to_pylist()
        print(f"{name}: {statement}", flush=True)
    history = parquet.read_table("catalog/history/key=loss").to_pylist()
    ours = [row for row in history if row["run_id"] in runs]
    check(rows["state"][0]["runs"] == len(parquet.read_table("catalog/runs")), "the number of runs")
    check(len(rows["runs"]) == rows["state"][0]["runs"], "a row for each run")
    check(len(rows["series"]) == len(parquet.read_table("catalog/series")), "a row for each series")
    place = lambda row: (row["run_id"], row["position"])
    check(sorted(map(place, rows["points"])) == sorted(map(place, ours)), "the points of the runs that were asked for")
    for of_run in runs:
        points = sorted((row for row in ours if row["run_id"] == of_run), key=place)
        inner = points[1:-1]
        kept = {points[0]["position"], points[-1]["position"]}
        # As NTILE divides rows: the first buckets have one more.
        size, more = divmod(len(inner), 16)
        at = 0
        for bucket in range(16):
            end = at + size + (bucket < more)
            finite = [row for row in inner[at:end] if math.isfinite(row["value"])]
            order = lambda row: (row["value"], row["position"])
            kept |= {min(finite, key=order)["position"], max(finite, key=order)["position"]}
            at = end
        found = [row for row in rows["decimated"] if row["run_id"] == of_run]
        check({row["position"] for row in found} == kept and len(found) == 34, f"the extremes of {of_run}")
        check(all(row["points"] == len(points) for row in found), f"the number of points of {of_run}")


def caption_of_long(binary, source):
    out = pathlib.Path("long.svg")
    run(binary, "render", source, "--view", "loss-surface", "--adapter", "cpu", "-o", out)
    return " ".join(out.read_text().split())


def bad_servers(binary, catalog):
    render = ["render", "--view", "loss-surface", "--adapter", "cpu", "-o", "bad.png"]
    port = free_port()
    sentence(run(binary, *render, f"flightsql://127.0.0.1:{port}/c", code=1), "cannot be reached", "start the engine")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"flightsql://127.0.0.1:{silent.getsockname()[1]}/c"
        text = run(binary, *render, url, code=1, TRAINSCAPE_ENGINE_TIMEOUT_SECS="2")
        sentence(text, "has not answered for 2 s")
    server = duckdb_flight.Server()
    url = f"flightsql://127.0.0.1:{server.port}{catalog}?tables=duckdb"
    server.check.token = "sesame"
    text = run(binary, *render, url, code=1)
    sentence(text, "refuses requests without a token", "TRAINSCAPE_ENGINE_TOKEN")
    text = run(binary, *render, url, code=1, TRAINSCAPE_ENGINE_TOKEN="swordfish")
    sentence(text, "refuses the token")
    check("swordfish" not in text, "the token is not printed")
    pathlib.Path("token").write_text("sesame\n")
    run(binary, *render, url, TRAINSCAPE_ENGINE_TOKEN_FILE="token")
    server.check.token = None
    sentence(run(binary, *render, url.replace("/catalog?", "/none?"), code=1), "finds no table", "/none/runs")
    server.is_broken = True
    sentence(run(binary, *render, url, code=1), "connection was lost", "the worker is gone")
    server.is_broken, server.delay_secs = False, 4
    sentence(run(binary, *render, url, code=1, TRAINSCAPE_ENGINE_TIMEOUT_SECS="2"), "has not answered for 2 s")
    server.delay_secs = 0
    run(binary, *render, url)
    server.shutdown()


def encrypted_server(binary, catalog):
    """TLS with a certificate that is trusted, and without."""
    if shutil.which("openssl") is None:
        print("there is no openssl: TLS is not tested")
        return
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out certificate.pem -subj /CN=localhost"
    extensions = ["subjectAltName=DNS:localhost", "basicConstraints=critical,CA:FALSE"]
    command = command.split() + [part for extension in extensions for part in ("-addext", extension)]
    subprocess.run(command, check=True, capture_output=True)
    files = pathlib.Path("certificate.pem").read_bytes(), pathlib.Path("key.pem").read_bytes()
    server = duckdb_flight.Server(files)
    server.check.token = "sesame"
    url = f"flightsql+tls://localhost:{server.port}{catalog}?tables=duckdb"
    render = ["render", url, "--view", "loss-surface", "--adapter", "cpu", "-o", "tls.png"]
    run(binary, *render, SSL_CERT_FILE="certificate.pem", TRAINSCAPE_ENGINE_TOKEN="sesame")
    check(pathlib.Path("tls.png").exists(), "TLS with a token")
    sentence(run(binary, *render, code=1, TRAINSCAPE_ENGINE_TOKEN="sesame"), "cannot be reached", "ertificate")
    plain = url.replace("+tls", "")
    sentence(run(binary, "render", plain, *render[2:], code=1), "connection was lost")
    server.shutdown()


def forward_until(port, most, end):
    """A port that leads to another one, until so many bytes have come from there: then `end` is called."""
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(source, target, left):
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                left -= len(data)
                if left < 0:
                    end()
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def serve():
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=copy, args=(client, server, math.inf), daemon=True).start()
        copy(server, client, most)

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def killed_server(binary, server, port, source):
    """The server dies in the middle of an answer, and another one takes its place."""
    render = ["--view", "loss-surface", "--adapter", "cpu", "-o", "killed.png"]
    between = forward_until(port, 20_000, server.kill)
    text = run(binary, "render", source.replace(f":{port}/", f":{between}/"), *render, code=1)
    check(server.wait(timeout=10) != 0, "the server was killed")
    sentence(text, "connection was lost", "ask again")
    server = start_sail(port)
    run(binary, "render", source, *render)
    check(pathlib.Path("killed.png").exists(), "a server that was started again answers")
    return server


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("examples", type=pathlib.Path, help="the folder of the programs of trainscape-engine")
    parser.add_argument("--plant-fault", action="store_true")
    arguments = parser.parse_args()
    binary, examples = arguments.binary.resolve(), arguments.examples.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_logs()
        run(binary, "catalog", "build", "logs", "-o", "catalog")
        catalog = pathlib.Path("catalog").resolve()
        port = free_port()
        sail = start_sail(port)
        try:
            duck = duckdb_flight.Server()
            engines = {
                "Sail": f"flightsql://127.0.0.1:{port}{catalog}",
                "DuckDB": f"flightsql://127.0.0.1:{duck.port}{catalog}?tables=duckdb",
            }
            if arguments.plant_fault:
                plant_fault()
                before = failures
                compare_figures(binary, engines)
                sys.exit(0 if failures == before else 1)
            compare_figures(binary, engines)
            compare_points(examples / "points_of_engine", engines)
            compare_statements(examples / "statements")
            bad_servers(binary, catalog)
            encrypted_server(binary, catalog)
            sail = killed_server(binary, sail, port, engines["Sail"])
            run(binary, "catalog", "build", "long", "-o", "long-catalog")
            caption = "the engine gave the first and the last of each run"
            long = pathlib.Path("long-catalog").resolve()
            check(caption not in caption_of_long(binary, "long-catalog"), "a folder's catalog is read whole")
            check(caption in caption_of_long(binary, f"flightsql://127.0.0.1:{port}{long}"), "Sail decimates")
            duck.rows = 0
            text = caption_of_long(binary, f"flightsql://127.0.0.1:{duck.port}{long}?tables=duckdb")
            check(caption in text, "DuckDB decimates")
            check(duck.rows < 10_000, f"{duck.rows} rows of {LONG} cross the network")
            duck.shutdown()
        finally:
            sail.kill()
            sail.wait()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
