"""Twin of ``cnn``."""

from __future__ import annotations

from typing import Sequence

from torch import Tensor, nn
from torch.nn import functional

from .parts import ACTIVATIONS, Network, Standardised, image_shape


class Cnn(Network):
    """Convolutions ``conv1``, ``conv2``, ..., each with 2×2 pooling and an activation, then dense layers ``fc1``, ..."""

    def __init__(
        self,
        input_shape: Sequence[int],
        classes: int,
        channels: Sequence[int],
        kernel: int,
        pooling: str,
        hidden: Sequence[int],
        activation: str,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        height, width, colours = image_shape(input_shape)
        self.standardised = Standardised(colours, mean, std)
        self.kernel, self.pooling, self.activation = kernel, pooling, ACTIVATIONS[activation]
        self.convolutions = len(channels)
        filters = [colours, *channels]
        for index in range(self.convolutions):
            self.add(f"conv{index + 1}", nn.Conv2d(filters[index], filters[index + 1], kernel, padding=(kernel - 1) // 2))
            height, width = -(-height // 2), -(-width // 2)
        widths = [height * width * filters[-1], *hidden, classes]
        self.depth = len(widths) - 1
        for index in range(self.depth):
            self.add(f"fc{index + 1}", nn.Linear(widths[index], widths[index + 1]))

    def forward(self, x: Tensor) -> Tensor:
        """Logits [batch × classes] of images [batch × height × width × channels]."""
        h = self.standardised(x)
        for index in range(1, self.convolutions + 1):
            h = self._pooled(self.layer(f"conv{index}")(self._padded(h)))
        h = h.permute(0, 2, 3, 1).flatten(1)
        for index in range(1, self.depth):
            h = self.activation(self.layer(f"fc{index}")(h))
        return self.layer(f"fc{self.depth}")(h)

    def _padded(self, h: Tensor) -> Tensor:
        """An even kernel needs one more row and column of zeros at the end than the convolution adds (TensorFlow's padding "same")."""
        return functional.pad(h, (0, 1, 0, 1)) if self.kernel % 2 == 0 else h

    def _pooled(self, h: Tensor) -> Tensor:
        if self.pooling == "max":
            return self.activation(functional.max_pool2d(h, 2, ceil_mode=True))
        return functional.avg_pool2d(self.activation(h), 2, ceil_mode=True, count_include_pad=False)
