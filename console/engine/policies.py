"""What the profile says to stations: the policies that dialects answer by, and the judgement of id tags."""

from __future__ import annotations

from collections.abc import Callable

from console.engine.dialects.base import Policy, TagInfo
from console.engine.dialects.reading import stamp
from profiles import Profile

NS = 1_000_000_000


class Policies:
    """The policies of one profile, one for each registration status; links share them.

    ``sign`` says why the certificate request (PEM) of a station (its identity) is refused; None where it is granted.
    """

    def __init__(self, profile: Profile, *, sign: Callable[[str, str], str | None]) -> None:
        self._profile = profile
        self._sign = sign
        self._made: dict[str, Policy] = {}

    def of(self, registration: str) -> Policy:
        """The policy for stations that were let in as ``Accepted``, ``Pending`` or ``Rejected``."""
        found = self._made.get(registration)
        if found is None:
            profile = self._profile
            found = self._made[registration] = Policy(
                strict=profile.strict,
                registration=registration,
                heartbeat_interval=profile.registration.heartbeat_interval,
                pending_interval=profile.registration.pending_interval,
                tag=self._tag,
                sign=self._sign,
            )
        return found

    def _tag(self, tag: str) -> TagInfo:
        return tag_info(self._profile, tag)


def tag_info(profile: Profile, tag: str) -> TagInfo:
    """What the profile says of an id tag."""
    known = profile.tag(tag)
    if known is None:
        return TagInfo("Accepted" if profile.tags.policy == "accept" else "Invalid")
    expires = None if known.expires is None else stamp(int(known.expires.timestamp() * NS))
    return TagInfo(
        status=known.status,
        parent=known.parent,
        expires=expires,
        max_wh=None if known.limit_kwh is None else known.limit_kwh * 1000,
        max_seconds=None if known.limit_minutes is None else known.limit_minutes * 60,
        max_cost=known.limit_cost,
    )
