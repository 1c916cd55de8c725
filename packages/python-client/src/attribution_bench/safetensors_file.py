"""Reads and writes safetensors files with NumPy alone (format: https://github.com/huggingface/safetensors)."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any, Dict, Mapping

import numpy as np

from .errors import BenchError

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U8": "|u1", "BOOL": "|b1"}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}
_MAX_HEADER_BYTES = 100_000_000


def parse_safetensors(data: bytes, place: str) -> Dict[str, np.ndarray]:
    """The tensors of a file by name, as read-only views of ``data``.

    Raises BenchError SAFETENSORS when header and data do not agree.
    """

    def malformed(reason: str) -> BenchError:
        return BenchError("SAFETENSORS", reason, place=place, next="export the task again")

    if len(data) < 8:
        raise malformed("is too short to be a safetensors file")
    length = int.from_bytes(data[:8], "little")
    if length > min(_MAX_HEADER_BYTES, len(data) - 8):
        raise malformed(f"announces a header of {length} bytes in a file of {len(data)}")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise malformed("has a header that is not JSON") from error
    if not isinstance(header, dict):
        raise malformed("has a header that is not an object")
    body = memoryview(data)[8 + length :]
    tensors: Dict[str, np.ndarray] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        described = _described(entry)
        if described is None:
            raise malformed(f"describes tensor {name!r} in no known form")
        dtype, shape, start, end = described
        if not 0 <= start <= end <= len(body) or end - start != dtype.itemsize * prod(shape):
            raise malformed(f"has a tensor {name!r} whose offsets do not fit its shape")
        tensors[name] = np.frombuffer(body[start:end], dtype=dtype).reshape(shape)
    return tensors


def _described(entry: Any) -> Any:
    """``(dtype, shape, start, end)`` of a header entry, or None."""
    if not isinstance(entry, dict) or entry.get("dtype") not in _DTYPES:
        return None
    shape, offsets = entry.get("shape"), entry.get("data_offsets")
    if not (_counts(shape) and len(shape) <= 16 and _counts(offsets) and len(offsets) == 2):
        return None
    return np.dtype(_DTYPES[entry["dtype"]]), tuple(shape), offsets[0], offsets[1]


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


def write_safetensors(path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Writes tensors, in the order given, and text metadata. The same input gives the same bytes."""
    entries: Dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name, tensor in tensors.items():
        entries[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + tensor.nbytes],
        }
        offset += tensor.nbytes
    header = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(len(header).to_bytes(8, "little"))
        file.write(header)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor).tobytes())
