"""Truths of the dattri benchmark (https://github.com/TRAIS-Lab/dattri, MIT)."""

from __future__ import annotations

from os import PathLike
from typing import Optional, Union

import numpy as np

from ..errors import BenchError
from .foreign_truth import ForeignTruth, invalid, numbers
from .torch_file import read_torch_array


def convert_dattri(
    target_values: "Union[str, PathLike[str]]", indices: "Union[str, PathLike[str]]", train: int, seeds: Optional[int] = None
) -> ForeignTruth:
    """``target_values``: ``target_values_lds.pt`` [subsets × queries], minus the loss and so higher is more, a mean over ``seeds`` runs;
    ``indices``: ``indices_lds.pt`` [subsets × size], the points that each subset keeps; ``train``: how many points there are in all.
    """
    outputs = numbers(read_torch_array(target_values), str(target_values))
    listed = read_torch_array(indices)
    if listed.ndim != 2 or listed.dtype.kind not in "iuf" or not np.array_equal(listed, np.trunc(listed)):
        raise BenchError("FOREIGN_INVALID", "is no list of points for each subset", place=str(indices), next="name indices_lds.pt")
    if outputs.ndim != 2:
        raise invalid(f"target values have the shape {list(outputs.shape)}, and not [subsets × queries]")
    if listed.size == 0 or listed.min() < 0 or listed.max() >= train:
        raise invalid(f"subsets name points up to {int(listed.max(initial=0))}, of {train}")
    return ForeignTruth(
        converter="dattri",
        masks=listed.astype(np.int32),
        marks="kept",
        train=train,
        outputs=outputs,
        sign="higher",
        target="negated loss of the query",
        seeds=seeds,
    )
