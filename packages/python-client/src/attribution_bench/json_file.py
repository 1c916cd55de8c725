"""Reading what the bench describes in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

from .errors import BenchError


def read_json(path: Path, most_bytes: int, fail: Callable[[str], BenchError]) -> Any:
    """The value of a JSON file of at most ``most_bytes``. ``fail`` makes the error that is raised from what is wrong with the file."""
    try:
        if path.stat().st_size > most_bytes:
            raise fail("is longer than such a file can be")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise fail("is not JSON") from error
