"""Converters, on small files of the formats that others publish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest
from torch_files import saved_array

from attribution_bench.__main__ import main
from attribution_bench.convert import (
    ForeignTruth,
    Provenance,
    convert_bergson,
    convert_dattri,
    convert_kronfluence,
    convert_stride,
    convert_trak,
)
from attribution_bench.errors import BenchError

SUBSETS, TRAIN, QUERIES = 6, 10, 3
ABOUT = Provenance(title="A truth", licence="Apache-2.0", source="https://example.org/truth")


@pytest.fixture
def kept() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.array([rng.permutation(TRAIN) < TRAIN // 2 for _ in range(SUBSETS)])


@pytest.fixture
def losses() -> np.ndarray:
    return np.random.default_rng(1).uniform(1000, 2000, (SUBSETS, QUERIES)).astype(np.float32)


def described(folder: Path) -> Dict[str, Any]:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def test_kronfluence(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    masks_file = saved_array(tmp_path / "masks.pt", kept.astype(np.int8))
    losses_file = saved_array(tmp_path / "losses.pt", losses)
    code = main(
        ["convert", "kronfluence", "--losses", str(losses_file), "--masks", str(masks_file), "--seeds", "5"]
        + ["--to", str(tmp_path / "truth"), "--title", "A truth", "--licence", "Apache-2.0", "--source", "somewhere"]
    )
    assert code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "truth/masks.npy"), kept)
    outputs = np.load(tmp_path / "truth/outputs.npy")
    assert outputs.dtype == np.float32
    np.testing.assert_array_equal(outputs, losses)
    about = described(tmp_path / "truth")
    assert about["subsets"] == {"count": SUBSETS, "file": "masks.npy", "form": "mask", "marks": "kept", "fraction": 0.5}
    assert about["outputs"]["sign"] == "lower" and about["outputs"]["seeds"] == 5 and about["outputs"]["single"] is False
    assert about["train"] == {"count": TRAIN} and about["queries"] == {"count": QUERIES}


def test_dattri(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    indices = np.array([np.flatnonzero(row) for row in kept])
    torch.save(torch.from_numpy(-losses), tmp_path / "target_values_lds.pt")
    torch.save(torch.from_numpy(indices), tmp_path / "indices_lds.pt")
    truth = convert_dattri(tmp_path / "target_values_lds.pt", tmp_path / "indices_lds.pt", TRAIN)
    assert truth.sign == "higher" and truth.marks == "kept"
    np.testing.assert_array_equal(truth.outputs, -losses)
    np.testing.assert_array_equal(truth.kept(), kept)
    with pytest.raises(BenchError, match=f"name points up to {indices.max()}, of {indices.max()}"):
        convert_dattri(tmp_path / "target_values_lds.pt", tmp_path / "indices_lds.pt", int(indices.max()))


def test_trak(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", kept)
    np.save(tmp_path / "val_margins.npy", losses.astype(np.float16))
    truth = convert_trak(tmp_path / "mask.npy", tmp_path / "val_margins.npy")
    assert truth.sign == "higher" and truth.outputs.dtype == np.float32
    np.testing.assert_array_equal(truth.kept(), kept)
    np.testing.assert_array_equal(truth.outputs, losses.astype(np.float16))


def test_bergson(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    left_out = [np.flatnonzero(~row).tolist() for row in kept]
    left_out[2] = left_out[2][:-1]
    (tmp_path / "subsets.json").write_text(json.dumps(left_out))
    rows = [f"{s},{q},{1700.5 - losses[s, q]},0.25" for s in reversed(range(SUBSETS)) for q in range(QUERIES)]
    (tmp_path / "validation.csv").write_text("\n".join(["subset,query,diff,score_sum", *rows]) + "\n")
    truth = convert_bergson(tmp_path / "subsets.json", tmp_path / "validation.csv", TRAIN)
    assert truth.sign == "higher" and truth.marks == "left-out"
    np.testing.assert_allclose(truth.outputs, 1700.5 - losses.astype(np.float64), rtol=1e-12)
    members = kept.copy()
    members[2, np.flatnonzero(~kept[2])[-1]] = True
    np.testing.assert_array_equal(truth.kept(), members)
    assert described(truth.write(tmp_path / "truth", ABOUT))["subsets"]["form"] == "indices"
    np.testing.assert_array_equal(np.load(tmp_path / "truth/masks.npy")[2], [*left_out[2], -1])


def test_bergson_of_one_query(tmp_path: Path) -> None:
    (tmp_path / "subsets.json").write_text("[[0], [1]]")
    (tmp_path / "validation.csv").write_text("subset,diff,score_sum\n0,0.5,1\n1,-0.5,2\n")
    truth = convert_bergson(tmp_path / "subsets.json", tmp_path / "validation.csv", 3)
    np.testing.assert_array_equal(truth.outputs, [[0.5], [-0.5]])


def stride_lines(kept: np.ndarray, losses: np.ndarray, pool: List[int]) -> List[Dict[str, Any]]:
    lines: List[Dict[str, Any]] = [{"_meta": {"pool_indices": pool, "n_subsets": len(kept)}}]
    for row, loss in zip(kept, losses):
        subset = np.flatnonzero(row).tolist()
        lines.append({"train_subset": subset, "train_subset_global": [pool[i] for i in subset], "test_loss": loss.tolist()})
    return lines


def test_stride(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    pool = [7 + 13 * i for i in range(TRAIN)]
    path = tmp_path / "lds_d12.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in stride_lines(kept, losses, pool)))
    truth = convert_stride(path)
    assert truth.sign == "lower" and truth.train_ids == tuple(f"corpus/{place}" for place in pool)
    np.testing.assert_array_equal(truth.kept(), kept)
    np.testing.assert_allclose(truth.outputs, losses)


def test_stride_without_a_pool_needs_its_size(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "lds_d12.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in stride_lines(kept, losses, list(range(TRAIN)))[1:]))
    with pytest.raises(BenchError, match="does not say how many points the pool has"):
        convert_stride(path)
    assert convert_stride(path, TRAIN).train == TRAIN


def test_the_same_truth_gives_the_same_bytes(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    truth = foreign(kept, losses)
    first, second = (truth.write(tmp_path / name, ABOUT) for name in ("first", "second"))
    for name in ("truth.json", "masks.npy", "outputs.npy"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_single_runs_are_kept_apart(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    outputs = np.stack([losses, losses + 1], axis=1)
    about = described(foreign(kept, outputs).write(tmp_path / "truth", ABOUT))
    assert about["outputs"]["single"] is True and about["outputs"]["seeds"] == 2


def foreign(kept: np.ndarray, outputs: np.ndarray, **others: Any) -> ForeignTruth:
    return ForeignTruth("test", kept, "kept", kept.shape[1], outputs, "lower", "negated loss", **others)


def without(array: np.ndarray, row: int) -> np.ndarray:
    changed = array.copy()
    changed[row] = 0
    return changed


BROKEN = {
    "not finite": lambda k, o: foreign(k, np.where(o == o[0, 0], np.nan, o)),
    "outputs of the shape": lambda k, o: foreign(k, o[1:]),
    "a subset is empty": lambda k, o: foreign(without(k, 0), o),
    "the whole training set": lambda k, o: foreign(np.ones_like(k), o),
    "ids do not name": lambda k, o: foreign(k, o, query_ids=("a", "a", "b")),
    "names a point twice": lambda k, o: foreign_indices(o, [[0, 0]] * SUBSETS),
    "names the point 10 of 10": lambda k, o: foreign_indices(o, [[0, TRAIN]] * SUBSETS),
}


def foreign_indices(outputs: np.ndarray, lists: List[List[int]]) -> ForeignTruth:
    return ForeignTruth("test", np.array(lists, dtype=np.int32), "kept", TRAIN, outputs, "lower", "negated loss")


@pytest.mark.parametrize("reason", BROKEN)
def test_broken_truths_are_refused(reason: str, kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=reason):
        BROKEN[reason](kept, losses).write(tmp_path / "truth", ABOUT)
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_left_alone(kept: np.ndarray, losses: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    with pytest.raises(BenchError, match="exists, name a new folder"):
        foreign(kept, losses).write(tmp_path / "truth", ABOUT)


TEXTS = {
    "subsets.json is no list": ("{}", "subset,diff\n0,1\n"),
    "no list of points": ('[[0], ["a"]]', "subset,diff\n0,1\n"),
    "is not JSON": ("[" * 100_000, "subset,diff\n0,1\n"),
    "names the document 3, of 3": ("[[3]]", "subset,diff\n0,1\n"),
    "no columns": ("[[0]]", "a,b\n0,1\n"),
    "no row of numbers": ("[[0]]", "subset,diff\n0,x\n"),
    "again": ("[[0]]", "subset,diff\n0,1\n0,2\n"),
    "is missing": ("[[0], [1]]", "subset,diff\n0,1\n"),
}


@pytest.mark.parametrize("reason", TEXTS)
def test_broken_texts_are_refused(reason: str, tmp_path: Path) -> None:
    (tmp_path / "subsets.json").write_text(TEXTS[reason][0])
    (tmp_path / "validation.csv").write_text(TEXTS[reason][1])
    with pytest.raises(BenchError, match=reason):
        convert_bergson(tmp_path / "subsets.json", tmp_path / "validation.csv", 3)


def test_arrays_of_objects_and_forged_headers_are_refused(tmp_path: Path, kept: np.ndarray) -> None:
    np.save(tmp_path / "mask.npy", kept)
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    data = bytearray((tmp_path / "mask.npy").read_bytes())
    forged = bytes(data).replace(b"(6, 10)", b"(9999999999, 99999)".ljust(7))
    padding = len(forged) - len(data)
    (tmp_path / "forged.npy").write_bytes(forged.replace(b" " * padding + b"\n", b"\n", 1))
    for name in ("objects.npy", "forged.npy"):
        with pytest.raises(BenchError, match="is not an array of numbers"):
            convert_trak(tmp_path / "mask.npy", tmp_path / name)


def test_the_command_line_says_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--to", str(tmp_path / "truth"), "--title", "A", "--licence", "MIT", "--source", "somewhere"]
    code = main(["convert", "trak", "--mask", str(tmp_path / "mask.npy"), "--margins", "x.npy", *arguments])
    assert code == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'mask.npy'} cannot be read: No such file or directory, check the path\n"
