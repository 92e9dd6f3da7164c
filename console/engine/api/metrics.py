"""The figures of a running console for Prometheus. Source: its text exposition format, version 0.0.4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.engine.engine import Engine

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[Mapping[str, str], float]


def metrics(engine: Engine) -> str:
    """Every figure, one family after the other."""
    fleet, stats = engine.fleet, engine.stats
    stations = [one for one in fleet.stations.values() if not one.removed]
    stats.refresh(fleet)
    statuses = Counter(
        (connector.status or "unknown")
        for station in stations
        for connector in station.connectors()
        if station.connected
    )
    open_alarms = Counter(one.kind for one in fleet.alarms.values() if one.cleared is None)
    families = [
        _family("chargehand_stations", "gauge", "Stations that are known.", [({}, len(stations))]),
        _family(
            "chargehand_station_connected",
            "gauge",
            "Whether the station has a link.",
            [({"station": one.id, "version": one.version or ""}, one.connected) for one in stations],
        ),
        _family(
            "chargehand_station_messages_total",
            "counter",
            "Exchanges of the station.",
            [({"station": one.id}, one.messages) for one in stations],
        ),
        _family(
            "chargehand_station_violations_total",
            "counter",
            "Departures from the schema.",
            [({"station": one.id}, one.violations) for one in stations],
        ),
        _family(
            "chargehand_station_last_seen_seconds",
            "gauge",
            "When the station was last heard, Unix time.",
            [({"station": one.id}, one.last_seen / 1e9) for one in stations if one.last_seen],
        ),
        _family(
            "chargehand_connector_power_watts",
            "gauge",
            "Power as the connector told it last.",
            [
                ({"station": one.id, "evse": str(each.evse), "connector": str(each.connector)}, each.power_w)
                for one in stations
                for each in one.connectors()
                if one.connected and each.power_w is not None
            ],
        ),
        _family(
            "chargehand_connectors",
            "gauge",
            "Connectors of connected stations by the status they told.",
            [({"status": status}, count) for status, count in sorted(statuses.items())],
        ),
        _family("chargehand_transactions_active", "gauge", "Transactions that run.", [({}, len(fleet.active()))]),
        _family("chargehand_power_watts", "gauge", "Power of all connected stations.", [({}, stats.power_w)]),
        _family(
            "chargehand_alarms_open",
            "gauge",
            "Alarms whose cause has not gone.",
            [({"kind": kind}, count) for kind, count in sorted(open_alarms.items())],
        ),
        _family("chargehand_messages_total", "counter", "Exchanges since the start.", [({}, engine.feed.total)]),
        _family(
            "chargehand_journal_last_id", "counter", "Number of the newest record.", [({}, engine.journal.last_id)]
        ),
        _family("chargehand_failing", "gauge", "Whether something needs a person.", [({}, engine.failure is not None)]),
    ]
    return "".join(families)


def _family(name: str, kind: str, text: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{key}="{escaped(said)}"' for key, said in labels.items())
        lines.append(f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """A label's value: backslash, quote and line feed as the format has them; what is no Unicode is replaced."""
    clean = text.encode("utf-8", "replace").decode()
    return clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", " ")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
