"""For the tests of a program that ``use: command`` names: a small task, and the rules that every method keeps."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from .export_folder import SCHEMA as TASK_SCHEMA
from .request import SCHEMA as REQUEST_SCHEMA
from .safetensors_file import write_safetensors

_TRAIN, _QUERIES, _CLASSES, _WIDTH = 24, 6, 3, 5
_DECAY = 0.05


def run_program(argv: Sequence[str], folder: Path, params: Optional[Mapping[str, Any]] = None, seed: int = 0) -> np.ndarray:
    """What a program answers when it is asked as the bench asks it.

    ``argv``: program and arguments, started in an empty folder of its own, so that paths have to be absolute.
    ``folder``: holds the task that :func:`write_small_task` wrote; requests and answers go there too.
    Returns scores [queries × train], or [train], positive where the training point raises the query's target.
    Raises AssertionError with what the program printed when it fails or writes no finite scores of the task's shape.
    """
    work = folder / f"run-{len(list(folder.glob('run-*')))}"
    work.mkdir()
    asked = {
        "schema": REQUEST_SCHEMA, "task": str((folder / "task").resolve()), "output": str((work / "scores.npy").resolve()),
        "params": dict(params or {}), "seed": seed, "random": [1, 2, 3, seed], "checkpoints": 1, "trajectory": 1, "limits": None,
    }
    place = (work / "request.json").resolve()
    place.write_text(json.dumps(asked))
    done = subprocess.run([*argv, str(place)], cwd=work, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv} ended with exit code {done.returncode}:\n{done.stdout}\n{done.stderr}"
    scores = _read(work, argv)
    assert scores.shape in ((_QUERIES, _TRAIN), (_TRAIN,)), f"the scores have the shape {scores.shape}"
    assert np.isfinite(scores).all(), "scores are not finite"
    return scores


def check_program(argv: Sequence[str], folder: Path, params: Optional[Mapping[str, Any]] = None) -> np.ndarray:
    """Holds a program to what every method keeps, on a logistic regression whose leave-one-out effects are exact.

    The same request gives the same scores; the scores are not all alike; and they rise with what leaving each point out
    and training to the end does to the margin of each query (their correlation is above 0): a wrong sign fails.
    Arguments and result as of :func:`run_program`; writes the task into ``folder``.
    """
    effects = write_small_task(folder / "task")
    scores = run_program(argv, folder, params)
    np.testing.assert_array_equal(run_program(argv, folder, params), scores, err_msg="the same request gave other scores")
    assert np.ptp(scores) > 0, "all scores are alike"
    expected = effects if scores.ndim == 2 else effects.mean(axis=0)
    correlation = float(np.corrcoef(scores.ravel(), expected.ravel())[0, 1])
    assert correlation > 0, f"scores and the effects of leaving points out have the correlation {correlation:.3f}: is the sign right?"
    return scores


def write_small_task(folder: Path) -> np.ndarray:
    """Writes a task of 24 training points, 6 queries and 3 classes in the format of ``bench export``, without an ONNX network.

    Returns what each training point does to the margin of each query [queries × train]: the margin with it minus the
    margin without, both models trained to their optimum.
    """
    inputs, labels = _points()
    train, queries = slice(0, _TRAIN), slice(_TRAIN, None)
    weights = _optimum(inputs[train], labels[train])
    halfway = _optimum(inputs[train], labels[train], steps=20)
    for name, rows in (("train", train), ("queries", queries)):
        _save(folder / name / "inputs.npy", inputs[rows].astype(np.float32))
        _save(folder / name / "labels.npy", labels[rows].astype(np.int32))
    _save(folder / "train" / "flipped.npy", np.zeros(_TRAIN, np.uint8))
    for name, matrix in (("checkpoints/0/model", weights), ("trajectory/0", halfway)):
        path = folder / f"{name}.safetensors"
        path.parent.mkdir(parents=True)
        write_safetensors(path, {"fc.weight": matrix[:-1].astype("<f4"), "fc.bias": matrix[-1:].astype("<f4")}, {})
    written = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}
    described = _describe({name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in written.items()})
    (folder / "task.json").write_text(json.dumps(described))
    with_all = _margins(weights, inputs[queries], labels[queries])
    without = [_optimum(np.delete(inputs[train], i, 0), np.delete(labels[train], i)) for i in range(_TRAIN)]
    return np.stack([with_all - _margins(each, inputs[queries], labels[queries]) for each in without], axis=1)


def _points() -> Tuple[np.ndarray, np.ndarray]:
    """Inputs [points × width] around one centre a class, and labels [points]; the training points come first."""
    rng = np.random.default_rng(7)
    labels = np.arange(_TRAIN + _QUERIES) % _CLASSES
    inputs = rng.normal(size=(_CLASSES, _WIDTH))[labels] + rng.normal(size=(len(labels), _WIDTH))
    return inputs.astype(np.float32).astype(np.float64), labels


def _optimum(inputs: np.ndarray, labels: np.ndarray, steps: int = 2000) -> np.ndarray:
    """Weights and bias [width + 1 × classes] after gradient descent on the mean cross-entropy with weight decay."""
    extended = np.hstack([inputs, np.ones((len(inputs), 1))])
    weights = np.zeros((_WIDTH + 1, _CLASSES))
    for _ in range(steps):
        exp = np.exp(extended @ weights)
        errors = exp / exp.sum(1, keepdims=True) - np.eye(_CLASSES)[labels]
        weights -= 0.3 * (extended.T @ errors / len(inputs) + _DECAY * weights)
    return weights


def _margins(weights: np.ndarray, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    logits = inputs @ weights[:-1] + weights[-1]
    own = np.eye(_CLASSES)[labels].astype(bool)
    return logits[own] - np.log(np.exp(np.where(own, -np.inf, logits)).sum(1))


def _save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)


def _read(work: Path, argv: Sequence[str]) -> np.ndarray:
    for name in ("scores.npz", "scores.npy"):
        if not (work / name).exists():
            continue
        loaded = np.load(work / name, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        meta = json.loads(str(loaded["meta"])) if "meta" in loaded else {}
        return -loaded["scores"] if meta.get("sign") == "lowers" else loaded["scores"]
    raise AssertionError(f"{argv} wrote neither scores.npz nor scores.npy")


def _describe(files: Mapping[str, Any]) -> Dict[str, Any]:
    def points(name: str, count: int, more: List[str]) -> Dict[str, Any]:
        paths = {each: f"{name}/{each}.npy" for each in ("inputs", "labels", *more)}
        return {"count": count, "ids": [f"{name}/{i}" for i in range(count)], **paths}

    model = {"run": 0, "learningRate": 0.3}
    arrays = [
        {"name": "fc.weight", "shape": [_WIDTH, _CLASSES], "offset": 0, "size": _WIDTH * _CLASSES},
        {"name": "fc.bias", "shape": [1, _CLASSES], "offset": _WIDTH * _CLASSES, "size": _CLASSES},
    ]
    size = (_WIDTH + 1) * _CLASSES
    return {
        "schema": TASK_SCHEMA, "id": "small", "key": hashlib.sha256(json.dumps(files).encode()).hexdigest(), "kind": "classifier",
        "input": {"shape": [_WIDTH], "dtype": "float32"}, "classes": _CLASSES,
        "train": points("train", _TRAIN, ["flipped"]), "queries": {**points("queries", _QUERIES, []), "generated": 0},
        "target": {"id": "margin", "title": "Margin", "params": {}}, "loss": {"id": "cross-entropy"},
        "model": {"use": "logistic", "title": "Multinomial logistic regression", "params": {}},
        "training": {"epochs": 2000, "batch": _TRAIN, "optimizer": "sgd", "lr": 0.3, "momentum": 0, "weightDecay": _DECAY, "schedule": "constant", "warmup": 0, "steps": 2000},
        "parameters": size, "layers": [{"name": "fc", "kind": "dense", "offset": 0, "size": size, "arrays": arrays}], "statistics": [],
        "seeds": {"grid": 0, "method": 0},
        "checkpoints": [{**model, "id": "run 0 step 2000", "step": 2000, "epoch": 2000, "weights": "checkpoints/0/model.safetensors"}],
        "trajectory": [{**model, "id": "run 0 step 20", "step": 20, "epoch": 20, "weights": "trajectory/0.safetensors"}],
        "truth": None, "files": files,
    }
