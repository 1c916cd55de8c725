"""Truths of kronfluence's examples (https://github.com/pomonam/kronfluence, Apache-2.0)."""

from __future__ import annotations

from os import PathLike
from typing import Optional, Union

from .foreign_truth import ForeignTruth, boolean_mask, invalid, numbers
from .torch_file import read_torch_array


def convert_kronfluence(losses: "Union[str, PathLike[str]]", masks: "Union[str, PathLike[str]]", seeds: Optional[int] = None) -> ForeignTruth:
    """``losses``: [subsets × queries], lower is better; ``masks``: [subsets × train], 1 = kept; both ``.pt`` files of a NumPy array.

    ``seeds``: how many runs the losses are means of, where that is known.
    """
    outputs = numbers(read_torch_array(losses), str(losses))
    kept = boolean_mask(read_torch_array(masks), str(masks))
    if outputs.ndim != 2:
        raise invalid(f"losses have the shape {list(outputs.shape)}, and not [subsets × queries]")
    return ForeignTruth(
        converter="kronfluence",
        masks=kept,
        marks="kept",
        train=kept.shape[1],
        outputs=outputs,
        sign="lower",
        target="negated loss of the query",
        seeds=seeds,
    )
