"""Losses and targets of the bench in PyTorch, one number a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from .errors import BenchError

if TYPE_CHECKING:
    from .task import Diffusion, Indices, Task


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """logit_y - log Σ_{j≠y} exp(logit_j) = log p_y / (1 - p_y) of Park et al. 2023 (TRAK), section 3.

    ``logits`` [batch × classes], ``labels`` [batch] of whole numbers; returns [batch].
    """
    own = labels.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    label_logit = torch.where(own, logits, torch.zeros_like(logits)).sum(-1)
    others = torch.where(own, torch.full_like(logits, float("-inf")), logits)
    return label_logit - torch.logsumexp(others, dim=-1)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """-log p_y, written log(1 + exp(-margin)), which keeps its digits where p_y rounds to 1. Shapes as in :func:`margin`."""
    negated = -margin(logits, labels)
    return torch.logaddexp(torch.zeros_like(negated), negated)


def squared_loss(prediction: Tensor, response: Tensor) -> Tensor:
    """r² / 2 of the error r; ``prediction`` [batch × 1], ``response`` [batch]; returns [batch]."""
    return (prediction.squeeze(-1) - response).square() / 2


def huber_loss(prediction: Tensor, response: Tensor, delta: float) -> Tensor:
    """Huber's loss: r² / 2 where abs(r) <= ``delta``, linear beyond. Shapes as in :func:`squared_loss`."""
    return torch.nn.functional.huber_loss(prediction.squeeze(-1), response, reduction="none", delta=delta)


def denoising_loss(prediction: Tensor, noise: Tensor) -> Tensor:
    """Mean squared error over the numbers of an input; both [batch × numbers], returns [batch]."""
    return (prediction - noise).square().mean(-1)


def loss_of(task: "Task", points: "Indices") -> Callable[[nn.Module], Tensor]:
    """See :meth:`attribution_bench.Task.loss`."""
    rows, scalar = _rows(points, task.train.count)
    if task.diffusion is None:
        return _of_points(task, rows, scalar, _training_loss(task), "train")
    inputs, diffusion = task.train.inputs[rows], task.diffusion
    noise = diffusion.train_noise[rows][:, :, None]
    return lambda model: _shaped(_denoising(model, inputs, noise, diffusion.timesteps, diffusion), scalar)


def target_of(task: "Task", queries: "Indices") -> Callable[[nn.Module], Tensor]:
    """See :meth:`attribution_bench.Task.target`. Raises BenchError TARGET_UNKNOWN."""
    rows, scalar = _rows(queries, task.queries.count)
    known = {
        "margin": margin,
        "neg-loss": lambda logits, labels: -cross_entropy(logits, labels),
        "prediction": lambda prediction, _response: prediction.squeeze(-1),
        "neg-regression-loss": lambda prediction, response: -_training_loss(task)(prediction, response),
    }
    use = task.target_description["id"]
    if task.diffusion is None and use in known:
        return _of_points(task, rows, scalar, known[use], "queries")
    if task.diffusion is None or use != "neg-denoising-loss":
        raise BenchError("TARGET_UNKNOWN", f"the target {use!r} is not known", next="install a newer attribution-bench package")
    inputs, diffusion = task.queries.inputs[rows], task.diffusion
    noise = diffusion.target_noise[rows]
    return lambda model: _shaped(-_denoising(model, inputs, noise, diffusion.target_timesteps, diffusion), scalar)


def _training_loss(task: "Task") -> Callable[[Tensor, Tensor], Tensor]:
    """Of a classifier or regressor."""
    if task.kind != "regressor":
        return cross_entropy
    params = task.model["params"]
    if params["loss"] == "squared":
        return squared_loss
    return lambda prediction, response: huber_loss(prediction, response, params["huberDelta"])


def _of_points(task: "Task", rows: np.ndarray, scalar: bool, output: Callable[[Tensor, Tensor], Tensor], of: str) -> Callable[[nn.Module], Tensor]:
    inputs, references = task.torch_points(of, torch.float64)
    chosen = torch.from_numpy(rows)
    wanted = (lambda model: references[chosen].to(_dtype(model))) if task.kind == "regressor" else (lambda _model: references[chosen])
    return lambda model: _shaped(output(model(inputs[chosen].to(_dtype(model))), wanted(model)), scalar)


def _denoising(model: nn.Module, inputs: np.ndarray, noise: np.ndarray, timesteps: np.ndarray, diffusion: "Diffusion") -> Tensor:
    """Loss [points] of inputs [points × ...], averaged over noise [points × timesteps × draws × ...] at these time steps."""
    points, steps, draws = noise.shape[:3]
    levels = torch.from_numpy(np.repeat(diffusion.levels[timesteps], draws, axis=0)).to(_dtype(model))
    drawn = torch.from_numpy(noise).to(_dtype(model)).reshape(points, steps * draws, -1)
    clean = torch.from_numpy(inputs.copy()).to(_dtype(model)).reshape(points, 1, -1)
    noisy = clean * levels[:, 0:1] + drawn * levels[:, 1:2]
    time = levels[:, 2:].repeat(points, 1)
    prediction = model(noisy.reshape(points * steps * draws, *inputs.shape[1:]), time)
    return denoising_loss(prediction, drawn.reshape(prediction.shape)).reshape(points, -1).mean(1)


def _rows(indices: "Indices", count: int) -> Tuple[np.ndarray, bool]:
    """Row numbers from 0, and whether one was asked for by its number alone."""
    if isinstance(indices, (int, np.integer)):
        return np.arange(count)[[indices]], True
    chosen = indices if isinstance(indices, slice) else np.asarray(indices, dtype=np.int64)
    return np.arange(count)[chosen], False


def _shaped(values: Tensor, scalar: bool) -> Tensor:
    return values[0] if scalar else values


def _dtype(model: nn.Module) -> torch.dtype:
    return next(model.parameters()).dtype
