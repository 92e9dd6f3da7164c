"""Connections: who tried, why it was refused, and in words what to change on the charger."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any

import msgspec
from websockets.exceptions import InvalidHandshake

from console.engine.endpoint.attempts import Attempt
from console.engine.engine import Engine
from console.engine.filter_attempts import attempt_of, close
from console.engine.wire.exchange import Happening
from console.screens.connection_rows import detail, row, why
from console.screens.connections import ConnectionsSection
from profiles import Listen, Profile, Tls, load_profile
from widgets.columns import CellLike, cell_pieces


def over_tls() -> Profile:
    listen = Listen(address="127.0.0.1:0", tls=Tls())
    return msgspec.structs.replace(load_profile("bench"), listen=[listen])


async def refused(dial: Any, engine: Engine, **options: Any) -> None:
    with suppress(InvalidHandshake):
        await dial(engine, **options)


async def test_an_empty_screen_says_what_to_type_and_how_to_test(engine: Engine, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size, section="connections") as console:
        await console.sees("Nothing has tried to connect yet", engine.listen_urls[0], "q shows it", "curl")


async def test_the_advice_names_the_address_that_was_reached(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, section="connections") as console:
        await refused(dial, engine, identity="")
        await console.sees(f"Set the charger's URL to {engine.listen_urls[0]} followed by its identity.")


async def test_an_open_link_and_its_end_are_one_row(engine: Engine, booted: Any, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size, section="connections") as console:
        station = await booted(engine)
        await console.sees("● open", "CP-001", "is connected with OCPP 1.6", "offers ocpp1.6 → ocpp1.6")
        await station.close()
        await console.sees("○ closed", "was connected from")
        assert console.text().count("CP-001 ") >= 1


async def test_a_refused_attempt_stands_out_and_says_what_to_change(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size, section="connections") as console:
        await refused(dial, engine, version="ocpp9.9")
        await console.sees("✖ refused", "400", "Why", "Change", "Set the charger's OCPP version to one of")


async def test_a_browser_is_told_from_a_charger(engine: Engine, open_console: Any) -> None:
    async with open_console(engine, section="connections") as console:
        host, port = engine.listeners[0].address
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.read(64)
        writer.close()
        await console.sees("a browser or a health check", "Put this URL into the charger")


async def test_z_shows_only_the_refused_ones(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, section="connections") as console:
        await dial(engine)
        await refused(dial, engine, identity="CP-BAD", version="ocpp9.9")
        await console.sees("CP-001", "CP-BAD")
        await console.press("z")
        console.pull()
        assert "CP-001" not in console.text()
        await console.sees("CP-BAD", "/ is:refused", "z all")
        await console.press("escape")
        await console.sees("CP-001")


async def test_words_filter_the_rows(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, section="connections") as console:
        for identity in ("CP-001", "CP-002"):
            await dial(engine, identity)
        await console.sees("CP-001", "CP-002")
        await console.press("slash", *"cp-002", "enter")
        await console.sees("/ cp-002")
        assert isinstance(console.section, ConnectionsSection)
        assert len(console.section.table.keys) == 1
        await console.press("slash", *"nobody", "enter")
        await console.sees("No attempt matches")


async def test_enter_opens_the_station_or_says_why_not(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, section="connections") as console:
        await refused(dial, engine, identity="CP-BAD", version="ocpp9.9")
        await console.sees("CP-BAD")
        await console.press("enter")
        await console.sees("never became a station")


async def test_attempts_of_an_earlier_run_come_from_the_journal(
    make_engine: Any, dial: Any, booted: Any, open_console: Any, tmp_path: Any
) -> None:
    first = await make_engine()
    station = await booted(first, "CP-OLD")
    await refused(dial, first, identity="CP-BAD", version="ocpp9.9")
    await station.close()
    await first.stop()
    async with open_console(await make_engine(), section="connections") as console:
        await console.sees("CP-OLD", "○ closed", "CP-BAD", "✖ refused")


def test_what_was_recorded_of_a_link_gives_the_attempt_back() -> None:
    live = Attempt(id=7, time=10**18, peer="10.0.0.7:50000", local="10.0.0.1:9000", identity="CP-1", path="/CP-1")
    told = {**live.told(), "status": 401, "reason": "wrong password", "advice": "check it"}
    made = attempt_of(Happening(time=live.time, kind="link.refused", link=7, data=told))
    assert made is not None
    assert (made.verdict, made.status, made.reason, made.advice) == ("refused", 401, "wrong password", "check it")
    opened = attempt_of(Happening(time=live.time, kind="link.opened", station="CP-1", link=8, data=live.told()))
    assert opened is not None
    close(opened, Happening(time=live.time + 90 * 10**9, kind="link.closed", link=8, data={"code": 1006, "reason": ""}))
    assert "1006" in detail(opened, 0)[0][1]
    assert "1:30" in detail(opened, 0)[0][1]
    assert why(opened) == "the connection broke without a close frame"


async def test_a_tls_handshake_that_failed_says_what_was_offered(make_engine: Any, open_console: Any) -> None:
    engine = await make_engine(over_tls(), listen=None)
    async with open_console(engine, section="connections") as console:
        await console.sees(":root shows the certificate")
        host, port = engine.listeners[0].address
        with suppress(ssl.SSLError):
            await asyncio.open_connection(host, port, ssl=ssl.create_default_context(), server_hostname="cs.example")
        await console.sees("✖ refused", "saw our certificate", "may not trust", "TLS 1.3, TLS 1.2 for cs.example")


async def test_the_root_certificate_is_shown_as_a_code_to_fetch_it(make_engine: Any, open_console: Any) -> None:
    engine = await make_engine(over_tls(), listen=None)
    async with open_console(engine) as console:
        await console.sees(engine.listen_urls[0])
        console.app.show_root()
        root = (await engine.trust.authority()).root()
        await console.sees("chargehand-root.pem", f"SHA-256 {root.fingerprint[:20]}")


async def test_a_station_shows_the_tls_version_and_suite_of_its_link(
    make_engine: Any, dial: Any, open_console: Any
) -> None:
    engine = await make_engine(over_tls(), listen=None)
    root = (await engine.trust.authority()).root_path
    station = await dial(engine, ssl=ssl.create_default_context(cafile=root))
    await station.boot()
    async with open_console(engine) as console:
        console.app.open_station("CP-001")
        await console.sees("TLSv1.3 TLS_AES_256_GCM_SHA384")
        await console.go("connections")
        await console.sees("● open", "TLSv1.3 TLS_AES_256_GCM_SHA384")


def test_how_often_the_same_was_refused_stands_before_the_reason() -> None:
    attempt = Attempt(id=1, time=0, peer="p", local="l", verdict="refused", reason="wrong password")
    assert drawn(row(attempt)[-1]) == "wrong password"
    attempt.count = 12
    assert drawn(row(attempt)[-1]) == "×12 wrong password"


def drawn(cell: CellLike) -> str:
    """What a cell reads where there is room."""
    return "".join(text for text, _ in cell_pieces(cell, 60, "left")).rstrip()


async def test_terms_filter_attempts_and_a_wrong_one_says_why(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    async with open_console(engine, size=size, section="connections") as console:
        await dial(engine, "CP-001")
        await refused(dial, engine, identity="CP-BAD", version="ocpp9.9")
        await console.sees("CP-001", "CP-BAD")
        table = console.section.table
        for line, count in (
            ("is:refused code:400 since:5m", 1),
            ("station:CP-*", 2),
            ("station:cp-bad peer:127.0.0.1", 1),
            ("offers:ocpp9.9|ocpp1.6 !is:refused", 1),
            ("until:1h", 0),
        ):
            console.section.set_filter(line)
            assert len(table.keys) == count, line
        console.section.set_filter("verdict:refused")
        await console.sees("✖ unknown field “verdict”: one of station, is, peer")
        assert len(table.keys) == 0  # the last one that could be read still holds
        await console.press("escape")
        assert len(table.keys) == 2


async def test_tab_completes_terms_and_values_that_were_seen(engine: Engine, dial: Any, open_console: Any) -> None:
    async with open_console(engine, section="connections") as console:
        await dial(engine, "CP-001")
        await console.sees("CP-001")
        await console.press("slash", *"offers:", "tab")
        await console.sees("offers:ocpp1.6")
        await console.press("enter")
        await console.sees("/ offers:ocpp1.6")
        assert len(console.section.table.keys) == 1
