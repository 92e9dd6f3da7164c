"""What the handlers of OCPP 2.0.1 and 2.1 have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.simulator.wire import StationEnd

if TYPE_CHECKING:
    from console.simulator.v2.speech import Speech2


class Answering(StationEnd):
    """The answer classes of both versions have the same names: the right module is the link's own."""

    speech: Speech2

    def answer(self, action: str, **fields: Any) -> Any:
        """A ``call_result`` of this link's version."""
        return getattr(self._call_result, action)(**fields)

    def reason(self, code: str, text: str = "") -> dict[str, str]:
        """A StatusInfoType."""
        return {"reasonCode": code, "additionalInfo": text} if text else {"reasonCode": code}
