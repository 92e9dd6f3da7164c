"""Telling what was refused: always on the attempt's row, and in the journal as far as a flood leaves room there."""

from __future__ import annotations

from console.engine.endpoint.admission import Concern
from console.engine.endpoint.attempts import Attempt, Attempts
from console.engine.endpoint.hub import Hub
from console.engine.wire.exchange import Happening

KEPT_S = 5.0  # a second, on average, in the journal; all of them are counted
BURST = 200.0


class Refusals:
    """The refusals of one listener."""

    def __init__(self, hub: Hub, attempts: Attempts) -> None:
        self._hub = hub
        self._attempts = attempts
        self._budget = BURST

    def refill(self, seconds: float) -> None:
        """So much time has passed."""
        self._budget = min(BURST, self._budget + KEPT_S * seconds)

    def tell(self, attempt: Attempt, status: int | None, reason: str, advice: str, *, concern: Concern = "") -> None:
        """An attempt was refused with an HTTP ``status`` (None: before there was any). ``concern``: see Admission."""
        attempt.verdict, attempt.status, attempt.reason, attempt.advice = "refused", status, reason, advice
        if self._attempts.fold(attempt, self._hub.clock()) or self._budget < 1:
            return
        self._budget -= 1
        data = {**attempt.told(), "status": status, "reason": reason, "advice": advice}
        if concern == "revoked":
            data["revoked"] = True
        elif concern:
            data["guessing"] = concern
        self._hub.keep(Happening(time=attempt.time, kind="link.refused", link=attempt.id, data=data))
