"""How many connections this process may hold, so that descriptors are left for the journal and the files."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

SPARE: Final = 128  # descriptors that connections leave for the journal and the files
UNLIMITED: Final = 1_000_000
WANTED: Final = 65_536  # where the hard limit is none
VISITORS: Final = 1_000  # of the file server, and of the API


def links_allowed() -> int:
    """Connections of all listeners together."""
    limit = _limit()
    return max(limit - SPARE - 2 * visitors_allowed(), limit // 2)


def visitors_allowed() -> int:
    """Connections of the file server, and as many of the API."""
    return min(VISITORS, _limit() // 8)


def _limit() -> int:
    """Files that may be open; the soft limit is raised first, as far as that goes."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return UNLIMITED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return UNLIMITED if soft == resource.RLIM_INFINITY else soft
