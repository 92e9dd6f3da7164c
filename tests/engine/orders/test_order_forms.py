"""Forms are filled with what can be known, and completion offers what can stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from console.engine.orders.complete import complete
from console.engine.orders.forms import form_for
from console.engine.orders.grammar import parse_command
from console.engine.orders.table import order_kind
from console.engine.transfer.model import StoredFile
from tests.engine.orders.order_port import FakePort


def values(port: FakePort, order: str, **more: Any) -> dict[str, str]:
    station = port.fleet.station("CP-001")
    return {one.name: one.value for one in form_for(order_kind(order), station, port.fleet, **more)}


def status(port: FakePort, connector: int, word: str = "Available") -> None:
    request = {"connectorId": connector, "errorCode": "NoError", "status": word}
    port.hear("CP-001", "StatusNotification", request)


async def test_the_only_connector_and_the_last_tag_are_filled_in(port: FakePort) -> None:
    port.connect("CP-001", "1.6")
    status(port, 1)
    port.hear("CP-001", "Authorize", {"idTag": "VISITOR"}, {"idTagInfo": {"status": "Accepted"}})
    assert values(port, "start") == {"connector": "1", "tag": "VISITOR"}
    assert values(port, "reset") == {"type": "soft"}
    status(port, 2)
    assert values(port, "start") == {"connector": "", "tag": "VISITOR"}
    assert values(port, "unlock", evse=2, connector=1) == {"connector": "2"}


async def test_the_connectors_of_the_station_are_offered_with_their_status(port: FakePort) -> None:
    port.connect("CP-001", "1.6")
    status(port, 1)
    status(port, 2, "Charging")
    (field,) = form_for(order_kind("unlock"), port.fleet.station("CP-001"), port.fleet)
    assert (field.choices, field.offer, field.value) == (("1", "2"), "1 Available · 2 Charging", "")


async def test_connectors_are_counted_as_the_version_counts_them(port: FakePort) -> None:
    port.connect("CP-002", "2.0.1")
    for evse, connector in ((1, 1), (1, 2), (2, 1)):
        request = {
            "timestamp": "2025-01-01T00:00:00Z",
            "connectorStatus": "Available",
            "evseId": evse,
            "connectorId": connector,
        }
        port.hear("CP-002", "StatusNotification", request)
    assert texts(port, "unlock CP-002 connector=") == ["1", "2"]  # of EVSE 1 and of EVSE 2, the first of each
    assert texts(port, "unlock CP-002 evse=") == ["1", "2"]
    assert texts(port, "unlock CP-002 evse=1 connector=") == ["1", "2"]
    assert texts(port, "unlock CP-002 evse=2 connector=") == ["1"]


async def test_completion_tells_what_an_order_does(port: FakePort) -> None:
    for offer in complete("", 0, port.fleet):
        kind = order_kind(offer.text)
        assert offer.meta == kind.gist
        assert kind.title.casefold() != offer.meta.casefold()
        assert len(offer.meta) <= 46, "whole at 80 columns"
    assert order_kind("reset").gist == "Restarts the station"


async def test_the_running_transaction_is_filled_in(port: FakePort) -> None:
    port.connect("CP-001", "1.6")
    request = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": "2025-01-01T00:00:00Z"}
    port.hear("CP-001", "StartTransaction", request, {"transactionId": 41, "idTagInfo": {"status": "Accepted"}})
    assert values(port, "stop")["transaction"] == "41"


async def test_the_newest_image_is_filled_in(port: FakePort) -> None:
    port.connect("CP-001", "2.1")
    images = [
        StoredFile(name=name, path=Path(name), size=1, modified=modified)
        for name, modified in (("old.bin", 1), ("new.bin", 3), ("mid.bin", 2))
    ]
    assert values(port, "firmware", images=images)["file"] == "new.bin"


async def test_availability_offers_the_other_state(port: FakePort) -> None:
    port.connect("CP-001", "1.6")
    status(port, 1, "Unavailable")
    assert values(port, "availability")["operative"] == "true"
    status(port, 1, "Available")
    assert values(port, "availability")["operative"] == "false"


async def test_a_bulk_form_knows_no_station(port: FakePort) -> None:
    fields = form_for(order_kind("start"), None, port.fleet, "1.6")
    assert [(one.name, one.value) for one in fields] == [("connector", ""), ("tag", "")]


def texts(port: FakePort, line: str, **more: Any) -> list[str]:
    return [one.text for one in complete(line, len(line), port.fleet, **more)]


async def test_completion_goes_from_the_order_to_the_last_value(port: FakePort) -> None:
    port.connect("CP-001", "1.6")
    port.connect("garage left", "2.0.1")
    status(port, 1)
    status(port, 2)
    port.hear("CP-001", "Authorize", {"idTag": "VISITOR"}, {"idTagInfo": {"status": "Accepted"}})
    assert texts(port, ":st") == ["start", "stop"]
    assert texts(port, "reset ") == ["CP-001", '"garage left"']
    assert texts(port, "reset gar") == ['"garage left"']
    assert texts(port, "reset CP-001 ") == ["type="]
    assert texts(port, 'reset "garage left" ') == ["type=", "evse="]
    assert texts(port, "reset CP-001 type=h") == ["hard"]
    assert texts(port, "start CP-001 connector=") == ["1", "2"]
    assert texts(port, "start CP-001 connector=1 tag=") == ["VISITOR"]
    assert texts(port, "start CP-001 tag=X ") == ["connector="]
    assert texts(port, "trigger CP-001 message=Trans") == []
    assert texts(port, 'trigger "garage left" message=Trans') == ["TransactionEvent"]
    assert texts(port, "availability CP-001 operative=") == ["true", "false"]
    assert texts(port, "frobnicate ") == []


async def test_completion_knows_transactions_keys_and_calls(port: FakePort) -> None:
    port.connect("CP-001", "1.6")
    request = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": "2025-01-01T00:00:00Z"}
    port.hear("CP-001", "StartTransaction", request, {"transactionId": 41, "idTagInfo": {"status": "Accepted"}})
    assert texts(port, "stop CP-001 transaction=") == ["41"]
    port.answers["GetConfiguration"] = [{"configurationKey": [{"key": "HeartbeatInterval", "readonly": False}]}]
    await port.links.call("CP-001", "GetConfiguration", {}, timeout=1)
    assert texts(port, "set CP-001 key=") == ["HeartbeatInterval"]
    assert "RemoteStartTransaction" in texts(port, "raw CP-001 Remote")
    assert texts(port, "raw CP-001 DataTransfer {") == []


async def test_on_a_station_the_name_may_be_left_out(port: FakePort) -> None:
    port.connect("CP-001", "1.6")
    assert "type=" in texts(port, "reset ", station="CP-001")


async def test_what_completion_offers_is_understood_as_it_is(port: FakePort) -> None:
    for name in ("a b", "a=b", 'say "so"', "back\\slash", "{odd"):
        port.connect(name, "1.6")
        (offer,) = [
            one.text for one in complete("reset ", 6, port.fleet) if parse_command(f"reset {one.text}").station == name
        ]
        assert parse_command(f"reset {offer} type=hard").arguments == {"type": "hard"}


async def test_completion_starts_where_the_word_does(port: FakePort) -> None:
    port.connect("CP-001", "1.6")
    found = complete(":reset CP-001 type=ha", 21, port.fleet)
    assert [(one.text, one.start) for one in found] == [("hard", 19)]


async def test_an_order_about_the_station_is_not_narrowed_to_its_only_connector(port: FakePort) -> None:
    port.connect("CP-002", "2.0.1")
    place = {"timestamp": "2025-01-01T00:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    port.hear("CP-002", "StatusNotification", place)
    station = port.fleet.station("CP-002")

    def filled(order: str) -> dict[str, str]:
        return {one.name: one.value for one in form_for(order_kind(order), station, port.fleet) if one.value}

    assert filled("transaction-status") == {}
    assert filled("clear-limit") == {}
    assert filled("limit") == {"connector": "1", "purpose": "default"}
    begun = {"eventType": "Started", "timestamp": "2025-01-01T00:00:00Z", "triggerReason": "Authorized", "seqNo": 0,
             "transactionInfo": {"transactionId": "T"}, "evse": {"id": 1, "connectorId": 1}}  # fmt: skip
    port.hear("CP-002", "TransactionEvent", begun, {})
    assert filled("transaction-status") == filled("cost") == {"transaction": "T"}
