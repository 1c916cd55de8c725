"""The small task for tests of programs, and the rules that programs are held to."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import attribution_bench as ab
from attribution_bench.testing import check_program, run_program, write_small_task

SOURCE = Path(__file__).parent.parent / "src"
#: Grad-Dot of a logistic regression.
GRAD_DOT = """
import sys
sys.path.insert(0, {source!r})
import numpy as np, attribution_bench as ab
request = ab.read_request(sys.argv[1])
task = request.task()
weights = task.checkpoints[0].weights()
def factors(points, own):
    logits = points.inputs @ weights["fc.weight"] + weights["fc.bias"]
    labels = np.eye(task.classes)[points.labels]
    exp = np.exp(np.where((labels == 1) & own, -np.inf, logits))
    return np.hstack([points.inputs, np.ones((points.count, 1))]), (exp / exp.sum(1, keepdims=True) - labels) * (-1 if own else 1)
(qa, qd), (ta, td) = factors(task.queries, True), factors(task.train, False)
scores = -(qa @ ta.T) * (qd @ td.T)
request.progress(0.5)
{ending}
"""


def program(tmp_path: Path, ending: str) -> "list[str]":
    (tmp_path / "program.py").write_text(GRAD_DOT.format(source=str(SOURCE), ending=ending))
    return [sys.executable, str(tmp_path / "program.py")]


def test_the_task_is_read_and_trained_to_its_optimum(tmp_path: Path) -> None:
    effects = write_small_task(tmp_path / "task")
    task = ab.load(tmp_path / "task")
    assert effects.shape == (task.queries.count, task.train.count) == (6, 24)
    assert np.abs(effects).min() > 0
    weights = task.checkpoints[0].weights()
    inputs = np.hstack([task.train.inputs, np.ones((24, 1))]).astype(np.float64)
    matrix = np.vstack([weights["fc.weight"], weights["fc.bias"]]).astype(np.float64)
    exp = np.exp(inputs @ matrix)
    gradient = inputs.T @ (exp / exp.sum(1, keepdims=True) - np.eye(3)[task.train.labels]) / 24 + 0.05 * matrix
    assert np.abs(gradient).max() < 1e-6
    assert set(task.trajectory[0].weights()) == {"fc.weight", "fc.bias"}


def test_what_keeps_the_rules_passes(tmp_path: Path) -> None:
    scores = check_program(program(tmp_path, "request.save(scores, task)"), tmp_path)
    assert scores.shape == (6, 24)
    other = tmp_path / "other"
    lowers = run_program(program(tmp_path, 'request.save(-scores, task, "lowers")'), tmp_path)
    np.testing.assert_array_equal(lowers, scores)
    whole = check_program(program(tmp_path, "request.save(scores.mean(0), task)"), other)
    np.testing.assert_array_equal(whole, scores.mean(0))


@pytest.mark.parametrize(
    "ending, reason",
    [
        ("request.save(-scores, task)", "is the sign right"),
        ("request.save(np.ones_like(scores), task)", "all scores are alike"),
        ("request.save(scores * np.random.rand(), task)", "the same request gave other scores"),
        ("np.save(request.output, scores.T)", r"have the shape \(24, 6\)"),
        ("np.save(request.output, scores / 0)", "are not finite"),
        ("sys.exit('out of ideas')", "out of ideas"),
        ("", "wrote neither"),
    ],
)
def test_what_breaks_a_rule_fails(ending: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=reason):
        check_program(program(tmp_path, ending), tmp_path)


@pytest.mark.parametrize(
    "text, reason",
    [("{", "is not JSON"), ("[]", "has the schema None"), ('{"schema": "bench/request@1", "task": "t", "output": "o"}', "lacks 'params'")],
)
def test_what_is_no_request_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(text)
    with pytest.raises(ab.BenchError, match=reason):
        ab.read_request(tmp_path / "request.json")


def test_random_numbers_are_those_of_the_cell(tmp_path: Path) -> None:
    def drawn(numbers: "list[int]") -> float:
        request = ab.Request(tmp_path, tmp_path / "s.npy", {}, 0, numbers, 1, 0)
        return float(request.generator().random())

    assert drawn([1, 2, 3, 4]) == drawn([1, 2, 3, 4]) != drawn([1, 2, 3, 5])
