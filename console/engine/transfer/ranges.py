"""The Range header of HTTP: which part of a file a client asks for.

Source: RFC 9110 section 14. One range is served; several, or what cannot be read, mean the whole file (allowed there).
"""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*$", re.IGNORECASE)


class Unsatisfiable(ValueError):
    """The range lies behind the end of the file (416)."""


def requested(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last, or None for the whole file. Raises Unsatisfiable."""
    match = _ONE.match(header.strip()) if header else None
    if match is None:
        return None
    first, last = match[1], match[2]
    if not first and not last:
        return None
    if not first:
        length = int(last)
        if not length:
            raise Unsatisfiable
        return max(0, size - length), size
    start = int(first)
    end = int(last) + 1 if last else size
    if last and end <= start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(end, size)
