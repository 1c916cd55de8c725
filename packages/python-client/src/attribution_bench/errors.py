"""The one exception that this package raises on purpose."""

from __future__ import annotations

from typing import Optional


class BenchError(Exception):
    """A failure with a place, a cause and a next step.

    ``code`` is the stable name of the kind of failure, ``place`` a file or an argument, ``next`` what the reader can do
    about it. ``str(error)`` is one line: ``place message, next``.
    """

    def __init__(self, code: str, message: str, *, place: Optional[str] = None, next: Optional[str] = None) -> None:
        self.code = code
        self.message = message
        self.place = place
        self.next = next
        before = "" if place is None else f"{place} "
        after = "" if next is None else f", {next}"
        super().__init__(f"{before}{message}{after}")
