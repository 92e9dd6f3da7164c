"""Wrong passwords, and from when on none is looked at any more: by address and identity, by address, and by identity.

Every limit is a bucket: so many wrong passwords at once, and then so many a minute. What is not looked at takes nothing
out of a bucket, so a station that shares its address with somebody who guesses still has its turn now and then.

- **An address and an identity**, ``PAIR``: somebody tries passwords of one station.
- **An address**, ``ADDRESS``: somebody tries passwords of many stations. A whole site may stand behind that address: an
  identity of which it has sent no wrong password lately is still looked at.
- **An identity**, ``IDENTITY``: many addresses try passwords of one station. Nobody may lock the station out that way, so
  an address at which it has proved itself before is not counted, and not held off; and once ``NEWCOMERS`` are left of the
  bucket, only addresses that have sent no wrong password for it lately are looked at: a station whose address has changed
  gets in with its first attempt.

An address is a network where one customer has many: of IPv6 the first 64 bits count.
Sources: CVE-2026-20882 and CVE-2026-24445 (no limit on attempts).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from ipaddress import IPv6Address
from typing import Final, Generic, Literal, TypeVar

PAIR: Final = 10
ADDRESS: Final = 100
IDENTITY: Final = 90
NEWCOMERS: Final = 60
WINDOW_NS: Final = 60 * 1_000_000_000
KEPT: Final = 4096  # buckets of each kind; those that nobody has touched for longest are forgotten first
HOMES: Final = 2  # addresses of a station that are remembered

Held = Literal["", "address", "identity"]
"""Whether passwords are looked at (empty), or what has sent too many wrong ones."""

Key = TypeVar("Key", bound=Hashable)


class _Buckets(Generic[Key]):
    """Buckets of one size, full at first and full again after a minute without a wrong password."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: OrderedDict[Key, tuple[float, int]] = OrderedDict()

    def left(self, key: Key, now: int) -> float:
        """Wrong passwords that are left."""
        level, then = self._kept.get(key, (float(self.size), now))
        return min(float(self.size), level + self.size * (now - then) / WINDOW_NS)

    def lately(self, key: Key, now: int) -> bool:
        """Whether a wrong password was taken out within the last minute."""
        found = self._kept.get(key)
        return found is not None and now - found[1] < WINDOW_NS

    def take(self, key: Key, now: int) -> None:
        """A wrong password."""
        self._kept[key] = (max(0.0, self.left(key, now) - 1), now)
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)


class Guesses:
    """The wrong passwords of one listener. ``now`` is always nanoseconds of a clock that is never set.

    Identities are casefolded. What is known of an identity makes no difference to what is done here: nobody can learn
    from it whether there is such a station. (The buckets of strangers are apart, so that they push nobody's out.)
    """

    def __init__(self) -> None:
        self._pairs = {known: _Buckets[tuple[str, str]](PAIR) for known in (True, False)}
        self._identities = {known: _Buckets[str](IDENTITY) for known in (True, False)}
        self._addresses = _Buckets[str](ADDRESS)
        self._homes: dict[str, tuple[str, ...]] = {}

    def held(self, address: str, identity: str, now: int, *, known: bool, last: str | None = None) -> Held:
        """Whether a password is looked at. ``last``: the address from which the station came last, where that is known."""
        network, pair = _network(address), (_network(address), identity)
        lately = self._pairs[known].lately(pair, now)
        if self._pairs[known].left(pair, now) < 1:
            return "address"
        if lately and self._addresses.left(network, now) < 1:
            return "address"
        left = self._identities[known].left(identity, now)
        if (left < 1 or (lately and left < NEWCOMERS)) and not self._at_home(network, identity, last):
            return "identity"
        return ""

    def wrong(self, address: str, identity: str, now: int, *, known: bool, last: str | None = None) -> Held:
        """A password was looked at and wrong. Tells what has now sent so many that this should be said."""
        network = _network(address)
        self._pairs[known].take((network, identity), now)
        self._addresses.take(network, now)
        if not self._at_home(network, identity, last):
            self._identities[known].take(identity, now)
        return "address" if self._addresses.left(network, now) < 1 else ""

    def right(self, address: str, identity: str) -> None:
        """A known station has proved itself from this address: from now on that is its home."""
        network = _network(address)
        homes = self._homes.get(identity, ())
        if network not in homes[-1:]:
            self._homes[identity] = (*(one for one in homes if one != network), network)[-HOMES:]

    def _at_home(self, network: str, identity: str, last: str | None) -> bool:
        return network in self._homes.get(identity, ()) or (last is not None and network == _network(last))


def _network(address: str) -> str:
    """What one customer of a provider has: an IPv4 address, or 64 bits of an IPv6 one."""
    bare = address.strip("[]").partition("%")[0]
    if ":" not in bare:
        return bare
    try:
        return bare if (six := IPv6Address(bare)).ipv4_mapped else f"{int(six) >> 64:x}/64"
    except ValueError:
        return bare
