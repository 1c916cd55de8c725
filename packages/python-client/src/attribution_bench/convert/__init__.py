"""Ground truths that others published, in the plain layout that ``bench truth import --foreign DIR`` reads."""

from .bergson import convert_bergson
from .dattri import convert_dattri
from .foreign_truth import ForeignTruth, Provenance
from .kronfluence import convert_kronfluence
from .stride import convert_stride
from .trak import convert_trak

__all__ = [
    "ForeignTruth",
    "Provenance",
    "convert_bergson",
    "convert_dattri",
    "convert_kronfluence",
    "convert_stride",
    "convert_trak",
]
