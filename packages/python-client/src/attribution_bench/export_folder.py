"""Files of an exported task, each checked against what ``task.json`` says of it before it is used."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path, PurePosixPath
from typing import Any, Dict, Mapping

import numpy as np

from .errors import BenchError
from .json_file import read_json
from .safetensors_file import parse_safetensors

SCHEMA = "bench/task@1"
_MAX_TASK_JSON_BYTES = 256 * 2**20


class ExportFolder:
    """The folder that ``bench export --to DIR`` wrote.

    The folder may come from anywhere: paths may not leave it, arrays hold numbers only, and no file is read whose size
    or SHA-256 is another than ``task.json`` names.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder.resolve()
        self.described = _task_json(self.root)
        files = self.described.get("files")
        if not isinstance(files, dict):
            raise self._error("has no \"files\"")
        self._files: Mapping[str, Any] = files

    def array(self, path: str) -> np.ndarray:
        """The array of a ``.npy`` file."""
        data = self.read(path)
        try:
            return np.load(io.BytesIO(data), allow_pickle=False)
        except (ValueError, EOFError, OSError, MemoryError) as error:
            raise BenchError("EXPORT_ARRAY", "is not an array of numbers", place=path, next="export the task again") from error

    def tensors(self, path: str) -> Dict[str, np.ndarray]:
        """The tensors of a safetensors file by name."""
        return parse_safetensors(self.read(path), path)

    def read(self, path: str) -> bytes:
        """The bytes of a file that ``task.json`` lists, checked."""
        entry = self._files.get(path)
        if not isinstance(entry, dict):
            raise self._error(f"does not list the file {path!r}")
        place = self._inside(path)
        try:
            size = place.stat().st_size
            data = place.read_bytes() if size == entry.get("bytes") else b""
        except OSError as error:
            raise BenchError("EXPORT_FILE", f"cannot be read: {error.strerror}", place=str(place), next="export the task again") from error
        if size != entry.get("bytes") or hashlib.sha256(data).hexdigest() != entry.get("sha256"):
            raise BenchError("EXPORT_CHANGED", "is not the file that task.json describes", place=str(place), next="export the task again")
        return data

    def _inside(self, path: str) -> Path:
        pure = PurePosixPath(path)
        place = self.root.joinpath(*pure.parts)
        if pure.is_absolute() or ".." in pure.parts or "\\" in path or self.root not in place.resolve().parents:
            raise self._error(f"names the file {path!r}, which is not in its folder")
        return place

    def _error(self, message: str) -> BenchError:
        return BenchError("EXPORT_INVALID", message, place=str(self.root / "task.json"), next="export the task again")


def _task_json(root: Path) -> Dict[str, Any]:
    path = root / "task.json"

    def fail(message: str) -> BenchError:
        return BenchError("EXPORT_INVALID", message, place=str(path), next="name a folder that `bench export` wrote")

    described = read_json(path, _MAX_TASK_JSON_BYTES, fail)
    schema = described.get("schema") if isinstance(described, dict) else None
    if schema != SCHEMA:
        raise BenchError(
            "EXPORT_SCHEMA",
            f"has the schema {schema!r}, this package reads {SCHEMA}",
            place=str(path),
            next="install the attribution-bench package of the version that exported the task",
        )
    return described
