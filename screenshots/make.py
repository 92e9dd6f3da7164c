"""Make the screenshots from a running demo fleet: SVG as Textual draws them, and PNG beside them.

``make screenshots``. Everything shown is real: the console with its engine, simulated stations over real WebSockets, a
few handshakes that must fail. The font is a local monospace one: the SVG that Textual exports names one on the network.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from console.app import ConsoleApp
from console.engine.options import DemoOptions, EngineOptions
from profiles import load_profile

HERE = Path(__file__).parent
FONTS = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")
PLACES = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", str(Path.home() / ".fonts"))
FAMILY = "DejaVu Sans Mono"
WARM_S = 40.0

Press = Callable[[Pilot[int]], Awaitable[None]]


def fonts() -> list[str]:
    """The font files; exits with a sentence where they are missing."""
    found = [str(path) for place in PLACES for name in FONTS for path in Path(place).rglob(name)]
    if not found:
        sys.exit("The font DejaVu Sans Mono is missing. On Debian: apt-get install fonts-dejavu-core")
    return found


def local(svg: str) -> str:
    """The SVG with the local font, and without anything to be fetched."""
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    svg = re.sub(r'font-family:\s*(?:"?Fira Code"?|arial)[^;]*;', f"font-family: {FAMILY}, monospace;", svg)
    return svg.replace("Fira Code", FAMILY)


def save(app: ConsoleApp, name: str, title: str) -> None:
    """Write NAME.svg and NAME.png."""
    import resvg_py

    svg = local(app.export_screenshot(title=title))
    (HERE / f"{name}.svg").write_text(svg)
    png = resvg_py.svg_to_bytes(svg_string=svg, font_files=fonts(), font_family=FAMILY, monospace_family=FAMILY, zoom=1)
    (HERE / f"{name}.png").write_bytes(bytes(png))
    print(f"screenshots/{name}.png")


async def keys(pilot: Pilot[int], *pressed: str, wait: float = 0.6) -> None:
    """Press keys and let the screen settle."""
    await pilot.press(*pressed)
    await pilot.pause(wait)


async def refused(url: str) -> None:
    """A few attempts that must fail, for the Connections screen."""
    from urllib.parse import urlsplit

    port = urlsplit(url).port
    attempts = (
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /services/ocpp HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\n\r\n<soap:Envelope/>",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40),
        b"GET /CP-OLD HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.5\r\n\r\n",
    )
    for data in attempts:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(reader.read(200), 1)
        writer.close()


def console(folder: str, *, demo: bool, theme: str = "dark") -> ConsoleApp:
    """A console on free ports, with a fleet or without."""
    options = EngineOptions(
        listen=("127.0.0.1:0",), api="127.0.0.1:0", files="127.0.0.1:0", data=Path(folder), profile="bench"
    )
    app = ConsoleApp(load_profile("bench"), options, demo=DemoOptions() if demo else None)
    if theme == "light":
        app.theme = "chargehand-light"
    return app


async def until_ready(app: ConsoleApp, pilot: Pilot[int]) -> None:
    """Wait until the engine runs."""
    async with asyncio.timeout(30):
        while not app.ready:
            await pilot.pause(0.1)


async def busy(app: ConsoleApp) -> None:
    """A log fetched and an image on its way, so that Files has something to show."""
    engine = app.engine
    for station, order, arguments in (
        ("CP-GARAGE-03", "diagnostics", {}),
        ("CS-DEPOT-02", "firmware", {"file": "demo-firmware-2.0.0.bin"}),
    ):
        if engine.links.get(station) is not None:
            await engine.order(station, order, arguments)


async def lively(size: tuple[int, int], warm: float, shots: Press, theme: str = "dark") -> None:
    """A console of that size with the demo fleet, warmed up, and then ``shots``."""
    with tempfile.TemporaryDirectory(prefix="chargehand-shots-") as folder:
        os.environ["CHARGEHAND_RUNTIME_DIR"] = folder
        app = console(folder, demo=True, theme=theme)
        async with app.run_test(size=size) as pilot:
            await until_ready(app, pilot)
            await pilot.pause(min(warm, 10))
            await busy(app)
            await pilot.pause(max(warm - 10, 0))
            await refused(app.engine.listen_urls[0])
            await pilot.pause(1)
            await shots(pilot)


def _app(pilot: Pilot[int]) -> ConsoleApp:
    app = pilot.app
    assert isinstance(app, ConsoleApp)
    return app


async def all_sections(pilot: Pilot[int]) -> None:
    """Every section, an open station, an exchange, a form, an order on its way, help."""
    app = _app(pilot)
    save(app, "fleet", "chargehand — Fleet")
    await keys(pilot, "down", "down", "enter", wait=2)
    save(app, "station", "chargehand — Station")
    await keys(pilot, "escape")
    await keys(pilot, "r", wait=1)
    save(app, "order", "chargehand — an order says what it will do")
    await keys(pilot, "enter", wait=3)
    save(app, "order-running", "chargehand — an order is followed")
    await keys(pilot, "escape")
    await keys(pilot, "2", "down", wait=2)
    save(app, "sessions", "chargehand — Sessions")
    await keys(pilot, "3", wait=2)
    save(app, "messages", "chargehand — Messages")
    await keys(pilot, "up", "up", "up", "enter", wait=2)
    save(app, "exchange", "chargehand — an exchange")
    await keys(pilot, "escape")
    await keys(pilot, "4", wait=2)
    save(app, "connections", "chargehand — Connections")
    await keys(pilot, "5", wait=1)
    save(app, "alarms", "chargehand — Alarms")
    await keys(pilot, "6", wait=1)
    save(app, "files", "chargehand — Files")
    await keys(pilot, "1", "question_mark", wait=1)
    save(app, "help", "chargehand — Help")


async def one(name: str, pilot: Pilot[int]) -> None:
    """Just the fleet."""
    save(_app(pilot), name, "chargehand — Fleet")


async def empty() -> None:
    """The console before anything has connected."""
    with tempfile.TemporaryDirectory(prefix="chargehand-shots-") as folder:
        os.environ["CHARGEHAND_RUNTIME_DIR"] = folder
        app = console(folder, demo=False)
        async with app.run_test(size=(120, 36)) as pilot:
            await until_ready(app, pilot)
            await pilot.pause(1)
            save(app, "empty", "chargehand — waiting for a charger")


async def main(warm: float) -> None:
    """All of them."""

    def alone(name: str) -> Press:
        async def press(pilot: Pilot[int]) -> None:
            await one(name, pilot)

        return press

    fonts()
    await empty()
    await lively((140, 40), warm, all_sections)
    await lively((80, 24), warm / 3, alone("fleet-80x24"))
    await lively((120, 36), warm / 3, alone("fleet-light"), theme="light")


def run() -> Any:
    """``python -m screenshots.make [--warm SECONDS]``."""
    parser = argparse.ArgumentParser(prog="screenshots.make", description="Make screenshots/ from a running demo.")
    parser.add_argument("--warm", type=float, default=WARM_S, help="seconds the fleet lives before the first picture")
    asyncio.run(main(parser.parse_args().warm))


if __name__ == "__main__":
    run()
