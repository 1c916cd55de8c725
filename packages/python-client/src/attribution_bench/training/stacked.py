"""Many small models at once (``torch.func``, PyTorch 2 and later)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from ..networks.build import network_with_weights
from .recipe import optimizer_of, rows_of_steps, set_learning_rate

if TYPE_CHECKING:
    from ..task import Task


class StackedTraining:
    """The training run of checkpoint 0 of a classifier's task, of ``models`` models at once, each with parameters and batches of its own."""

    def __init__(self, task: "Task", models: int, dtype: torch.dtype = torch.float32) -> None:
        self.models = models
        self._task = task
        network = network_with_weights(task, task.checkpoints[0].initial(), dtype).train()
        self._start = {name: value.detach() for name, value in network.named_parameters()}
        self._parameters: Dict[str, Tensor] = {}
        # Equal numbers, but nothing that is computed with them is shared.
        self._rows = [rows.repeat(models, 1) for rows in rows_of_steps(task)]
        self._rates = [float(rate) for rate in task.checkpoints[0].learning_rates]
        self._inputs, self._labels = task.torch_points("train", dtype)

        def loss(parameters: Dict[str, Tensor], inputs: Tensor, labels: Tensor) -> Tensor:
            return functional.cross_entropy(functional_call(network, parameters, (inputs,)), labels)

        self._gradients = vmap(grad(loss))

    def train(self) -> None:
        """From the initial parameters to the end of the run."""
        self._parameters = {name: value.repeat(self.models, *[1] * value.dim()) for name, value in self._start.items()}
        optimizer = optimizer_of(self._task, self._parameters.values())
        for rows, rate in zip(self._rows, self._rates):
            set_learning_rate(optimizer, rate)
            gradients = self._gradients(self._parameters, self._inputs[rows], self._labels[rows])
            for name, gradient in gradients.items():
                self._parameters[name].grad = gradient
            optimizer.step()

    def trained(self) -> Dict[str, Tensor]:
        """Of the last model."""
        return {name: values[-1] for name, values in self._parameters.items()}
