"""Certification cases around cards and sessions, by their ids: master passes, groups and local lists, limits of a session,
reservations, and what a station tells that wants a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from console.engine.engine import Engine
from console.engine.fleet.alarms import standing
from console.engine.fleet.model import Alarm, Connector
from profiles import Profile, Tag, Tags, load_profile
from tests.certification.told import AT, ID, LATER, Dial, carried_out, event_of, said

MakeEngine = Callable[..., Awaitable[Engine]]

YES: dict[str, Any] = {"status": "Accepted"}
UNTIL = datetime(2030, 1, 1, tzinfo=UTC)
CARDS = [
    Tag(id="VALID", parent="GROUP", expires=UNTIL),
    Tag(id="MASTER", parent="MASTERPASS"),
    Tag(id="BLOCKED", status="Blocked"),
    Tag(id="EMPTY", status="NoCredit"),
    Tag(id="PREPAID", limit_kwh=12.5, limit_minutes=90, limit_cost=20),
    Tag(id="ENERGY", limit_kwh=10),
    Tag(id="TIME", limit_minutes=60),
    Tag(id="COST", limit_cost=9.5),
]


def known_cards() -> Profile:
    return msgspec.structs.replace(load_profile("bench"), tags=Tags(policy="known", known=CARDS))


@pytest.fixture
async def station(make_engine: MakeEngine, dial: Dial, request: pytest.FixtureRequest) -> Any:
    """A station that has booted, at a console that knows some cards; the version is the test's."""
    engine = await make_engine(known_cards())
    made = await dial(engine, "CP-001", request.param)
    assert (await made.boot())[2]["status"] == "Accepted"
    made.engine = engine
    made.version = request.param
    return made


old = pytest.mark.parametrize("station", ["1.6"], indirect=True)
new = pytest.mark.parametrize("station", ["2.0.1", "2.1"], indirect=True)
newest = pytest.mark.parametrize("station", ["2.1"], indirect=True)


def card(tag: str, kind: str = "ISO14443") -> dict[str, Any]:
    return {"idToken": {"idToken": tag, "type": kind}}


def alarms(station: Any) -> list[Alarm]:
    found = station.engine.fleet.station("CP-001")
    assert found is not None
    return standing(station.engine.fleet, found)


def connector(station: Any, evse: int = 1) -> Connector:
    found = station.engine.fleet.station("CP-001")
    assert found is not None
    made: Connector | None = found.connector(evse, 1)
    assert made is not None
    return made


async def status(station: Any, word: str, evse: int = 1) -> None:
    place = {"timestamp": AT, "connectorStatus": word, "evseId": evse, "connectorId": 1}
    assert await said(station, "StatusNotification", place) == {}


# Cards (C).


@new
async def test_a_cached_card_is_judged_when_its_session_is_told_and_the_cache_learns_for_how_long(station: Any) -> None:
    begun = await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card("VALID")))
    info = begun["idTokenInfo"]
    assert info["status"] == "Accepted", "TC_C_08"
    assert info["cacheExpiryDateTime"] == "2030-01-01T00:00:00.000Z"
    assert info["groupIdToken"] == {"idToken": "GROUP", "type": "Central"}


@new
async def test_a_card_that_is_valid_in_the_cache_only_is_refused_and_its_session_ends(station: Any) -> None:
    begun = await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card("STRANGER")))
    assert begun["idTokenInfo"]["status"] in ("Invalid", "Unknown"), "TC_C_20"
    end = event_of("Ended", 1, "Deauthorized", info={"stoppedReason": "DeAuthorized"})
    assert await said(station, "TransactionEvent", end) == {}
    (kept,) = await station.engine.transactions()
    assert (kept.state, kept.stop_reason, kept.id_tag) == ("ended", "DeAuthorized", "STRANGER")


