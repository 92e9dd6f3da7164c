"""A call written by hand: what it needs, and what is said of it before it leaves."""

from __future__ import annotations

import json

import pytest

from console.engine.dialects import dialect
from console.engine.orders.draft import judge_draft, read_draft, skeleton


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_every_call_has_a_draft_that_holds_what_it_needs(version: str) -> None:
    for action in dialect(version).callable:
        said = judge_draft(version, action, skeleton(version, action))
        assert "missing" not in said.text, (action, said)
        assert said.tone in ("ok", "warn")


def test_an_enumeration_stands_as_its_choices_so_that_nothing_is_meant_by_accident() -> None:
    assert json.loads(skeleton("1.6", "Reset")) == {"type": "Hard|Soft"}
    said = judge_draft("1.6", "Reset", skeleton("1.6", "Reset"))
    assert said == ('⚠ $.type: not one of "Hard" or "Soft". It is sent all the same.', "warn")


def test_a_draft_reaches_into_objects_and_lists() -> None:
    drafted = json.loads(skeleton("2.1", "SetVariables"))
    assert drafted == {"setVariableData": [{"attributeValue": "", "component": {"name": ""}, "variable": {"name": ""}}]}


def test_a_time_stands_as_the_form_it_is_written_in() -> None:
    assert json.loads(skeleton("1.6", "UpdateFirmware"))["retrieveDate"] == "YYYY-MM-DDThh:mm:ssZ"


def test_a_call_of_stations_has_no_draft_and_is_named_as_one() -> None:
    assert skeleton("1.6", "BootNotification") == ""
    payload = '{"chargePointVendor": "A", "chargePointModel": "B"}'
    assert "is a call of stations" in judge_draft("1.6", "BootNotification", payload).text


def test_a_misspelt_action_is_answered_with_the_right_one() -> None:
    said = judge_draft("1.6", "ChangeAvailabilty", "{}")
    assert said.text.startswith("OCPP 1.6 does not know ChangeAvailabilty; did you mean “ChangeAvailability”?")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"type": "Hard"', "This is no JSON: line 1, column 16"),
        ('{\n "a": }', "This is no JSON: line 2, column 7"),
        ("[]", "A payload is an object: { … }."),
        ("Hard", "This is no JSON"),
    ],
)
def test_what_cannot_be_sent_is_said_with_its_place(text: str, sentence: str) -> None:
    assert judge_draft("1.6", "Reset", text).tone == "bad"
    with pytest.raises(ValueError, match=sentence.split("{")[0].replace("[", r"\[")):
        read_draft("Reset", text)


def test_an_empty_payload_is_an_empty_object() -> None:
    assert read_draft(" ClearCache ", "  ") == ("ClearCache", {})
