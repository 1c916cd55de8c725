"""Twin of ``resnet9``: the networks of nine layers of the TRAK paper and of the dattri benchmark."""

from __future__ import annotations

from typing import Sequence

from torch import Tensor, nn
from torch.nn import functional

from .parts import Network, Standardised, image_shape


class ResNet9(Network):
    """What both variants share: convolutions, each followed by its normalisation and, mostly, a ReLU."""

    def __init__(self, norm: str, width: int, groups: int) -> None:
        super().__init__()
        self.norm, self.width, self.groups = norm, width, groups

    def add_unit(self, name: str, inputs: int, filters: int, kernel: int = 3, stride: int = 1, padding: int = 1) -> None:
        self.add(name, nn.Conv2d(inputs, filters, kernel, stride, padding, bias=self.norm == "none"))
        if self.norm == "group":
            self.add(f"{name}.norm", nn.GroupNorm(self.groups, filters))
        if self.norm == "batch":
            self.add(f"{name}.norm", nn.BatchNorm2d(filters))

    def unit(self, name: str, x: Tensor, activation: bool = True) -> Tensor:
        h = self.layer(name)(x)
        if self.norm != "none":
            h = self.layer(f"{name}.norm")(h)
        return functional.relu(h) if activation else h


class TrakResNet9(ResNet9):
    """Variant ``trak``: Park et al. 2023, arXiv:2303.14186."""

    def __init__(self, input_shape: Sequence[int], classes: int, width: int, norm: str, groups: int, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__(norm, width, groups)
        _, _, colours = image_shape(input_shape)
        self.standardised = Standardised(colours, mean, std)
        self.add_unit("conv1", colours, width)
        self.add_unit("conv2", width, 2 * width, kernel=5, stride=2, padding=2)
        self.add_unit("res1a", 2 * width, 2 * width)
        self.add_unit("res1b", 2 * width, 2 * width)
        self.add_unit("conv3", 2 * width, 4 * width)
        self.add_unit("res2a", 4 * width, 4 * width)
        self.add_unit("res2b", 4 * width, 4 * width)
        self.add_unit("conv4", 4 * width, 2 * width, padding=0)
        self.fc = nn.Linear(2 * width, classes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [batch × classes] of images [batch × height × width × channels]."""
        stem = self.unit("conv2", self.unit("conv1", self.standardised(x)))
        wide = self.unit("conv3", self._residual("res1", stem))
        deep = self._residual("res2", functional.max_pool2d(wide, 2))
        features = self.unit("conv4", deep).amax(dim=(2, 3))
        return self.fc(features) * 0.2

    def _residual(self, name: str, x: Tensor) -> Tensor:
        return x + self.unit(f"{name}b", self.unit(f"{name}a", x))


class DattriResNet9(ResNet9):
    """Variant ``dattri``: Deng et al. 2024, arXiv:2410.04555."""

    def __init__(self, input_shape: Sequence[int], classes: int, width: int, norm: str, groups: int, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__(norm, width, groups)
        _, _, colours = image_shape(input_shape)
        self.standardised = Standardised(colours, mean, std)
        self.add_unit("conv1", colours, width)
        inputs = width
        for index, (multiple, stride) in enumerate([(2, 1), (4, 2), (8, 2)], start=1):
            filters = multiple * width
            self.add_unit(f"layer{index}.conv1", inputs, filters, stride=stride)
            self.add_unit(f"layer{index}.conv2", filters, filters)
            self.add_unit(f"layer{index}.shortcut", inputs, filters, kernel=1, stride=stride, padding=0)
            inputs = filters
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [batch × classes] of images [batch × height × width × channels]."""
        h = self.unit("conv1", self.standardised(x))
        for index in (1, 2, 3):
            inner = self.unit(f"layer{index}.conv2", self.unit(f"layer{index}.conv1", h))
            h = functional.relu(inner + self.unit(f"layer{index}.shortcut", h, activation=False))
        return self.fc(h.mean(dim=(2, 3)))
