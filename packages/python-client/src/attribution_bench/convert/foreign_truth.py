"""The plain layout of a ground truth (schema ``bench/foreign-truth@1``): ``truth.json``, ``masks.npy``, ``outputs.npy``."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple, Union

import numpy as np

from ..errors import BenchError

SCHEMA = "bench/foreign-truth@1"


@dataclass(frozen=True)
class Provenance:
    """Where a truth comes from, in words that boards show."""

    title: str
    #: ``unknown`` where its authors do not say.
    licence: str
    source: str
    recipe: Optional[str] = None
    cite: Optional[str] = None


@dataclass(frozen=True)
class ForeignTruth:
    """Outputs of models trained on subsets of a training set."""

    converter: str
    #: bool [subsets × train], or whole numbers [subsets × most]: rows of each subset, filled up with -1.
    masks: np.ndarray
    #: ``kept`` or ``left-out``: what a subset lists.
    marks: str
    train: int
    #: float [subsets × queries], a mean over runs, or [subsets × runs × queries].
    outputs: np.ndarray
    #: ``higher`` when a larger output is more of the target, ``lower`` when it is a loss.
    sign: str
    #: What the target is, in words.
    target: str
    #: Runs that ``outputs`` [subsets × queries] is a mean of, where that is known.
    seeds: Optional[int] = None
    train_ids: Optional[Tuple[str, ...]] = None
    query_ids: Optional[Tuple[str, ...]] = None

    def write(self, folder: "Union[str, PathLike[str]]", provenance: Provenance) -> Path:
        """Writes the layout into a folder that does not exist yet. The same truth gives the same bytes.

        Raises BenchError FOREIGN_INVALID when masks and outputs do not agree, and FOREIGN_EXISTS.
        """
        place = Path(folder)
        self._check(provenance)
        if place.exists():
            raise BenchError("FOREIGN_EXISTS", "exists", place=str(place), next="name a new folder")
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        try:
            files = {"masks.npy": self.masks, "outputs.npy": self.outputs}
            digests = {name: _save(partial / name, array) for name, array in files.items()}
            text = json.dumps(self._described(provenance, digests), indent=2, ensure_ascii=False) + "\n"
            (partial / "truth.json").write_text(text, encoding="utf-8")
            partial.chmod(0o755)
            partial.rename(place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return place

    def kept(self) -> np.ndarray:
        """Whether each training point was in the training set of each subset, bool [subsets × train]."""
        listed = self.masks if self.masks.dtype == bool else membership(self.masks, self.train)
        return listed if self.marks == "kept" else ~listed

    def _check(self, provenance: Provenance) -> None:
        subsets = self.masks.shape[0]
        if self.outputs.ndim not in (2, 3) or self.outputs.shape[0] != subsets or self.outputs.size == 0:
            raise invalid(f"there are {subsets} subsets, and outputs of the shape {list(self.outputs.shape)}")
        if self.masks.dtype == bool and self.masks.shape != (subsets, self.train):
            raise invalid(f"masks have the shape {list(self.masks.shape)} for {self.train} training points")
        bad = int(np.count_nonzero(~np.isfinite(self.outputs)))
        if bad:
            raise invalid(f"{bad} of {self.outputs.size} outputs are not finite")
        sizes = self.kept().sum(axis=1)
        if sizes.min() == 0 or sizes.max() == self.train and sizes.min() == self.train:
            raise invalid("a subset is empty" if sizes.min() == 0 else "all subsets are the whole training set")
        for name, ids, count in (("training", self.train_ids, self.train), ("query", self.query_ids, self.outputs.shape[-1])):
            if ids is not None and (len(ids) != count or len(set(ids)) != count):
                raise invalid(f"the {name} ids do not name {count} points once each")
        if not (provenance.title.strip() and provenance.licence.strip() and provenance.source.strip()):
            raise BenchError("FOREIGN_INVALID", "title, licence and source must not be empty", next='say licence "unknown" where it is not known')

    def _described(self, provenance: Provenance, digests: Dict[str, Any]) -> Dict[str, Any]:
        from .. import __version__

        single = self.outputs.ndim == 3
        sizes = self.kept().sum(axis=1)
        return {
            "schema": SCHEMA,
            "title": provenance.title,
            "producer": {"name": "attribution-bench-python", "version": __version__, "converter": self.converter},
            "train": _counted(self.train, self.train_ids),
            "queries": _counted(self.outputs.shape[-1], self.query_ids),
            "subsets": {
                "count": self.masks.shape[0],
                "file": "masks.npy",
                "form": "mask" if self.masks.dtype == bool else "indices",
                "marks": self.marks,
                "fraction": float(sizes.mean() / self.train) if sizes.max() - sizes.min() <= 1 else None,
            },
            "outputs": {
                "file": "outputs.npy",
                "seeds": self.outputs.shape[1] if single else self.seeds,
                "single": single,
                "sign": self.sign,
                "target": self.target,
            },
            "recipe": provenance.recipe,
            "licence": provenance.licence,
            "source": provenance.source,
            "cite": provenance.cite,
            "files": digests,
        }


def membership(indices: np.ndarray, train: int) -> np.ndarray:
    """bool [subsets × train] of index lists that -1 fills up. Raises BenchError FOREIGN_INVALID."""
    if indices.size and (indices.min() < -1 or indices.max() >= train):
        raise invalid(f"a subset names the point {int(indices.max() if indices.max() >= train else indices.min())} of {train}")
    members = np.zeros((indices.shape[0], train), dtype=bool)
    for row, listed in enumerate(indices):
        chosen = listed[listed >= 0]
        if len(np.unique(chosen)) != len(chosen):
            raise invalid(f"subset {row} names a point twice")
        members[row, chosen] = True
    return members


def filled(lists: Sequence[Sequence[int]]) -> np.ndarray:
    """Index lists of any length as int32 [subsets × most], filled up with -1."""
    most = max((len(entry) for entry in lists), default=0)
    indices = np.full((len(lists), most), -1, dtype=np.int32)
    for row, entry in enumerate(lists):
        indices[row, : len(entry)] = entry
    return indices


def boolean_mask(masks: np.ndarray, place: str) -> np.ndarray:
    """Masks of 0 and 1 of any type as bool. Raises BenchError FOREIGN_INVALID."""
    if masks.ndim != 2 or masks.dtype.kind not in "biuf" or not np.isin(masks, (0, 1)).all():
        raise BenchError("FOREIGN_INVALID", "is no mask [subsets × points] of 0 and 1", place=place, next="name the file of the masks")
    return masks.astype(bool)


def numbers(outputs: np.ndarray, place: str) -> np.ndarray:
    """Outputs as float32 where they were published so or in less, else as float64. Raises BenchError FOREIGN_INVALID."""
    if outputs.dtype.kind != "f":
        raise BenchError("FOREIGN_INVALID", f"holds {outputs.dtype} and not real numbers", place=place, next="name the file of the outputs")
    return np.ascontiguousarray(outputs, dtype=np.float32 if outputs.dtype.itemsize <= 4 else np.float64)


def load_npy(path: "Union[str, PathLike[str]]") -> np.ndarray:
    """The array of a ``.npy`` file of numbers. Raises BenchError FOREIGN_FILE."""
    try:
        # Memory-mapped, so that a header that promises more than the file has fails before anything is allocated.
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise cannot_read(path, error) from error
    except (ValueError, EOFError, TypeError, OverflowError, SyntaxError) as error:
        raise BenchError("FOREIGN_FILE", f"is not an array of numbers: {error}", place=str(path), next="name a .npy file") from error


def cannot_read(path: "Union[str, PathLike[str]]", error: OSError) -> BenchError:
    return BenchError("FOREIGN_FILE", f"cannot be read: {error.strerror or error}", place=str(path), next="check the path")


def invalid(message: str) -> BenchError:
    return BenchError("FOREIGN_INVALID", message, next="check that the files belong together")


def _counted(count: int, ids: Optional[Sequence[str]]) -> Dict[str, Any]:
    return {"count": count} if ids is None else {"count": count, "ids": list(ids)}


def _save(path: Path, array: np.ndarray) -> Dict[str, Any]:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    with open(path, "wb") as file:
        np.save(file, np.ascontiguousarray(little), allow_pickle=False)
    data = path.read_bytes()
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
