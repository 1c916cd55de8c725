"""The twin that a task asks for, with a checkpoint's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, Sequence

import numpy as np
import torch
from torch import nn

from ..errors import BenchError
from .cnn import Cnn
from .ddpm_mlp import DdpmMlp
from .ddpm_unet import DdpmUnet
from .dense import Logistic, Mlp
from .layout import module_name, torch_arrays
from .resnet9 import DattriResNet9, TrakResNet9

if TYPE_CHECKING:
    from ..task import Task

Params = Mapping[str, Any]


def _resnet9(p: Params, shape: Sequence[int], classes: int) -> nn.Module:
    variants = {"trak": TrakResNet9, "dattri": DattriResNet9}
    return variants[p["variant"]](shape, classes, p["width"], p["norm"], p["groups"], p["mean"], p["std"])


def _cnn(p: Params, shape: Sequence[int], classes: int) -> nn.Module:
    return Cnn(shape, classes, p["channels"], p["kernel"], p["pooling"], p["hidden"], p["activation"], p["mean"], p["std"])


def _ddpm_unet(p: Params, shape: Sequence[int], _classes: int) -> nn.Module:
    return DdpmUnet(shape, p["channels"], p["layers"], p["attention"], p["groups"], p["timeScaleShift"], p["timeFeatures"])


#: Networks by the bench's names, from the model's parameters, the shape of an input and the number of outputs.
_BUILDERS: Dict[str, Callable[[Params, Sequence[int], int], nn.Module]] = {
    "logistic": lambda p, shape, classes: Logistic(shape, classes),
    "mlp": lambda p, shape, classes: Mlp(shape, classes, p["hidden"], p["activation"], p["dropout"]),
    "linear": lambda p, shape, outputs: Logistic(shape, outputs),
    "mlp-regressor": lambda p, shape, outputs: Mlp(shape, outputs, p["hidden"], p["activation"], p["dropout"]),
    "cnn": _cnn,
    "resnet9": _resnet9,
    "ddpm-mlp": lambda p, shape, _classes: DdpmMlp(shape, p["hidden"], p["timeFeatures"]),
    "ddpm-unet": _ddpm_unet,
}


def network_with_weights(task: "Task", weights: Mapping[str, np.ndarray], dtype: Optional[torch.dtype] = None) -> nn.Module:
    """The twin of a task's network in evaluation mode. Raises BenchError NETWORK_OWN, NETWORK_WEIGHTS."""
    use = task.model["use"]
    build = _BUILDERS.get(use)
    if build is None:
        raise BenchError(
            "NETWORK_OWN",
            f"the network {use!r} of this task has no twin here",
            next="write it in PyTorch and load task.torch_weights(i) into it",
        )
    network = build(task.model["params"], task.input_shape, 1 if task.kind == "regressor" else task.classes)
    state = {name: torch.from_numpy(array) for name, array in torch_arrays(task, weights, module_name).items()}
    # The number of batches that a batch normalisation has seen is PyTorch's own and decides nothing here.
    expected = {name for name in network.state_dict() if not name.endswith(".num_batches_tracked")}
    if expected != set(state):
        raise BenchError(
            "NETWORK_WEIGHTS",
            f"the twin and the task disagree on {sorted(expected ^ set(state))[0]}",
            next="install the attribution-bench package of the version that exported the task",
        )
    network.load_state_dict(state, strict=False)
    return network.to(dtype or torch.float32).eval()
