"""Holds a task's twin to what the bench's own engine made of the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, List

import numpy as np
import torch

import attribution_bench as ab


def differences(export: Path, reference: Path) -> Dict[str, float]:
    """Largest difference of the float64 twin from each reference array, as a share of the largest entry of that array."""
    task = ab.load(export)
    twin = task.torch_model(0, dtype=torch.float64)
    loss, target = task.loss(slice(None)), task.target(slice(None))
    found: Dict[str, np.ndarray] = {
        "loss": loss(twin).detach().numpy(),
        "target": target(twin).detach().numpy(),
        "loss-gradients": flat_gradients(task, twin, task.loss, task.train.count),
    }
    if task.kind == "classifier":
        inputs, _ = task.torch_points("train", torch.float64)
        found["logits"] = twin(inputs).detach().numpy()
        found["target-gradients"] = flat_gradients(task, twin, task.target, task.queries.count)
    expected = {path.stem: np.load(path) for path in sorted(reference.glob("*.npy"))}
    assert set(expected) == set(found)
    for name, values in expected.items():
        assert values.shape == found[name].shape and np.abs(values).max() > 0, name
    return {name: float(np.abs(found[name] - values).max() / np.abs(values).max()) for name, values in expected.items()}


def flat_gradients(
    task: ab.Task, twin: torch.nn.Module, output: "Callable[[int], Callable[[torch.nn.Module], torch.Tensor]]", count: int
) -> np.ndarray:
    """[points × parameters], one point after the other: what PyTorch of any version can do."""
    names = [name for name, _ in twin.named_parameters()]
    rows: List[torch.Tensor] = []
    for index in range(count):
        gradients = torch.autograd.grad(output(index)(twin), list(twin.parameters()))
        rows.append(task.flat_gradients({name: gradient[None] for name, gradient in zip(names, gradients)}))
    return torch.cat(rows).numpy()
