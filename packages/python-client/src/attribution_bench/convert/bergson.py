"""Validations of bergson (https://github.com/EleutherAI/bergson, MIT)."""

from __future__ import annotations

import csv
import io
from os import PathLike
from typing import Dict, Tuple, Union

import numpy as np

from .foreign_truth import ForeignTruth, filled, invalid
from .text_files import parse_json, read_text, unreadable, whole_numbers


def convert_bergson(subsets: "Union[str, PathLike[str]]", validation: "Union[str, PathLike[str]]", train: int) -> ForeignTruth:
    """``subsets``: ``subsets.json``, the documents that each subset leaves out; ``validation``: ``validation.csv`` with columns subset,
    query (absent where there is one), diff and score_sum. ``diff`` is the loss of the model of all documents minus that of the subset's
    model, so higher is more; ``train``: how many documents there are in all.
    """
    lists = parse_json(read_text(subsets), subsets)
    if not isinstance(lists, list) or not lists:
        raise unreadable(subsets, "is no list of subsets")
    left_out = [whole_numbers(entry, subsets) for entry in lists]
    largest = max((max(entry, default=-1) for entry in left_out), default=-1)
    if largest >= train:
        raise invalid(f"a subset names the document {largest}, of {train}")
    return ForeignTruth(
        converter="bergson",
        masks=filled(left_out),
        marks="left-out",
        train=train,
        outputs=_differences(validation, len(left_out)),
        sign="higher",
        target="negated loss of the query, less that of the model of all documents",
        seeds=1,
    )


def _differences(path: "Union[str, PathLike[str]]", subsets: int) -> np.ndarray:
    """float64 [subsets × queries], each pair given once."""
    rows = csv.DictReader(io.StringIO(read_text(path)))
    if not {"subset", "diff"} <= set(rows.fieldnames or ()):
        raise unreadable(path, "has no columns subset and diff")
    found: Dict[Tuple[int, int], float] = {}
    for line, row in enumerate(rows, start=2):
        try:
            pair = (int(row["subset"]), int(row.get("query") or 0))
            value = float(row["diff"])
        except (ValueError, TypeError) as error:
            raise unreadable(f"{path}:{line}", "is no row of numbers") from error
        if pair in found:
            raise unreadable(f"{path}:{line}", f"gives subset {pair[0]} and query {pair[1]} again")
        found[pair] = value
    queries = 1 + max((query for _, query in found), default=-1)
    missing = next(((s, q) for s in range(subsets) for q in range(queries) if (s, q) not in found), None)
    if missing is not None or len(found) != subsets * queries or queries == 0:
        where = "" if missing is None else f": subset {missing[0]}, query {missing[1]} is missing"
        raise invalid(f"{path} does not give every one of {subsets} subsets for every query{where}")
    return np.array([[found[(s, q)] for q in range(queries)] for s in range(subsets)])
