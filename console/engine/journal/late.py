"""An exchange of the journal whose payloads are read only when somebody asks for one.

A page of the message log is 200 exchanges, of which a screen shows some forty: most of what a page costs is unpacking and
reading JSON that nobody looks at. Where that is done at once anyway, for programs and for the fold, ``codec.exchange`` does
it in the reading thread.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from console.engine.filter_sql import BINARY_REQUEST, BINARY_RESPONSE
from console.engine.journal import codec, packs
from console.engine.wire.exchange import Exchange

log = logging.getLogger("chargehand.journal")

_LATE = ("request", "response")
_PACKED = ("raw_request", "raw_response")


class Pack:
    """Bodies as they lie packed in the journal (in hex); opened when the first of them is asked for."""

    __slots__ = ("_bodies", "_packed")

    def __init__(self, packed: str) -> None:
        self._packed = packed
        self._bodies: dict[int, packs.Frames] | None = None

    def frames(self, id_: int) -> packs.Frames:
        """The frames of one exchange. Of a pack that is damaged there are none: the log goes on, and whoever opens the
        exchange is told (``Reader.message`` raises)."""
        if self._bodies is None:
            try:
                self._bodies = {row[0]: row for row in packs.unpacked(zlib.decompress(bytes.fromhex(self._packed)))}
            except (zlib.error, msgspec.DecodeError, ValueError, TypeError) as error:
                log.warning("the frames of message %d cannot be read: %s", id_, error)
                self._bodies = {}
            self._packed = ""
        return self._bodies.get(id_, (id_, None, None))


class LateExchange(Exchange, kw_only=True, gc=False):
    """An exchange that reads its payloads, and its frames where they are packed, with the first use of them; all others
    may take it for any exchange. It is equal to the same one read at once; a copy, pickled or not, is a plain one.

    ``pack``: where its frames are, None where they are at hand. ``bits``: as in the journal.
    """

    pack: Pack | None
    bits: int

    def __getattr__(self, name: str) -> Any:
        # Called only for a field that is not set (yet).
        if name in _PACKED and self.pack is not None:
            _, request, response = self.pack.frames(self.id)
            self.raw_request = codec.frame_of(request, self.bits & BINARY_REQUEST)
            self.raw_response = codec.frame_of(response, self.bits & BINARY_RESPONSE)
            self.pack = None
        elif name == "request":
            self.request = codec.asked(self.raw_request, self.bits)
        elif name == "response":
            self.response = codec.payload(self.raw_response)
        else:
            raise AttributeError(name)
        return getattr(self, name)

    def whole(self) -> Exchange:
        """The same with everything read."""
        return Exchange(**{name: getattr(self, name) for name in Exchange.__struct_fields__})

    def __eq__(self, other: object) -> bool:
        return self.whole() == (other.whole() if isinstance(other, LateExchange) else other)

    def __copy__(self) -> Exchange:
        return self.whole()

    def __repr__(self) -> str:
        return repr(self.whole())

    def __reduce__(self) -> Any:
        return self.whole().__reduce__()


def late(row: Sequence[Any], pack: Pack | None) -> Exchange:
    """An exchange out of what ``codec.COLUMNS`` selected; where its body lies in a ``pack``, row's last two do not count."""
    made = LateExchange(**codec.facts(row), pack=pack, bits=row[codec.BITS])
    for name in _LATE if pack is None else _LATE + _PACKED:
        delattr(made, name)
    if pack is None:
        made.raw_request = codec.frame_of(row[codec.BODY], made.bits & BINARY_REQUEST)
        made.raw_response = codec.frame_of(row[codec.BODY + 1], made.bits & BINARY_RESPONSE)
    return made
