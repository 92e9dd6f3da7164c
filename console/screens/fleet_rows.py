"""What a row of the fleet says: how sick a station is, what its connectors do, its note. Pure views of the read model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from console.engine.filter_fleet import faulted
from widgets.columns import Cell, CellLike, Column, Row
from widgets.format import NOTHING, age, energy, latency, power, skew
from widgets.safe import cut, safe_text
from widgets.spark import sparkline
from widgets.tone import link_glyph, status_glyph, status_text

if TYPE_CHECKING:
    from console.engine.fleet.fleet import Fleet
    from console.engine.fleet.model import Alarm, Connector, Station, Transaction

COLUMNS: Final = (
    Column("station", "STATION", width=14, min_width=13, max_width=28, weight=2),
    Column("site", "SITE", width=14, min_width=8, max_width=20, weight=1, priority=6),
    Column("model", "MODEL", width=18, min_width=11, max_width=36, weight=1, priority=7),
    Column("firmware", "FIRMWARE", width=10, min_width=10, max_width=14, priority=9),
    Column("ocpp", "OCPP", width=5, min_width=5, priority=8),
    Column("link", "LINK", width=8, min_width=8),
    Column("connectors", "CONNECTORS", width=28, min_width=25, max_width=60, weight=4),
    Column("power", "POWER", width=12, min_width=8, max_width=16, align="left", weight=1, priority=2),
    Column("energy", "ENERGY", width=9, min_width=9, align="right", priority=4),
    Column("seen", "SEEN", width=6, min_width=6, align="right", priority=5),
    Column("note", "NOTE", width=30, min_width=17, weight=3, priority=1),
)

# A note in full, and in the 17 cells that it always has.
PENDING_NOTE: Final = ("pending: a accept · del refuse", "pending: a or del")
CUT_NOTE: Final = ("✖ offline mid-session", "✖ cut mid-session")
# Words of states that are shortened before any is cut.
_SHORTER: Final = {
    "SuspendedEV": "Susp.EV",
    "SuspendedEVSE": "Susp.EVSE",
    "Unavailable": "Unavail.",
    "Preparing": "Prepar.",
}
FAULT, CUT, PENDING, WORRY, WELL = range(5)
_QUIET = frozenset(("fault", "clock", "offline"))  # kinds that the row tells in its own way


def columns(wanted: Sequence[str], *, sites: bool = False) -> tuple[Column, ...]:
    """The columns that the profile picks, in its order; where it picks none all, the site only where there are ``sites``."""
    by_key = {one.key: one for one in COLUMNS}
    picked = tuple(by_key[key] for key in wanted if key in by_key)
    return picked or tuple(one for one in COLUMNS if sites or one.key != "site")


def alarms_by_station(fleet: Fleet) -> dict[str, list[Alarm]]:
    """Standing alarms by the station's key, worst first."""
    found: dict[str, list[Alarm]] = {}
    for alarm in fleet.alarms.values():
        if alarm.cleared is None and alarm.station is not None:
            found.setdefault(alarm.station.casefold(), []).append(alarm)
    for alarms in found.values():
        alarms.sort(key=lambda one: (one.severity, -one.raised))
    return found


def model_of(station: Station) -> str:
    """Maker and model, as far as the station has told them."""
    return " ".join(word for word in (station.vendor, station.model) if word)


def rank(station: Station, alarms: Sequence[Alarm]) -> int:
    """How sick: faulted, offline in the middle of a session, pending, with other alarms, well."""
    if faulted(station):
        return FAULT
    if not station.connected and station.active:
        return CUT
    if station.registration == "Pending" and station.connected:
        return PENDING
    if any(alarm.acknowledged is None for alarm in alarms):
        return WORRY
    return WELL


def seen_text(seconds: float) -> str:
    """How long ago; beyond ten seconds in steps of five, so that a quiet row is drawn seldom."""
    if 10 <= seconds < 60:
        seconds = seconds // 5 * 5
    return age(seconds)


def state_of(connector: Connector, transaction: Transaction | None) -> str | None:
    """What a connector does: its status; where that is only "Occupied", the state of its session."""
    if transaction is not None and transaction.charging_state and connector.status in ("Occupied", None):
        return transaction.charging_state
    return connector.status


def place_name(connector: Connector) -> str:
    """``1``, or ``1.2`` for the second connector of an EVSE."""
    return str(connector.evse) if connector.connector == 1 else f"{connector.evse}.{connector.connector}"


def _told(station: Station) -> list[Connector]:
    """The connectors that the row tells of; the station itself where it says that something is wrong with it."""
    every = station.connectors()
    own = station.connector(0, 0)
    return [own, *every] if own is not None and own.status in ("Faulted", "Unavailable") else every


