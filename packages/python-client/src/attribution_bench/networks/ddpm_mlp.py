"""Twin of ``ddpm-mlp``."""

from __future__ import annotations

from math import prod
from typing import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .parts import Network


class DdpmMlp(Network):
    """Dense layers ``fc1``, ... with SiLU on the noisy input joined with its time features."""

    def __init__(self, input_shape: Sequence[int], hidden: Sequence[int], time_features: int) -> None:
        super().__init__()
        outputs = prod(input_shape)
        widths = [outputs + time_features, *hidden, outputs]
        self.depth = len(widths) - 1
        for index in range(self.depth):
            self.add(f"fc{index + 1}", nn.Linear(widths[index], widths[index + 1]))

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """The noise [batch × numbers of an input] in x [batch × ...input shape], given time features [batch × features]."""
        h = torch.cat([x.flatten(1), time], dim=1)
        for index in range(1, self.depth):
            h = functional.silu(self.layer(f"fc{index}")(h))
        return self.layer(f"fc{self.depth}")(h)
