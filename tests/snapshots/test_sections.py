"""The six sections as a person finds them, at three terminal sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.snapshots import day
from tests.snapshots.conftest import FILES, Play, Snap, Stage, lay
from tests.snapshots.telling import HOST, at

SIZES = [(80, 24), (120, 36), (200, 60)]


def size_name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


async def fleet(stage: Stage) -> None:
    await stage.sees("depot-04")


async def sessions(stage: Stage) -> None:
    await stage.go("sessions")
    await stage.sees("CP-007")


async def messages(stage: Stage) -> None:
    await stage.go("messages")
    await stage.sees("CP-011", "TAIL")


async def connections(stage: Stage) -> None:
    """The newest attempt was refused: below the table stands what to change on that charger."""
    await stage.go("connections")
    await stage.sees("CP-OLD", "Change")


async def alarms(stage: Stage) -> None:
    await stage.go("alarms")
    await stage.sees("CP-009", "Try")


async def files(stage: Stage) -> None:
    """A firmware image on its way, an upload awaited, images that lie ready, diagnostics that have arrived."""
    await show_files(stage)


async def show_files(stage: Stage) -> None:
    server = stage.app.engine.files
    images = Path("data/files/images")
    elvi = lay(images / "elvi-3.4.1.bin", 3_145_728, at("11:58:00"))
    lay(images / "keba-1.19.2.bin", 8_912_000, at("08:30:00"))
    lay(Path("data/files/received/cp-012/EVB-P21104417-k3v9.zip"), 188_416, at("11:20:08"))
    offer = server.offer(elvi, name="elvi-3.4.1.bin", station="CP-012", order=2)
    offer.begin("192.168.1.112:47720")
    offer.move(1_321_206)
    offer.started, offer._rate, offer._moved = at("12:02:12"), 9_646.0, float("inf")
    server.tell(offer)
    awaited = server.expect(station="CP-001", order=3, kind="diagnostics")
    assert server.link(awaited, HOST).startswith(f"http://{HOST}:{FILES}/")
    await stage.go("files")
    await stage.sees("keba-1.19.2.bin", "RECEIVED", "42 %")


@pytest.mark.parametrize("size", SIZES, ids=size_name)
@pytest.mark.parametrize(
    "play", [fleet, sessions, messages, connections, alarms, files], ids=lambda play: play.__name__
)
def test_section(snap: Snap, play: Play, size: tuple[int, int]) -> None:
    assert snap(play, size)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_empty_console(snap: Snap, size: tuple[int, int]) -> None:
    async def waiting(stage: Stage) -> None:
        await stage.sees("No charger has called yet")

    assert snap(waiting, size, of=None)


@pytest.mark.parametrize("kind", ["sessions", "messages", "connections", "alarms", "files"])
def test_empty_section(snap: Snap, kind: str) -> None:
    async def waiting(stage: Stage) -> None:
        await stage.go(kind)

    assert snap(waiting, (100, 20), of=None)


@pytest.mark.parametrize("play", [fleet, sessions, messages, alarms], ids=lambda play: play.__name__)
def test_light(snap: Snap, play: Play) -> None:
    assert snap(play, theme="chargehand-light")


def test_fleet_without_colour(snap: Snap, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR: every state has a glyph and a word, so nothing is lost."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap(fleet)


def test_read_only(snap: Snap) -> None:
    """A console that gives no orders shows no keys for them."""
    assert snap(fleet, read_only=True)


def test_frozen_fleet(snap: Snap) -> None:
    async def frozen(stage: Stage) -> None:
        await stage.sees("depot-04")
        await stage.press("p")
        await stage.sees("FROZEN")

    assert snap(frozen)


def test_filtered_fleet_with_marks(snap: Snap) -> None:
    async def filtered(stage: Stage) -> None:
        await stage.sees("depot-04")
        await stage.press("slash", "c", "p", "minus", "enter")
        await stage.press("space", "space")
        await stage.sees("2 marked")

    assert snap(filtered)


def test_wrong_message_filter(snap: Snap) -> None:
    """The filter line is red and says why; what was found before stays."""

    async def wrong(stage: Stage) -> None:
        await messages(stage)
        await stage.press("slash")
        await stage.type("ms:many")
        await stage.sees("is no number")

    assert snap(wrong)


def test_messages_found(snap: Snap) -> None:
    async def found(stage: Stage) -> None:
        await messages(stage)
        await stage.press("slash")
        await stage.type("station:CP-0 is:violation")
        await stage.press("enter")

    assert snap(found)


def test_scrolled_messages_say_what_is_new(snap: Snap) -> None:
    async def scrolled(stage: Stage) -> None:
        await messages(stage)
        await stage.press("up", "up", "up", "up")
        for number in range(3):
            stage.app.link("CP-012").on_text(f'[2,"h{number}","Heartbeat",{{}}]')
        await stage.sees("+3")

    assert snap(scrolled)


@pytest.mark.parametrize("kind", ["fleet", "messages", "alarms"])
def test_hostile_text_stays_text(snap: Snap, hostile: object, kind: str) -> None:
    """Markup, escape sequences, direction marks and wide characters are drawn as what they are."""

    async def shown(stage: Stage) -> None:
        await stage.go(kind)
        await stage.sees("[@click")

    assert len(day.HOSTILE) == 3
    assert snap(shown, (140, 30), of=hostile)