@new
@pytest.mark.parametrize(
    ("case", "ended"), [("TC_C_47", ("T1", "T2")), ("TC_C_48", ("T2",)), ("TC_C_49", ("T1", "T2"))]
)
async def test_a_master_pass_has_its_group_told_and_ends_the_sessions_of_others(
    station: Any, case: str, ended: tuple[str, ...]
) -> None:
    def event(kind: str, wire: str, number: int, trigger: str, info: dict[str, Any], **more: Any) -> dict[str, Any]:
        place = {"evse": {"id": int(wire[1:]), "connectorId": 1}}
        return {**event_of(kind, number, trigger, info={"transactionId": wire, **info}), **place, **more}

    for wire in ("T1", "T2"):
        await said(station, "TransactionEvent", event("Started", wire, 0, "Authorized", {}, **card("VALID")))
    info = (await said(station, "Authorize", card("MASTER")))["idTokenInfo"]
    assert info == {"status": "Accepted", "groupIdToken": {"idToken": "MASTERPASS", "type": "Central"}}, case
    for wire in ended:
        stop = {"stoppedReason": "MasterPass"}
        told = await said(
            station, "TransactionEvent", event("Ended", wire, 1, "StopAuthorized", stop, **card("MASTER"))
        )
        assert told["idTokenInfo"]["groupIdToken"]["idToken"] == "MASTERPASS"
    kept = {one.wire: one for one in await station.engine.transactions()}
    assert {wire for wire, one in kept.items() if one.state == "ended"} == set(ended), case
    for wire in ended:
        assert (kept[wire].stop_reason, kept[wire].id_tag, kept[wire].stop_tag) == ("MasterPass", "VALID", "MASTER")


@new
async def test_the_cards_of_the_profile_become_the_local_list_with_their_groups_and_standing(station: Any) -> None:
    info = {"VALID": {"status": "Accepted", "cacheExpiryDateTime": "2030-01-01T00:00:00.000Z",
                      "groupIdToken": {"idToken": "GROUP", "type": "Central"}},
            "BLOCKED": {"status": "Blocked"}, "STRANGER": {"status": "Invalid"}}  # fmt: skip

    def entry(tag: str) -> dict[str, Any]:
        return {**card(tag), "idTokenInfo": info[tag]}

    for case, tags in (("TC_C_40", ["VALID", "BLOCKED"]), ("TC_C_43", ["STRANGER"])):
        wanted = {"versionNumber": 5, "updateType": "Full", "localAuthorizationList": [entry(tag) for tag in tags]}
        calls = [("SendLocalList", wanted, YES), ("GetLocalListVersion", {}, {"versionNumber": 5})]
        given = {"version": 5, "tags": ",".join(tags)}
        run = await carried_out(station.engine, station, station.version, "send-list", given, calls)
        assert run.effect is not None
        assert (run.state, run.effect.text) == ("done", "the station has local list version 5"), case
    # A list that was not kept, whatever was answered, is told as that.
    calls = [("SendLocalList", {"versionNumber": 6, "updateType": "Full"}, YES),
             ("GetLocalListVersion", {}, {"versionNumber": 5})]  # fmt: skip
    given = {"version": 6, "update": "empty"}
    run = await carried_out(station.engine, station, station.version, "send-list", given, calls)
    assert run.state == "missing"
    assert run.effect is not None
    assert "local list version 5, not 6" in run.effect.text


@new
async def test_a_forgotten_customer_is_taken_off_the_local_list_too(station: Any) -> None:
    clear = {"requestId": ID, "report": True, "clear": True, **card("VALID")}
    report = {"requestId": ID, "seqNo": 0, "generatedAt": AT, "data": "one card"}
    run = await carried_out(
        station.engine, station, station.version, "customer", {"tag": "VALID", "type": "ISO14443", "clear": True},
        [("CustomerInformation", clear, YES)], [("NotifyCustomerInformation", report)],
    )  # fmt: skip
    assert run.lines == ["one card"], "TC_N_46"
    # An entry without its info is one to remove (D01.FR.16).
    wanted = {"versionNumber": 6, "updateType": "Differential", "localAuthorizationList": [card("VALID")]}
    calls = [("SendLocalList", wanted, YES), ("GetLocalListVersion", {}, {"versionNumber": 6})]
    given = {"version": 6, "update": "differential", "remove": "VALID"}
    run = await carried_out(station.engine, station, station.version, "send-list", given, calls)
    assert run.state == "done", "TC_N_46"


