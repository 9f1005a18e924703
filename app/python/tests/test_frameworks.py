"""Arrays of PyTorch and others: of a stand-in, and of what is installed."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import inspected, rows


class Device(str):
    """The name of a device."""

    @property
    def type(self) -> str:
        return self.split(":")[0]


class Tensor:
    """The part of a tensor of PyTorch that a recorder uses; counts the copies to the host."""

    copies = 0

    def __init__(self, values: Any, device: str = "cuda:0", dtype: str = "torch.float32") -> None:
        self.values = np.asarray(values, np.float32)
        self.device = Device(device)
        self.dtype = dtype
        self.is_sparse = False

    def detach(self) -> Tensor:
        return self

    def float(self) -> Tensor:
        return Tensor(self.values)

    def numel(self) -> int:
        return self.values.size

    def reshape(self, _: Any) -> Tensor:
        return Tensor(self.values.reshape(()))

    def to(self, *_: Any) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        Tensor.copies += 1
        return self

    def numpy(self) -> Any:
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.values

    def item(self) -> Any:
        Tensor.copies += 1
        return self.values.item()

    def tolist(self) -> Any:
        Tensor.copies += 1
        return self.values.tolist()


class Module:
    """A module with two parameters, one of them frozen."""

    def __init__(self) -> None:
        self.parameters = {"layers.0.up": Tensor(np.ones((2, 3))), "layers.0.frozen": Tensor(np.ones(2))}
        self.parameters["layers.0.up"].grad = Tensor(np.full((2, 3), 128.0))  # type: ignore[attr-defined]
        self.parameters["layers.0.frozen"].grad = None  # type: ignore[attr-defined]

    def named_parameters(self) -> Any:
        return iter(self.parameters.items())


class Scaler:
    """A gradient scaler whose scale is on the device."""

    def _get_scale_async(self) -> Tensor:
        return Tensor(128.0)


class DisabledScaler:
    """A gradient scaler that is switched off, which has no scale at all (PyTorch 2.15)."""

    def is_enabled(self) -> bool:
        return False

    def _get_scale_async(self) -> Tensor:
        raise AttributeError("'GradScaler' object has no attribute '_scale'")


class NoGrad:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> Any:
    module: Any = types.ModuleType("torch")
    module.Tensor = Tensor
    module.float32 = "torch.float32"
    module.no_grad = NoGrad
    module.stack = lambda tensors: Tensor(np.stack([tensor.values for tensor in tensors]))
    module.linalg = types.SimpleNamespace(
        vector_norm=lambda tensor, dtype: Tensor(np.linalg.norm(tensor.values.ravel()))
    )
    monkeypatch.setitem(sys.modules, "torch", module)
    Tensor.copies = 0
    return module


@pytest.mark.usefixtures("torch")
def test_metrics_of_a_device_are_copied_together(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    recorder.log(0, loss=Tensor(0.5), kl=Tensor([0.25]), host=Tensor(2.0, "cpu"))
    row = rows(tmp_path / "run")[0]
    assert (row["loss"], row["kl"], row["host"]) == (0.5, 0.25, 2.0)
    assert Tensor.copies == 2
    assert not recorder.failures


@pytest.mark.usefixtures("torch")
def test_one_copy_for_all_norms_and_the_loss_scale(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    recorder.gradients(0, Module(), loss_scale=Scaler())
    assert recorder.gradient_buffer[0]["parameters"] == pytest.approx({"layers.0.up": 6**0.5})
    assert Tensor.copies == 1
    assert not recorder.failures


@pytest.mark.usefixtures("torch")
def test_a_scaler_that_is_switched_off_divides_nothing(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    recorder.gradients(0, Module(), loss_scale=DisabledScaler())
    assert recorder.gradient_buffer[0]["parameters"] == pytest.approx({"layers.0.up": 128 * 6**0.5})
    assert not recorder.failures


@pytest.mark.usefixtures("torch")
def test_types_that_numpy_lacks_are_single_precision(recorder_class: Any, tmp_path: Path) -> None:
    recorder = recorder_class(tmp_path / "run")
    recorder.embeddings(0, Tensor(np.eye(3), dtype="torch.bfloat16"))
    assert not recorder.failures
    assert inspected(tmp_path / "run")["tensors"][0]["dtype"] == "f32"


def test_arrays_of_several_processes_are_refused_without_waiting(
    recorder_class: Any, tmp_path: Path, capfd: Any
) -> None:
    class Sharded(np.ndarray):  # type: ignore[type-arg]
        def full_tensor(self) -> None:
            raise AssertionError("this waits for the other processes")

    recorder = recorder_class(tmp_path / "run")
    recorder.gradients(0, {"a": np.ones(3).view(Sharded)})
    recorder.weights(0, {"a": np.ones(3).view(Sharded)})
    assert recorder.failures == {"gradients": 1, "weights": 1}
    assert "distributed over processes" in capfd.readouterr().err


def test_torch_itself(recorder_class: Any, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    batch = torch.randn(5, 3)
    loss = model(batch).square().mean()
    loss.backward()
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    with recorder_class(tmp_path / "run") as recorder:
        recorder.log(0, loss=loss, half=torch.tensor(0.5, dtype=torch.bfloat16))
        recorder.gradients(0, model, loss_scale=torch.amp.GradScaler("cpu", enabled=False))
        recorder.weights(0, model)
        recorder.embeddings(0, model[0].weight.to(torch.bfloat16))
        recorder.landscape(lambda m: m(batch).square().mean(), model, n=3)
    assert not recorder.failures
    norm = recorder.gradient_buffer[0]["parameters"]["0.weight"]
    assert norm == pytest.approx(model[0].weight.grad.norm().item())
    assert all(torch.equal(before[name], value) for name, value in model.named_parameters())
    with np.load(tmp_path / "run/landscape.npz") as file:
        assert file["loss"][1, 1] == pytest.approx(loss.item())
    inspected(tmp_path / "run")


def test_jax_itself(recorder_class: Any, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    params = {"dense": {"kernel": jnp.ones((3, 2), jnp.bfloat16), "bias": jnp.zeros(2)}}
    with recorder_class(tmp_path / "run") as recorder:
        recorder.log(0, loss=jnp.float32(0.5))
        recorder.gradients(0, params)
        recorder.weights(0, params)
        recorder.landscape(lambda p: jnp.square(p["dense"]["kernel"]).sum(), params, n=3)
    assert not recorder.failures
    assert recorder.gradient_buffer[0]["parameters"]["dense.kernel"] == pytest.approx(6**0.5)
    inspected(tmp_path / "run")
