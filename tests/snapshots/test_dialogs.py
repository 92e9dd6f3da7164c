"""What lies over the console: forms of orders, their way, help, the command line, the palette, the QR code, quitting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.snapshots.conftest import Snap, Stage
from tests.snapshots.test_sections import SIZES, size_name

sizes = pytest.mark.parametrize("size", SIZES[:2], ids=size_name)
Size = tuple[int, int]


async def choose(stage: Stage, station: str) -> None:
    """Put the cursor of the fleet on a station."""
    await stage.sees("depot-04")
    section = stage.app.frame_screen.shown_section
    assert section is not None
    await stage.press("g")
    for _ in range(20):
        if section.selected_station() == station:
            return
        await stage.press("down")
    raise AssertionError(f"{station} is not in the fleet")


def form(station: str, key: str, word: str) -> Callable[[Stage], Awaitable[None]]:
    """Press the key of an order on a station, and wait for its form."""

    async def opened(stage: Stage) -> None:
        await choose(stage, station)
        await stage.press(key)
        await stage.sees(word)

    return opened


@sizes
@pytest.mark.parametrize(
    ("station", "key", "word"),
    [
        ("CP-001", "r", "restarts"),
        ("CP-001", "u", "Unlock"),
        ("lobby-1", "s", "Start"),
        ("CP-009", "f", "firmware"),
        ("depot-03", "t", "Trigger"),
    ],
    ids=["reset", "unlock", "start", "firmware", "trigger"],
)
def test_order_form(snap: Snap, station: str, key: str, word: str, size: Size) -> None:
    assert snap(form(station, key, word), size)


def test_hard_reset_has_the_keyboard_on_cancel(snap: Snap) -> None:
    async def opened(stage: Stage) -> None:
        await stage.sees("depot-04")
        stage.app.give_order("reset", "CP-001", type="hard")
        await stage.sees("hard")

    assert snap(opened)


def test_form_says_what_is_wrong(snap: Snap) -> None:
    async def wrong(stage: Stage) -> None:
        await form("lobby-1", "u", "Unlock")(stage)
        await stage.press("home", "ctrl+k")
        await stage.type("left")
        await stage.press("enter")
        await stage.sees("✖")

    assert snap(wrong)


async def mark_four(stage: Stage) -> None:
    """Mark four stations."""
    await stage.sees("depot-04")
    for station in ("CP-001", "CP-012", "depot-03", "lobby-1"):
        await choose(stage, station)
        await stage.press("space", "up")


@sizes
def test_bulk_form(snap: Snap, size: Size) -> None:
    async def opened(stage: Stage) -> None:
        await mark_four(stage)
        await stage.press("r")
        await stage.sees("4 stations")

    assert snap(opened, size)


@sizes
def test_bulk_on_its_way(snap: Snap, size: Size) -> None:
    """Two have accepted, one has refused, one has not answered yet."""

    async def going(stage: Stage) -> None:
        await mark_four(stage)
        await stage.press("r")
        await stage.sees("4 stations")
        await stage.press("right", "enter")
        await stage.answer("CP-001", '{"status":"Accepted"}')
        await stage.answer("CP-012", '{"status":"Rejected"}')
        await stage.answer("depot-03", '{"status":"Accepted"}')
        await stage.sees("accepted", "rejected")

    assert snap(going, size)


@sizes
def test_order_accepted(snap: Snap, size: Size) -> None:
    """A start that was accepted: the transaction is still missing."""

    async def going(stage: Stage) -> None:
        await form("lobby-1", "s", "Start")(stage)
        await stage.press("enter")
        await stage.answer("lobby-1", '{"status":"Accepted"}')
        await stage.sees("accepted")

    assert snap(going, size)


def test_order_done(snap: Snap) -> None:
    async def done(stage: Stage) -> None:
        await form("CP-001", "u", "Unlock")(stage)
        await stage.press("2", "enter")
        await stage.answer("CP-001", '{"status":"Unlocked"}')
        await stage.sees("✓ DONE")

    assert snap(done)


def test_order_rejected(snap: Snap) -> None:
    async def rejected(stage: Stage) -> None:
        await form("lobby-1", "u", "Unlock")(stage)
        await stage.press("enter")
        await stage.answer("lobby-1", '{"status":"NotSupported"}')
        await stage.sees("NotSupported")

    assert snap(rejected)


def test_orders_given(snap: Snap) -> None:
    async def listed(stage: Stage) -> None:
        await form("lobby-1", "u", "Unlock")(stage)
        await stage.press("enter")
        await stage.answer("lobby-1", '{"status":"Unlocked"}')
        await stage.sees("✓ DONE")
        await stage.press("escape")
        await choose(stage, "depot-03")
        await stage.press("t", "enter")
        await stage.answer("depot-03", '{"status":"Accepted"}')
        await stage.sees("accepted")
        await stage.press("escape", "o")
        await stage.sees("Orders given")

    assert snap(listed)


def test_key_that_does_not_apply_says_why(snap: Snap) -> None:
    async def pressed(stage: Stage) -> None:
        await choose(stage, "CP-007")
        await stage.press("r")
        await stage.sees("is not connected")

    assert snap(pressed)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_help(snap: Snap, size: Size) -> None:
    async def opened(stage: Stage) -> None:
        await stage.sees("depot-04")
        await stage.press("question_mark")
        await stage.sees("reset")

    assert snap(opened, size)


@sizes
@pytest.mark.parametrize(
    "line", ["re", "reset ", "reset CP-001 type=", "start lobby-1 "], ids=["order", "station", "value", "argument"]
)
def test_command_line_completes(snap: Snap, line: str, size: Size) -> None:
    async def typed(stage: Stage) -> None:
        await stage.sees("depot-04")
        await stage.press("colon")
        await stage.type(line)

    assert snap(typed, size)


def test_command_line_says_what_is_wrong(snap: Snap) -> None:
    async def typed(stage: Stage) -> None:
        await stage.sees("depot-04")
        await stage.press("colon")
        await stage.type("reset CP-999 type=hard")
        await stage.press("enter")
        await stage.sees("No station")

    assert snap(typed)


@sizes
def test_palette(snap: Snap, size: Size) -> None:
    async def opened(stage: Stage) -> None:
        await stage.sees("depot-04")
        await stage.press("ctrl+p")
        await stage.type("res")

    assert snap(opened, size)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_qr_code(snap: Snap, size: Size) -> None:
    async def opened(stage: Stage) -> None:
        await stage.press("q")
        await stage.sees("ws://192.168.1.20:9000/")

    assert snap(opened, size, of=None)


@sizes
def test_quitting_with_live_links(snap: Snap, size: Size) -> None:
    async def asked(stage: Stage) -> None:
        await stage.sees("depot-04")
        await stage.press("ctrl+q")
        await stage.sees("Quit?")

    assert snap(asked, size)


def test_note_on_an_alarm(snap: Snap) -> None:
    async def noted(stage: Stage) -> None:
        await stage.go("alarms")
        await stage.sees("CP-009")
        await stage.press("a")
        await stage.sees("Take note")

    assert snap(noted)


def test_send_again(snap: Snap) -> None:
    async def edited(stage: Stage) -> None:
        await stage.go("exchange", stage.exchange("CP-009", "Reset"))
        await stage.sees("Reset")
        await stage.press("e")

    assert snap(edited)
