"""Twins in PyTorch against the bench's own engine: logits, losses, targets and per-sample gradients."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from check_twin import differences  # noqa: E402

import attribution_bench as ab  # noqa: E402

HERE = Path(__file__).parent
COMMITTED = HERE / "fixtures" / "twins"
TASKS = re.findall(r"^  - id: (\S+)$", (HERE / "fixtures" / "twins.yaml").read_text(encoding="utf-8"), re.MULTILINE)
# The engine computes in float32, the twin in float64.
TOLERANCE = 1e-5


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same tasks, trained and written now by the bench of this checkout."""
    built = HERE.parents[1] / "exchange" / "dist" / "index.js"
    if shutil.which("node") is None or not built.exists():
        pytest.skip("the bench is not built here: there is no node, or no dist")
    folder = tmp_path_factory.mktemp("twins")
    done = subprocess.run(
        ["node", str(HERE / "twins.mjs"), str(HERE / "fixtures" / "twins.yaml"), str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.mark.parametrize("name", sorted(path.name for path in COMMITTED.iterdir()))
def test_twins_of_committed_tasks(name: str) -> None:
    found = differences(COMMITTED / name / "task", COMMITTED / name / "reference")
    assert max(found.values()) < TOLERANCE, found


@pytest.mark.parametrize("name", TASKS)
def test_twins_of_tasks_written_now(name: str, fresh: Path) -> None:
    found = differences(fresh / name / "task", fresh / name / "reference")
    assert max(found.values()) < TOLERANCE, found


def test_twins_take_any_batch_and_slice() -> None:
    task = ab.load(COMMITTED / "ddpm-mlp" / "task")
    twin = task.torch_model(0, dtype=torch.float64)
    together = task.loss(slice(None))(twin)
    assert together.shape == (task.train.count,)
    torch.testing.assert_close(together[[2, 0]], task.loss([2, 0])(twin))
    torch.testing.assert_close(together[1], task.loss(1)(twin))
    assert task.loss(1)(twin).shape == ()


def test_snapshots_and_final_models() -> None:
    task = ab.load(COMMITTED / "mlp" / "task")
    last, final = task.torch_model(len(task.trajectory) - 1, trajectory=True), task.torch_model(0)
    for one, other in zip(last.state_dict().values(), final.state_dict().values()):
        torch.testing.assert_close(one, other)


def test_flat_gradients_are_in_the_order_of_flat_weights() -> None:
    task = ab.load(COMMITTED / "resnet9-trak" / "task")
    named = {name: parameter.detach()[None] for name, parameter in task.torch_model(0).named_parameters()}
    np.testing.assert_array_equal(task.flat_gradients(named)[0].numpy(), task.flat(task.checkpoints[0]))


def test_weights_for_a_network_of_ones_own() -> None:
    task = ab.load(COMMITTED / "mlp" / "task")
    weights = task.torch_weights(0)
    assert [name for name in weights] == [f"fc{i}.{role}" for i in (1, 2, 3) for role in ("weight", "bias")]
    own = torch.nn.Sequential()
    for index in (1, 2, 3):
        outputs, inputs = weights[f"fc{index}.weight"].shape
        own.add_module(f"fc{index}", torch.nn.Linear(inputs, outputs))
        own.add_module(f"act{index}", torch.nn.GELU() if index < 3 else torch.nn.Identity())
    own.load_state_dict(weights)
    inputs, _ = task.torch_points("queries")
    torch.testing.assert_close(own(inputs), task.torch_model(0)(inputs))


def test_a_network_without_a_twin_says_what_to_do() -> None:
    task = ab.load(COMMITTED / "mlp" / "task")
    task.model = {"use": "own", "params": {}}
    with pytest.raises(ab.BenchError, match="has no twin here, write it in PyTorch and load task.torch_weights"):
        task.torch_model(0)


def test_losses_keep_their_digits_where_the_model_is_sure() -> None:
    from attribution_bench.objectives import cross_entropy, margin

    logits = torch.tensor([[60.0, 0.0, 1.0]], dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0])
    others = np.log(1 + np.e)
    torch.testing.assert_close(margin(logits, labels).item(), 60 - others)
    loss = cross_entropy(logits, labels)
    assert loss.item() == pytest.approx(np.exp(others - 60), rel=1e-6)
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    assert gradient[0, 0].item() == pytest.approx(-np.exp(others - 60), rel=1e-6)
