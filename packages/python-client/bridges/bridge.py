"""What every bridge shares: its command line, the task in the forms that libraries ask for, and the score file."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any, Callable, Dict, List, Tuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

import attribution_bench as ab
from attribution_bench.objectives import cross_entropy, margin

#: Targets of classifiers by the bench's names, per sample; higher is more.
TARGETS: Dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "margin": margin,
    "neg-loss": lambda logits, labels: -cross_entropy(logits, labels),
}


def parser(description: str) -> argparse.ArgumentParser:
    """``python bridge TASK OUT [options]``, or ``python bridge [options] request.json`` as a program of ``use: command``."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("task", help="folder of bench export, or the request.json of use: command")
    made.add_argument("out", nargs="?", help=".npz or .safetensors file of scores to write; a request names its own")
    made.add_argument("--dtype", choices=["float32", "float64"], default="float32", help="what is computed in")
    return made


def parse(options: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments of the command line. A request adds its parameters, each the option of that name, its seed and its number of checkpoints."""
    given = options.parse_args()
    if given.out is not None:
        return given
    if not given.task.endswith(".json"):
        options.error("say where the scores go: TASK OUT")
    request = ab.read_request(given.task)
    # A file with metadata in place of the matrix alone: it says the sign.
    words = [str(request.folder), str(request.output.with_suffix(".npz"))]
    own = {name: getattr(request, name) for name in ("seed", "checkpoints") if name in vars(given)}
    for name, value in {**own, **request.params}.items():
        words += [f"--{name}", str(value)]
    return options.parse_args([*words, *(word for word in sys.argv[1:] if word != given.task)])


class Bridge:
    """A classifier's task, opened for a library; measures the time from here to :meth:`save`."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.started = time.perf_counter()
        self.arguments = arguments
        self.dtype: torch.dtype = getattr(torch, arguments.dtype)
        # Libraries make tensors of their own in the default type.
        torch.set_default_dtype(self.dtype)
        self.task = ab.load(arguments.task)
        if self.task.kind != "classifier":
            raise SystemExit(f"{arguments.task} is the task of a {self.task.kind}, this bridge is for classifiers")
        self.target = TARGETS[self.task.target_description["id"]]

    def model(self, index: int = 0, trajectory: bool = False) -> torch.nn.Module:
        return self.task.torch_model(index, trajectory=trajectory, dtype=self.dtype)

    def states(self, count: int) -> List[Dict[str, Tensor]]:
        """The weights of the first checkpoints, for models that :meth:`model` gives."""
        if count > len(self.task.checkpoints):
            raise SystemExit(f"the export has {len(self.task.checkpoints)} checkpoints, not {count}: export it with more")
        return [self.model(index).state_dict() for index in range(count)]

    def dataset(self, of: str) -> TensorDataset:
        return TensorDataset(*self.task.torch_points(of, self.dtype))

    def loader(self, of: str, batch: int) -> "DataLoader[Tuple[Tensor, ...]]":
        return DataLoader(self.dataset(of), batch_size=batch, shuffle=False)

    def functional(self, model: torch.nn.Module, output: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Any], Tensor]:
        """``output`` as ``f(parameters, (inputs, labels))`` in the style of torch.func: a mean over the batch, or of one point."""

        def of_parameters(parameters: Any, data: Tuple[Tensor, Tensor]) -> Tensor:
            inputs, labels = data
            single = labels.dim() == 0
            batch = (inputs.unsqueeze(0), labels.unsqueeze(0)) if single else (inputs, labels)
            return output(torch.func.functional_call(model, parameters, (batch[0],)), batch[1]).mean()

        return of_parameters

    def save(self, scores: Tensor, sign: str, title: str, family: str) -> None:
        """``scores``: [queries × train]."""
        seconds = time.perf_counter() - self.started
        matrix = scores.detach().cpu().double().numpy()
        path = ab.save_scores(self.arguments.out, matrix, self.task, sign, title, {"seconds": seconds}, family=family)
        print(f"{path}: {matrix.shape[0]} queries x {matrix.shape[1]} training points in {seconds:.1f} s")