def _pieces(station: Station, transactions: Mapping[int, Transaction]) -> list[tuple[str, str, str, str]]:
    """(name, state with its glyph, error, tone) of each connector."""
    found: list[tuple[str, str, str, str]] = []
    for connector in _told(station):
        state = state_of(connector, transactions.get(connector.transaction or 0))
        tone = status_glyph(state).tone if station.connected else "muted"
        name = "station" if connector.evse == 0 else place_name(connector)
        error = f" {safe_text(connector.error_code, max_chars=30)}" if connector.error_code else ""
        found.append((name, status_text(state), error, tone))
    return found


def connectors_width(station: Station, transactions: Mapping[int, Transaction]) -> int:
    """Cells in which all its connectors can be told in full."""
    pieces = _pieces(station, transactions)
    return sum(cell_len(name) + cell_len(word + error) + 2 for name, word, error, _ in pieces) - 1


def _connectors(station: Station, transactions: Mapping[int, Transaction], room: int) -> CellLike:
    pieces = _pieces(station, transactions)
    if not pieces:
        return Cell(NOTHING, "muted")
    whole = [cell_len(name) + 1 + cell_len(word + error) for name, word, error, _ in pieces]
    for gap in ("  ", " "):
        if sum(whole) + len(gap) * (len(whole) - 1) <= room:
            cells: list[Cell] = []
            for at, (name, word, error, tone) in enumerate(pieces):
                cells += [Cell(f"{gap if at else ''}{name} ", "muted"), Cell(f"{word}{error}", tone)]
            return cells
    return _shortened(pieces, room)


def _shortened(pieces: Sequence[tuple[str, str, str, str]], room: int) -> list[Cell]:
    """Every connector in the room there is: known words shortened, then the longest cut, then glyphs alone."""
    names = [cell_len(name) + 1 for name, _, _, _ in pieces]
    left = room - sum(names) - (len(pieces) - 1)
    words = [word[:1] + _SHORTER.get(word[1:], word[1:]) for _, word, _, _ in pieces]
    sizes = [cell_len(word) for word in words]
    while sum(sizes) > left:
        # The longest gives way, so that a short word beside it stays whole.
        longest = max(range(len(sizes)), key=lambda at: sizes[at])
        sizes[longest] -= 1
    if all(size >= min(6, cell_len(word)) for size, word in zip(sizes, words, strict=True)):
        return [
            Cell(f"{' ' if at else ''}{name} {cut(word, size)}", tone)
            for at, ((name, _, _, tone), word, size) in enumerate(zip(pieces, words, sizes, strict=True))
        ]
    return [
        Cell(f"{' ' if at else ''}{name}{word if 'Faulted' in word else word[:1]}", tone)
        for at, (name, word, _, tone) in enumerate(pieces)
    ]


def _power(station: Station, transactions: Mapping[int, Transaction], width: int) -> CellLike:
    if not station.connected:
        # Its last word: shown, but not as if it were so now.
        last = [one.power_w for one in _running(station, transactions) if one.power_w is not None]
        return Cell(f"{power(sum(last)):>8}" if last else NOTHING, "muted")
    every = [one for one in station.connectors() if one.power_w is not None]
    if not every:
        return Cell(NOTHING, "muted")
    total = sum(one.power_w or 0.0 for one in every)
    text = f"{power(total):>8}"
    room = min(width - 9, 10)
    if room < 4 or not total:
        return Cell(text, "" if total else "muted")
    points = max(len(one.powers) for one in every)
    sums = [
        sum(one.powers[at - points + len(one.powers)] for one in every if at - points + len(one.powers) >= 0)
        for at in range(points)
    ]
    return [Cell(text), Cell(f" {sparkline(sums, room)}", "busy")]


def _running(station: Station, transactions: Mapping[int, Transaction]) -> list[Transaction]:
    return [transactions[number] for number in station.active if number in transactions]


def _energy(station: Station, transactions: Mapping[int, Transaction]) -> CellLike:
    found = [one.energy_wh for one in _running(station, transactions) if one.energy_wh is not None]
    return Cell(energy(sum(found)) if found else NOTHING, "" if found and station.connected else "muted")


