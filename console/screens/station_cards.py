"""One card per connector: state, cable, id tag, power, current per phase, charge, limit, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.message import Message

from console.screens.fleet_rows import place_name
from console.screens.session_rows import length_s
from widgets.card import CardState, ConnectorCard
from widgets.format import age

if TYPE_CHECKING:
    from console.engine.fleet.model import Connector, Station, Transaction

_PLUGGED: Final = frozenset(
    ("preparing", "charging", "suspendedev", "suspendedevse", "finishing", "occupied", "evconnected")
)
_FRESH_S = 60.0  # readings younger than this are as good as now
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
    if voltage is None:
        voltage = _value(connector, "Voltage")
    session = transaction
    measured = None if connector.metered is None else (now_ns - connector.metered) / 1e9
    flows = bool(currents) or voltage is not None or connector.power_w is not None
    power = connector.power_w
    if not station.connected and session is not None:
        # The link is gone: its last word, dimmed.
        power, flows = session.power_w, True
    seconds = None if connector.since is None else (now_ns - connector.since) / 1e9
    if session is not None and session.started is not None:
        seconds = length_s(session, now_ns, station)
    words = [word for word in (connector.vendor_error, connector.info) if word]
    if not station.connected:
        gone = station.link_closed or station.last_seen
        words.insert(0, f"no link for {age((now_ns - gone) / 1e9)}: as it was before")
    return CardState(
        title=f"Connector {number}" if connector.connector == 1 else f"EVSE {connector.evse} · {number}",
        status=connector.status,
        charging_state=session.charging_state if session is not None else None,
        error_code=connector.error_code,
        cable=_cable(connector, session),
        id_tag=session.id_tag if session is not None else None,
        power_w=power,
        currents=currents,
        voltage=voltage,
        limit_a=connector.limit if connector.limit_unit in (None, "A") else None,
        power_limit_w=connector.limit if connector.limit_unit == "W" else None,
        soc=session.soc if session is not None and session.soc is not None else connector.soc,
        energy_wh=session.energy_wh if session is not None else None,
        register_wh=connector.energy_wh if session is None else None,
        register_age=None if connector.energy_at is None else float((now_ns - connector.energy_at) // 1_000_000_000),
        live_age=_worth(measured) if flows else None,
        old=not station.connected or (connector.metered or 0) < (station.link_opened or 0),
        seconds=None if seconds is None else float(int(seconds)),
        note=" · ".join(words),
    )


def _worth(seconds: float | None) -> float | None:
    """The age of a reading where it is old enough to be told; in whole steps, so that a card is not drawn each second."""
    if seconds is None or seconds < _FRESH_S:
        return None
    return seconds // 60 * 60


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
