"""A training goes on whatever happens to its recorder, and the folder stays readable."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import inspected, rows

posix = pytest.mark.skipif(os.name != "posix", reason="needs fork, signals and limits of POSIX")


def start(script: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    source = str(Path(__file__).resolve().parent.parent / "src")
    path = os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out, err


def test_a_deleted_folder_is_made_again(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    recorder.log(0, loss=1.0)
    shutil.rmtree(tmp_path / "run")
    recorder.log(1, loss=0.5)
    recorder.embeddings(1, np.eye(3))
    assert not recorder.failures
    assert [row["step"] for row in rows(tmp_path / "run")] == [1]
    inspected(tmp_path / "run")


def test_a_folder_that_cannot_be_made_costs_a_sentence(recorder_class: Any, tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "file").write_text("")
    with recorder_class(tmp_path / "file/run", config={"lr": 1}) as recorder:
        for step in range(100):
            recorder.log(step, loss=1.0)
            recorder.weights(step, {"a": np.ones(3)})
    assert recorder.failures == {"config": 1, "log": 100, "weights": 100}
    assert len(recorder.metrics_buffer) == 100
    told = capfd.readouterr().err
    assert len(told.splitlines()) == 3
    assert f"cannot write {tmp_path / 'file'}" in told


@posix
def test_a_full_disk_leaves_whole_lines_and_no_half_arrays(tmp_path: Path) -> None:
    script = """
        import resource, sys
        import numpy as np
        from trainscape import Recorder
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
        recorder = Recorder(sys.argv[1])
        for step in range(200):
            recorder.log(step, loss=1 / (1 + step), text="x" * 37)
            recorder.embeddings(step % 3, np.ones((10, 10 if step % 3 else 1000)))
        # Somebody deletes something.
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        recorder.log(200, loss=0.0)
        print(dict(recorder.failures))
    """
    out, err = finish(start(script, tmp_path / "run"))
    found = rows(tmp_path / "run")
    assert 20 < len(found) < 100
    assert [row["step"] for row in found] == [*range(len(found) - 1), 200]
    assert f"'log': {201 - len(found)}" in out
    assert len(err.splitlines()) == 2
    assert len(list(tmp_path.rglob("*.safetensors"))) == 2
    assert not list(tmp_path.rglob("*.tmp"))
    inspected(tmp_path / "run")


@posix
def test_a_forked_process_writes_nothing(tmp_path: Path) -> None:
    script = """
        import os, sys
        import numpy as np
        from trainscape import Recorder
        recorder = Recorder(sys.argv[1])
        recorder.log(0, loss=1.0)
        recorder.attention(0, 0, np.eye(3))
        if os.fork() == 0:
            recorder.log(1, loss=2.0)
            recorder.weights(1, {"a": np.ones(2)})
            recorder.close()
            sys.exit(0)
        os.wait()
        recorder.log(2, loss=0.5)
        print(recorder.is_active, dict(recorder.failures))
    """
    out, err = finish(start(script, tmp_path / "run"))
    assert (out, err) == ("True {}\n", "")
    assert [row["step"] for row in rows(tmp_path / "run")] == [0, 2]
    assert [path.name for path in (tmp_path / "run/snapshots").iterdir()] == ["step-00000000"]


@posix
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_is_readable_and_goes_on(tmp_path: Path, ending: signal.Signals) -> None:
    script = """
        import itertools, signal, sys
        import numpy as np
        from trainscape import Recorder
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with Recorder(sys.argv[1]) as recorder:
            for step in itertools.count():
                recorder.log(step, loss=1 / (1 + step))
                recorder.attention(step, 0, np.eye(4))
                if step == 20:
                    print("going", flush=True)
    """
    process = start(script, tmp_path / "run")
    assert process.stdout is not None
    assert process.stdout.readline() == "going\n"
    time.sleep(0.2)
    process.send_signal(ending)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    if ending == signal.SIGINT:
        assert "KeyboardInterrupt" in err
    found = rows(tmp_path / "run")
    assert [row["step"] for row in found] == list(range(len(found)))
    for path in tmp_path.rglob("*.safetensors"):
        assert path.stat().st_size > 32, path
    # A torn line, as of a machine that lost its power, stays apart from the next one.
    with open(tmp_path / "run/metrics.jsonl", "a") as file:
        file.write('{"step": 99')
    from trainscape import Recorder

    Recorder(tmp_path / "run").log(len(found), loss=0.0)
    last = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    assert last[-2] == '{"step": 99'
    assert json.loads(last[-1])["loss"] == 0.0


@pytest.mark.parametrize(
    ("environment", "writes"),
    [
        ({"RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"RANK": "4", "LOCAL_RANK": "0"}, False),
        ({"SLURM_PROCID": "1"}, False),
        # One process of torchrun on the second node.
        ({"SLURM_PROCID": "1", "RANK": "0"}, True),
        ({"LOCAL_RANK": "3"}, False),
        ({"RANK": ""}, True),
    ],
)
def test_only_rank_zero_writes(
    recorder_class: Any, tmp_path: Path, monkeypatch: Any, capfd: Any, environment: Any, writes: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with recorder_class(tmp_path / "run", config={"lr": 1}) as recorder:
        recorder.log(0, loss=1.0)
        recorder.weights(0, "wrong" if not writes else {"a": np.ones(2)})
    assert recorder.is_active == writes
    assert (tmp_path / "run").exists() == writes
    assert capfd.readouterr().err == ""


def test_a_device_that_is_gone_costs_its_value(recorder_class: Any, tmp_path: Path) -> None:
    class Lost:
        def item(self) -> float:
            raise RuntimeError("CUDA error: device-side assert triggered")

    recorder = recorder_class(tmp_path / "run")
    recorder.log(0, loss=1.0, grad_norm=Lost())
    assert recorder.failures == {"log": 1}
    assert rows(tmp_path / "run")[0]["loss"] == 1.0


def test_a_closed_stderr_changes_nothing(recorder_class: Any, tmp_path: Path, monkeypatch: Any) -> None:
    recorder = recorder_class(tmp_path / "run")
    monkeypatch.setattr(sys, "stderr", None)
    recorder.weights(0, {})
    with open(tmp_path / "closed", "w") as file:
        pass
    monkeypatch.setattr(sys, "stderr", file)
    recorder.embeddings(0, np.zeros(3))
    assert recorder.failures["weights"] == 1
    assert recorder.failures["embeddings"] == 1


def test_importing_is_quick_and_starts_nothing(tmp_path: Path) -> None:
    script = """
        import sys, time
        start = time.perf_counter()
        import trainscape
        print(time.perf_counter() - start)
        assert "numpy" not in sys.modules and "subprocess" not in sys.modules
        with trainscape.Recorder(sys.argv[1]) as recorder:
            recorder.log(0, loss=1.0)
        assert "numpy" not in sys.modules
    """
    out, _ = finish(start(script, tmp_path / "run", TRAINSCAPE_BINARY="/nowhere"))
    assert float(out) < 0.05


def test_odd_values_cost_only_themselves(recorder_class: Any, tmp_path: Path, capfd: Any) -> None:
    class Nameless(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    class Broken:
        def item(self) -> float:
            raise Nameless

    odd = [np.complex64(1), np.datetime64("2020-01-01"), 10**400, Broken(), [1, 2]]
    with recorder_class(tmp_path / "run") as recorder:
        for step, value in enumerate(odd):
            recorder.log(step, loss=0.5, odd=value)
        recorder.log(9, loss=np.longdouble(0.25))
    assert [(row["step"], row["loss"], "odd" in row) for row in rows(tmp_path / "run")] == [
        *((step, 0.5, False) for step in range(5)),
        (9, 0.25, False),
    ]
    assert "odd is left out" in capfd.readouterr().err


def test_a_metric_is_no_other_step_of_its_row(recorder_class: Any, tmp_path: Path, capfd: Any) -> None:
    with recorder_class(tmp_path / "run") as recorder:
        recorder.log(100, {"step": 0, "loss": 0.5})
        recorder.log(101, {"Global_step": 101, "loss": 0.25})
    first, second = rows(tmp_path / "run")
    assert (first["step"], first["logged/step"]) == (100, 0)
    assert set(second) == {"step", "_timestamp", "loss"}
    assert "`step`" in capfd.readouterr().err or recorder.failures["log"] == 1


def test_buffers_are_bounded_by_their_values(recorder_class: Any, tmp_path: Path) -> None:
    wide = {f"layer.{index}": 0.5 for index in range(60_000)}
    with recorder_class(tmp_path / "run") as recorder:
        for step in range(12):
            recorder.log(step, wide)
        kept = [row["step"] for row in recorder.metrics_buffer]
    assert kept == list(range(4, 12))


@posix
def test_the_buffers_of_a_forked_process_are_empty(tmp_path: Path) -> None:
    script = """
        import os, sys, threading
        from trainscape import Recorder

        recorder = Recorder(sys.argv[1])
        recorder.log(0, loss=1.0)
        held = recorder._lock
        ready, done = threading.Event(), threading.Event()

        def hold():
            with held:
                ready.set()
                done.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        ready.wait()
        child = os.fork()
        if child == 0:
            os._exit(len(recorder.metrics_buffer) + len(recorder.gradient_buffer))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if hasattr(os, "waitstatus_to_exitcode") else 0)
        done.set()
        thread.join()
    """
    out, _ = finish(start(script, tmp_path / "run"))
    assert out.strip() == "0"


@pytest.mark.parametrize("arguments", [(None,), ("run", None), ("run", 10, "many")])
def test_arguments_of_other_types_cost_the_recording_only(
    recorder_class: Any, tmp_path: Path, capfd: Any, monkeypatch: Any, arguments: tuple[object, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RANK", "²")
    recorder = recorder_class(*arguments)
    recorder.log(0, loss=1.0)
    recorder.close()
    assert recorder.failures == {"Recorder": 1}
    assert recorder.metrics_buffer == []
    assert not any(tmp_path.iterdir())
    assert "the training goes on" in capfd.readouterr().err
