"""What several twins are made of."""

from __future__ import annotations

from typing import Callable, Dict, Sequence, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import BenchError
from .layout import module_name

#: Activation functions by the bench's names.
ACTIVATIONS: Dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
    "silu": functional.silu,
}


class Network(nn.Module):
    """A network whose layers are attributes named like those of the bench, with ``_`` for ``.``."""

    def add(self, name: str, layer: nn.Module) -> None:
        self.add_module(module_name(name), layer)

    def layer(self, name: str) -> nn.Module:
        return getattr(self, module_name(name))


class Standardised(nn.Module):
    """(x - mean) / std by channel, of images [batch × height × width × channels]; returns [batch × channels × height × width]."""

    def __init__(self, channels: int, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        scales = [1 / std[c % len(std)] for c in range(channels)]
        shifts = [-mean[c % len(mean)] * scales[c] for c in range(channels)]
        # Not persistent: they follow from the parameters of the model and are no weights.
        self.register_buffer("scales", torch.tensor(scales, dtype=torch.float64), persistent=False)
        self.register_buffer("shifts", torch.tensor(shifts, dtype=torch.float64), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.scales.to(x.dtype) + self.shifts.to(x.dtype)).permute(0, 3, 1, 2)


def image_shape(input_shape: Sequence[int]) -> Tuple[int, int, int]:
    """``(height, width, channels)``. Raises BenchError NETWORK_SHAPE when the inputs are no images."""
    if len(input_shape) != 3:
        raise BenchError("NETWORK_SHAPE", f"the network takes images, the inputs are {list(input_shape)}", next="export the task again")
    height, width, channels = input_shape
    return height, width, channels


def padded_as_tensorflow(x: Tensor, kernel: int, stride: int) -> Tensor:
    """Zeros around images [batch × channels × height × width] as TensorFlow's padding "same": the odd one at the end."""
    before_after = []
    for size in (x.shape[3], x.shape[2]):
        outputs = -(-size // stride)
        total = max((outputs - 1) * stride + kernel - size, 0)
        before_after += [total // 2, total - total // 2]
    return functional.pad(x, before_after) if any(before_after) else x
