"""Twin of ``ddpm-unet``, the U-Net of denoising diffusion models (Ho et al. 2020, arXiv:2006.11239)."""

from __future__ import annotations

from math import sqrt
from typing import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .parts import Network, image_shape, padded_as_tensorflow


class DdpmUnet(Network):
    """Residual blocks ``down<level>.res<block>``, ``middle.res<block>``, ``up<level>.res<block>``, each told the time step."""

    def __init__(
        self,
        input_shape: Sequence[int],
        channels: Sequence[int],
        layers: int,
        attention: Sequence[int],
        groups: int,
        time_scale_shift: bool,
        time_features: int,
    ) -> None:
        super().__init__()
        _, _, colours = image_shape(input_shape)
        self.channels, self.layers, self.attention = list(channels), layers, set(attention)
        self.groups, self.time_scale_shift, self.embedded = groups, time_scale_shift, 4 * channels[0]
        self.time1 = nn.Linear(time_features, self.embedded)
        self.time2 = nn.Linear(self.embedded, self.embedded)
        self.first = nn.Conv2d(colours, channels[0], 3, padding=1)
        inputs, kept = channels[0], [channels[0]]
        levels = len(channels)
        for level, filters in enumerate(channels, start=1):
            for block in range(1, layers + 1):
                self._add_block("down", level, block, inputs, filters)
                inputs = filters
                kept.append(inputs)
            if level < levels:
                self.add(f"down{level}.half", nn.Conv2d(inputs, filters, 3, stride=2))
                kept.append(filters)
        self._add_residual("middle.res1", inputs, inputs)
        self._add_attention("middle.attention", inputs)
        self._add_residual("middle.res2", inputs, inputs)
        for level in range(levels, 0, -1):
            filters = channels[level - 1]
            for block in range(1, layers + 2):
                self._add_block("up", level, block, inputs + kept.pop(), filters)
                inputs = filters
            if level > 1:
                self.add(f"up{level}.double", nn.Conv2d(inputs, filters, 3, padding=1))
        self.last_norm = nn.GroupNorm(groups, inputs)
        self.last = nn.Conv2d(inputs, colours, 3, padding=1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """The noise [batch × height · width · channels] in x [batch × height × width × channels], given time features [batch × features]."""
        told = functional.silu(self.time2(functional.silu(self.time1(time))))
        h = self.first(x.permute(0, 3, 1, 2))
        kept = [h]
        levels = len(self.channels)
        for level in range(1, levels + 1):
            for block in range(1, self.layers + 1):
                h = self._block("down", level, block, h, told)
                kept.append(h)
            if level < levels:
                h = self.layer(f"down{level}.half")(padded_as_tensorflow(h, 3, 2))
                kept.append(h)
        h = self._attended("middle.attention", self._residual("middle.res1", h, told))
        h = self._residual("middle.res2", h, told)
        for level in range(levels, 0, -1):
            for block in range(1, self.layers + 2):
                h = self._block("up", level, block, torch.cat([h, kept.pop()], dim=1), told)
            if level > 1:
                rows, columns = kept[-1].shape[2:]
                doubled = functional.interpolate(h, scale_factor=2, mode="nearest")[:, :, :rows, :columns]
                h = self.layer(f"up{level}.double")(doubled)
        noise = self.last(functional.silu(self.last_norm(h)))
        return noise.permute(0, 2, 3, 1).flatten(1)

    def _add_block(self, way: str, level: int, block: int, inputs: int, filters: int) -> None:
        self._add_residual(f"{way}{level}.res{block}", inputs, filters)
        if level in self.attention:
            self._add_attention(f"{way}{level}.attention{block}", filters)

    def _block(self, way: str, level: int, block: int, h: Tensor, told: Tensor) -> Tensor:
        out = self._residual(f"{way}{level}.res{block}", h, told)
        return self._attended(f"{way}{level}.attention{block}", out) if level in self.attention else out

    def _add_residual(self, name: str, inputs: int, filters: int) -> None:
        self.add(f"{name}.norm1", nn.GroupNorm(self.groups, inputs))
        self.add(f"{name}.conv1", nn.Conv2d(inputs, filters, 3, padding=1))
        self.add(f"{name}.time", nn.Linear(self.embedded, 2 * filters if self.time_scale_shift else filters))
        self.add(f"{name}.norm2", nn.GroupNorm(self.groups, filters))
        self.add(f"{name}.conv2", nn.Conv2d(filters, filters, 3, padding=1))
        if inputs != filters:
            self.add(f"{name}.shortcut", nn.Conv2d(inputs, filters, 1))

    def _residual(self, name: str, x: Tensor, told: Tensor) -> Tensor:
        convolved = self.layer(f"{name}.conv1")(functional.silu(self.layer(f"{name}.norm1")(x)))
        time = self.layer(f"{name}.time")(told)[:, :, None, None]
        if self.time_scale_shift:
            scale, shift = time.chunk(2, dim=1)
            h = self.layer(f"{name}.norm2")(convolved) * (scale + 1) + shift
        else:
            h = self.layer(f"{name}.norm2")(convolved + time)
        inner = self.layer(f"{name}.conv2")(functional.silu(h))
        same = inner.shape[1] == x.shape[1]
        return inner + (x if same else self.layer(f"{name}.shortcut")(x))

    def _add_attention(self, name: str, channels: int) -> None:
        self.add(f"{name}.norm", nn.GroupNorm(self.groups, channels))
        for role in ("query", "key", "value", "out"):
            self.add(f"{name}.{role}", nn.Linear(channels, channels))

    def _attended(self, name: str, h: Tensor) -> Tensor:
        """h plus self-attention of one head among its pixels (Vaswani et al. 2017, equation 1)."""
        batch, channels, height, width = h.shape
        pixels = self.layer(f"{name}.norm")(h).permute(0, 2, 3, 1).reshape(batch, height * width, channels)
        queries, keys, values = (self.layer(f"{name}.{role}")(pixels) for role in ("query", "key", "value"))
        shares = torch.softmax((queries / sqrt(channels)) @ keys.transpose(1, 2), dim=-1)
        out = self.layer(f"{name}.out")(shares @ values)
        return h + out.reshape(batch, height, width, channels).permute(0, 3, 1, 2)
