"""Reading exported tasks, with NumPy alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Callable, Dict

import numpy as np
import pytest

import attribution_bench as ab

FIXTURES = Path(__file__).parent / "fixtures" / "twins"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES / "mlp" / "task", tmp_path / "task"))


def rewritten(folder: Path, change: Callable[[Dict[str, Any]], Any]) -> Path:
    described = json.loads((folder / "task.json").read_text())
    change(described)
    (folder / "task.json").write_text(json.dumps(described))
    return folder


def test_a_classifier() -> None:
    task = ab.load(FIXTURES / "mlp" / "task")
    assert (task.id, task.kind, task.classes, task.input_shape) == ("mlp", "classifier", 3, (64,))
    assert task.train.inputs.shape == (6, 64) and task.train.inputs.dtype == np.float32
    assert task.train.labels.shape == (6,) and task.queries.labels.shape == (3,)
    assert task.train.flipped.sum() == 1
    assert len(task.train.ids) == 6 and len(set(task.queries.ids)) == 3
    assert task.diffusion is None and task.truth is None
    (checkpoint,) = task.checkpoints
    weights = checkpoint.weights()
    assert weights["fc1.weight"].shape == (64, 5) and weights["fc3.bias"].shape == (1, 3)
    flat = task.flat(checkpoint)
    assert flat.shape == (task.parameters,)
    np.testing.assert_array_equal(flat[: 64 * 5], weights["fc1.weight"].ravel())
    assert checkpoint.initial()["fc1.weight"].shape == (64, 5)
    assert checkpoint.batches.shape == (task.training["steps"], 4)
    assert sorted(row for row in checkpoint.batches[:2].ravel() if row >= 0) == list(range(6))
    assert checkpoint.learning_rates.shape == (6,) and checkpoint.losses.shape == (3,)
    assert [snapshot.epoch for snapshot in task.trajectory][-1] == 3
    assert task.onnx()[:1] == b"\x08"
    with pytest.raises(ab.BenchError, match="has no batches"):
        task.trajectory[0].batches
    with pytest.raises(ab.BenchError, match="have no flipped labels"):
        task.queries.flipped


def test_the_weights_make_the_losses_without_pytorch() -> None:
    task = ab.load(FIXTURES / "logistic" / "task")
    weights = task.checkpoints[0].weights()
    logits = task.train.inputs.astype(np.float64) @ weights["fc.weight"] + weights["fc.bias"]
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    losses = -np.log(shares[np.arange(6), task.train.labels] / shares.sum(axis=1))
    np.testing.assert_allclose(losses, np.load(FIXTURES / "logistic" / "reference" / "loss.npy"), rtol=1e-5)


def test_a_generator() -> None:
    task = ab.load(FIXTURES / "ddpm-mlp" / "task")
    diffusion = task.diffusion
    assert diffusion is not None and task.classes == 0
    assert diffusion.levels.shape == (40, 2 + 4) and diffusion.alphas_cumprod.shape == (40,)
    np.testing.assert_allclose(diffusion.levels[:, 0] ** 2, diffusion.alphas_cumprod, rtol=1e-5)
    assert diffusion.target_noise.shape == (2, 3, 2, 64)
    assert diffusion.train_noise.shape == (4, len(diffusion.timesteps), 64)
    assert task.checkpoints[0].timesteps.max() < 40


BROKEN = {
    "has the schema 'bench/task@2'": lambda d: d.update(schema="bench/task@2"),
    "lacks 'layers'": lambda d: d.pop("layers"),
    "is not in its folder": lambda d: (d["train"].update(inputs="../secret.npy"), d["files"].update({"../secret.npy": {"bytes": 1, "sha256": ""}})),
    "does not list the file 'other.npy'": lambda d: d["train"].update(inputs="other.npy"),
    "is not the file that task.json describes": lambda d: d["files"]["train/inputs.npy"].update(sha256="0" * 64),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_broken_descriptions_are_refused(reason: str, copied: Path) -> None:
    rewritten(copied, BROKEN[reason])
    with pytest.raises(ab.BenchError) as raised:
        ab.load(copied).train.inputs
    assert reason in str(raised.value) and "\n" not in str(raised.value)


def test_changed_files_and_links_out_of_the_folder_are_refused(copied: Path, tmp_path: Path) -> None:
    path = copied / "train" / "labels.npy"
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"\x07")
    with pytest.raises(ab.BenchError, match="is not the file that task.json describes"):
        ab.load(copied).train.labels
    (tmp_path / "outside.npy").write_bytes(data)
    path.unlink()
    path.symlink_to(tmp_path / "outside.npy")
    with pytest.raises(ab.BenchError, match="is not in its folder"):
        ab.load(copied).train.labels


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000], ids=["empty", "a list", "half", "deep"])
def test_what_is_no_description_is_refused(text: str, copied: Path) -> None:
    (copied / "task.json").write_text(text)
    with pytest.raises(ab.BenchError):
        ab.load(copied)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ab.BenchError, match="cannot be read: No such file or directory, name a folder that `bench export` wrote"):
        ab.load(tmp_path)
