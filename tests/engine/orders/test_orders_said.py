"""Every order of the table can be said in every version it claims, and what is said fits that version's schema."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.dialects import dialect
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
}
GIVEN = {"url": "http://127.0.0.1:9081/0123456789abcdef/"}
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
    words = {**VALUES, "type": "Central"} if name == "start" else VALUES
    takes = [one.name for one in kind.arguments_for(version) if one.name != "file"]
    said(kind, version, {one: words[one] for one in takes})


@pytest.mark.parametrize(("name", "version"), CASES)
def test_an_order_with_its_least_arguments_fits_the_schema(name: str, version: str) -> None:
    kind = order_kind(name)
    least = {one.name: VALUES[one.name] for one in kind.arguments_for(version) if one.required}
    for group in kind.one_of:
        if not any(one in least for one in group):
            known = [one for one in group if one != "file" and kind.argument(one, version)]
            least[known[0]] = VALUES[known[0]]
    said(kind, version, least)


@pytest.mark.parametrize(("name", "version"), CASES)
def test_every_choice_can_be_said(name: str, version: str) -> None:
    kind = order_kind(name)
    least = {one.name: VALUES[one.name] for one in kind.arguments_for(version) if one.required}
    least |= {"transaction": "41"} if name == "stop" else {}
    least |= {"url": VALUES["url"]} if name == "firmware" else {}
    for argument in kind.arguments_for(version):
        more = {"component": "C", "variable": "V"} if argument.name == "attribute" else {}
        for choice in argument.choices_for(version):
            custom = {"custom": "own"} if choice == "CustomTrigger" else {}
            said(kind, version, {**least, **more, **custom, argument.name: choice})


def test_every_order_has_a_follower() -> None:
    assert set(FOLLOWERS) == {one.id for one in ORDERS}
