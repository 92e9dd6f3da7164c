"""``:revoke``: a station's certificate is taken back, with a reason that stands where the station is refused."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from console.engine.engine import Engine
from console.engine.trust.authority import Authority
from profiles import KnownStation, Listen, load_profile

BOOT = '[2,"1","BootNotification",{"chargePointVendor":"A","chargePointModel":"B"}]'


async def test_revoke_asks_why_cuts_the_station_off_and_says_so_in_connections(
    make_engine: Callable[..., Awaitable[Engine]], tmp_path: Path, open_console: Any
) -> None:
    authority = Authority(tmp_path / "data" / "trust")
    issued, key = await asyncio.to_thread(authority.issue, "CP-001")
    (tmp_path / "both.pem").write_text(issued.pem + key)
    context = ssl.create_default_context(cafile=authority.root_path)
    context.load_cert_chain(tmp_path / "both.pem")
    profile = msgspec.structs.replace(
        load_profile("bench"),
        listen=[Listen(address="127.0.0.1:0", security_profile=3)],
        stations=[KnownStation(id="CP-001")],
    )
    engine = await make_engine(profile, tmp_path / "data", listen=None)
    url, named = engine.listen_urls[0] + "CP-001", [Subprotocol("ocpp1.6")]
    async with open_console(engine) as console:
        await console.press(":", *"revoke", "enter")
        await console.sees("Choose a station first.")
        async with connect(url, subprotocols=named, ssl=context, proxy=None) as station:
            await station.send(BOOT)
            await station.recv()
            await console.sees("CP-001")
            await console.press(":", *"revoke CP-001", "enter")
            await console.sees("Revoke the certificates of CP-001?", "cannot be undone")
            await console.press(*"stolen", "enter")
            await console.sees("The certificate of CP-001 is revoked.")
            await station.wait_closed()
        with pytest.raises(InvalidStatus):
            await connect(url, subprotocols=named, ssl=context, proxy=None)
        await console.go("connections")
        await console.sees("✖ refused", "was revoked on", "stolen", "chargehand trust station")
