"""A transformer in NumPy with its gradients written out, small enough to train in seconds on a CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

Params = dict[str, Any]

EPSILON = 1e-5


def init(vocabulary: int, width: int, layers: int, context: int, seed: int) -> Params:
    """Random weights by name."""
    generator = np.random.default_rng(seed)

    def normal(*shape: int) -> Any:
        return (0.5 * generator.standard_normal(shape) / shape[-2] ** 0.5).astype(np.float32)

    params = {"embed": normal(vocabulary, width) * 2, "position": normal(context, width) * 2}
    for layer in range(layers):
        params[f"layers.{layer}.norm1"] = np.ones(width, np.float32)
        params[f"layers.{layer}.attn.qkv"] = normal(width, 3 * width)
        params[f"layers.{layer}.attn.proj"] = normal(width, width)
        params[f"layers.{layer}.norm2"] = np.ones(width, np.float32)
        params[f"layers.{layer}.mlp.up"] = normal(width, 4 * width)
        params[f"layers.{layer}.mlp.down"] = normal(4 * width, width)
    params["norm"] = np.ones(width, np.float32)
    params["head"] = normal(width, vocabulary)
    return params


class Transformer:
    """Next-token prediction with causal attention; `params` are its weights by name."""

    def __init__(self, params: Params, heads: int) -> None:
        self.params = params
        self.heads = heads
        self.layers = sum(name.endswith("norm1") for name in params)

    def forward(self, ids: Any, params: Params | None = None) -> tuple[Any, list[dict[str, Any]]]:
        """Logits ``(batch, position, token)`` of ids ``(batch, position)``, and what the gradients need by layer."""
        p = self.params if params is None else params
        batch, length = ids.shape
        x = p["embed"][ids] + p["position"][:length]
        mask = np.triu(np.full((length, length), -1e9, np.float32), 1)
        kept: list[dict[str, Any]] = []
        for layer in range(self.layers):
            name = f"layers.{layer}."
            k: dict[str, Any] = {}
            k["norm1"] = _normalise(x)
            k["h1"] = k["norm1"][0] * p[name + "norm1"]
            k["qkv"] = [self._split(part) for part in np.split(k["h1"] @ p[name + "attn.qkv"], 3, -1)]
            query, key, value = k["qkv"]
            scores = query @ key.swapaxes(-1, -2) / query.shape[-1] ** 0.5 + mask
            k["attention"] = softmax(scores)
            k["mixed"] = (k["attention"] @ value).swapaxes(1, 2).reshape(batch, length, -1)
            x = x + k["mixed"] @ p[name + "attn.proj"]
            k["norm2"] = _normalise(x)
            k["h2"] = k["norm2"][0] * p[name + "norm2"]
            k["up"] = np.maximum(k["h2"] @ p[name + "mlp.up"], 0)
            x = x + k["up"] @ p[name + "mlp.down"]
            k["out"] = x
            kept.append(k)
        last = {"norm": _normalise(x), "ids": ids}
        last["h"] = last["norm"][0] * p["norm"]
        kept.append(last)
        return last["h"] @ p["head"], kept

    def backward(self, d_logits: Any, kept: list[dict[str, Any]]) -> Params:
        """Gradients by name, of what has the gradient `d_logits` by the logits."""
        p, g = self.params, {}
        last = kept[-1]
        ids = last["ids"]
        g["head"] = _outer(last["h"], d_logits)
        d_h = d_logits @ p["head"].T
        g["norm"] = (d_h * last["norm"][0]).sum((0, 1))
        dx = _normalise_backward(d_h * p["norm"], last["norm"])
        for layer in reversed(range(self.layers)):
            name, k = f"layers.{layer}.", kept[layer]
            g[name + "mlp.down"] = _outer(k["up"], dx)
            d_up = (dx @ p[name + "mlp.down"].T) * (k["up"] > 0)
            g[name + "mlp.up"] = _outer(k["h2"], d_up)
            d_h2 = d_up @ p[name + "mlp.up"].T
            g[name + "norm2"] = (d_h2 * k["norm2"][0]).sum((0, 1))
            dx = dx + _normalise_backward(d_h2 * p[name + "norm2"], k["norm2"])
            g[name + "attn.proj"] = _outer(k["mixed"], dx)
            d_mixed = self._split(dx @ p[name + "attn.proj"].T)
            query, key, value = k["qkv"]
            weights = k["attention"]
            d_weights = d_mixed @ value.swapaxes(-1, -2)
            d_scores = weights * (d_weights - (d_weights * weights).sum(-1, keepdims=True))
            d_scores /= query.shape[-1] ** 0.5
            parts = [d_scores @ key, d_scores.swapaxes(-1, -2) @ query, weights.swapaxes(-1, -2) @ d_mixed]
            d_qkv = np.concatenate([part.swapaxes(1, 2).reshape(*ids.shape, -1) for part in parts], -1)
            g[name + "attn.qkv"] = _outer(k["h1"], d_qkv)
            d_h1 = d_qkv @ p[name + "attn.qkv"].T
            g[name + "norm1"] = (d_h1 * k["norm1"][0]).sum((0, 1))
            dx = dx + _normalise_backward(d_h1 * p[name + "norm1"], k["norm1"])
        g["embed"] = np.zeros_like(p["embed"])
        np.add.at(g["embed"], ids, dx)
        g["position"] = np.zeros_like(p["position"])
        g["position"][: ids.shape[1]] = dx.sum(0)
        return g

    def _split(self, x: Any) -> Any:
        return x.reshape(*x.shape[:2], self.heads, -1).swapaxes(1, 2)


class Adam:
    """Adam with gradients clipped to a norm of 1."""

    def __init__(self, params: Params) -> None:
        self.mean = {name: np.zeros_like(value) for name, value in params.items()}
        self.square = {name: np.zeros_like(value) for name, value in params.items()}
        self.steps = 0

    def update(self, params: Params, gradients: Params, learning_rate: float) -> float:
        """Change `params` in place; returns the norm of the gradients before clipping."""
        self.steps += 1
        norm = float(np.sqrt(sum(float(np.square(value).sum()) for value in gradients.values())))
        scale = min(1.0, 1.0 / (norm + 1e-9))
        for name, gradient in gradients.items():
            clipped = gradient * scale
            self.mean[name] += 0.1 * (clipped - self.mean[name])
            self.square[name] += 0.02 * (np.square(clipped) - self.square[name])
            mean = self.mean[name] / (1 - 0.9**self.steps)
            square = self.square[name] / (1 - 0.98**self.steps)
            params[name] -= learning_rate * mean / (np.sqrt(square) + 1e-8)
        return norm


def softmax(x: Any) -> Any:
    """Along the last axis."""
    exponential = np.exp(x - x.max(-1, keepdims=True))
    return exponential / exponential.sum(-1, keepdims=True)


def cross_entropy(logits: Any, targets: Any, weights: Any) -> tuple[float, Any]:
    """The mean over positions, weighted, and its gradient by the logits."""
    probabilities = softmax(logits)
    rows = np.take_along_axis(probabilities, targets[..., None], -1)[..., 0]
    share = weights / weights.sum()
    gradient = probabilities * share[..., None]
    np.put_along_axis(
        gradient, targets[..., None], np.take_along_axis(gradient, targets[..., None], -1) - share[..., None], -1
    )
    return float(-(np.log(rows + 1e-12) * share).sum()), gradient.astype(np.float32)


def _normalise(x: Any) -> tuple[Any, Any]:
    inverse = 1 / np.sqrt(np.square(x).mean(-1, keepdims=True) + EPSILON)
    return x * inverse, inverse


def _normalise_backward(d_out: Any, kept: tuple[Any, Any]) -> Any:
    out, inverse = kept
    return inverse * (d_out - out * (d_out * out).mean(-1, keepdims=True))


def _outer(left: Any, right: Any) -> Any:
    return left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])