@newest
@pytest.mark.parametrize(
    ("case", "tag", "limit"),
    [
        ("TC_C_103", "PREPAID", {"maxEnergy": 12500.0, "maxTime": 5400, "maxCost": 20.0}),
        ("TC_E_109", "COST", {"maxCost": 9.5}),
        ("TC_E_110", "ENERGY", {"maxEnergy": 10000.0}),
        ("TC_E_111", "TIME", {"maxTime": 3600}),
    ],
)
async def test_what_a_session_of_a_card_may_take_is_told_when_it_begins(
    station: Any, case: str, tag: str, limit: dict[str, Any]
) -> None:
    assert (await said(station, "Authorize", card(tag)))["idTokenInfo"] == {"status": "Accepted"}
    begun = await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card(tag)))
    assert begun == {"idTokenInfo": {"status": "Accepted"}, "transactionLimit": limit}, case
    end = event_of("Ended", 1, "StopAuthorized", **card(tag))
    assert "transactionLimit" not in await said(station, "TransactionEvent", end), "it is over"


@new
async def test_a_card_without_credit_is_refused_as_that_and_limits_nothing(station: Any) -> None:
    assert (await said(station, "Authorize", card("EMPTY")))["idTokenInfo"] == {"status": "NoCredit"}, "TC_C_104"
    begun = await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card("EMPTY")))
    assert begun == {"idTokenInfo": {"status": "NoCredit"}}


@newest
@pytest.mark.parametrize(
    ("case", "limit", "trigger", "reason"),
    [
        ("TC_E_102", {"maxEnergy": 5000}, "EnergyLimitReached", "EnergyLimitReached"),
        ("TC_E_106", {"maxEnergy": 5000}, "EnergyLimitReached", "EnergyLimitReached"),
        ("TC_E_107", {"maxTime": 600}, "TimeLimitReached", "TimeLimitReached"),
        ("TC_E_108", {"maxCost": 4.5}, "CostLimitReached", "LocalOutOfCredit"),
    ],
)
async def test_a_limit_that_the_station_sets_is_taken_and_ends_the_session_by_its_name(
    station: Any, case: str, limit: dict[str, Any], trigger: str, reason: str
) -> None:
    tag = "ENERGY" if case == "TC_E_102" else "VALID"
    begun = await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card(tag)))
    assert ("transactionLimit" in begun) == (tag == "ENERGY"), case
    assert (
        await said(station, "TransactionEvent", event_of("Updated", 1, "LimitSet", info={"transactionLimit": limit}))
        == {}
    )
    suspended = {"chargingState": "SuspendedEVSE", "transactionLimit": limit}
    assert await said(station, "TransactionEvent", event_of("Updated", 2, trigger, info=suspended)) == {}
    (kept,) = await station.engine.transactions()
    assert (kept.state, kept.charging_state) == ("active", "SuspendedEVSE")
    await said(station, "TransactionEvent", event_of("Ended", 3, trigger, info={"stoppedReason": reason}))
    (kept,) = await station.engine.transactions()
    assert (kept.state, kept.stop_reason, kept.seq_gaps) == ("ended", reason, []), case


@newest
async def test_settlements_that_went_wrong_stand_as_alarms_until_they_are_settled(station: Any) -> None:
    def settlement(status: str, reference: str, **more: Any) -> dict[str, Any]:
        return {"pspRef": reference, "status": status, "settlementAmount": 9.5, "settlementTime": AT, **more}

    await said(station, "NotifySettlement", settlement("Failed", "P-1", statusInfo="no contact with the bank"))
    assert [one.text for one in alarms(station)] == ["settlement P-1: Failed (no contact with the bank)"], "TC_C_119"
    await said(station, "NotifySettlement", settlement("Rejected", "P-2"))
    assert "settlement P-2: Rejected" in {one.text for one in alarms(station)}, "TC_C_120"
    await said(station, "NotifySettlement", settlement("Canceled", "P-3", transactionId="T"))
    assert len(alarms(station)) == 2, "TC_C_113: what was cancelled wants nobody"
    await said(station, "NotifySettlement", settlement("Settled", "P-1"))
    assert [one.text for one in alarms(station)] == ["settlement P-2: Rejected"]


# Sessions (E).


