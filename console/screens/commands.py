"""The `:` command line: orders as text, sections by name, filters, and a few words of the console's own.

:reset CP-001 type=hard      an order, in the words of ``chargehand call``; the station may be left out where one is selected
:messages   :3               a section
:filter is:offline           the filter line of the section that is shown
:station CP-001              open a station
:demo  :pause  :qr  :theme light  :quit …
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from console.engine.closing import running_session
from console.engine.errors import ChargehandError
from console.engine.orders.check import check_arguments
from console.engine.orders.grammar import CommandError, parse_command
from console.screens.close_session import ask_to_close
from console.screens.order_keys import READ_ONLY
from console.screens.places import BAR
from console.themes import DARK, LIGHT
from widgets.command_line import CommandLine
from widgets.completion import Completion, Offer
from widgets.safe import safe_text

if TYPE_CHECKING:
    from console.app import ConsoleApp

MOST = 50
STATION_WORDS: Final = ("station", "accept", "refuse", "revoke", "close")


class Word(NamedTuple):
    """A word of the console's own: what it does, and how."""

    name: str
    text: str
    run: Callable[[ConsoleApp, str], None]


def _theme(console: ConsoleApp, word: str) -> None:
    console.theme = LIGHT.name if word.startswith("l") else DARK


def _station(console: ConsoleApp, word: str) -> None:
    found = console.engine.fleet.station(word)
    if found is None:
        raise CommandError(f"No station “{safe_text(word, max_chars=48)}” is known.")
    console.open_station(found.id)


def _filter(console: ConsoleApp, text: str) -> None:
    section = console.frame_screen.shown_section
    if section is not None:
        section.set_filter(text)


def _decide(accept: bool) -> Callable[[ConsoleApp, str], None]:
    def run(console: ConsoleApp, word: str) -> None:
        console.approve(word or (_selected(console) or ""), accept)

    return run


def _close(console: ConsoleApp, word: str) -> None:
    section = console.frame_screen.shown_section
    chosen = section.selected_session() if section is not None else None
    if word:
        station, _, wire = word.partition(" ")
        chosen = running_session(console.engine, station, wire.strip())
    ask_to_close(console, chosen)


def _revoke(console: ConsoleApp, word: str) -> None:
    from console.screens.revoking import ask_to_revoke

    ask_to_revoke(console, word or (_selected(console) or ""))


def _save_profile(console: ConsoleApp, word: str) -> None:
    from profiles import save_profile

    profile = console.engine.learned_profile()
    light = console.theme.endswith("light")
    screen = replace(profile.screen, theme="light" if light else "dark")
    path = save_profile(replace(profile, screen=screen), word or None)
    # A copy of the bench asks nobody for a password either, and only the bench itself may do so unasked.
    opened = " --insecure" if console.engine.exposed and path.stem != "bench" else ""
    console.say(f"Saved {path}. Start with --profile {path.stem}{opened} to use it.")


WORDS: Final[tuple[Word, ...]] = (
    Word("filter", "the filter line of what is shown", _filter),
    Word("station", "open a station", _station),
    Word("accept", "accept a pending station", _decide(True)),
    Word("refuse", "refuse a pending station", _decide(False)),
    Word("close", "close a session by hand whose station never came back: close STATION SESSION", _close),
    Word("revoke", "take a station's certificates back: it cannot come with them again", _revoke),
    Word("orders", "the orders given and how far they are", lambda console, _: console.orders.show_runs()),
    Word("demo", "start the demo fleet", lambda console, _: console.action_demo()),
    Word("pause", "stop or go on with the picture", lambda console, _: console.frame_screen.action_freeze()),
    Word("qr", "the URL as a QR code", lambda console, _: console.show_qr()),
    Word("root", "the root certificate that chargers have to trust for wss://", lambda console, _: console.show_root()),
    Word("theme", "light or dark", _theme),
    Word("save-profile", "keep the profile as it is now, accepted stations included, as NAME", _save_profile),
    Word("screenshot", "save a picture of the screen", lambda console, _: console.action_picture()),
    Word("help", "keys, orders and filters", lambda console, _: console.show_help()),
    Word("quit", "leave", lambda console, _: console.action_leave()),
)
_BY_NAME: Final = {word.name: word for word in WORDS}


