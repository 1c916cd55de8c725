"""Score files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import attribution_bench as ab
from attribution_bench.safetensors_file import parse_safetensors

TASK = Path(__file__).parent / "fixtures" / "twins" / "mlp" / "task"
SCORES = np.arange(18, dtype=np.float64).reshape(3, 6)


def test_npz_holds_ids_and_what_is_said(tmp_path: Path) -> None:
    task = ab.load(TASK)
    path = ab.save_scores(tmp_path / "s.npz", SCORES, task, "lowers", "Mine", {"seconds": 2.5}, family="gradient")
    with np.load(path, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["scores"], SCORES)
        assert file["train_ids"].tolist() == list(task.train.ids)
        assert file["query_ids"].tolist() == list(task.queries.ids)
        meta = json.loads(str(file["meta"]))
    assert meta == {
        "schema": "bench/scores@1", "task": task.key, "sign": "lowers", "title": "Mine", "family": "gradient", "cost": {"seconds": 2.5},
    }
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.npz"]


def test_safetensors(tmp_path: Path) -> None:
    path = ab.save_scores(tmp_path / "s.safetensors", SCORES.astype(np.float32), (["a", "b", "c"], list("123456")), title="Mine")
    data = path.read_bytes()
    np.testing.assert_array_equal(parse_safetensors(data, "here")["scores"], SCORES)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert header["__metadata__"]["query_ids"] == '["a", "b", "c"]' and header["__metadata__"]["sign"] == "raises"


def test_the_same_scores_give_the_same_bytes(tmp_path: Path) -> None:
    for suffix in ("npz", "npy", "safetensors"):
        first, second = (ab.save_scores(tmp_path / f"{name}.{suffix}", SCORES) for name in "ab")
        assert first.read_bytes() == second.read_bytes()


def test_one_score_for_all_queries(tmp_path: Path) -> None:
    path = ab.save_scores(tmp_path / "s.npy", [1, 2, 3, 4, 5, 6], ab.load(TASK))
    assert np.load(path).tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "scores, arguments, reason",
    [
        (SCORES.T, {"ids": "task"}, "transpose them"),
        (SCORES[:2], {"ids": "task"}, "the task has 3 queries and 6 training points"),
        (np.where(SCORES == 3, np.nan, SCORES), {}, "1 of 18 scores are not finite"),
        (SCORES, {"sign": "up"}, "sign is 'up'"),
        (SCORES, {"cost": {"hours": 1}}, "unknown member 'hours'"),
        (SCORES, {"ids": (["a", "a", "b"], list("123456"))}, "a query id is given twice"),
        (np.array([["a"]]), {}, "are of type <U1"),
        (np.zeros((0, 3)), {}, "have the shape"),
    ],
)
def test_broken_scores_are_refused(scores: np.ndarray, arguments: dict, reason: str, tmp_path: Path) -> None:
    if arguments.get("ids") == "task":
        arguments = {**arguments, "ids": ab.load(TASK)}
    with pytest.raises(ab.BenchError, match=reason):
        ab.save_scores(tmp_path / "s.npz", scores, **arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name, reason", [("s.npy", "a .npy file cannot hold title"), ("s.csv", "the path ends with '.csv'")])
def test_files_that_cannot_hold_it_are_refused(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ab.BenchError, match=reason):
        ab.save_scores(tmp_path / name, SCORES, title="Mine")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 16,
        (2).to_bytes(8, "little") + b"[]",
        (60).to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'.ljust(60),
        (60).to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}'.ljust(60) + b"\0" * 4,
        (60).to_bytes(8, "little") + b'{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}'.ljust(60) + b"\0" * 4,
    ],
    ids=["empty", "a header of exabytes", "a list", "beyond the end", "a negative shape", "an unknown type"],
)
def test_broken_safetensors_are_refused(data: bytes) -> None:
    with pytest.raises(ab.BenchError) as raised:
        parse_safetensors(data, "here")
    assert raised.value.code == "SAFETENSORS"
