"""The callbacks in small trainings by the real trainers, where they are installed, compared with their own logs."""

from __future__ import annotations

import csv
import json
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import rows


def gradients(found: list[dict[str, Any]]) -> dict[int, float]:
    """The norm over all parameters, by step."""
    norms: dict[int, float] = {}
    for row in found:
        of_row = [value for key, value in row.items() if key.startswith("grad_norm/")]
        if of_row:
            norms[row["step"]] = math.hypot(*of_row)
    return norms


def state_of(folder: Path, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The log of a trainer of Hugging Face, each value of which was recorded at its step."""
    history: list[dict[str, Any]] = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    logged = [(entry["step"], key, value) for entry in history for key, value in entry.items() if key != "step"]
    recorded = {(row["step"], key, value) for row in found for key, value in row.items()}
    assert logged
    assert [value for value in logged if value not in recorded] == []
    return history


def test_transformers(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    from trainscape.callbacks.huggingface import TrainscapeCallback

    generator = torch.Generator().manual_seed(0)
    texts = torch.randint(0, 32, (24, 8), generator=generator)
    data = [{"input_ids": text, "labels": text} for text in texts]
    config = transformers.GPT2Config(vocab_size=32, n_positions=8, n_embd=8, n_layer=1, n_head=2)
    arguments = transformers.TrainingArguments(
        str(tmp_path / "out"),
        num_train_epochs=2,
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        logging_steps=1,
        eval_strategy="epoch",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        save_strategy="no",
        max_grad_norm=1e6,
    )
    callback = TrainscapeCallback(str(tmp_path / "run"), gradients_every=2)
    model = transformers.GPT2LMHeadModel(config)
    trainer = transformers.Trainer(
        model=model, args=arguments, train_dataset=data, eval_dataset=data[:4], callbacks=[callback]
    )
    trainer.train()
    # An evaluation after the end is logged, too.
    trainer.evaluate()
    trainer.save_state()
    found = rows(tmp_path / "run")
    history = state_of(tmp_path / "out", found)
    assert sum("eval_loss" in entry for entry in history) == 3
    # The gradients are at the step at which the trainer logs their norm.
    norms = {entry["step"]: entry["grad_norm"] for entry in history if "grad_norm" in entry}
    assert sorted(gradients(found)) == [2, 4, 6]
    for step, norm in gradients(found).items():
        assert norm == pytest.approx(norms[step], rel=1e-4)
    assert not callback.recorder.failures


def test_trl(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    trl = pytest.importorskip("trl")
    tokenizers = pytest.importorskip("tokenizers")
    import datasets
    import transformers

    from trainscape.callbacks.huggingface import TrainscapeCallback

    words = ["<pad>", "<eos>", "<unk>", *(f"w{index}" for index in range(29))]
    of_words = tokenizers.models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>")
    tokenizer = tokenizers.Tokenizer(of_words)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    processing = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )
    special = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 1}
    config = transformers.GPT2Config(vocab_size=32, n_positions=32, n_embd=8, n_layer=1, n_head=2, **special)

    def different_words(completions: list[str], **_: Any) -> list[float]:
        return [float(len(set(text.split()))) for text in completions]

    arguments = trl.GRPOConfig(
        str(tmp_path / "out"),
        max_steps=3,
        logging_steps=1,
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        save_strategy="no",
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=4,
    )
    callback = TrainscapeCallback(str(tmp_path / "run"), gradients_every=1)
    trainer = trl.GRPOTrainer(
        model=transformers.GPT2LMHeadModel(config),
        reward_funcs=different_words,
        args=arguments,
        train_dataset=datasets.Dataset.from_dict({"prompt": [f"w{index} w{index + 1}" for index in range(12)]}),
        processing_class=processing,
        callbacks=[callback],
    )
    trainer.train()
    trainer.save_state()
    found = rows(tmp_path / "run")
    history = state_of(tmp_path / "out", found)
    assert [entry["step"] for entry in history if "reward" in entry] == [1, 2, 3]
    assert sorted(gradients(found)) == [1, 2, 3]
    assert not callback.recorder.failures


@pytest.mark.parametrize("accumulated", [1, 3])
def test_lightning(tmp_path: Path, accumulated: int) -> None:
    torch = pytest.importorskip("torch")
    lightning = pytest.importorskip("lightning.pytorch")
    from lightning.pytorch.loggers import CSVLogger
    from torch.utils.data import DataLoader, TensorDataset

    from trainscape.callbacks.lightning import TrainscapeCallback

    class Module(lightning.LightningModule):  # type: ignore[misc,name-defined]
        def __init__(self, lr: float) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.linear = torch.nn.Linear(4, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            loss = torch.nn.functional.mse_loss(self.linear(batch[0]), batch[1])
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            self.log("twice", 2 * loss)
            return loss

        def validation_step(self, batch: Any, _: int) -> None:
            self.log("val_loss", torch.nn.functional.mse_loss(self.linear(batch[0]), batch[1]))

        def on_train_epoch_end(self) -> None:
            self.log("always", 1.0)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=self.hparams["lr"])

    inputs = torch.randn(32, 4, generator=torch.Generator().manual_seed(0))
    data = TensorDataset(inputs, inputs.sum(1, keepdim=True))
    callback = TrainscapeCallback(str(tmp_path / "run"), gradients_every=2)
    trainer = lightning.Trainer(
        max_epochs=3,
        logger=CSVLogger(tmp_path, name="log", version=0),
        callbacks=[callback],
        accelerator="cpu",
        log_every_n_steps=1,
        accumulate_grad_batches=accumulated,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(Module(lr=0.05), DataLoader(data, 8), DataLoader(data, 16))
    with (tmp_path / "log/version_0/metrics.csv").open() as log:
        logged = [
            (int(row["step"]), key, float(value))
            for row in csv.DictReader(log)
            for key, value in row.items()
            if value and key not in ("epoch", "step")
        ]
    found = rows(tmp_path / "run")
    recorded = [
        (row["step"], key, value)
        for row in found
        for key, value in row.items()
        if key not in ("step", "_timestamp") and not key.startswith("grad_norm")
    ]
    assert {"train_loss_step", "train_loss_epoch", "val_loss", "always"} < {key for _, key, _ in logged}
    # Each value once, at its step: none is lost, and none is repeated where it was not logged.
    assert Counter(recorded) == Counter(logged)
    assert sorted(gradients(found)) == list(range(0, max(step for step, _, _ in logged) + 1, 2))
    assert json.loads((tmp_path / "run/config.json").read_text())["lr"] == 0.05
    assert not callback.recorder.failures


def test_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "KERAS_BACKEND" not in os.environ:
        pytest.importorskip("torch")
        monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    import numpy as np

    from trainscape.callbacks.keras import TrainscapeCallback

    inputs = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
    targets = inputs.sum(axis=1, keepdims=True)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse", metrics=["mae"])
    callback = TrainscapeCallback(str(tmp_path / "run"), weights_every=2)
    log = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    model.fit(
        inputs, targets, batch_size=8, epochs=2, validation_data=(inputs, targets), verbose=0, callbacks=[callback, log]
    )
    with (tmp_path / "log.csv").open() as file:
        epochs = list(csv.DictReader(file))
    found = rows(tmp_path / "run")
    batches = [row for row in found if "learning_rate" in row]
    ends = [row for row in found if "epoch" in row]
    assert [row["step"] for row in batches] == list(range(6))
    assert [row["learning_rate"] for row in batches] == [pytest.approx(0.05)] * 6
    assert [(row["step"], row["epoch"]) for row in ends] == [(2, 0), (5, 1)]
    for row, epoch in zip(ends, epochs):
        for key in ("val_loss", "val_mae"):
            assert row[key] == pytest.approx(float(epoch[key]))
    # Keras hands over the mean of the epoch so far: that of its last batch is the epoch's.
    for row, epoch in zip((batches[2], batches[5]), epochs):
        assert row["loss"] == pytest.approx(float(epoch["loss"]), rel=1e-5)
    assert not callback.recorder.failures
