"""Every order of the table can be said in every version it claims, and what is said fits that version's schema."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects import dialect
from console.engine.dialects.base import TagInfo
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order
from console.engine.orders.check import check_arguments
from console.engine.orders.followers import FOLLOWERS
from console.engine.orders.table import ORDERS, OrderKind, order_kind
from console.engine.wire.schema import violations

# A value for every argument there is.
VALUES: dict[str, Any] = {
    "type": "hard",
    "evse": "1",
    "connector": "2",
    "tag": "TAG",
    "transaction": "41",
    "url": "http://127.0.0.1:9081/0123/fw.bin",
    "retrieve": "2h",
    "install": "3h",
    "log": "security",
    "since": "2h",
    "until": "5m",
    "message": "StatusNotification",
    "custom": "own",
    "operative": "false",
    "key": "HeartbeatInterval",
    "component": "OCPPCommCtrlr",
    "variable": "HeartbeatInterval",
    "attribute": "Target",
    "instance": "one",
    "value": "300",
    "vendor": "org.acme",
    "data": "text",
    "action": "ClearCache",
    "payload": "{}",
    "limit": "16,10@3600",
    "unit": "W",
    "phases": "3",
    "duration": "600",
    "from": "1h",
    "every": "day",
    "stack": "2",
    "profile": "7",
    "source": "EMS",
    "purpose": "default",
    "text": "Hello",
    "priority": "InFront",
    "state": "Charging",
    "format": "ASCII",
    "language": "en",
    "id": "3",
    "base": "FactoryDefault",
    "level": "4",
    "severity": "5",
    "while_charging": "true",
    "version": "5",
    "update": "differential",
    "tags": "TAG,CARD",
    "remove": "OLD",
    "group": "GROUP",
    "connector_type": "cType2",
    "total": "3.31",
    "customer": "C-1",
    "report": "true",
    "clear": "true",
    "certificate": '{"hashAlgorithm":"SHA256","issuerNameHash":"aa","issuerKeyHash":"bb","serialNumber":"01"}',
    "checksum": "0123456789abcdef0123456789abcdef",
}
# Where a name means something of its own.
OWN: dict[str, dict[str, Any]] = {
    **{name: {"type": "Central"} for name in ("start", "customer", "send-list")},
    "monitor": {"type": "Delta", "value": "2.5"},
    "monitors": {"type": "delta"},
    "certificates": {"type": "ManufacturerRootCertificate"},
    "display": {"until": "2h"},
    "der-controls": {"type": "VoltVar"},
    "reserve": {"type": "Central", "until": "2h"},
}
GIVEN = {
    "url": "http://127.0.0.1:9081/0123456789abcdef/",
    "tags": [("TAG", TagInfo("Accepted", "GROUP", "2027-01-01T00:00:00Z")), ("CARD", TagInfo("Blocked"))],
    "removed": ["OLD"],
}
CASES = [(kind.id, version) for kind in ORDERS for version in kind.versions]


def said(kind: OrderKind, version: str, arguments: dict[str, Any]) -> None:
    order = Order(id=2**40 + 7, station="CP-001", name=kind.id, arguments=check_arguments(kind, version, arguments))
    speaker = dialect(version)
    saying = speaker.say(order, Station(key="cp-001", id="CP-001", version=version), dict(GIVEN))
    assert saying.action in speaker.callable
    assert violations(version, saying.action, saying.payload) == (), saying


@pytest.mark.parametrize(("name", "version"), CASES)
def test_an_order_with_all_of_its_arguments_fits_the_schema(name: str, version: str) -> None:
    kind = order_kind(name)
    words = {**VALUES, **OWN.get(name, {})}
    other = set(kind.instead.values())
    takes = [one.name for one in kind.arguments_for(version) if one.name not in other]
    said(kind, version, {one: words[one] for one in takes})


@pytest.mark.parametrize(("name", "version"), CASES)
def test_an_order_with_its_least_arguments_fits_the_schema(name: str, version: str) -> None:
    kind = order_kind(name)
    words = {**VALUES, **OWN.get(name, {})}
    least = {one.name: words[one.name] for one in kind.arguments_for(version) if one.required}
    for group in kind.one_of:
        if not any(one in least for one in group):
            known = [one for one in group if one != "file" and kind.argument(one, version)]
            least[known[0]] = words[known[0]]
    if name == "publish":
        least["checksum"] = words["checksum"]  # of a file the console knows it
    said(kind, version, least)


@pytest.mark.parametrize(("name", "version"), CASES)
def test_every_choice_can_be_said(name: str, version: str) -> None:
    kind = order_kind(name)
    words = {**VALUES, **OWN.get(name, {})}
    least = {one.name: words[one.name] for one in kind.arguments_for(version) if one.required}
    least |= {"transaction": "41", "connector": "2"} if name in ("stop", "limit") else {}
    least |= {"update": "differential"} if name == "send-list" else {}
    least |= {"url": VALUES["url"]} if name == "firmware" else {}
    for argument in kind.arguments_for(version):
        more = {"component": "C", "variable": "V"} if argument.name == "attribute" else {}
        for choice in argument.choices_for(version):
            custom = {"custom": "own"} if choice == "CustomTrigger" else {}
            said(kind, version, {**least, **more, **custom, argument.name: choice})


def test_every_order_has_a_follower() -> None:
    assert set(FOLLOWERS) == {one.id for one in ORDERS}
