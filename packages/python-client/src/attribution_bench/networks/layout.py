"""How the bench lays out the arrays of a layer, and how PyTorch does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, NamedTuple, Tuple

import numpy as np

from ..errors import BenchError

if TYPE_CHECKING:
    import torch

    from ..task import Task


class _Array(NamedTuple):
    """An array of a layer in both layouts."""

    name: str
    torch_name: str
    shape: Tuple[int, ...]
    #: Axes of the bench's array in PyTorch's order.
    axes: Tuple[int, ...]
    #: PyTorch's shape, of the axes above.
    torch_shape: Tuple[int, ...]


def module_name(layer: str) -> str:
    """The attribute of a twin that holds a layer: modules cannot have dots in their names."""
    return layer.replace(".", "_")


def torch_arrays(task: "Task", weights: Mapping[str, np.ndarray], name_of: Callable[[str], str] = lambda layer: layer) -> Dict[str, np.ndarray]:
    """Weights in PyTorch's names and layouts.

    ``name_of``: the module that holds a layer; default: named like the layer.
    Raises BenchError NETWORK_WEIGHTS when an array is missing or of another shape.
    """
    arrays: Dict[str, np.ndarray] = {}
    for array in _arrays(task, name_of):
        given = weights.get(array.name)
        if given is None or given.shape != array.shape:
            found = "is missing" if given is None else f"has the shape {list(given.shape)}, not {list(array.shape)}"
            raise BenchError("NETWORK_WEIGHTS", f"the array {array.name} {found}", next="export the task again")
        arrays[array.torch_name] = given.transpose(array.axes).reshape(array.torch_shape).copy()
    return arrays


def flat_rows(task: "Task", named: "Mapping[str, torch.Tensor]") -> "torch.Tensor":
    """Rows in the bench's flat order, [rows × parameters], from one tensor [rows × ...] for each parameter of a twin."""
    import torch

    parts = []
    for array in _arrays(task, module_name, statistics=False):
        rows = named[array.torch_name]
        turned = tuple(array.shape[axis] for axis in array.axes)
        back = tuple(int(axis) + 1 for axis in np.argsort(array.axes))
        parts.append(rows.reshape(rows.shape[0], *turned).permute(0, *back).reshape(rows.shape[0], -1))
    return torch.cat(parts, dim=1)


def _arrays(task: "Task", name_of: Callable[[str], str], statistics: bool = True) -> "list[_Array]":
    listed = [_described(layer, array, name_of) for layer in task.layers for array in layer["arrays"]]
    if statistics:
        listed += [_statistic(array, name_of) for array in task.statistics]
    return listed


def _described(layer: Dict[str, Any], array: Dict[str, Any], name_of: Callable[[str], str]) -> _Array:
    kind, name, shape = layer["kind"], array["name"], tuple(array["shape"])
    owner, _, role = name.rpartition(".")
    torch_role = {"scale": "weight", "shift": "bias", "table": "weight"}.get(role, role)
    axes, torch_shape = tuple(range(len(shape))), shape
    if role in ("bias", "scale", "shift"):
        torch_shape = (shape[-1],)
    elif kind == "dense":
        axes = (1, 0)
    elif kind in ("conv2d", "conv2dTranspose"):
        axes = (3, 2, 0, 1)
    elif kind == "depthwiseConv2d":
        axes = (2, 3, 0, 1)
        torch_shape = (shape[2] * shape[3], 1, shape[0], shape[1])
    elif kind != "embedding":
        raise BenchError("NETWORK_LAYER", f"the layer {layer['name']} is of the unknown kind {kind!r}", next="install a newer attribution-bench package")
    if kind in ("dense", "conv2d", "conv2dTranspose") and role == "weight":
        torch_shape = tuple(shape[axis] for axis in axes)
    return _Array(name, f"{name_of(owner)}.{torch_role}", shape, axes, torch_shape)


def _statistic(array: Dict[str, Any], name_of: Callable[[str], str]) -> _Array:
    shape = tuple(array["shape"])
    owner, _, role = array["name"].rpartition(".")
    torch_role = {"mean": "running_mean", "variance": "running_var"}[role]
    return _Array(array["name"], f"{name_of(owner)}.{torch_role}", shape, tuple(range(len(shape))), (shape[-1],))
