"""Stations that put the corpus of hostile strings into everything a station can say.

Each string that is said carries a mark of its own (``q0042``) before the hostile part: where the mark stands in the
picture, that string was drawn there. ``Mouth.said`` tells what a mark was said as.
"""

from __future__ import annotations

import json
import re
import socket
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from itertools import chain, cycle
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from widgets.safe import safe_text

_CORPUS: Final = Path(__file__).parents[1] / "corpus" / "hostile_strings.json"
MARK: Final = re.compile(r"q\d{4}")

# Said first, and again and again: what each kind of guard would have to let through.
WORST: Final = (
    "\x1b]52;c;cm0gLXJmIC8=\x07\x1b[2J",
    "\x9b31m\x9d0;owned\x9c",
    "[/nope][@click=app.quit]",
    "\u202egpj.exe\u200b\u2066",
    "\x1b[0m\x1b[38;2;1;2;3;48;2;4;5;6mx\x1b[0m",
    "\r\nFAKE\tline\x0b",
)


def corpus() -> list[str]:
    """Every string of the corpus, the enormous ones cut to what a frame has room for."""
    return [one["text"] * min(one["times"], 20_000) for one in json.loads(_CORPUS.read_text("utf-8"))]


class Mouth:
    """Gives the next hostile string for a purpose, and remembers which mark was which purpose."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        # A frame with half a surrogate is no JSON: as a value it never comes in.
        short = [text for text in corpus() if len(text) <= 600 and not re.search("[\ud800-\udfff]", text)]
        # Every second one is of the worst, so that no place sees harmless ones alone.
        self._next = chain.from_iterable(zip(cycle(WORST), cycle(short)))

    def __call__(self, purpose: str, *, worst: int | None = None, most: int = 10_000) -> str:
        mark = f"q{len(self.said):04d}"
        text = mark + (next(self._next) if worst is None else WORST[worst % len(WORST)])
        self.said[mark] = purpose
        self.texts[mark] = text[:most]
        return text[:most]

    def identity(self, text: str) -> str:
        """What of a string the endpoint lets a station be called."""
        said = self("identity", most=5)
        kept = "".join(one for one in text if one not in "/\\ " and unicodedata.category(one)[0] not in "CZ")
        found = (said + kept.replace("..", ""))[:48]
        self.texts[said] = found
        return found

    def seen(self, picture: str) -> dict[str, set[str]]:
        """Which purposes stand in a picture, by their marks."""
        found: dict[str, set[str]] = {}
        for mark in MARK.findall(picture):
            if mark in self.said:
                found.setdefault(self.said[mark], set()).add(mark)
        return found

    def escaped(self, picture: str, mark: str) -> bool:
        """Whether something that the sanitiser has written out stands right behind the mark."""
        shown = safe_text(self.texts[mark])[len(mark) :]
        return any(picture.startswith(shown[:4], at.end()) for at in re.finditer(mark, picture))


class Station:
    """A station over the `websockets` client, which answers pings by itself."""

    def __init__(self, base: str, identity: str, *, version: str = "1.6") -> None:
        self.identity = identity
        self._open = ExitStack()
        self.link: ClientConnection = self._open.enter_context(
            connect(
                base + quote(identity, safe=""),
                subprotocols=[Subprotocol(f"ocpp{version}")],
                compression=None,
                open_timeout=20,
            )
        )
        self._ids = 0
        self._waiting: list[list[Any]] = []

    def say(self, frame: Sequence[Any] | str, *, plain: bool = False) -> None:
        """One frame; ``plain`` leaves every letter as it is that JSON does not forbid."""
        if isinstance(frame, str):
            self.link.send(frame)
            return
        text = json.dumps(frame, ensure_ascii=not plain)
        try:
            text.encode()
        except UnicodeEncodeError:
            text = json.dumps(frame)
        self.link.send(text)

    def call(self, action: str, payload: Any, *, plain: bool = True, kind: int = 3) -> list[Any]:
        """A call, and its answer, which is of that kind."""
        self._ids += 1
        own = f"{self.identity[:5]}-{self._ids}"
        self.say([2, own, action, payload], plain=plain)
        while True:
            frame = self.hear()
            if frame[0] in (3, 4) and frame[1] == own:
                assert frame[0] == kind, frame
                return frame
            self._waiting.append(frame)

    def hear(self, within: float = 20) -> list[Any]:
        """The next frame."""
        found: list[Any] = json.loads(self.link.recv(within))
        return found

    def asked(self) -> list[Any]:
        """The next call of the console."""
        while True:
            frame = self._waiting.pop(0) if self._waiting else self.hear()
            if frame[0] == 2:
                return frame

    def close(self, reason: str = "") -> None:
        """End the link, with a reason."""
        self.link.close(1000, reason)
        self._open.close()


def knocks(address: tuple[str, int], requests: Iterable[bytes]) -> None:
    """Handshakes that never become a link, byte by byte."""
    for data in requests:
        with socket.create_connection(address, 10) as knock:
            knock.sendall(data)
            knock.settimeout(5)
            with suppress(OSError):
                knock.recv(4096)


def handshake(
    target: bytes, *, agent: str = "", offers: str = "ocpp1.6", user: str | None = None, host: str = "charger"
) -> bytes:
    """A request to upgrade with these values in it, whatever they are."""
    lines = [
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade, close",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {offers}",
        f"User-Agent: {agent}",
    ]
    if user is not None:
        lines.append("Authorization: Basic " + b64encode(f"{user}:secret".encode("utf-8", "replace")).decode())
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "replace")
    return b"GET " + target + b" HTTP/1.1\r\n" + head


NOW: Final = "2026-01-15T12:00:00Z"


def tells_16(station: Station, say: Mouth) -> None:
    """Everything that OCPP 1.6 leaves to a station's own words."""
    station.call(
        "BootNotification",
        {
            "chargePointVendor": say("vendor"),
            "chargePointModel": say("model"),
            "chargePointSerialNumber": say("serial"),
            "firmwareVersion": say("firmware"),
            "iccid": say("iccid"),
            "imsi": say("imsi"),
            "meterType": say("meter"),
            say("field"): say("extra"),
        },
    )
    for connector in (1, 2):
        station.call(
            "StatusNotification",
            {
                "connectorId": connector,
                "status": "Faulted" if connector == 1 else say("status"),
                "errorCode": say("error code"),
                "info": say("info"),
                "vendorId": say("vendor id"),
                "vendorErrorCode": say("vendor error"),
                "timestamp": say("timestamp"),
            },
        )
    station.call("Authorize", {"idTag": say("tag")})
    tag = {"connectorId": 2, "idTag": say("tag"), "meterStart": 100, "timestamp": NOW}
    transaction = station.call("StartTransaction", tag)[2]["transactionId"]
    sampled = [
        {"value": "11000", "measurand": "Power.Active.Import", "unit": "W"},
        {"value": "1700", "measurand": "Energy.Active.Import.Register", "unit": "Wh", "context": say("context")},
        {"value": "12", "measurand": say("measurand"), "unit": say("unit"), "phase": say("phase")},
        {"value": say("value"), "measurand": "Current.Import", "unit": say("unit"), "location": say("location")},
    ]
    for minute in (1, 2):
        values = {"timestamp": f"2026-01-15T12:0{minute}:00Z", "sampledValue": sampled}
        station.call("MeterValues", {"connectorId": 2, "transactionId": transaction, "meterValue": [values]})
    station.call("DataTransfer", {"vendorId": say("transfer"), "messageId": say("message id"), "data": say("data")})
    station.call("DiagnosticsStatusNotification", {"status": say("log status")})
    station.call("FirmwareStatusNotification", {"status": say("firmware status")})
    station.call("SecurityEventNotification", {"type": say("security"), "timestamp": NOW, "techInfo": say("tech info")})
    station.call(say("action"), {"x": say("extra")}, kind=4)
    station.say([4, "nobody", say("error"), say("error text"), {say("field"): say("detail")}])
    station.say("no json " + say("frame"))
    station.say([3, say("unique id"), {say("field"): say("extra")}])
    station.say([2, say("unique id"), "Heartbeat", {}])


