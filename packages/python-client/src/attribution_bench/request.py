"""What the bench asks of a program that ``use: command`` names (schema ``bench/request@1``)."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

import numpy as np

from .errors import BenchError
from .json_file import read_json
from .scores import save_scores
from .task import Task, load

SCHEMA = "bench/request@1"
_MAX_REQUEST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Request:
    """One cell of a grid: a task, parameters and a seed, and where the scores go."""

    #: Folder of the exported task, shared with other cells: not to be changed.
    folder: Path
    #: Where the scores go; ``.npz`` or ``.safetensors`` in place of ``.npy`` is fine.
    output: Path
    #: What the grid gives, under the names that it gives.
    params: Dict[str, Any]
    #: Seed of the method.
    seed: int
    #: 128 bits as four numbers, which derive from the grid's seed, the task, the method and its seed.
    random: List[int]
    #: Number of independently trained models, and of snapshots along the first run, that the program may use.
    checkpoints: int
    trajectory: int

    def task(self) -> Task:
        """The task, as :func:`attribution_bench.load` gives it."""
        return load(self.folder)

    def generator(self) -> np.random.Generator:
        """Random numbers that are the same whenever the same cell is computed."""
        return np.random.default_rng(self.random)

    def progress(self, share: float) -> None:
        """Moves the bar of the bench; ``share`` of the work that is done, 0 to 1."""
        print(f"progress {share:.3f}", flush=True)

    def save(self, scores: Any, task: Task, sign: str = "raises", cost: Optional[Dict[str, float]] = None) -> Path:
        """Writes scores [queries × train] or [train]; arguments and errors as of :func:`attribution_bench.save_scores`."""
        return save_scores(self.output.with_suffix(".npz"), scores, task, sign, cost=cost)


def read_request(path: "Union[str, PathLike[str]]") -> Request:
    """The request whose path is the last argument of the program. Raises BenchError REQUEST_INVALID."""

    def invalid(message: str) -> BenchError:
        return BenchError("REQUEST_INVALID", message, place=str(path), next="name the request.json that the bench wrote")

    described = read_json(Path(path), _MAX_REQUEST_BYTES, invalid)
    schema = described.get("schema") if isinstance(described, dict) else None
    if schema != SCHEMA:
        raise invalid(f"has the schema {schema!r}, this package reads {SCHEMA}")
    same = ("params", "seed", "random", "checkpoints", "trajectory")
    try:
        return Request(Path(described["task"]), Path(described["output"]), **{name: described[name] for name in same})
    except KeyError as error:
        raise invalid(f"lacks {error}") from error
