"""Twins of ``logistic`` and ``mlp``."""

from __future__ import annotations

from math import prod
from typing import Sequence

from torch import Tensor, nn

from .parts import ACTIVATIONS, Network


class Logistic(Network):
    """One dense layer ``fc``."""

    def __init__(self, input_shape: Sequence[int], classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(prod(input_shape), classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [batch × classes] of x [batch × ...input shape]."""
        return self.fc(x.flatten(1))


class Mlp(Network):
    """Dense layers ``fc1``, ``fc2``, ... with an activation, and dropout where asked for, between them."""

    def __init__(self, input_shape: Sequence[int], classes: int, hidden: Sequence[int], activation: str, dropout: float) -> None:
        super().__init__()
        widths = [prod(input_shape), *hidden, classes]
        self.depth = len(widths) - 1
        for index in range(self.depth):
            self.add(f"fc{index + 1}", nn.Linear(widths[index], widths[index + 1]))
        self.activation = ACTIVATIONS[activation]
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [batch × classes] of x [batch × ...input shape]."""
        h = x.flatten(1)
        for index in range(1, self.depth):
            h = self.dropout(self.activation(self.layer(f"fc{index}")(h)))
        return self.layer(f"fc{self.depth}")(h)
