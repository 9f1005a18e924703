"""For ``fit`` of Keras."""

from __future__ import annotations

from typing import Any

from keras.callbacks import Callback

from trainscape.recorder import Recorder


class TrainscapeCallback(Callback):  # type: ignore[misc]
    """``model.fit(…, callbacks=[TrainscapeCallback("runs/first")])``."""

    def __init__(self, folder: str, weights_every: int = 0, **options: Any) -> None:
        super().__init__()
        self.recorder = Recorder(folder, **options)
        self.weights_every = weights_every
        self.step = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Record the metrics of a batch and the learning rate."""
        self.recorder.log(self.step, {**(logs or {}), "learning_rate": self.model.optimizer.learning_rate})
        if self.weights_every and self.step % self.weights_every == 0:
            self.recorder.weights(self.step, self.model)
        self.step += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Record the metrics of validation."""
        validation = {key: value for key, value in (logs or {}).items() if key.startswith("val_")}
        self.recorder.log(max(0, self.step - 1), {"epoch": epoch, **validation})

    def on_train_end(self, logs: Any = None) -> None:
        """Write what is pending."""
        self.recorder.close()
