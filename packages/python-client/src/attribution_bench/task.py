"""An exported task: data, checkpoints, and twins of its network in PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from .errors import BenchError
from .export_folder import ExportFolder

if TYPE_CHECKING:
    import torch

Indices = Union[int, slice, Sequence[int]]


def load(folder: "Union[str, PathLike[str]]") -> "Task":
    """The task in a folder that ``bench export --to DIR`` wrote.

    Raises BenchError when the folder is not an export, is of another schema, or lacks what it promises.
    """
    return Task(ExportFolder(Path(folder)))


class Points:
    """Training points or queries."""

    def __init__(self, folder: ExportFolder, described: Dict[str, Any], name: str) -> None:
        self._folder = folder
        self._described = described
        self.name = name
        #: Number of points.
        self.count: int = described["count"]
        #: Where each point comes from; what score files name it by.
        self.ids: Tuple[str, ...] = tuple(described["ids"])

    @cached_property
    def inputs(self) -> np.ndarray:
        """What the network is fed, float32 [points × ...input shape]; images are [height × width × channels]."""
        return self._folder.array(self._described["inputs"])

    @cached_property
    def labels(self) -> np.ndarray:
        """Classes as trained on, int32 [points]; -1 where there is none, 0 everywhere of a regressor."""
        return self._folder.array(self._described["labels"])

    @cached_property
    def responses(self) -> np.ndarray:
        """Of a regressor: what is to be predicted, as trained on, float32 [points]."""
        if "responses" not in self._described:
            raise BenchError("EXPORT_ABSENT", f"the {self.name} points have no responses", next="ask a task of kind regressor for them")
        return self._folder.array(self._described["responses"])

    @cached_property
    def flipped(self) -> np.ndarray:
        """Whether label noise changed the class, bool [points]; of training points only."""
        if "flipped" not in self._described:
            raise BenchError("EXPORT_ABSENT", f"the {self.name} points have no flipped labels", next="ask for those of the training points")
        return self._folder.array(self._described["flipped"]).astype(bool)


class Checkpoint:
    """A model: the end of a training run, or a snapshot along one."""

    def __init__(self, folder: ExportFolder, described: Dict[str, Any]) -> None:
        self._folder = folder
        self._described = described
        self.id: str = described["id"]
        self.run: int = described["run"]
        self.step: int = described["step"]
        self.epoch: int = described["epoch"]
        #: Of the step that led to it.
        self.learning_rate: float = described["learningRate"]

    def weights(self) -> Dict[str, np.ndarray]:
        """Parameters and statistics by name, float32, in the layout of ``task.layers``: dense weights [in × out]."""
        return self._folder.tensors(self._described["weights"])

    def initial(self) -> Dict[str, np.ndarray]:
        """What its training run started from, as :meth:`weights`."""
        return self._folder.tensors(self._file("initial"))

    @cached_property
    def batches(self) -> np.ndarray:
        """Training rows of each step, int32 [steps × batch]; -1 fills the last batch of an epoch."""
        return self._folder.array(self._file("batches"))

    @cached_property
    def learning_rates(self) -> np.ndarray:
        """Of each step, float64 [steps]."""
        return self._folder.array(self._file("learningRates"))

    @cached_property
    def losses(self) -> np.ndarray:
        """Mean training loss of each epoch, float32 [epochs]."""
        return self._folder.array(self._file("losses"))

    @cached_property
    def timesteps(self) -> np.ndarray:
        """Generators: the time step of each place of each batch, int32 [steps × batch]."""
        return self._folder.array(self._file("timesteps"))

    def _file(self, role: str) -> str:
        path = self._described.get(role)
        if path is None:
            raise BenchError("EXPORT_ABSENT", f"{self.id} has no {role}", next="ask a checkpoint of task.checkpoints for it")
        return path


class Diffusion:
    """Noise and time steps of a generator's task."""

    def __init__(self, folder: ExportFolder, described: Dict[str, Any]) -> None:
        self._folder = folder
        self._described = described
        self.steps: int = described["steps"]
        #: Noise draws at each time step of the target.
        self.draws: int = described["target"]["draws"]

    @cached_property
    def alphas_cumprod(self) -> np.ndarray:
        """signal² of each time step, float64 [steps]."""
        return self._folder.array(self._described["alphasCumprod"])

    @cached_property
    def levels(self) -> np.ndarray:
        """signal, noise, then the time features of each time step, float32 [steps × (2 + time features)]."""
        return self._folder.array(self._described["levels"])

    @cached_property
    def target_timesteps(self) -> np.ndarray:
        """Time steps that the target is averaged over, int32 [k]."""
        return self._folder.array(self._described["target"]["timesteps"])

    @cached_property
    def target_noise(self) -> np.ndarray:
        """Noise of the target, float32 [queries × k × draws × ...input shape]."""
        return self._folder.array(self._described["target"]["noiseQueries"])

    @cached_property
    def timesteps(self) -> np.ndarray:
        """Time steps that the loss of a point is averaged over, int32 [j]."""
        return self._folder.array(self._described["method"]["timesteps"])

    @cached_property
    def train_noise(self) -> np.ndarray:
        """Noise of the training points' loss, float32 [train × j × ...input shape]."""
        return self._folder.array(self._described["method"]["noiseTrain"])

    @cached_property
    def query_noise(self) -> np.ndarray:
        """Noise of the queries' loss, float32 [queries × j × ...input shape]."""
        return self._folder.array(self._described["method"]["noiseQueries"])


