"""For the ``Trainer`` of Lightning."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback

from trainscape.recorder import Recorder


class TrainscapeCallback(Callback):  # type: ignore[misc]
    """``Trainer(…, callbacks=[TrainscapeCallback("runs/first", gradients_every=50)])``."""

    def __init__(self, folder: str, gradients_every: int = 0, **options: Any) -> None:
        self.recorder = Recorder(folder, **options)
        self.steps, self.gradients_every = 0, gradients_every
        self.known: dict[str, Any] = {}
        self.row: dict[str, Any] = {}

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Record the hyper-parameters."""
        self.recorder.config(dict(pl_module.hparams))

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        """Record what the module logs of a batch, once the optimiser has stepped."""
        if trainer.global_step > self.steps:
            self.steps, self.row = trainer.global_step, {}
            self.on_validation_end(trainer, pl_module)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Record what was logged since the last call, at the step that Lightning's loggers give it."""
        # Lightning keeps every metric until it is logged again: the same object is the value of an earlier step.
        new = {key: value for key, value in trainer.callback_metrics.items() if value is not self.known.get(key)}
        self.known.update(new)
        # `loss` stands for `loss_step` and then for `loss_epoch`; a value of this step may come in another object.
        new = {key: new[key] for key in new if f"{key}_step" not in self.known and new[key] != self.row.get(key)}
        self.row.update(new)
        if new and not trainer.sanity_checking:
            self.recorder.log(max(0, self.steps - 1), new)

    # What is logged at the end of an epoch is there when the next one starts.
    on_train_epoch_start = on_train_end = on_validation_end

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Record the gradients, which are unscaled here."""
        if self.gradients_every and trainer.global_step % self.gradients_every == 0:
            self.recorder.gradients(trainer.global_step, pl_module)

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Write what is pending."""
        self.recorder.close()
