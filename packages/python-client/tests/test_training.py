"""The timed training in PyTorch ends where the bench's own did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import attribution_bench as ab  # noqa: E402
from attribution_bench.training.single import SingleTraining  # noqa: E402

COMMITTED = Path(__file__).parent / "fixtures" / "twins"


def distance(task: ab.Task, training: "SingleTraining") -> float:
    """From the bench's model after training, as a share of how far training moved it."""
    training.train()
    ended = task.flat_gradients({name: value[None] for name, value in training.trained().items()})[0].numpy()
    checkpoint = task.checkpoints[0]
    final = task.flat(checkpoint)
    initial = checkpoint.initial()
    arrays = sorted((array for layer in task.layers for array in layer["arrays"]), key=lambda array: array["offset"])
    start = np.concatenate([initial[array["name"]].ravel() for array in arrays])
    return float(np.linalg.norm(ended - final) / np.linalg.norm(start - final))


@pytest.mark.parametrize("name", ["logistic", "cnn-max", "resnet9-trak"])
@pytest.mark.parametrize("layout", ["nchw", "channels_last"])
def test_training_in_either_layout(name: str, layout: str) -> None:
    task = ab.load(COMMITTED / name / "task")
    assert distance(task, SingleTraining(task, layout, torch.float64)) < 1e-4


@pytest.mark.skipif(not hasattr(torch, "func"), reason="this PyTorch has no torch.func")
def test_training_of_many_at_once() -> None:
    from attribution_bench.training.stacked import StackedTraining

    task = ab.load(COMMITTED / "logistic" / "task")
    assert distance(task, StackedTraining(task, 3, torch.float64)) < 1e-4


def test_loss_of_a_generator_is_that_which_methods_see() -> None:
    task = ab.load(COMMITTED / "ddpm-mlp" / "task")
    loss, gradients = SingleTraining(task, "nchw", torch.float64, task.checkpoints[0].weights()).loss_and_gradients(task.diffusion.timesteps.tolist())
    twin = task.torch_model(0, dtype=torch.float64)
    expected = task.loss(slice(None))(twin).mean()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    for gradient, other in zip(gradients.values(), torch.autograd.grad(expected, list(twin.parameters()))):
        torch.testing.assert_close(gradient, other)