@dataclass(frozen=True)
class Truth:
    """The tune split of a ground truth, which parameters may be chosen by."""

    #: Whether each training point was in the training set of each subset, bool [subsets × train].
    members: np.ndarray
    #: Target of each query under each retrained model, higher is more, float32 [subsets × seeds × queries].
    outputs: np.ndarray
    #: Rows of ``task.queries`` that the last axis of ``outputs`` is of, int32 [queries].
    queries: np.ndarray


class Task:
    """What ``bench export`` wrote. Arrays are read when first asked for, and kept."""

    def __init__(self, folder: ExportFolder) -> None:
        self._folder = folder
        #: All of ``task.json``, for what has no name here.
        self.described: Dict[str, Any] = folder.described
        try:
            self._read()
        except (KeyError, TypeError, IndexError) as error:
            place = str(folder.root / "task.json")
            raise BenchError("EXPORT_INVALID", f"lacks {error}", place=place, next="export the task again") from error

    def _read(self) -> None:
        described = self.described
        self.id: str = described["id"]
        self.key: str = described["key"]
        #: ``classifier``, ``regressor`` or ``generator``.
        self.kind: str = described["kind"]
        self.input_shape: Tuple[int, ...] = tuple(described["input"]["shape"])
        #: Of a classifier; otherwise 0.
        self.classes: int = described["classes"]
        #: ``{"use": ..., "params": {...}}``
        self.model: Dict[str, Any] = described["model"]
        #: The recipe: epochs, batch, optimizer, lr, ...
        self.training: Dict[str, Any] = described["training"]
        #: ``{"id": ..., "words": ..., "formula": ...}``; higher is more.
        self.target_description: Dict[str, Any] = described["target"]
        #: Length of the flat vector of parameters.
        self.parameters: int = described["parameters"]
        #: Layers in order, each with its arrays, their shapes and offsets in the flat vector.
        self.layers: List[Dict[str, Any]] = described["layers"]
        #: Running means and variances of batch normalisation; not part of the parameters.
        self.statistics: List[Dict[str, Any]] = described["statistics"]
        self.train = Points(self._folder, described["train"], "training")
        self.queries = Points(self._folder, described["queries"], "query")
        #: Ends of independent training runs.
        self.checkpoints = [Checkpoint(self._folder, entry) for entry in described["checkpoints"]]
        #: Snapshots along run 0, the last one final.
        self.trajectory = [Checkpoint(self._folder, entry) for entry in described["trajectory"]]
        self.diffusion: Optional[Diffusion] = (
            Diffusion(self._folder, described["diffusion"]) if self.kind == "generator" else None
        )

    @cached_property
    def truth(self) -> Optional[Truth]:
        """Only where the task was exported ``--with-truth``."""
        entry = self.described.get("truth")
        if entry is None:
            return None
        members, outputs, queries = (self._folder.array(entry[name]) for name in ("members", "outputs", "queries"))
        return Truth(members.astype(bool), outputs, queries)

    def onnx(self) -> bytes:
        """The network as an ONNX file whose initialisers are named like the weights."""
        return self._folder.read(self.described["network"]["file"])

    def flat(self, checkpoint: Checkpoint) -> np.ndarray:
        """The parameters of a checkpoint as one vector in the order of ``layers``, float32 [parameters]."""
        weights = checkpoint.weights()
        arrays = [array for layer in self.layers for array in layer["arrays"]]
        return np.concatenate([weights[array["name"]].ravel() for array in sorted(arrays, key=lambda a: a["offset"])])

    def torch_model(self, index: int = 0, *, trajectory: bool = False, dtype: "Optional[torch.dtype]" = None) -> "torch.nn.Module":
        """The twin of this task's network with the weights of ``checkpoints[index]``, in evaluation mode.

        It takes inputs [batch × ...input shape] as ``points.inputs`` holds them (generators: and time features
        [batch × time features]) and returns logits [batch × classes] (regressors: predictions [batch × 1]; generators: the
        predicted noise, flat).
        ``trajectory``: of ``trajectory[index]`` instead. ``dtype``: default float32.

        Raises BenchError NETWORK_OWN for a user's own network: write it in PyTorch and load :meth:`torch_weights`.
        """
        from .networks.build import network_with_weights

        return network_with_weights(self, self._checkpoint(index, trajectory).weights(), dtype)

    def torch_weights(self, index: int = 0, *, trajectory: bool = False) -> "Dict[str, torch.Tensor]":
        """The weights of ``checkpoints[index]`` by layer name, in PyTorch's names and layouts, e.g. ``fc1.weight`` [out × in]."""
        import torch

        from .networks.layout import torch_arrays

        arrays = torch_arrays(self, self._checkpoint(index, trajectory).weights())
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def torch_points(self, of: str, dtype: "Optional[torch.dtype]" = None) -> "Tuple[torch.Tensor, torch.Tensor]":
        """Inputs [points × ...input shape] and labels (int64 [points]), or responses of a regressor, of ``train`` or ``queries``."""
        import torch

        points = {"train": self.train, "queries": self.queries}[of]
        inputs = torch.from_numpy(points.inputs.copy()).to(dtype or torch.float32)
        if self.kind == "regressor":
            return inputs, torch.from_numpy(points.responses.copy()).to(dtype or torch.float32)
        return inputs, torch.from_numpy(points.labels.astype(np.int64))

    def loss(self, points: Indices) -> "Callable[[torch.nn.Module], torch.Tensor]":
        """The training loss of training points as a function of a model: a scalar for one index, else [points].

        Generators: averaged over the time steps and noises that methods see.
        """
        from .objectives import loss_of

        return loss_of(self, points)

    def target(self, queries: Indices) -> "Callable[[torch.nn.Module], torch.Tensor]":
        """What is explained of queries (higher is more) as a function of a model: a scalar for one index, else [queries]."""
        from .objectives import target_of

        return target_of(self, queries)

    def flat_gradients(self, named: "Dict[str, torch.Tensor]") -> "torch.Tensor":
        """Gradients by parameter name of :meth:`torch_model`, each [rows × ...], as rows [rows × parameters] in the order of ``layers``."""
        from .networks.layout import flat_rows

        return flat_rows(self, named)

    def _checkpoint(self, index: int, trajectory: bool) -> Checkpoint:
        return (self.trajectory if trajectory else self.checkpoints)[index]