@new
@pytest.mark.parametrize(
    ("case", "given", "answer", "lines"),
    [
        ("TC_E_29", {"transaction": "T"}, {"ongoingIndicator": True, "messagesInQueue": True},
         ["the transaction goes on", "messages wait to be sent"]),
        ("TC_E_30", {"connector": 1}, {"ongoingIndicator": True, "messagesInQueue": False},
         ["the transaction goes on", "no messages wait to be sent"]),
        ("TC_E_31", {"transaction": "T"}, {"ongoingIndicator": False, "messagesInQueue": True},
         ["the transaction has ended", "messages wait to be sent"]),
        ("TC_E_33", {}, {"messagesInQueue": True}, ["messages wait to be sent"]),
        ("TC_E_34", {}, {"messagesInQueue": False}, ["no messages wait to be sent"]),
    ],
)  # fmt: skip
async def test_how_a_transaction_stands_is_asked_for_and_told(
    station: Any, case: str, given: dict[str, Any], answer: dict[str, Any], lines: list[str]
) -> None:
    await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card("VALID")))
    wanted = {"transactionId": "T"} if given else {}
    calls = [("GetTransactionStatus", wanted, answer)]
    run = await carried_out(station.engine, station, station.version, "transaction-status", given, calls)
    assert run.effect is not None
    assert (run.state, run.lines, run.effect.text) == ("done", lines, "; ".join(lines)), case


@old
async def test_a_cable_that_is_pulled_ends_the_session_and_one_that_never_came_frees_the_connector(
    station: Any,
) -> None:
    async def told(word: str) -> str | None:
        place = {"connectorId": 1, "errorCode": "NoError", "status": word}
        assert await said(station, "StatusNotification", place) == {}
        return connector(station).status

    assert (await said(station, "Authorize", {"idTag": "VALID"}))["idTagInfo"]["status"] == "Accepted"
    assert [await told("Preparing"), await told("Available")] == ["Preparing", "Available"], "TC_004_2"
    assert await station.engine.transactions() == []
    # A cached card begins without Authorize, and is judged at the start.
    start = {"connectorId": 1, "idTag": "VALID", "meterStart": 0, "timestamp": AT}
    begun = await said(station, "StartTransaction", start)
    info = begun["idTagInfo"]
    assert (info["status"], info["parentIdTag"], info["expiryDate"]) == (
        "Accepted",
        "GROUP",
        "2030-01-01T00:00:00.000Z",
    )
    assert begun["transactionId"] > 0, "TC_007"
    stop = {"transactionId": begun["transactionId"], "meterStop": 10, "timestamp": LATER, "reason": "EVDisconnected"}
    await said(station, "StopTransaction", stop)
    (kept,) = await station.engine.transactions()
    assert (kept.state, kept.stop_reason) == ("ended", "EVDisconnected"), "TC_005_1"


# Availability and reservations (G, H).


