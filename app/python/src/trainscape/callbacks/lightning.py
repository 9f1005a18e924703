"""For the ``Trainer`` of Lightning."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback

from trainscape.recorder import Recorder


class TrainscapeCallback(Callback):  # type: ignore[misc]
    """``Trainer(…, callbacks=[TrainscapeCallback("runs/first", gradients_every=50)])``."""

    def __init__(self, folder: str, gradients_every: int = 0, **options: Any) -> None:
        self.recorder = Recorder(folder, **options)
        self.gradients_every = gradients_every

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Record the hyper-parameters."""
        self.recorder.config(dict(pl_module.hparams))

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        """Record what the module logs."""
        self.recorder.log(trainer.global_step, trainer.callback_metrics)

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Record the gradients, which are unscaled here."""
        if self.gradients_every and trainer.global_step % self.gradients_every == 0:
            self.recorder.gradients(trainer.global_step, pl_module)

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Write what is pending."""
        self.recorder.close()
