"""``python -m attribution_bench convert <whose> ... --to DIR``."""

from __future__ import annotations

import argparse
import sys
from typing import Callable, Dict, List, Optional

from .convert import (
    ForeignTruth,
    Provenance,
    convert_bergson,
    convert_dattri,
    convert_kronfluence,
    convert_stride,
    convert_trak,
)
from .errors import BenchError

#: Converters by whose files they read.
_CONVERTERS: Dict[str, Callable[[argparse.Namespace], ForeignTruth]] = {
    "kronfluence": lambda a: convert_kronfluence(a.losses, a.masks, a.seeds),
    "dattri": lambda a: convert_dattri(a.target_values, a.indices, a.train, a.seeds),
    "trak": lambda a: convert_trak(a.mask, a.margins, a.seeds),
    "bergson": lambda a: convert_bergson(a.subsets, a.validation, a.train),
    "stride": lambda a: convert_stride(a.lds, a.train),
}


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the command line. Returns the exit code: 0, or 2 for bad input."""
    arguments = _parser().parse_args(argv)
    provenance = Provenance(arguments.title, arguments.licence, arguments.source, arguments.recipe, arguments.cite)
    try:
        truth = _CONVERTERS[arguments.whose](arguments)
        folder = truth.write(arguments.to, provenance)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    kept = truth.kept().sum(axis=1)
    subsets, queries = truth.masks.shape[0], truth.outputs.shape[-1]
    sizes = f"{kept.min()}" if kept.min() == kept.max() else f"{kept.min()} to {kept.max()}"
    print(f"{folder}: {subsets} subsets that keep {sizes} of {truth.train} points, {queries} queries")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m attribution_bench", description="Python client of Attribution Bench.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    convert = verbs.add_parser("convert", help="bring a published ground truth into the layout of `bench truth import --foreign`")
    whose = convert.add_subparsers(dest="whose", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        sub = whose.add_parser(name, help=text)
        sub.add_argument("--to", required=True, metavar="DIR", help="folder to make")
        sub.add_argument("--title", required=True, help="what boards call it")
        sub.add_argument("--licence", required=True, help='its licence, "unknown" where nobody says')
        sub.add_argument("--source", required=True, help="where the files are from")
        sub.add_argument("--recipe", help="how its models were trained, in words")
        sub.add_argument("--cite", help="paper")
        return sub

    def add_seeds(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--seeds", type=int, help="training runs that each output is a mean of, where that is known")

    kronfluence = add("kronfluence", "losses and masks as .pt files of NumPy arrays")
    kronfluence.add_argument("--losses", required=True, help=".pt file [subsets x queries]")
    kronfluence.add_argument("--masks", required=True, help=".pt file [subsets x train], 1 = kept")
    add_seeds(kronfluence)
    dattri = add("dattri", "target_values_lds.pt and indices_lds.pt")
    dattri.add_argument("--target-values", required=True, help="target_values_lds.pt [subsets x queries], minus the loss")
    dattri.add_argument("--indices", required=True, help="indices_lds.pt [subsets x size], points that are kept")
    dattri.add_argument("--train", required=True, type=int, help="points of the whole training set")
    add_seeds(dattri)
    trak = add("trak", "mask.npy and val_margins.npy")
    trak.add_argument("--mask", required=True, help="mask.npy [subsets x train], 1 = kept")
    trak.add_argument("--margins", required=True, help="val_margins.npy [subsets x queries]")
    add_seeds(trak)
    bergson = add("bergson", "subsets.json and validation.csv")
    bergson.add_argument("--subsets", required=True, help="subsets.json, documents that are left out")
    bergson.add_argument("--validation", required=True, help="validation.csv")
    bergson.add_argument("--train", required=True, type=int, help="documents of the whole training set")
    stride = add("stride", "lds_<model>.jsonl")
    stride.add_argument("--lds", required=True, help="lds_<model>.jsonl")
    stride.add_argument("--train", type=int, help="points of the pool, where the file does not list them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
