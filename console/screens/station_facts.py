"""What is known of a station beside its connectors, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from widgets.format import age, latency, skew, thousands, wrap_words
from widgets.safe import safe_text
from widgets.tone import tone_style

if TYPE_CHECKING:
    from console.engine.endpoint.link import Link
    from console.engine.fleet.model import Alarm, Station
    from profiles import Quirks

Fact = tuple[str, str, str]
_NAMES = 10  # cells of the column of names
_SECURITY = {0: "0 · no password", 1: "1 · password", 2: "2 · TLS and password", 3: "3 · TLS both ways"}


def station_facts(
    station: Station,
    link: Link | None,
    alarms: list[Alarm],
    quirks: Quirks,
    now_ns: int,
    named: tuple[str, str] = ("", ""),
) -> list[Fact]:
    """(name, value, tone), most needed first; values are not yet safe. ``named``: name and site by the profile."""
    vendor = " ".join(word for word in (station.vendor, station.model) if word) or "not told: no boot was seen"
    facts: list[Fact] = [("charger", vendor, "bold")]
    serial = " · ".join(
        f"{name} {value}" for name, value in (("serial", station.serial), ("firmware", station.firmware)) if value
    )
    if serial:
        facts.append(("", serial, ""))
    name, site = named
    if name:
        facts.append(("known as", f"{name} · site {site}" if site else name, "bold"))
    elif site:
        facts.append(("site", site, "bold"))
    facts.append(_link(station, link, now_ns))
    facts.append(("security", f"{_SECURITY.get(station.security, str(station.security))} · OCPP {station.version}", ""))
    if station.connected and link is not None and link.tls is not None:
        facts.append(("", link.tls, ""))
    facts.append(_boot(station, now_ns))
    facts.append(_clock(station))
    beat = "none yet" if station.last_heartbeat is None else f"{age((now_ns - station.last_heartbeat) / 1e9)} ago"
    facts.append(("heartbeat", beat, ""))
    facts.append(_counts(station))
    if station.iccid or station.imsi:
        facts.append(("SIM", " · ".join(word for word in (station.iccid, station.imsi) if word), ""))
    facts += [("alarm", alarm.text, "bad") for alarm in alarms[:4] if alarm.acknowledged is None]
    facts += [("known", hint, "warn") for hint in quirks.hints()[:4]]
    return facts


def _link(station: Station, link: Link | None, now_ns: int) -> Fact:
    if station.connected and link is not None:
        rtt = f"round trip {latency(link.rtt_ms)}" if link.rtt_ms is not None else "no round trip measured yet"
        opened = station.link_opened or now_ns
        return ("link", f"{station.peer} · {rtt} · for {age((now_ns - opened) / 1e9)}", "ok")
    gone = station.link_closed or station.last_seen
    return ("link", f"none for {age((now_ns - gone) / 1e9)}; last from {station.peer or 'nowhere'}", "bad")


def _boot(station: Station, now_ns: int) -> Fact:
    if station.booted is None:
        return ("boot", "none seen", "warn")
    reason = f" · reason {station.boot_reason}" if station.boot_reason else ""
    words = f"{station.registration} · {age((now_ns - station.booted) / 1e9)} ago{reason}"
    again = f" · {thousands(station.boots)} boots seen" if station.boots > 1 else ""
    return ("boot", words + again, "" if station.registration == "Accepted" else "warn")


def _clock(station: Station) -> Fact:
    drift = station.clock_skew_s
    if drift is None:
        return ("clock", "not known yet", "muted")
    if abs(drift) < 2:
        return ("clock", "right to the second", "")
    return ("clock", f"{skew(drift)} {'ahead' if drift > 0 else 'behind'}", "warn" if abs(drift) > 60 else "")


def _counts(station: Station) -> Fact:
    words = [f"{thousands(station.messages)} messages"]
    if station.violations:
        words.append(f"{thousands(station.violations)} that break the schema")
    if station.errors:
        words.append(f"{thousands(station.errors)} errors")
    return ("traffic", " · ".join(words), "warn" if station.errors or station.violations else "")


def facts_lines(facts: Sequence[Fact], width: int) -> list[Content]:
    """The facts as lines of at most ``width`` cells, names in one column and values in another."""
    lines: list[Content] = []
    for name, value, tone in facts:
        style = "bold" if tone == "bold" else tone_style(tone)
        text = safe_text(value, max_chars=300)
        pieces = wrap_words(text, max(20, width - _NAMES))
        lines.append(Content.assemble((f"{name:<{_NAMES}}", tone_style("muted")), (pieces[0], style)))
        lines += [Content.assemble(" " * _NAMES, (piece, style)) for piece in pieces[1:]]
    return lines
