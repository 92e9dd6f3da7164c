"""One card per connector: state, cable, id tag, power, current per phase, charge, limit, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.message import Message

from console.screens.fleet_rows import place_name
from widgets.card import CardState, ConnectorCard

if TYPE_CHECKING:
    from console.engine.fleet.model import Connector, Station, Transaction

_PLUGGED: Final = frozenset(
    ("preparing", "charging", "suspendedev", "suspendedevse", "finishing", "occupied", "evconnected")
)
_PHASES: Final = (("L1", "L1-N"), ("L2", "L2-N"), ("L3", "L3-N"))


class Card(ConnectorCard):
    """A connector. The chosen one is what orders are about."""

    DEFAULT_CSS = """
    Card { border-title-color: $foreground; }
    Card.-chosen { border-title-style: bold reverse; }
    """

    class Chosen(Message):
        """The card was clicked."""

        def __init__(self, place: tuple[int, int]) -> None:
            super().__init__()
            self.place = place

    def __init__(self, place: tuple[int, int]) -> None:
        super().__init__()
        self.place = place

    def on_click(self) -> None:
        """Choose it."""
        self.post_message(self.Chosen(self.place))


def card_state(station: Station, connector: Connector, transaction: Transaction | None, now_ns: int) -> CardState:
    """What a card says of a connector."""
    number = place_name(connector)
    currents = [_value(connector, "Current.Import", *names) for names in _PHASES]
    while currents and currents[-1] is None:
        currents.pop()
    if not currents and (single := _value(connector, "Current.Import")) is not None:
        currents = [single]
    voltage = _value(connector, "Voltage", "L1", "L1-N")
    session = transaction
    began = session.started if session is not None and session.started is not None else connector.since
    words = [word for word in (connector.vendor_error, connector.info) if word]
    if not station.connected:
        words.insert(0, "as it was when the link closed")
    return CardState(
        title=f"Connector {number}" if connector.connector == 1 else f"EVSE {connector.evse} · {number}",
        status=connector.status,
        charging_state=session.charging_state if session is not None else None,
        error_code=connector.error_code,
        cable=_cable(connector, session),
        id_tag=session.id_tag if session is not None else None,
        power_w=connector.power_w,
        currents=currents,
        voltage=voltage if voltage is not None else _value(connector, "Voltage"),
        limit_a=connector.limit if connector.limit_unit in (None, "A") else None,
        power_limit_w=connector.limit if connector.limit_unit == "W" else None,
        soc=session.soc if session is not None and session.soc is not None else connector.soc,
        energy_wh=session.energy_wh if session is not None else None,
        seconds=None if began is None else float((now_ns - began) // 1_000_000_000),
        note=" · ".join(words),
    )


def _cable(connector: Connector, transaction: Transaction | None) -> str | None:
    """Whether a cable is plugged in, as far as the status tells."""
    status = (connector.status or "").casefold()
    if status in _PLUGGED or transaction is not None:
        return "plugged in"
    return "none" if status == "available" else None


def _value(connector: Connector, measurand: str, *phases: str) -> float | None:
    for key in [f"{measurand}|{phase}" for phase in phases] or [measurand]:
        sample = connector.meter.get(key)
        if sample is not None and sample.value is not None:
            return sample.value
    return None
