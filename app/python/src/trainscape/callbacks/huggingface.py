"""For the ``Trainer`` of Hugging Face's Transformers, and through it for TRL."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from trainscape.recorder import Recorder


class TrainscapeCallback(TrainerCallback):  # type: ignore[misc]
    """``Trainer(…, callbacks=[TrainscapeCallback("runs/first", gradients_every=50)])``."""

    def __init__(self, folder: str, gradients_every: int = 0, **options: Any) -> None:
        self.recorder = Recorder(folder, **options)
        self.gradients_every = gradients_every

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Record the arguments."""
        self.recorder.config(args.to_dict())

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Record what the trainer logs."""
        self.recorder.log(state.global_step, logs or {})

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Record the gradients, which are unscaled and clipped here, at the step under which their norm is logged."""
        step = state.global_step + 1
        if self.gradients_every and step % self.gradients_every == 0:
            self.recorder.gradients(step, model, total=False)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Write what is pending."""
        self.recorder.close()
