"""Writes files as ``torch.save`` lays them out, of whatever pickle, without PyTorch."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any, Mapping


def write_torch_file(path: Path, pickled: bytes, storages: "Mapping[str, bytes] | None" = None, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", b"little")
        for key, data in (storages or {}).items():
            archive.writestr(f"archive/data/{key}", data)
        archive.writestr("archive/version", b"3\n")
    return path


def saved_array(path: Path, value: Any) -> Path:
    """As ``torch.save(array)`` does: protocol 2, which has no bytes of its own."""
    return write_torch_file(path, pickle.dumps(value, protocol=2))
