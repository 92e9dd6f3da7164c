"""Every action of 2.0.1 and 2.1, walked from its schema: valid payloads, broken payloads, and answers of both kinds."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any

import msgspec
import pytest

from console.engine.dialects import dialect
from console.engine.dialects.base import Context, Policy, TagInfo
from console.engine.dialects.v21 import V21
from console.engine.dialects.v201 import V201
from console.engine.fleet.fleet import Fleet
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order
from console.engine.wire.exchange import Exchange
from console.engine.wire.frame import CALL, SEND, Frame
from console.engine.wire.schema import actions, schema, violations

NOW = 1_768_477_406_123_000_000
VERSIONS = {"2.0.1": V201(), "2.1": V21()}
SENDABLE = [(version, action) for version, one in VERSIONS.items() for action in sorted(one.sendable)]
CALLABLE = [(version, action) for version, one in VERSIONS.items() for action in sorted(one.callable)]

JUNK: list[Any] = [
    None,
    True,
    -1,
    0,
    2**63,
    1.5,
    -1e300,
    "",
    "NaN",
    "-0",
    "x" * 600,
    "2026-13-45T99:99:99",
    "0001-01-01T00:00:00Z",
    "\x1b[31m\u202e",
    [],
    [None],
    [[]],
    {},
    {"id": "x"},
    {"a": {"b": [1, "2", None]}},
]


class Walk:
    """Makes payloads out of a JSON schema, the same ones for the same seed."""

    def __init__(self, root: dict[str, Any], seed: str) -> None:
        self.definitions = root.get("definitions", {})
        self.chance = random.Random(seed)

    def valid(self, node: dict[str, Any], depth: int = 0) -> Any:
        if "$ref" in node:
            node = self.definitions[node["$ref"].rpartition("/")[2]]
        if "enum" in node:
            return self.chance.choice(node["enum"])
        kind = node.get("type")
        if kind == "object":
            required = node.get("required", [])
            likely = 0.6 if depth < 4 else 0.2
            return {
                name: self.valid(part, depth + 1)
                for name, part in node.get("properties", {}).items()
                if name in required or (name != "customData" and self.chance.random() < likely)
            }
        if kind == "array":
            low = node.get("minItems", 0)
            size = self.chance.randint(low, max(low, min(node.get("maxItems", 3), 2)))
            return [self.valid(node["items"], depth + 1) for _ in range(size)]
        if kind == "string":
            return self._text(node)
        if kind in ("integer", "number"):
            low, high = int(node.get("minimum", -5)), int(node.get("maximum", 2**31 - 1))
            made = self.chance.choice([low, self.chance.randint(low, high), min(high, max(low, 1))])
            return made if kind == "integer" else made + 0.0
        if kind == "boolean":
            return self.chance.random() < 0.5
        return self.chance.choice(["anything", 7, {"a": [1]}, [1]])

    def _text(self, node: dict[str, Any]) -> str:
        if node.get("format") == "date-time":
            return self.chance.choice(["2026-01-15T11:43:26Z", "2026-01-15T11:43:26.123+01:00"])
        longest: int = node.get("maxLength", 40)
        return self.chance.choice(["", "Connector", "true", "7", "ä" * min(longest, 30), "y" * longest])[:longest]

    def broken(self, payload: Any) -> Any:
        """The same payload with one to three things wrong somewhere in it."""
        made = msgspec.json.decode(msgspec.json.encode(payload))
        for _ in range(self.chance.randint(1, 3)):
            spots = list(_spots(made))
            if not spots:
                return {"extra": 1}
            where, key = self.chance.choice(spots)
            turn = self.chance.random()
            if turn < 0.25:
                del where[key]
            elif turn < 0.35 and isinstance(where, dict):
                where["extra"] = deepcopy(self.chance.choice(JUNK))
            else:
                where[key] = deepcopy(self.chance.choice(JUNK))
        return made


def _spots(value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from _spots(value[key])


def payloads(version: str, action: str, *, answer: bool = False, count: int = 40) -> list[Any]:
    root = schema(version, action, answer)
    assert root is not None
    walk = Walk(root, f"{version} {action} {answer}")
    sound = [walk.valid(root) for _ in range(count)]
    return [*sound, *(walk.broken(one) for one in sound)]


def context(*, strict: bool = False) -> Context:
    policy = Policy(strict=strict, tag=lambda _tag: TagInfo("Blocked", parent="GROUP", expires="2026-01-15T11:43:26Z"))
    station = Station(key="cp-1", id="CP-1", registration="Accepted")
    return Context(now=NOW, fleet=Fleet(), station=station, policy=policy, next_transaction=lambda: 1)


def exchange(version: str, action: str, direction: Any, request: Any, response: Any, outcome: Any) -> Exchange:
    return Exchange(
        id=1,
        time=NOW,
        station="CP-1",
        version=version,
        direction=direction,
        action=action,
        unique_id="1",
        request=request,
        response=response,
        outcome=outcome,
    )


@pytest.mark.parametrize("version", list(VERSIONS))
def test_every_action_of_the_version_has_its_direction(version: str) -> None:
    one = VERSIONS[version]
    assert one.sendable | one.callable | one.sends == actions(version)
    assert one.sendable & one.callable == {"DataTransfer"}
    assert not one.sends & (one.sendable | one.callable)
    assert set(one.answers) == one.sendable
    assert set(one.readers) <= one.sendable | one.sends
    assert dialect(version).version == version


@pytest.mark.parametrize(("version", "action"), SENDABLE)
def test_whatever_a_payload_holds_it_is_answered_by_the_schema(version: str, action: str) -> None:
    one, here = VERSIONS[version], context()
    for payload in payloads(version, action):
        said = one.answer(Frame(CALL, "1", action, payload), violations(version, action, payload), here)
        assert said.refusal is None
        assert violations(version, action, said.payload, answer=True) == ()
        assert None not in (said.payload or {}).values()


@pytest.mark.parametrize(("version", "action"), SENDABLE)
def test_a_sound_payload_is_answered_without_a_tolerance_in_both_conducts(version: str, action: str) -> None:
    one = VERSIONS[version]
    for payload in payloads(version, action)[:40]:
        assert violations(version, action, payload) == (), "the walk makes valid payloads"
        frame = Frame(CALL, "1", action, payload)
        tolerant, strict = one.answer(frame, (), context()), one.answer(frame, (), context(strict=True))
        assert tolerant == strict
        assert tolerant.tolerances == () or action == "Authorize"


@pytest.mark.parametrize(("version", "action"), SENDABLE)
def test_a_broken_payload_is_named_in_tolerant_conduct_and_refused_in_strict(version: str, action: str) -> None:
    one = VERSIONS[version]
    for payload in payloads(version, action)[40:]:
        found = violations(version, action, payload)
        if not found:
            continue
        frame = Frame(CALL, "1", action, payload)
        strict = one.answer(frame, found, context(strict=True))
        assert strict.payload is None
        assert strict.refusal is not None
        assert any(strict.refusal.code in line for line in one.answer(frame, found, context()).tolerances)


@pytest.mark.parametrize(("version", "action"), SENDABLE)
@pytest.mark.parametrize("payload", [None, [], "x", 7, True])
def test_null_is_an_empty_object_and_no_object_is_refused(version: str, action: str, payload: Any) -> None:
    one = VERSIONS[version]
    said = one.answer(Frame(CALL, "1", action, payload), violations(version, action, payload), context())
    if payload is None:
        assert said.refusal is None
        assert violations(version, action, said.payload, answer=True) == ()
        assert "a payload of null is read as {}" in said.tolerances
    else:
        assert said.payload is None
        assert said.refusal is not None
        assert said.refusal.code == "TypeConstraintViolation"


@pytest.mark.parametrize(("version", "action"), SENDABLE)
def test_whatever_a_payload_holds_it_is_read_and_the_events_can_be_kept(version: str, action: str) -> None:
    one, here = VERSIONS[version], context()
    for payload in [*payloads(version, action), *JUNK]:
        response = one.answer(Frame(CALL, "1", action, payload), (), here).payload
        seen = exchange(version, action, "in", payload, response, "result")
        events = one.read(seen)
        assert events == one.read(seen)
        msgspec.json.encode(events, enc_hook=list)


@pytest.mark.parametrize(("version", "action"), CALLABLE)
def test_whatever_a_station_answers_it_is_read_and_judged(version: str, action: str) -> None:
    one = VERSIONS[version]
    order = Order(id=7, station="CP-1", name="raw", arguments={"action": action})
    for response in [*payloads(version, action, answer=True), *JUNK]:
        seen = exchange(version, action, "out", {}, response, "result")
        msgspec.json.encode(one.read(seen))
        verdict = one.judge(order, seen)
        assert verdict.status
        assert verdict.status != "no status" or violations(version, action, response, answer=True)
    for outcome in ("error", "timeout", "lost", "late", "none"):
        seen = exchange(version, action, "out", {}, None, outcome)
        one.read(seen)
        assert not one.judge(order, seen).accepted


def test_a_stream_of_events_is_read_and_never_answered() -> None:
    one, here = VERSIONS["2.1"], context()
    for payload in payloads("2.1", "NotifyPeriodicEventStream"):
        said = one.answer(Frame(SEND, "1", "NotifyPeriodicEventStream", payload), (), here)
        assert said.payload is None
        assert said.refusal is None
        one.read(exchange("2.1", "NotifyPeriodicEventStream", "in", payload, None, "send"))