@new
async def test_a_connector_is_put_back_into_service_once_its_status_follows(station: Any) -> None:
    await status(station, "Unavailable")
    wanted = {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 1}}
    place = {"timestamp": AT, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    run = await carried_out(
        station.engine, station, station.version, "availability", {"operative": True, "connector": 1},
        [("ChangeAvailability", wanted, YES)], [("StatusNotification", place)],
    )  # fmt: skip
    assert run.effect is not None
    assert (run.state, run.effect.text.partition(" after")[0]) == ("done", "connector 1: Available"), "TC_G_08"


async def reserve(station: Any, answer: str = "Accepted", **more: Any) -> Any:
    evse = {"evseId": 1} if "connector" in more else {}
    group = {"groupIdToken": {"idToken": "GROUP", "type": "Central"}} if "group" in more else {}
    wanted = {"id": ID, "expiryDateTime": LATER, "idToken": {"idToken": "VALID", "type": "Central"}, **evse, **group}
    given = {"tag": "VALID", "until": LATER, **more}
    calls = [("ReserveNow", wanted, {"status": answer})]
    return await carried_out(station.engine, station, station.version, "reserve", given, calls)


@new
@pytest.mark.parametrize(
    ("case", "word", "after"), [("TC_H_07", "Expired", "Available"), ("TC_H_20", "Removed", "Faulted")]
)
async def test_a_reservation_that_ends_by_itself_is_told_and_the_connector_shows_it(
    station: Any, case: str, word: str, after: str
) -> None:
    heard: list[str] = []
    station.engine.watch(lambda _record, events: heard.extend(getattr(one, "text", "") for one in events))
    run = await reserve(station, connector=1)
    assert run.state == "done"
    await status(station, "Reserved")
    assert connector(station).status == "Reserved"
    number = run.order.id & 0x7FFFFFFF
    assert run.effect is not None
    assert run.effect.text == f"reservation {number}: answered Accepted", "by this number it can be cancelled"
    ended = {"reservationId": number, "reservationUpdateStatus": word}
    assert await said(station, "ReservationStatusUpdate", ended) == {}
    assert f"reservation {number}: {word}" in heard, case
    await status(station, after)
    assert connector(station).status == after


@new
async def test_as_many_reservations_as_there_are_evses_leave_nothing_to_reserve(station: Any) -> None:
    for evse in (1, 2):
        await status(station, "Available", evse)
    first, second = await reserve(station), await reserve(station)
    assert first.order.id != second.order.id, "each has a number of its own"
    for evse in (1, 2):
        await status(station, "Reserved", evse)
    third = await reserve(station, "Occupied")
    assert (third.state, third.hints) == ("rejected", ["a car stands there, or it is reserved already"]), "TC_H_14"


@new
async def test_another_card_of_the_group_uses_what_is_reserved(station: Any) -> None:
    run = await reserve(station, connector=1, group="GROUP")
    info = (await said(station, "Authorize", card("VALID")))["idTokenInfo"]
    assert info["groupIdToken"]["idToken"] == "GROUP", "TC_H_19: the station compares it with the reservation's"
    number = run.order.id & 0x7FFFFFFF
    begun = event_of("Started", 0, "Authorized", reservationId=number, **card("VALID"))
    assert (await said(station, "TransactionEvent", begun))["idTokenInfo"]["status"] == "Accepted"
    (kept,) = await station.engine.transactions()
    assert (kept.wire, kept.state) == ("T", "active")


# Limits of others, and of one session (K).


@new
async def test_a_limit_from_outside_stands_at_the_connector_until_it_is_released(station: Any) -> None:
    await status(station, "Available")
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}]}
    limit = {"evseId": 1, "chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [schedule]}
    assert await said(station, "NotifyChargingLimit", limit) == {}
    assert (connector(station).limit, connector(station).limit_unit) == (8.0, "A"), "TC_K_48"
    assert await said(station, "ClearedChargingLimit", {"evseId": 1, "chargingLimitSource": "EMS"}) == {}
    assert connector(station).limit is None, "TC_K_50"
    await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card("VALID")))
    assert await said(station, "NotifyChargingLimit", limit) == {}
    assert await said(station, "ClearedChargingLimit", {"evseId": 1, "chargingLimitSource": "EMS"}) == {}
    assert await said(station, "TransactionEvent", event_of("Updated", 1, "ChargingRateChanged")) == {}
    (kept,) = await station.engine.transactions()
    assert (connector(station).limit, kept.state, kept.seq_gaps) == (None, "active", []), "TC_K_51"


def set_profile(purpose: str, number: int, limit: float, **more: Any) -> dict[str, Any]:
    start = {} if purpose == "TxProfile" else {"startSchedule": AT}
    schedule = {
        "id": 1,
        **start,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    kind = "Relative" if purpose == "TxProfile" else "Absolute"
    profile = {"id": number, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": kind, **more}
    return {
        "evseId": 0 if purpose.startswith("ChargingStation") else 1,
        "chargingProfile": {**profile, "chargingSchedule": [schedule]},
    }


@new
async def test_limits_of_several_purposes_stand_side_by_side_and_the_next_of_a_purpose_replaces_the_last(
    station: Any,
) -> None:
    await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card("VALID")))
    purposes = [
        ("TC_K_70", "default", set_profile("TxDefaultProfile", 1010, 16.0), 1),
        ("TC_K_60 TC_K_70", "session", set_profile("TxProfile", 1011, 16.0, transactionId="T"), 1),
        ("TC_K_70", "station", set_profile("ChargingStationMaxProfile", 1002, 16.0), 0),
        ("TC_K_04", "default", set_profile("TxDefaultProfile", 1010, 16.0), 1),
    ]
    for case, purpose, wanted, evse in purposes:
        told = (
            "GetCompositeSchedule",
            {"duration": 86400, "evseId": evse, "chargingRateUnit": "A"},
            {"status": "Rejected"},
        )
        given = {"limit": "16", "purpose": purpose, "connector": 1, **({} if purpose == "session" else {"from": AT})}
        calls = [("SetChargingProfile", wanted, YES), told]
        run = await carried_out(station.engine, station, station.version, "limit", given, calls)
        assert run.effect is not None
        assert run.state == "done", case
        assert run.effect.text == "answered Accepted; what counts now is not told (Rejected)"


