"""Truths of the TRAK paper's repository (https://github.com/MadryLab/trak, MIT)."""

from __future__ import annotations

from os import PathLike
from typing import Optional, Union

from .foreign_truth import ForeignTruth, boolean_mask, invalid, load_npy, numbers


def convert_trak(mask: "Union[str, PathLike[str]]", margins: "Union[str, PathLike[str]]", seeds: Optional[int] = None) -> ForeignTruth:
    """``mask``: ``mask.npy`` [subsets × train], 1 = kept; ``margins``: ``val_margins.npy`` [subsets × queries], higher is more."""
    kept = boolean_mask(load_npy(mask), str(mask))
    outputs = numbers(load_npy(margins), str(margins))
    if outputs.ndim != 2:
        raise invalid(f"margins have the shape {list(outputs.shape)}, and not [subsets × queries]")
    return ForeignTruth(
        converter="trak",
        masks=kept,
        marks="kept",
        train=kept.shape[1],
        outputs=outputs,
        sign="higher",
        target="multi-class margin of the query",
        seeds=seeds,
    )