def tells_2(station: Station, say: Mouth) -> None:
    """Everything that OCPP 2.0.1 leaves to a station's own words."""
    box: dict[str, Any] = {"vendorName": say("vendor"), "model": say("model"), "serialNumber": say("serial")}
    box |= {"firmwareVersion": say("firmware"), "modem": {"iccid": say("iccid"), "imsi": say("imsi")}}
    station.call("BootNotification", {"reason": say("boot reason"), "chargingStation": box})
    place = {"timestamp": NOW, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
    station.call("StatusNotification", place)
    station.call("StatusNotification", place | {"evseId": 2, "connectorStatus": say("status")})
    info = {"transactionId": say("transaction", most=36), "chargingState": "Charging"}
    value = {"value": 11000, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}}
    odd = {"value": 5, "measurand": say("measurand"), "phase": say("phase"), "unitOfMeasure": {"unit": say("unit")}}
    event = {
        "eventType": "Started",
        "timestamp": NOW,
        "triggerReason": say("trigger"),
        "seqNo": 0,
        "transactionInfo": info,
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": say("tag"), "type": say("tag kind"), "additionalInfo": [{"type": say("extra")}]},
        "meterValue": [{"timestamp": NOW, "sampledValue": [value, odd]}],
    }
    station.call("TransactionEvent", event)
    later = event | {"eventType": "Updated", "seqNo": 3, "timestamp": "2026-01-15T12:05:00Z"}
    station.call("TransactionEvent", later)
    ended = event | {"seqNo": 0, "transactionInfo": {"transactionId": say("transaction", most=36)}}
    station.call("TransactionEvent", ended)
    over = {**ended["transactionInfo"], "stoppedReason": say("reason")}  # type: ignore[dict-item]
    station.call("TransactionEvent", ended | {"eventType": "Ended", "seqNo": 1, "transactionInfo": over})
    variable = {
        "component": {"name": say("component"), "instance": say("instance")},
        "variable": {"name": say("variable"), "instance": say("instance")},
        "variableAttribute": [{"type": "Actual", "value": say("variable value"), "mutability": "ReadWrite"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False, "unit": say("unit")},
    }
    report = {"requestId": 1, "generatedAt": NOW, "seqNo": 0, "reportData": [variable]}
    station.call("NotifyReport", report)
    happened = {
        "eventId": 1,
        "timestamp": NOW,
        "trigger": "Alerting",
        "actualValue": say("value"),
        "techCode": say("tech code"),
        "techInfo": say("tech info"),
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": say("component")},
        "variable": {"name": say("variable")},
    }
    station.call("NotifyEvent", {"generatedAt": NOW, "seqNo": 0, "eventData": [happened]})
    station.call("SecurityEventNotification", {"type": say("security"), "timestamp": NOW, "techInfo": say("tech info")})
    station.call("LogStatusNotification", {"status": say("log status"), "requestId": 1})
    station.call("FirmwareStatusNotification", {"status": say("firmware status"), "requestId": 1})
    station.call("NotifyCustomerInformation", {"data": say("data"), "seqNo": 0, "generatedAt": NOW, "requestId": 1})
    station.call("DataTransfer", {"vendorId": say("transfer"), "messageId": say("message id"), "data": say("data")})
    station.call(say("action"), {"x": say("extra")}, kind=4)
    station.say([4, "nobody", say("error"), say("error text"), {say("field"): say("detail")}])


def tells_row(station: Station, say: Mouth, text: str) -> None:
    """One string of the corpus in every column of every table."""

    def word(purpose: str) -> str:
        mark = say(f"{purpose} of every row", most=5)
        say.texts[mark] = mark + text
        return mark + text

    station.call(
        "BootNotification",
        {"chargePointVendor": word("vendor"), "chargePointModel": word("model"), "firmwareVersion": word("firmware")},
        plain=False,
    )
    station.call(
        "StatusNotification",
        {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError", "info": word("info")},
        plain=False,
    )
    started = {"connectorId": 1, "idTag": word("tag"), "meterStart": 1, "timestamp": NOW}
    transaction = station.call("StartTransaction", started, plain=False)[2]["transactionId"]
    ended = {"transactionId": transaction, "meterStop": 2, "timestamp": NOW, "reason": word("reason")}
    station.call("StopTransaction", ended, plain=False)
    station.call("DataTransfer", {"vendorId": word("transfer"), "data": word("data")}, plain=False)
