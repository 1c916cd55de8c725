"""One model after the other, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Mapping, Optional, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..networks.build import network_with_weights
from .recipe import optimizer_of, rows_of_steps, set_learning_rate

if TYPE_CHECKING:
    from ..task import Task


class SingleTraining:
    """The training run of checkpoint 0 of a task, again.

    ``layout``: how images lie in memory, ``nchw`` or ``channels_last``; of no matter to networks without images.
    """

    models = 1

    def __init__(self, task: "Task", layout: str, dtype: torch.dtype = torch.float32, weights: Optional[Mapping[str, np.ndarray]] = None) -> None:
        self._task, self._layout = task, layout
        self._network = network_with_weights(task, weights or task.checkpoints[0].initial(), dtype).train()
        self._images = len(task.input_shape) == 3
        if self._images and layout == "channels_last":
            self._network = self._network.to(memory_format=torch.channels_last)
        self._start = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._rows = rows_of_steps(task)
        self._rates = [float(rate) for rate in task.checkpoints[0].learning_rates]
        inputs, self._labels = task.torch_points("train", dtype)
        self._inputs = self._laid_out(inputs)
        if task.diffusion is not None:
            self._levels = torch.from_numpy(task.diffusion.levels.copy()).to(dtype)
            self._timesteps = torch.from_numpy(task.checkpoints[0].timesteps.astype("int64"))

    def train(self) -> None:
        """From the initial parameters to the end of the run."""
        self._network.load_state_dict(self._start)
        optimizer = optimizer_of(self._task, self._network.parameters())
        loss_of_step = self._classifier_loss if self._task.diffusion is None else self._denoising_loss_of_step
        for step, rate in enumerate(self._rates):
            set_learning_rate(optimizer, rate)
            optimizer.zero_grad(set_to_none=True)
            loss_of_step(step).backward()
            optimizer.step()

    def trained(self) -> Dict[str, Tensor]:
        return {name: parameter.detach() for name, parameter in self._network.named_parameters()}

    def mean_loss(self, timesteps: Sequence[int] = ()) -> Tensor:
        """The loss of all training points as :meth:`train` computes that of a batch.

        Generators: at these of the time steps that methods see, with the noise there.
        """
        diffusion = self._task.diffusion
        if diffusion is None:
            return self._cross_entropy(torch.arange(len(self._labels)))
        noises = torch.from_numpy(diffusion.train_noise.copy()).to(self._levels.dtype)
        listed = diffusion.timesteps.tolist()
        losses = [
            self._denoising_loss(self._inputs, torch.full((len(noises),), timestep), self._laid_out(noises[:, listed.index(timestep)]))
            for timestep in timesteps
        ]
        return torch.stack(losses).mean()

    def loss_and_gradients(self, timesteps: Sequence[int] = ()) -> Tuple[float, Dict[str, Tensor]]:
        """:meth:`mean_loss` and its gradients by parameter."""
        named = dict(self._network.named_parameters())
        loss = self.mean_loss(timesteps)
        return loss.item(), dict(zip(named, torch.autograd.grad(loss, list(named.values()))))

    def _classifier_loss(self, step: int) -> Tensor:
        return self._cross_entropy(self._rows[step])

    def _cross_entropy(self, rows: Tensor) -> Tensor:
        return functional.cross_entropy(self._network(self._seen(self._inputs[rows])), self._labels[rows])

    def _denoising_loss_of_step(self, step: int) -> Tensor:
        rows = self._rows[step]
        clean = self._inputs[rows]
        return self._denoising_loss(clean, self._timesteps[step, : len(rows)], torch.randn_like(clean))

    def _denoising_loss(self, clean: Tensor, timesteps: Tensor, noise: Tensor) -> Tensor:
        """Mean squared error of the predicted noise (Ho et al. 2020, L_simple), a mean over the batch."""
        levels = self._levels[timesteps]
        signal, level = (levels[:, i].reshape(-1, *[1] * (clean.dim() - 1)) for i in (0, 1))
        prediction = self._network(self._seen(clean * signal + noise * level), levels[:, 2:])
        return functional.mse_loss(prediction, self._seen(noise).flatten(1))

    def _laid_out(self, points: Tensor) -> Tensor:
        """Images [points × height × width × channels] as they are kept: with the axis of the channels second in the layout ``nchw``."""
        return points.permute(0, 3, 1, 2).contiguous() if self._is_turned() else points

    def _seen(self, kept: Tensor) -> Tensor:
        """What is kept as the network takes it; nothing is copied."""
        return kept.permute(0, 2, 3, 1) if self._is_turned() else kept

    def _is_turned(self) -> bool:
        return self._images and self._layout == "nchw"