def note(station: Station, alarms: Sequence[Alarm], order: str | None, now_ns: int, room: int = 40) -> CellLike:
    """What a person should know first; ``room``: cells there are."""
    if order is not None:
        return Cell(order, "accent")
    if station.registration == "Pending" and station.connected:
        return Cell(PENDING_NOTE[room < len(PENDING_NOTE[0])], "warn bold")
    if not station.connected and station.active:
        return Cell(CUT_NOTE[room < len(CUT_NOTE[0])], "bad")
    if station.registration == "Rejected":
        return Cell("✖ refused", "bad")
    open_alarms = [alarm for alarm in alarms if alarm.acknowledged is None]
    for alarm in open_alarms:
        if alarm.kind == "fault":
            words = " ".join(
                word
                for evse in station.evses.values()
                for one in evse.connectors.values()
                if one.error_code or one.status == "Faulted"
                for word in (one.vendor_error, one.info)
                if word
            )
            # Which connector, and its error code, stand in the row already.
            return Cell(f"✖ {words or f'fault for {seen_text((now_ns - alarm.raised) / 1e9)}'}", "bad")
    drift = station.clock_skew_s
    if drift is not None and any(alarm.kind == "clock" for alarm in alarms):
        return Cell(f"⚠ clock {skew(drift)}", "warn")
    for alarm in open_alarms:
        if alarm.kind not in _QUIET:
            return Cell(f"⚠ {alarm.text}", "bad" if alarm.severity < 5 else "warn")
    if station.registration == "none" and station.connected:
        return Cell("no boot seen yet", "muted")
    stage = station.firmware_stages[-1].status if station.firmware_stages else None
    if stage in ("Downloading", "Downloaded", "Installing", "InstallRebooting", "SignatureVerified"):
        return Cell(f"firmware: {stage}", "accent")
    return None


def in_the_middle(name: str, room: int) -> str:
    """An identity in so many cells: its end tells it from its neighbours, so it is cut before that."""
    text = safe_text(name, max_chars=200)
    if len(text) <= room or room < 8 or not text.isascii():
        return text
    end = (room - 1) // 2
    return f"{text[: room - 1 - end]}…{text[-end:]}"


def link_cell(station: Station, rtt_ms: float | None, now_ns: int) -> CellLike:
    """● with the round-trip time, or ○ with how long the link is gone."""
    glyph = link_glyph(station.connected)
    if station.connected:
        if rtt_ms is not None and rtt_ms >= 1000:
            return Cell(f"{glyph.glyph} {rtt_ms / 1000:.1f} s", "warn")
        return Cell(f"{glyph.glyph} {latency(rtt_ms) if rtt_ms is not None else ''}".rstrip(), glyph.tone)
    gone = station.link_closed or station.last_seen
    return Cell(f"{glyph.glyph} {seen_text((now_ns - gone) / 1e9)}", glyph.tone)


def fleet_row(
    station: Station,
    transactions: Mapping[int, Transaction],
    alarms: Sequence[Alarm],
    *,
    rtt_ms: float | None,
    now_ns: int,
    order: str | None = None,
    connector_room: int = 30,
    power_room: int = 16,
    note_room: int = 40,
    station_room: int = 40,
    model_room: int = 40,
    site: str = "",
) -> Row:
    """All cells, in the order of ``COLUMNS``. ``order``: what an order on its way says; rooms: widths in cells."""
    pending = station.registration == "Pending" and station.connected
    name = in_the_middle(station.id, station_room - 2 * pending)
    model = model_of(station)
    if station.model and cell_len(safe_text(model, max_chars=120)) > model_room:
        model = station.model  # it says more than the name of its maker
    return (
        [Cell("? ", "warn bold"), Cell(name, "bold")] if pending else Cell(name, "bold" if station.connected else ""),
        site or Cell(NOTHING, "muted"),
        model or Cell(NOTHING, "muted"),
        station.firmware or Cell(NOTHING, "muted"),
        station.version or Cell(NOTHING, "muted"),
        link_cell(station, rtt_ms, now_ns),
        _connectors(station, transactions, connector_room),
        _power(station, transactions, power_room),
        _energy(station, transactions),
        seen_text((now_ns - station.last_seen) / 1e9),
        note(station, alarms, order, now_ns, note_room),
    )


def sort_value(
    station: Station, column: str, transactions: Mapping[int, Transaction], alarms: Sequence[Alarm]
) -> str | float | None:
    """What a column is ordered by."""
    if column == "station":
        return station.id
    if column == "model":
        return model_of(station) or None
    if column == "firmware":
        return station.firmware
    if column == "ocpp":
        return station.version
    if column == "link":
        return 0.0 if station.connected else 1.0
    if column == "connectors":
        states = [state_of(one, transactions.get(one.transaction or 0)) or "" for one in station.connectors()]
        return ",".join(sorted(states)) or None
    if column == "power":
        found = [one.power_w for one in station.connectors() if one.power_w is not None]
        return -sum(found) if found and station.connected else None
    if column == "energy":
        wh = [one.energy_wh or 0.0 for one in _running(station, transactions)]
        return -sum(wh) if wh else None
    if column == "seen":
        return -float(station.last_seen)
    return float(rank(station, alarms))