@new
async def test_a_remote_start_takes_a_profile_along_and_its_session_is_known_as_that(station: Any) -> None:
    profile = set_profile("TxProfile", 5, 10.0)["chargingProfile"]
    wanted = {"remoteStartId": 77, "evseId": 1, **card("VALID"), "chargingProfile": profile}
    raw = {"action": "RequestStartTransaction", "payload": wanted}
    calls = [("RequestStartTransaction", wanted, {"status": "Accepted", "transactionId": "T"})]
    begun = event_of("Started", 0, "RemoteStart", info={"remoteStartId": 77}, **card("VALID"))
    await carried_out(station.engine, station, station.version, "raw", raw, calls, [("TransactionEvent", begun)])
    (kept,) = await station.engine.transactions()
    assert (kept.remote_start, kept.id_tag, kept.state) == (77, "VALID", "active"), "TC_K_37"


# Firmware (L) and logs (N).


@new
async def test_a_second_update_takes_the_place_of_the_first_or_is_refused(station: Any) -> None:
    url = "http://images.example/2.bin"
    given = {"url": url, "retrieve": AT}
    wanted = {"requestId": ID, "firmware": {"location": url, "retrieveDateTime": AT}}
    stages = [{"status": word, "requestId": ID} for word in ("Downloading", "Downloaded", "Installing", "Installed")]
    run = await carried_out(
        station.engine, station, station.version, "firmware", given,
        [("UpdateFirmware", wanted, {"status": "AcceptedCanceled"})],
        [("FirmwareStatusNotification", {"status": "DownloadFailed", "requestId": 1}),  # of the one that was cancelled
         *(("FirmwareStatusNotification", one) for one in stages)],
    )  # fmt: skip
    assert run.effect is not None
    assert (run.state, run.effect.text.split()[0]) == ("done", "Installed"), "TC_L_10"
    calls = [("UpdateFirmware", wanted, {"status": "Rejected"})]
    run = await carried_out(station.engine, station, station.version, "firmware", given, calls)
    assert run.state == "rejected", "TC_L_11"
    assert "an update may be under way" in " ".join(run.hints)


@new
async def test_an_update_waits_for_the_session_and_the_free_connectors_are_out_of_service_meanwhile(
    station: Any,
) -> None:
    await status(station, "Available", 2)
    await said(station, "TransactionEvent", event_of("Started", 0, "Authorized", **card("VALID")))
    url = "http://images.example/2.bin"
    wanted = {"requestId": ID, "firmware": {"location": url, "retrieveDateTime": AT}}
    place = {"timestamp": AT, "connectorStatus": "Unavailable", "evseId": 2, "connectorId": 1}

    def stage(word: str) -> tuple[str, dict[str, Any]]:
        return "FirmwareStatusNotification", {"status": word, "requestId": ID}

    run = await carried_out(
        station.engine, station, station.version, "firmware", {"url": url, "retrieve": AT},
        [("UpdateFirmware", wanted, YES)],
        [stage("Downloading"), stage("Downloaded"), ("StatusNotification", place), stage("InstallScheduled"),
         ("TransactionEvent", event_of("Ended", 1, "StopAuthorized")), stage("Installing"), stage("Installed")],
    )  # fmt: skip
    told = [one.text.partition(" after")[0] for one in run.stages if one.what == "told"]
    assert told == ["Downloading", "Downloaded", "InstallScheduled", "Installing", "Installed"], "TC_L_13"
    assert run.state == "done"
    assert connector(station, 2).status == "Unavailable"


