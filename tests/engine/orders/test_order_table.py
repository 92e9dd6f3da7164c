"""The one table of orders: what command-line.md lists is there, and wrong arguments are refused in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.errors import NoSuchOrder, OrderError
from console.engine.orders.check import check_arguments
from console.engine.orders.masking import masked
from console.engine.orders.table import CONFIGURE_KEY, ORDERS, TRIGGERS, help_lines, key_rows, order_kind
from console.engine.wire.schema import schema

VERSIONS = ("1.6", "2.0.1", "2.1")

# The table of docs/command-line.md: order, arguments of 1.6, arguments of 2.x.
LISTED: dict[str, tuple[set[str], set[str]]] = {
    "reset": ({"type"}, {"type", "evse"}),
    "unlock": ({"connector"}, {"connector", "evse"}),
    "start": ({"connector", "tag"}, {"connector", "evse", "tag"}),
    "stop": ({"transaction", "connector"}, {"transaction", "connector", "evse"}),
    "firmware": ({"file", "url", "retrieve"}, {"file", "url", "retrieve"}),
    "diagnostics": ({"log", "since", "until"}, {"log", "since", "until"}),
    "trigger": ({"message", "connector"}, {"message", "connector", "evse"}),
    "availability": ({"operative", "connector"}, {"operative", "connector", "evse"}),
    "get": ({"key"}, {"component", "variable", "attribute"}),
    "set": ({"key", "value"}, {"component", "variable", "value", "attribute"}),
    "clear-cache": (set(), set()),
    "data-transfer": ({"vendor", "message", "data"}, {"vendor", "message", "data"}),
    "limit": ({"limit", "unit", "connector", "purpose"}, {"limit", "unit", "connector", "evse", "purpose"}),
    "clear-limit": ({"profile", "connector", "purpose", "stack"}, {"profile", "connector", "purpose", "stack"}),
    "schedule": ({"connector", "duration"}, {"connector", "evse", "duration"}),
    "list-version": (set(), set()),
    "send-list": ({"version", "update", "tags", "remove"}, {"version", "update", "tags", "remove"}),
    "reserve": ({"connector", "tag", "until", "id", "group"}, {"connector", "tag", "until", "id", "group"}),
    "cancel-reservation": ({"id"}, {"id"}),
    "certificates": ({"type"}, {"type"}),
    "delete-certificate": ({"certificate"}, {"certificate"}),
}
# Those of 2.x alone.
LISTED_2X: dict[str, set[str]] = {
    "limits": {"evse", "profile", "purpose", "stack", "source"},
    "display": {"text", "priority", "state", "from", "until", "transaction", "format", "language", "id"},
    "displays": {"id", "priority", "state"},
    "clear-display": {"id"},
    "monitoring": {"base", "level"},
    "monitor": {"component", "variable", "type", "value", "severity", "id"},
    "monitors": {"type", "component", "variable"},
    "clear-monitor": {"id"},
    "transaction-status": {"transaction", "connector"},
    "cost": {"total", "transaction", "connector"},
    "customer": {"tag", "customer", "certificate", "report", "clear"},
    "publish": {"file", "url", "checksum"},
    "unpublish": {"checksum"},
}

NOW = 1_750_000_000_000_000_000
HOUR = 3_600_000_000_000


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", LISTED)
def test_every_listed_order_takes_its_listed_arguments(name: str, version: str) -> None:
    kind = order_kind(name)
    assert version in kind.versions
    known = {one.name for one in kind.arguments_for(version)}
    assert LISTED[name][0 if version == "1.6" else 1] <= known


ONLY_21 = {"der-controls"}


@pytest.mark.parametrize("name", LISTED_2X)
def test_orders_that_1_6_has_no_words_for_are_not_known_there(name: str) -> None:
    kind = order_kind(name)
    assert kind.versions == ("2.0.1", "2.1")
    assert LISTED_2X[name] <= {one.name for one in kind.arguments_for("2.0.1")}


def test_the_table_has_raw_and_nothing_that_is_not_listed() -> None:
    assert {one.id for one in ORDERS} == {*LISTED, *LISTED_2X, *ONLY_21, "raw"}


def test_no_two_orders_share_a_key() -> None:
    keys = [key for key, _word, _ids in key_rows()]
    assert len(keys) == len(set(keys))
    assert (CONFIGURE_KEY, "configure", ("get", "set")) in key_rows()
    shown = {key: word for key, word, _ids in key_rows()}
    footer = {"r": "reset", "u": "unlock", "s": "start", "x": "stop", "f": "firmware", "t": "trigger"}
    assert footer.items() <= shown.items()


def test_the_help_tells_every_order_with_its_arguments_and_its_end() -> None:
    lines = {words.split()[0]: (key, words, help_text, done) for key, words, help_text, done in help_lines()}
    assert lines["reset"][1] == "reset [type=soft|hard|resume] [evse]"
    assert lines["stop"][1] == "stop transaction|connector|evse"
    assert lines["firmware"][3] == "Installed"
    assert set(lines) == {one.id for one in ORDERS}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_that_can_be_triggered_stands_in_the_schema(version: str) -> None:
    enums: set[str] = set()
    for action in ("TriggerMessage", "ExtendedTriggerMessage"):
        found = schema(version, action, False)
        if found is not None:
            inner = found.get("definitions", {}).get("MessageTriggerEnumType", {}).get("enum")
            enums |= set(inner or found["properties"]["requestedMessage"]["enum"])
    assert set(TRIGGERS[version]) == enums


def test_an_effect_is_told_in_words_before_it_is_sent() -> None:
    reset = order_kind("reset")
    assert "running transactions end" in reset.effect({"type": "hard"}, "1.6")
    assert reset.danger({"type": "hard"}) == "danger"
    assert reset.danger({"type": "soft"}) == "careful"
    assert "connector 2" in order_kind("unlock").effect({"connector": 2})
    assert "out of service" in order_kind("availability").effect({"operative": "no", "connector": 1})
    assert "41" in order_kind("stop").effect({"transaction": "41"})


def test_what_a_reset_or_an_unlock_does_is_told_as_the_version_does_it() -> None:
    reset, unlock = order_kind("reset"), order_kind("unlock")
    assert "stops running transactions in good order" in reset.effect({}, "1.6")
    for version in ("2.0.1", "2.1"):
        assert "restarts when no transaction runs any more" in reset.effect({"type": "soft"}, version)
        assert "ends running transactions and restarts at once" in reset.effect({"type": "hard"}, version)
    assert "does not start charging" in unlock.effect({"connector": 1}, "1.6")
    assert "does not start or stop charging" in unlock.effect({"connector": 1}, "2.0.1")


def test_what_is_waited_for_tells_of_an_evse_only_where_one_is_named() -> None:
    reset = order_kind("reset")
    assert reset.waits_for({"type": "soft"}) == "it has booted again"
    assert "said so" in reset.waits_for({"type": "soft", "evse": 1})


def test_hints_speak_of_the_version_of_the_station() -> None:
    for kind in ORDERS:
        for argument in kind.arguments_for("1.6"):
            assert "2.x" not in argument.hint_for("1.6"), (kind.id, argument.name)
            assert "1.6" not in argument.hint_for("2.0.1"), (kind.id, argument.name)
            for version in argument.versions:
                assert len(f"{argument.name}: {argument.hint_for(version)}") <= 56, "must fit below the field"


@pytest.mark.parametrize(
    ("version", "name", "said", "value"),
    [
        ("1.6", "reset", {"type": "HARD"}, {"type": "hard"}),
        ("1.6", "reset", {}, {"type": "soft"}),
        ("2.0.1", "reset", {"type": None, "evse": 1}, {"type": "soft", "evse": 1}),
        ("1.6", "reset", {"Type": "soft"}, {"type": "soft"}),
        ("1.6", "availability", {"operative": "off", "connector": "2"}, {"operative": False, "connector": 2}),
        ("2.1", "availability", {"operative": True, "connector": 2}, {"operative": True, "connector": 2}),
        ("1.6", "trigger", {"message": "bootnotification"}, {"message": "BootNotification"}),
        ("1.6", "diagnostics", {"since": "2h"}, {"log": "diagnostics", "since": NOW - 2 * HOUR}),
        ("1.6", "firmware", {"url": "http://x/y", "retrieve": "2h"}, {"url": "http://x/y", "retrieve": NOW + 2 * HOUR}),
        ("1.6", "diagnostics", {"until": "2025-06-15T15:06:40Z"}, {"log": "diagnostics", "until": NOW}),
        ("1.6", "diagnostics", {"until": "2025-06-15T17:06:40+02:00"}, {"log": "diagnostics", "until": NOW}),
        ("1.6", "diagnostics", {"until": "2025-06-15T15:06:40"}, {"log": "diagnostics", "until": NOW}),
        ("1.6", "set", {"key": "A", "value": 300}, {"key": "A", "value": "300"}),
        ("1.6", "set", {"key": "A", "value": ""}, {"key": "A", "value": ""}),
        ("1.6", "data-transfer", {"vendor": "v", "data": {"a": 1}}, {"vendor": "v", "data": '{"a":1}'}),
        ("2.1", "data-transfer", {"vendor": "v", "data": '{"a":1}'}, {"vendor": "v", "data": {"a": 1}}),
        ("2.1", "data-transfer", {"vendor": "v", "data": "plain"}, {"vendor": "v", "data": "plain"}),
        ("1.6", "start", {"tag": "T", "connector": None}, {"tag": "T"}),
        ("1.6", "start", {"tag": "T", "connector": ""}, {"tag": "T"}),
    ],
)
def test_text_and_json_become_the_same_values(
    version: str, name: str, said: dict[str, Any], value: dict[str, Any]
) -> None:
    assert check_arguments(order_kind(name), version, said, now=NOW) == value


@pytest.mark.parametrize(
    ("version", "name", "said", "sentence"),
    [
        ("1.6", "unlock", {}, "unlock needs connector (a number; 1 is the first)."),
        ("2.1", "unlock", {"connector": " "}, "unlock needs connector (a number; n is EVSE n, connector 1)."),
        ("1.6", "set", {"value": ""}, "set needs key (the configuration key)."),
        ("1.6", "reset", {"typ": "hard"}, "did you mean “type”?"),
        ("1.6", "reset", {"type": "warm"}, "soft or hard, not “warm”"),
        ("1.6", "reset", {"type": "soft", "evse": 1}, "takes no evse with OCPP 1.6"),
        ("2.0.1", "get", {"key": "x"}, "takes no key with OCPP 2.0.1"),
        ("2.0.1", "get", {"variable": "x"}, "needs component along with variable"),
        ("1.6", "trigger", {"message": "TransactionEvent"}, "known in OCPP 2.0.1 or 2.1 only"),
        ("1.6", "stop", {}, "stop needs transaction or connector"),
        ("1.6", "firmware", {}, "firmware needs file or url"),
        ("1.6", "firmware", {"file": "a", "url": "b"}, "firmware takes file or url, not both."),
        ("1.6", "availability", {"operative": "perhaps"}, "true or false"),
        ("1.6", "unlock", {"connector": "-1"}, "whole number"),
        ("1.6", "unlock", {"connector": True}, "whole number"),
        ("1.6", "unlock", {"connector": "99999999999"}, "whole number"),
        ("1.6", "diagnostics", {"since": "yesterday"}, "is neither"),
        ("1.6", "clear-cache", {"all": "x"}, "takes no arguments"),
        ("1.6", "start", {"tag": "  "}, "start needs tag (the id tag, at most 20 characters)."),
        ("1.6", "start", {"tag": "x" * 200_000}, "100000"),
        ("1.6", "raw", {"action": "Reset", "payload": '{"type":}'}, "raw: payload begins like JSON, but is none"),
        ("2.1", "data-transfer", {"vendor": "v", "data": "[1,"}, "begins like JSON"),
        ("1.6", "start", {"tag": "a", "TAG": "b"}, "given twice"),
    ],
)
def test_a_wrong_argument_is_refused_in_a_sentence(
    version: str, name: str, said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(OrderError) as caught:
        check_arguments(order_kind(name), version, said, now=NOW)
    assert sentence in caught.value.sentence


def test_an_order_may_be_shortened_while_it_is_clear() -> None:
    assert order_kind("res").id == "reset"
    assert order_kind("Clear_Cache").id == "clear-cache"
    assert order_kind("clear-l").id == "clear-limit"
    assert order_kind("clear").id == "clear-cache", "a short form of the core's keeps its meaning"
    with pytest.raises(NoSuchOrder, match="start, stop or set"):
        order_kind("s")
    with pytest.raises(NoSuchOrder, match="did you mean “unlock”"):
        order_kind("unlokc")


def test_audit_rows_hold_no_secret() -> None:
    assert masked("set", {"key": "AuthorizationKey", "value": "0011"})["value"] == "***"
    assert masked("set", {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "hunter22"}) == {
        "component": "SecurityCtrlr",
        "variable": "BasicAuthPassword",
        "value": "***",
    }
    assert masked("set", {"key": "HeartbeatInterval", "value": "300"})["value"] == "300"
    assert masked("firmware", {"url": "ftp://bob:secret@host/f.bin"})["url"] == "ftp://***@host/f.bin"
    told = masked("raw", {"action": "ChangeConfiguration", "payload": {"key": "AuthorizationKey", "value": "0011"}})
    assert told["payload"] == {"key": "AuthorizationKey", "value": "***"}
    data = [{"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "attributeValue": "p"}]
    told = masked("raw", {"action": "SetVariables", "payload": {"setVariableData": data}})
    assert told["payload"]["setVariableData"][0]["attributeValue"] == "***"
    profile = {"connectionData": {"apn": {"apn": "x", "apnPassword": "p"}, "vpn": {"key": "k", "password": "p"}}}
    told = masked("raw", {"action": "SetNetworkProfile", "payload": profile})
    assert told["payload"]["connectionData"] == {
        "apn": {"apn": "x", "apnPassword": "***"},
        "vpn": {"key": "***", "password": "***"},
    }
    pin = {"idToken": {"idToken": "1234", "type": "KeyCode"}}
    assert masked("raw", {"payload": pin})["payload"]["idToken"]["idToken"] == "***"
