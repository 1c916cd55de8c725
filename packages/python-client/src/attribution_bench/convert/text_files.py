"""Text that others wrote, read within bounds."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any, List, Union

from ..errors import BenchError
from .foreign_truth import cannot_read

_MAX_BYTES = 2**31


def read_text(path: "Union[str, PathLike[str]]") -> str:
    """Raises BenchError FOREIGN_FILE when the file is missing, is longer than 2 GiB or is not UTF-8."""
    try:
        size = Path(path).stat().st_size
        if size > _MAX_BYTES:
            raise unreadable(path, f"has {size} bytes, more than 2 GiB")
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise cannot_read(path, error) from error
    except UnicodeDecodeError as error:
        raise unreadable(path, "is not text") from error


def parse_json(text: str, path: "Union[str, PathLike[str]]", line: int = 0) -> Any:
    """Raises BenchError FOREIGN_FILE."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise unreadable(path if line == 0 else f"{path}:{line}", "is not JSON") from error


def whole_numbers(value: Any, path: "Union[str, PathLike[str]]") -> List[int]:
    """A list of points. Raises BenchError FOREIGN_FILE."""
    if isinstance(value, list) and all(type(item) is int and item >= 0 for item in value):
        return value
    raise unreadable(path, "has a subset that is no list of points")


def unreadable(path: "Union[str, PathLike[str]]", message: str) -> BenchError:
    return BenchError("FOREIGN_FILE", message, place=str(path), next="name the file as it was published")
