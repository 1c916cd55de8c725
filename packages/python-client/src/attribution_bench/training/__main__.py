"""``python -m attribution_bench.training TASK --write DIR [--stacked MODELS] [--timesteps T ...]``: one line of JSON in, one line out.

The first line that is written says what there is: versions, parameters, ways to train. Before it, DIR is given what the twin
computes, as raw float64 in the order of the bench: ``loss``, ``gradient`` (of the final model, at those time steps) and, for
classifiers, ``trained.<way>`` (the end of the run as it is timed). Then ``{"way": ..., "seconds": ...}`` is answered by
``{"seconds": ...}``: processor seconds of one run, the fastest of as many as fit. The end of the input ends the program.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy as np
import torch
from torch import Tensor

from ..task import Task, load
from .single import SingleTraining


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m attribution_bench.training")
    parser.add_argument("task", type=Path)
    parser.add_argument("--write", type=Path, required=True)
    parser.add_argument("--stacked", type=int, default=0)
    parser.add_argument("--timesteps", type=int, nargs="*", default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)
    # As the bench does: training slows down several times on denormal numbers.
    torch.set_flush_denormal(True)
    task = load(arguments.task)
    ways = _ways(task, arguments.stacked)
    _write_numbers(task, ways, arguments.write, arguments.timesteps)
    versions = {"torch": torch.__version__, "python": platform.python_version(), "processor": _capability()}
    _tell({"versions": versions, "parameters": task.parameters, "ways": {name: way.models for name, way in ways.items()}})
    for line in sys.stdin:
        order = json.loads(line)
        _tell({"seconds": _fastest(ways[order["way"]].train, order["seconds"])})


def _ways(task: Task, stacked: int) -> Dict[str, Any]:
    if len(task.input_shape) == 3:
        return {layout: SingleTraining(task, layout) for layout in ("nchw", "channels_last")}
    ways: Dict[str, Any] = {"one by one": SingleTraining(task, "nchw")}
    if stacked > 0 and hasattr(torch, "func"):
        from .stacked import StackedTraining

        ways[f"vmap over {stacked}"] = StackedTraining(task, stacked)
    return ways


def _write_numbers(task: Task, ways: Dict[str, Any], folder: Path, timesteps: List[int]) -> None:
    exact = SingleTraining(task, "nchw", torch.float64, task.checkpoints[0].weights())
    loss, gradients = exact.loss_and_gradients(timesteps)
    np.array([loss]).tofile(folder / "loss")
    _flat(task, gradients).tofile(folder / "gradient")
    for name, way in ways.items():
        # The first run also builds what PyTorch keeps: it is not among those that are timed.
        way.train()
        if task.diffusion is None:
            _flat(task, way.trained()).tofile(folder / f"trained.{name}")


def _flat(task: Task, named: Dict[str, Tensor]) -> np.ndarray:
    return task.flat_gradients({name: value[None] for name, value in named.items()})[0].to(torch.float64).numpy()


def _fastest(run: Callable[[], None], enough: float) -> float:
    """Processor seconds of the fastest of as many runs as take ``enough`` seconds together, after one to warm up."""
    first = _seconds(run)
    if first > 2 * enough:
        return first
    fastest, spent = float("inf"), 0.0
    while spent < enough:
        took = _seconds(run)
        fastest = min(fastest, took)
        spent += took
    return fastest


def _seconds(run: Callable[[], None]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _capability() -> str:
    cpu = getattr(torch.backends, "cpu", None)
    return cpu.get_cpu_capability() if cpu is not None else "unknown"


def _tell(message: Dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