@new
@pytest.mark.parametrize(("case", "log", "kind"), [("TC_N_35", "security", "SecurityLog")])
async def test_a_security_log_is_uploaded_here(station: Any, case: str, log: str, kind: str) -> None:
    run = await upload(station, log, kind, "Uploaded")
    assert run.state == "done", case


@newest
async def test_the_log_of_a_data_collector_is_uploaded_here(station: Any) -> None:
    run = await upload(station, "datacollector", "DataCollectorLog", "Uploaded")
    assert run.state == "done", "TC_N_100"


async def upload(station: Any, log: str, kind: str, word: str) -> Any:
    run = await station.engine.desk.give("CP-001", "diagnostics", {"log": log}, timeout=10)
    call = await station.called()
    assert (call[2], call[3]["logType"]) == ("GetLog", kind)
    await station.answer(call, {"status": "Accepted", "filename": "log.txt"})
    async with httpx.AsyncClient() as client:
        sent = await client.put(call[3]["log"]["remoteLocation"] + "log.txt", content=b"what happened")
    assert sent.status_code < 300
    assert await said(station, "LogStatusNotification", {"status": word, "requestId": call[3]["requestId"]}) == {}
    effect = await asyncio.wait_for(run.done(), 10)
    assert "13 bytes arrived" in effect.text
    return run


# Events of monitors (N).


def event(trigger: str, value: str = "95", **more: Any) -> dict[str, Any]:
    return {
        "generatedAt": AT, "seqNo": 0,
        "eventData": [{
            "eventId": 1, "timestamp": AT, "trigger": trigger, "actualValue": value,
            "eventNotificationType": "CustomMonitor", "variableMonitoringId": 12,
            "component": {"name": "Connector", "evse": {"id": 1}}, "variable": {"name": "Temperature"}, **more}],
    }  # fmt: skip


@new
async def test_a_threshold_that_is_crossed_is_an_alarm_until_it_is_cleared_also_after_a_restart(station: Any) -> None:
    assert await said(station, "NotifyEvent", event("Alerting")) == {}
    assert [one.text for one in alarms(station)] == ["EVSE 1: Connector Temperature = 95"]
    await station.boot()
    assert len(alarms(station)) == 1, "a restart alone clears nothing"
    assert await said(station, "NotifyEvent", event("Alerting", "40", cleared=True)) == {}
    assert alarms(station) == [], "TC_N_49"


@new
async def test_a_reading_at_its_time_is_a_value_and_no_alarm(station: Any) -> None:
    assert await said(station, "NotifyEvent", event("Periodic", "41")) == {}
    assert alarms(station) == [], "TC_N_50"
    found = station.engine.fleet.station("CP-001")
    assert found.variables["connector/temperature//1"].values == {"Actual": "41"}


@new
async def test_an_alert_on_a_variable_that_can_only_be_written_has_no_value_and_is_an_alarm(station: Any) -> None:
    assert await said(station, "NotifyEvent", event("Alerting", "")) == {}
    assert [one.text for one in alarms(station)] == ["EVSE 1: Connector Temperature"], "TC_N_48"
    assert station.engine.fleet.station("CP-001").variables == {}


@new
async def test_monitors_on_several_variables_are_set_in_one_call_and_each_result_is_told(station: Any) -> None:
    wanted = [
        {
            "value": 80.0,
            "type": "UpperThreshold",
            "severity": 4,
            "component": {"name": name},
            "variable": {"name": "Power"},
        }
        for name in ("Controller", "Modem")
    ]
    results = [{**{key: one[key] for key in ("type", "severity", "component", "variable")}, "status": status}
               for one, status in zip(wanted, ("Accepted", "UnknownComponent"), strict=True)]  # fmt: skip
    results[0]["id"] = 12
    payload = {"setMonitoringData": wanted}
    raw = {"action": "SetVariableMonitoring", "payload": payload}
    calls = [("SetVariableMonitoring", payload, {"setMonitoringResult": results})]
    run = await carried_out(station.engine, station, station.version, "raw", raw, calls)
    assert (run.state, run.lines) == (
        "rejected",
        [
            "Controller.Power: monitor 12 UpperThreshold: Accepted",
            "Modem.Power: monitor UpperThreshold: UnknownComponent",
        ],
    ), "TC_N_09"
