"""Score files that ``use: scores`` ranks (schema ``bench/scores@1``)."""

from __future__ import annotations

import json
import os
from os import PathLike
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple, Union

import numpy as np

from .errors import BenchError
from .safetensors_file import write_safetensors
from .task import Task

SCHEMA = "bench/scores@1"
_COSTS = ("seconds", "memory", "retrainings")


def save_scores(
    path: "Union[str, PathLike[str]]",
    scores: Any,
    ids: "Union[Task, Tuple[Sequence[str], Sequence[str]], None]" = None,
    sign: str = "raises",
    title: Optional[str] = None,
    cost: Optional[Dict[str, float]] = None,
    *,
    family: Optional[str] = None,
) -> Path:
    """Writes scores [queries × train], or [train] for a method that does not look at queries.

    ``path`` ends with ``.npz`` or ``.safetensors``, or with ``.npy``, which holds the matrix and nothing else.
    ``ids``: the task, whose ids and key are written, or ``(query ids, train ids)`` in the order of the axes.
    ``sign``: ``raises`` when a positive score says that the training point raises the query's target, ``lowers`` for the opposite.
    ``cost``: any of ``seconds``, ``memory`` (bytes) and ``retrainings``.

    Raises BenchError SCORES_INVALID when the scores are not finite numbers of the right shape. An existing file is replaced whole.
    """
    place = Path(path)
    matrix = _matrix(scores)
    if sign not in ("raises", "lowers"):
        raise _invalid(f"sign is {sign!r}", 'say "raises" or "lowers"')
    unknown = sorted(set(cost or {}) - set(_COSTS))
    if unknown:
        raise _invalid(f"cost has the unknown member {unknown[0]!r}", f"it takes {', '.join(_COSTS)}")
    key, query_ids, train_ids = _identified(ids)
    if train_ids is not None and query_ids is not None:
        _check_shape(matrix, len(query_ids), len(train_ids))
    meta = {"task": key, "sign": sign, "title": title, "family": family, "cost": cost}
    meta = {"schema": SCHEMA, **{name: value for name, value in meta.items() if value is not None}}
    ids_given = {
        name: list(values) for name, values in (("query_ids", query_ids), ("train_ids", train_ids)) if values is not None
    }
    partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        _write(partial, place.suffix, matrix, ids_given, meta)
        os.replace(partial, place)
    finally:
        partial.unlink(missing_ok=True)
    return place


def _write(path: Path, suffix: str, matrix: np.ndarray, ids: Dict[str, Any], meta: Dict[str, Any]) -> None:
    if suffix == ".npy":
        said = [name for name in ("title", "family", "cost") if name in meta] + (["sign"] if meta["sign"] == "lowers" else [])
        if said:
            raise _invalid(f"a .npy file cannot hold {said[0]}", "end the path with .npz or .safetensors")
        with open(path, "wb") as file:
            np.save(file, matrix, allow_pickle=False)
    elif suffix == ".npz":
        arrays = {name: np.array(values) for name, values in ids.items()}
        with open(path, "wb") as file:
            np.savez(file, scores=matrix, meta=np.array(json.dumps(meta, ensure_ascii=False)), **arrays)
    elif suffix == ".safetensors":
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in meta.items()}
        texts.update({name: json.dumps(values, ensure_ascii=False) for name, values in ids.items()})
        write_safetensors(path, {"scores": matrix}, texts)
    else:
        raise _invalid(f"the path ends with {suffix!r}", "end it with .npy, .npz or .safetensors")


def _matrix(scores: Any) -> np.ndarray:
    if hasattr(scores, "detach"):
        scores = scores.detach().cpu().numpy()
    array = np.asarray(scores)
    if array.dtype not in (np.dtype("float32"), np.dtype("float64")):
        if array.dtype.kind not in "fiu":
            raise _invalid(f"the scores are of type {array.dtype}", "give numbers")
        array = array.astype(np.float64)
    array = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    if array.ndim not in (1, 2) or array.size == 0:
        raise _invalid(f"the scores have the shape {list(array.shape)}", "give [queries × train], or [train]")
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise _invalid(f"{bad} of {array.size} scores are not finite", "look for divisions by 0 in the method")
    return array


def _identified(ids: Any) -> Tuple[Optional[str], Optional[Sequence[str]], Optional[Sequence[str]]]:
    if ids is None:
        return None, None, None
    if isinstance(ids, Task):
        return ids.key, ids.queries.ids, ids.train.ids
    query_ids, train_ids = ids
    for name, values in (("query", query_ids), ("training", train_ids)):
        if len(set(values)) != len(values):
            raise _invalid(f"a {name} id is given twice", "name each point once")
    return None, query_ids, train_ids


def _check_shape(matrix: np.ndarray, queries: int, train: int) -> None:
    if matrix.shape in ((queries, train), (train,)):
        return
    next_step = "transpose them" if matrix.shape == (train, queries) else "score every query for every training point"
    raise _invalid(f"the scores have the shape {list(matrix.shape)}, the task has {queries} queries and {train} training points", next_step)


def _invalid(message: str, next_step: str) -> BenchError:
    return BenchError("SCORES_INVALID", message, next=next_step)
