"""Rows 79–83 of the fault matrix: whatever stations say, on no screen does the terminal hear anything but Textual.

The program runs in a pseudo-terminal that takes nothing else than what Textual paints with (``picture``). Real stations
say hostile strings in every field they have (``hostile``), a person opens everything there is, and each place has to
show the marks of what was said: one that drew nothing would prove nothing.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.terminal.conftest import ANY_PORT
from tests.terminal.hostile import Station, corpus, handshake, knocks, tells_2, tells_16, tells_row
from tests.terminal.pseudo import PseudoTerminal
from tests.terminal.walk import Walk

SAYABLE = [text for text in corpus() if not re.search("[\ud800-\udfff]", text)]


@pytest.fixture
def walk(environment: dict[str, str], tmp_path: Path) -> Iterator[Walk]:
    """A console with hostile names in its profile and among its files; nothing has called yet."""
    images = tmp_path / "data" / "files" / "images"
    images.mkdir(parents=True)
    # The size of this terminal shows every row and every field at once.
    words = ["--data", str(tmp_path / "data"), *ANY_PORT]
    terminal = PseudoTerminal("run", *words, environment=environment, size=(200, 110))
    found = Walk(terminal)
    name = found.say("image", worst=0).translate({ord("/"): None, 0: None})
    (images / f"{name}.bin").write_bytes(b"image" * 100)
    terminal.sees("No charger has called yet", "ws://127.0.0.1:")
    yield found
    terminal.close()
    found.close()


ROW = [f"{one} of every row" for one in ("model", "firmware", "info")]


def test_every_string_of_the_corpus_in_every_table(walk: Walk) -> None:
    say = walk.say
    port = int(walk.base.rpartition(":")[2].strip("/"))
    for text in SAYABLE:
        tells_row(walk.station(say.identity(text)), say, text)
    walk.at("Fleet", *ROW)
    picture = walk.terminal.rests()
    # Every single one was drawn as the sanitiser writes it, not only some.
    assert len(say.seen(picture)["identity"]) == len(SAYABLE)
    assert len(say.seen(picture)["model of every row"]) == len(SAYABLE)
    walk.section("2", "Sessions")
    walk.at("Sessions", "tag of every row", "reason of every row")
    walk.section("3", "Messages")
    walk.at("Messages", "transfer of every row", "tag of every row", "info of every row")
    walk.section("5", "Alarms")
    walk.at("Alarms", "info of every row", "identity")
    knocks(
        ("127.0.0.1", port),
        [
            handshake(b"/" + say("path", worst=0).encode()),
            handshake(b"/a/" + say("path", worst=1).encode(), agent=say("agent", worst=1)),
            handshake(b"/a/" + say("path", worst=3).encode()),
            handshake(b"/" + quote(say("quoted path", worst=0)).encode()),
            handshake(b"/b", agent=say("agent", worst=2), offers="ocpp9"),
            handshake(b"/c", user=say("user", worst=0)),
            handshake(b"/d", user=say("user", worst=3)),
            handshake(b"/e", offers=say("offer", worst=1)),
            handshake(b"/f", host=say("host", worst=2)),
        ],
    )
    for at, station in enumerate(walk.stations[:6]):
        station.close(say("close reason", worst=at)[:40])
    walk.section("4", "Connections")
    walk.at("Connections", "path", "user", "offer", "close reason")
    for _ in range(12):
        walk.press("j")
        walk.at("a connection")
    assert not walk.problems, "\n".join(walk.problems)


def test_every_field_in_every_view_form_and_dialog(walk: Walk) -> None:
    say = walk.say
    walk.station("ev-16").close(say("close reason", worst=0)[:60])
    first = walk.station("ev-16")
    tells_16(first, say)
    tells_2(walk.station("ev-20", "2.0.1"), say)
    tells_16(walk.station("[@click=app.quit]q"), say)
    station_16(walk, first)
    station_20(walk)
    sections(walk)
    orders(walk, first)
    lines_and_dialogs(walk)
    assert not walk.problems, "\n".join(walk.problems)


def station_16(walk: Walk, station: Station) -> None:
    """Every tab of a station that speaks 1.6."""
    say = walk.say
    walk.command("station ev-16")
    walk.at(
        "Overview", "vendor", "model", "serial", "firmware", "iccid", "imsi", "info", "vendor error", "status", "tag"
    )
    walk.press("]")
    walk.terminal.sees("R read all")
    walk.press("R")
    asked = station.asked()
    keys = [{"key": say("key"), "readonly": False, "value": say("key value")} for _ in range(14)]
    station.say([3, asked[1], {"configurationKey": keys, "unknownKey": [say("unknown key")]}])
    walk.at("Configuration", "key", "key value")
    for key, title in (("S", "─ Save a copy"), ("D", "─ Compare")):
        walk.press(key)
        walk.terminal.sees(title)
        walk.press("\r")
        walk.terminal.sees(without=title)
    walk.at("a comparison", "key", "key value")
    walk.press("c")
    walk.terminal.sees("─ Change a setting ─")
    walk.at("the form of a setting", "key", "key value", "vendor", "model")
    walk.leave(without="─ Change a setting ─")
    walk.press("]")
    walk.terminal.sees("ID TAG")
    walk.at("Sessions of a station", "tag")
    walk.press("]")
    walk.terminal.sees("SUMMARY")
    walk.at("Messages of a station", "vendor", "error code", "transfer", "action", "log status", "frame")
    walk.press("]")
    walk.terminal.sees("copy path")
    walk.at("Files of a station", "firmware status", "log status")
    walk.press("]")
    walk.at("Log of a station", "close reason")
    walk.leave()


def station_20(walk: Walk) -> None:
    """Every tab of a station that speaks 2.0.1."""
    walk.command("station ev-20")
    walk.at(
        "Overview of 2.0.1", "transaction", "status", "vendor", "model", "serial", "firmware", "boot reason", "iccid"
    )
    walk.press("]")
    walk.at("Device model", "component", "variable", "variable value", "instance", "unit")
    walk.press("jc")
    walk.terminal.sees("─ Change a setting ─")
    walk.at("the form of a variable", "component", "variable")
    walk.leave(without="─ Change a setting ─")
    walk.press("]")
    walk.terminal.sees("ID TAG")
    walk.at("Sessions of 2.0.1", "transaction", "tag")
    walk.press("]")
    walk.terminal.sees("SUMMARY")
    walk.at("Messages of 2.0.1", "trigger", "component", "security", "tech info", "data")
    walk.press("]")
    walk.terminal.sees("copy path")
    walk.at("Files of 2.0.1", "firmware status", "log status")
    walk.leave()


def sections(walk: Walk) -> None:
    """What opens from the sections."""
    walk.section("2", "Sessions")
    walk.at("Sessions", "tag", "transaction")
    for number in range(4):
        walk.press("\r")
        walk.terminal.sees("its messages")
        walk.at("a session", "tag")
        walk.press("m")
        walk.terminal.rests(0.1)
        walk.at("its chart")
        walk.leave()
        walk.press("j" * (number == 0 or 1))
    walk.section("3", "Messages")
    walk.press("G")
    walk.at("Messages", "action", "data")
    walk.press("\r")
    walk.terminal.sees("raw/tree")
    before = list(walk.terminal.picture.copied)
    walk.press("y")
    walk.terminal.sees("Copied")
    walk.at("a notice")
    (copied,) = walk.terminal.picture.copied[len(before) :]
    frames = base64.b64decode(copied, validate=True).decode().split("\n")
    assert [json.loads(one)[0] for one in frames] == [2, 3]
    for way in ("raw", "pretty", "tree"):
        for _ in range(10):
            walk.press("[")
            walk.terminal.rests(0.06)
            walk.at(f"a message, {way}")
        for _ in range(10):
            walk.press("]")
        walk.press("v")
    walk.leave()
    walk.section("5", "Alarms")
    for _ in range(6):
        walk.at("an alarm", "info", "security", "tech info")
        walk.press("j")
        walk.terminal.rests(0.06)
    walk.press("a")
    walk.terminal.sees("esc leaves")
    walk.at("a note on an alarm")
    walk.leave(without="esc leaves")
    walk.section("6", "Files")
    walk.at("Files", "image", "firmware status", "log status")


def orders(walk: Walk, station: Station) -> None:
    """Forms with hostile choices, and answers as hostile as the rest."""
    say = walk.say
    walk.section("1", "Fleet")
    walk.command('raw ev-16 DataTransfer {"vendorId":"x"}')
    asked = station.asked()
    station.say([3, asked[1], {"status": say("answer", worst=0), "data": say("answer data", worst=1)}])
    walk.at("an answer", "answer")
    walk.leave()
    walk.command("reset ev-16 type=soft")
    asked = station.asked()
    station.say([4, asked[1], say("refusal", worst=0), say("refusal text", worst=1), {say("field"): say("detail")}])
    walk.at("a refusal", "refusal", "refusal text")
    walk.leave()
    walk.command("diagnostics ev-16")
    asked = station.asked()
    station.say([3, asked[1], {"fileName": say("file name", worst=0)}])
    place = asked[3]["location"]
    head = f'--xx\r\nContent-Disposition: form-data; name="f"; filename="{say("upload", worst=0)}"\r\n\r\n'
    form = {"content-type": "multipart/form-data; boundary=xx"}
    assert httpx.post(place, content=head.encode() + b"log " * 500 + b"\r\n--xx--\r\n", headers=form).is_success
    walk.terminal.sees("arrived")
    walk.at("an upload")
    walk.leave()
    walk.press("o")
    walk.terminal.sees("─ Orders given")
    walk.at("the orders given")
    walk.leave(without="─ Orders given")
    walk.section("6", "Files")
    walk.at("an upload among the files", "upload")


def lines_and_dialogs(walk: Walk) -> None:
    """Help, palette, completion, forms by key, quitting."""
    walk.section("1", "Fleet")
    for key, title in (("s", "Start charging"), ("f", "Update the firmware"), ("t", "Trigger"), ("r", "Reset")):
        walk.press(key)
        walk.terminal.sees(f"─ {title}")
        walk.at(f"the form {title}", "vendor", "model", *(["image"] if key == "f" else ["tag"] if key == "s" else []))
        walk.leave(without=f"─ {title}")
    walk.press("?")
    walk.terminal.sees("Everywhere")
    walk.at("help")
    walk.leave(without="Everywhere")
    walk.press("\x10")
    walk.terminal.sees("Search for commands")
    walk.press("quit]q")
    walk.terminal.sees("online")
    walk.at("the palette", "vendor")
    walk.leave()
    walk.press(":")
    walk.terminal.sees("Restarts the station")
    walk.press("station [")
    walk.terminal.sees("[@click=app.quit]q  ")
    walk.at("completion of a command")
    walk.leave()
    walk.press("/")
    walk.terminal.sees("─ filter ─")
    walk.press("station:")
    walk.at("completion of a filter")
    walk.leave(without="─ filter ─")
    walk.press("\x11")
    walk.terminal.sees("─ Quit? ─")
    walk.at("quitting")
    walk.leave(without="─ Quit? ─")
