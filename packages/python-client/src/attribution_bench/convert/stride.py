"""Truths of STRIDE (Dagli et al. 2026, arXiv:2606.05165; the data set stride-lds, MIT)."""

from __future__ import annotations

from os import PathLike
from typing import Any, Dict, List, Optional, Tuple, Union

import numpy as np

from .foreign_truth import ForeignTruth, filled, invalid, membership
from .text_files import parse_json, read_text, unreadable, whole_numbers


def convert_stride(path: "Union[str, PathLike[str]]", train: Optional[int] = None) -> ForeignTruth:
    """``path``: ``lds_<model>.jsonl``: a line ``_meta`` with the pool, then one line for each subset, ``train_subset`` (places in the pool),
    ``train_subset_global`` (places in the corpus) and ``test_loss`` [queries], lower is better.

    ``train``: points of the pool, where the header does not list them.
    """
    subsets: List[List[int]] = []
    losses: List[List[float]] = []
    corpus: Dict[int, int] = {}
    pool: Optional[List[int]] = None
    for number, text in enumerate(read_text(path).splitlines(), start=1):
        if not text.strip():
            continue
        place = f"{path}:{number}"
        entry = parse_json(text, path, number)
        if not isinstance(entry, dict):
            raise unreadable(place, "is no object")
        if "_meta" in entry:
            pool = _pool(entry["_meta"])
            continue
        subset, loss = whole_numbers(entry.get("train_subset"), place), entry.get("test_loss")
        if not isinstance(loss, list) or not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in loss):
            raise unreadable(place, "has no test_loss that is a list of numbers")
        if "train_subset_global" in entry:
            _remember(corpus, subset, whole_numbers(entry["train_subset_global"], place), place)
        subsets.append(subset)
        losses.append([float(value) for value in loss])
    if not subsets or len({len(loss) for loss in losses}) != 1:
        raise invalid(f"{path} does not hold subsets with equally many losses")
    count, ids = _points(path, train, pool, corpus, max(max(subset, default=-1) for subset in subsets))
    return ForeignTruth(
        converter="stride",
        masks=membership(filled(subsets), count),
        marks="kept",
        train=count,
        outputs=np.array(losses),
        sign="lower",
        target="negated loss of the query",
        seeds=1,
        train_ids=ids,
    )


def _pool(meta: Any) -> Optional[List[int]]:
    """The places in the corpus of the pool's points: the list in the header whose name says that it is the pool's."""
    if not isinstance(meta, dict):
        return None
    named = [value for name, value in meta.items() if "pool" in name and isinstance(value, list)]
    return named[0] if len(named) == 1 and all(type(item) is int and item >= 0 for item in named[0]) else None


def _remember(corpus: Dict[int, int], places: List[int], globally: List[int], line: str) -> None:
    if len(places) != len(globally):
        raise unreadable(line, "lists a subset by two lists of different lengths")
    for place, in_corpus in zip(places, globally):
        if corpus.setdefault(place, in_corpus) != in_corpus:
            raise unreadable(line, f"gives point {place} another place in the corpus than a line before")


def _points(
    path: Any, train: Optional[int], pool: Optional[List[int]], corpus: Dict[int, int], largest: int
) -> "Tuple[int, Optional[Tuple[str, ...]]]":
    """How many points the pool has, and their ids where their places in the corpus are known."""
    count = len(pool) if pool is not None else train
    if count is None:
        raise unreadable(path, "does not say how many points the pool has, which must then be given (--train)")
    if train is not None and train != count:
        raise invalid(f"{path} has a pool of {count} points, not {train}")
    if largest >= count:
        raise invalid(f"a subset names the point {largest} of {count}")
    if pool is not None:
        differing = next((place for place, in_corpus in corpus.items() if pool[place] != in_corpus), None)
        if differing is not None:
            raise invalid(f"the header and the subsets place point {differing} differently in the corpus")
        return count, tuple(f"corpus/{place}" for place in pool)
    return count, tuple(f"corpus/{corpus[i]}" for i in range(count)) if len(corpus) == count else None
