"""What the sweep looks at on one connection: the handshake, the close, a message in parts, and pings."""

from __future__ import annotations

from console.engine.endpoint.socket import Socket
from profiles import Listen

SWEEP_S = 1.0
SLICE = 500  # links that are looked at in one go
MESSAGE_S = 60.0  # a message has this long from its first byte to its last
CLOSE_S = 3.0
RTT_S = 60.0  # the round trip of a link that is never silent is measured so often,
MEASURES = 100  # but of no more links in one sweep: ten thousand pings at once would hold up every message


def _stale(socket: Socket, now: float) -> bool:
    """Whether the round trip is not known, or may be another by now. The first is measured in the crowd of a start; so the
    next ones follow soon, each after twice the time."""
    if socket.asked is None or socket.rtt_ns is None:
        return True
    return now - socket.asked >= min(RTT_S, max(SWEEP_S, socket.asked - socket.opened))


def overdue(socket: Socket, listen: Listen, now: float, *, measure: bool = True) -> str | None:
    """Why a connection has to be aborted now (``time.monotonic``), or None; pings where that is due. ``measure``: whether
    a round trip that is known may be measured again."""
    if socket.closing_since is not None:
        return "the peer did not close" if now - socket.closing_since > CLOSE_S else None
    if socket.receiver is None:
        return "no complete handshake in time" if now - socket.opened > listen.open_timeout else None
    if socket.paused:
        # Our own back-pressure: neither a pong nor the rest of a message can be heard.
        socket.pinged = socket.partial_since = None
        return None
    if socket.partial_since is not None and now - socket.partial_since > MESSAGE_S:
        return f"a message was not complete within {MESSAGE_S:.0f} s"
    interval = listen.ping_interval
    if interval <= 0:
        return None
    if socket.pinged is not None:
        if socket.heard > socket.pinged:
            if now - socket.pinged > interval:
                # Alive, but it answers no pings (EN+): traffic is proof enough.
                socket.pinged = None
        elif now - socket.pinged > listen.ping_timeout:
            return "no answer to a ping, and nothing else was heard"
    elif now - socket.heard >= interval or socket.asked is None or (measure and _stale(socket, now)):
        socket.asked = now
        socket.ping(now)
    return None
