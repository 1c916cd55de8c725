"""Bridges, each run as its README says where its library is installed, against the formula it stands for."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, List

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from check_twin import flat_gradients  # noqa: E402

import attribution_bench as ab  # noqa: E402

HERE = Path(__file__).parent
TASK = HERE / "fixtures" / "twins" / "mlp" / "task"


def scores_of(bridge: str, library: str, options: List[str], folder: Path) -> np.ndarray:
    """Scores [queries × train] of a bridge, positive where the point raises the target."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed: see bridges/requirements-*.txt")
    out = folder / "scores.npz"
    done = subprocess.run(
        [sys.executable, str(HERE.parent / "bridges" / f"{bridge}.py"), str(TASK), str(out), *options],
        env={**os.environ, "PYTHONPATH": str(HERE.parent / "src"), "TQDM_DISABLE": "1"},
        capture_output=True, text=True, check=False, cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(out) as file:
        sign = json.loads(str(file["meta"]))["sign"]
        return -file["scores"] if sign == "lowers" else file["scores"]


def gradients(task: ab.Task, twin: torch.nn.Module) -> "tuple[np.ndarray, np.ndarray]":
    """Of targets [queries × parameters] and of losses [train × parameters]."""
    return flat_gradients(task, twin, task.target, task.queries.count), flat_gradients(task, twin, task.loss, task.train.count)


def influence(damping: float) -> np.ndarray:
    """-∇target (H + damping)⁻¹ ∇loss with the exact Hessian of the mean training loss."""
    task = ab.load(TASK)
    twin = task.torch_model(0, dtype=torch.float64)
    names, parameters = zip(*twin.named_parameters())
    first = torch.autograd.grad(task.loss(slice(None))(twin).mean(), parameters, create_graph=True)
    flat = task.flat_gradients({name: gradient[None] for name, gradient in zip(names, first)})[0]
    rows = []
    for entry in flat:
        row = torch.autograd.grad(entry, parameters, retain_graph=True)
        rows.append(task.flat_gradients({name: gradient[None] for name, gradient in zip(names, row)}))
    hessian = torch.cat(rows).numpy()
    targets, losses = gradients(task, twin)
    return -targets @ np.linalg.solve(hessian + damping * np.eye(len(hessian)), losses.T)


def tracin() -> np.ndarray:
    """-Σ lr ∇target · ∇loss over the snapshots of the trajectory."""
    task = ab.load(TASK)
    total = np.zeros((task.queries.count, task.train.count))
    for index, snapshot in enumerate(task.trajectory):
        targets, losses = gradients(task, task.torch_model(index, trajectory=True, dtype=torch.float64))
        total -= snapshot.learning_rate * targets @ losses.T
    return total


EXACT: "Dict[str, tuple[str, List[str], Callable[[], np.ndarray]]]" = {
    "dattri_influence": ("dattri", ["--damping", "0.5", "--dtype", "float64"], lambda: influence(0.5)),
    "captum_tracin": ("captum", ["--dtype", "float64"], tracin),
}


@pytest.mark.parametrize("bridge", EXACT)
def test_exact_methods_are_their_formula(bridge: str, tmp_path: Path) -> None:
    library, options, formula = EXACT[bridge]
    found, expected = scores_of(bridge, library, options, tmp_path), formula()
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max(), rtol=0)


def test_kronfluence_without_curvature_is_the_gradient_dot_product(tmp_path: Path) -> None:
    found = scores_of("kronfluence_ekfac", "kronfluence", ["--strategy", "identity", "--dtype", "float64"], tmp_path)
    task = ab.load(TASK)
    targets, losses = gradients(task, task.torch_model(0, dtype=torch.float64))
    expected = -targets @ losses.T
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max(), rtol=0)


RANDOM = {
    "dattri_trak": ("dattri", ["--proj-dim", "4", "--regularization", "0.1"]),
    "dattri_ekfac": ("dattri", []),
    "dattri_logra": ("dattri", ["--proj-dim", "4"]),
    "traker_trak": ("trak", ["--proj-dim", "4", "--lambda-reg", "0.1"]),
    "quanda_explainers": ("quanda", ["--explainer", "similarity"]),
}


@pytest.mark.parametrize("bridge", RANDOM)
def test_other_bridges_score_every_pair(bridge: str, tmp_path: Path) -> None:
    library, options = RANDOM[bridge]
    found = scores_of(bridge, library, options, tmp_path)
    assert found.shape == (3, 6) and np.isfinite(found).all() and found.std() > 0
