"""Reads what ``torch.save`` wrote, without PyTorch and without running anything."""

from __future__ import annotations

import zipfile
from os import PathLike
from pathlib import Path
from typing import Any, Union

import numpy as np

from ..errors import BenchError
from .foreign_truth import cannot_read
from .restricted_pickle import read_pickle


def read_torch_file(path: "Union[str, PathLike[str]]") -> Any:
    """Arrays, tensors (as arrays), numbers, text, and lists, tuples and dictionaries of them.

    Raises BenchError TORCH_FILE when the file is not a zip as PyTorch 1.6 and later write it, and PICKLE_REFUSED.
    """
    place = str(path)
    try:
        total = Path(path).stat().st_size
        with zipfile.ZipFile(path) as archive:
            return _read(archive, total, place)
    except OSError as error:
        raise cannot_read(path, error) from error
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise _malformed(f"is not a file of torch.save: {error}", place) from error


def _read(archive: zipfile.ZipFile, total: int, place: str) -> Any:
    members = {info.filename: info for info in archive.infolist()}
    compressed = next((name for name, info in members.items() if info.compress_type != zipfile.ZIP_STORED), None)
    if compressed is not None:
        raise _malformed(f"has the compressed member {compressed!r}, which torch.save does not write", place)
    if len(members) != len(archive.infolist()) or sum(info.file_size for info in members.values()) > total:
        raise _malformed("has members that overlap", place)
    pickles = [name for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise _malformed(f"has {len(pickles)} pickles instead of one", place)
    root = pickles[0][: -len("data.pkl")]
    if f"{root}byteorder" in members and archive.read(f"{root}byteorder") != b"little":
        raise _malformed("is of a big-endian machine", place)

    def storage(key: str, size: int) -> bytes:
        info = members.get(f"{root}data/{key}")
        return b"" if info is None or info.file_size != size else archive.read(info)

    return read_pickle(archive.read(pickles[0]), place, storage, total)


def read_torch_array(path: "Union[str, PathLike[str]]") -> np.ndarray:
    """The one array or tensor that a file holds. Raises BenchError as :func:`read_torch_file`."""
    value = read_torch_file(path)
    if not isinstance(value, np.ndarray):
        raise _malformed(f"holds a {type(value).__name__} and not an array", str(path))
    return value


def _malformed(message: str, place: str) -> BenchError:
    return BenchError("TORCH_FILE", message, place=place, next="save it again with torch.save of PyTorch 1.6 or later")
