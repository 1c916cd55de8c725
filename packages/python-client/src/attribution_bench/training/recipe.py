"""What a training run of an exported task goes by, as PyTorch takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, List

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ..task import Task


def rows_of_steps(task: "Task") -> List[Tensor]:
    """The training rows of each step of checkpoint 0, without the padding of last batches."""
    return [torch.from_numpy(rows[rows >= 0].astype("int64")) for rows in task.checkpoints[0].batches]


def optimizer_of(task: "Task", parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """The optimiser of a task, fused into one kernel where this version of PyTorch has that on processors."""
    training = task.training
    options: Dict[str, Any] = {"lr": training["lr"], "weight_decay": training["weightDecay"]}
    if training["optimizer"] == "sgd":
        kind, options["momentum"] = torch.optim.SGD, training["momentum"]
    else:
        kind = torch.optim.AdamW if training["optimizer"] == "adamw" else torch.optim.Adam
        options["betas"] = (training["beta1"], training["beta2"])
    listed = list(parameters)
    try:
        return kind(listed, fused=True, **options)
    except (TypeError, RuntimeError):
        return kind(listed, **options)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