def _selected(console: ConsoleApp) -> str | None:
    section = console.frame_screen.shown_section
    return section.selected_station() if section is not None else None


def run_command(console: ConsoleApp, line: str) -> None:
    """Do what a line says. Raises CommandError or another ChargehandError with a sentence; nothing was done then."""
    text = line.strip().removeprefix(":").strip()
    if not text:
        return
    head, _, rest = text.partition(" ")
    folded = head.casefold()
    for view in BAR:
        if folded in (view.kind, view.key):
            section = console.frame_screen.go(view.kind)
            if rest.strip():
                section.call_later(section.set_filter, rest.strip())
            return
    word = _BY_NAME.get("quit" if folded in ("q", "q!", "exit") else folded)
    if word is not None:
        word.run(console, rest.strip())
        return
    if not console.ready:
        raise CommandError("The console is still starting.")
    _order(console, text)


def _order(console: ConsoleApp, text: str) -> None:
    command = parse_command(text)
    if console.engine.read_only:
        raise CommandError(READ_ONLY)
    section = console.frame_screen.shown_section
    marked = section.marked_stations() if section is not None else []
    stations = [command.station] if command.station is not None else (marked or [_selected(console) or ""])
    if stations == [""]:
        raise CommandError(f"Name the station: {command.order.id} STATION {command.order.usage()}")
    fleet = console.engine.fleet
    if command.raw_action is not None:
        arguments: dict[str, object] = {"action": command.raw_action, "payload": command.raw_payload}
    else:
        arguments = dict(command.arguments)
    for station in stations:
        found = fleet.station(station)
        if found is None:
            raise CommandError(f"No station “{safe_text(station, max_chars=48)}” is known.")
        check_arguments(command.order, found.version, arguments)
    console.orders.run_now(command.order, stations, arguments)


def offers(console: ConsoleApp, text: str, cursor: int) -> Sequence[Offer]:
    """What can stand at the cursor: orders, sections and words; then stations, arguments and their values."""
    line = text[:cursor]
    begun = line.lstrip()
    head, blank, rest = begun.partition(" ")
    start = len(line) - len(begun)
    if blank and head in STATION_WORDS:
        return _stations(console, rest, len(line) - len(rest))
    if blank and (head in _BY_NAME or any(head in (view.kind, view.key) for view in BAR)):
        return []
    own: list[Offer] = []
    if not blank:
        names = [(view.kind, f"section {view.key}") for view in BAR] + [(one.name, one.text) for one in WORDS]
        own = [Completion(name, what, start) for name, what in names if name.startswith(begun.casefold())]
    if not console.ready:
        return own
    from console.engine.orders.complete import complete

    engine = console.engine
    images = [one.name for one in engine.files.images()] if "file=" in line else []
    found: list[Offer] = list(complete(line, cursor, engine.fleet, station=_selected(console), images=images))
    return found + own


def _stations(console: ConsoleApp, begun: str, start: int) -> Sequence[Offer]:
    if not console.ready:
        return []
    every = sorted(console.engine.fleet.stations.values(), key=lambda one: (not one.connected, one.key))
    return [
        Completion(one.id, "online" if one.connected else "offline", start)
        for one in every
        if one.key.startswith(begun.casefold())
    ][:MOST]


def command_line(console: ConsoleApp) -> CommandLine:
    """The `:` line of the frame."""
    return CommandLine(partial(offers, console), id="command")


def submit(console: ConsoleApp, line: CommandLine, text: str) -> None:
    """Enter: do it and close, or say what is wrong and stay."""
    try:
        run_command(console, text)
    except ChargehandError as error:
        line.show_error(error.sentence, column=error.column if isinstance(error, CommandError) else None)
        return
    line.close()
