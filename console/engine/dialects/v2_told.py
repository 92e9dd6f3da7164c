"""What answers and reports of 2.x tell, one thing a line, as a person reads it: monitors, display messages, profiles …

Every reader takes a payload of any shape and raises nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import orjson

from console.engine.dialects.charging import told_profile, told_schedule
from console.engine.dialects.reading import integer, items, number, obj, text
from console.engine.dialects.told import MOST, Lines, cut
from console.engine.dialects.v2_places import spelt
from console.engine.fleet.events import Event, FirmwareStage, Reported, Told
from console.engine.wire.exchange import Exchange

Reading = Callable[[dict[str, Any], Exchange], tuple[Event, ...]]


# Reports.


def _monitors(request: dict[str, Any]) -> Iterable[str]:
    for entry in items(request.get("monitor")):
        place = _variable(obj(entry))
        for one in items(obj(entry).get("variableMonitoring")):
            monitor = obj(one)
            words = [f"monitor {integer(monitor.get('id'))}", text(monitor.get("type")) or "no type"]
            value = number(monitor.get("value"))
            words.append("no value" if value is None else f"{value:g}")
            tail = [f"severity {integer(monitor.get('severity'))}"]
            origin = text(monitor.get("eventNotificationType"))
            if origin:
                tail.append(origin)
            if monitor.get("transaction") is True:
                tail.append("while charging")
            yield f"{place}: {' '.join(words)}, {', '.join(tail)}"


def _variable(entry: dict[str, Any]) -> str:
    component, evse, _connector = spelt(entry.get("component"))
    variable = obj(entry.get("variable"))
    name = text(variable.get("name")) or ""
    instance = text(variable.get("instance"))
    place = "" if evse is None else f"EVSE {evse}: "
    return f"{place}{component}.{name}" + (f"[{instance}]" if instance else "")


def _messages(request: dict[str, Any]) -> Iterable[str]:
    for entry in items(request.get("messageInfo")):
        one = obj(entry)
        content = obj(one.get("message"))
        words = [f"message {integer(one.get('id'))}", text(one.get("priority")) or "no priority"]
        for name, before in (
            ("state", "while "),
            ("transactionId", "transaction "),
            ("startDateTime", "from "),
            ("endDateTime", "until "),
        ):
            said = text(one.get(name))
            if said:
                words.append(before + said)
        kind = ", ".join(said for said in (text(content.get("format")), text(content.get("language"))) if said)
        yield f"{', '.join(words)}: “{text(content.get('content')) or ''}” ({kind})"


def _profiles(request: dict[str, Any]) -> Iterable[str]:
    evse, source = integer(request.get("evseId")), text(request.get("chargingLimitSource"))
    place = f"EVSE {evse}" if evse else "the station"
    for one in items(request.get("chargingProfile")):
        yield f"{place}, {source or 'no source'}: {told_profile(one)}"


def _customer(request: dict[str, Any]) -> Iterable[str]:
    data = text(request.get("data"))
    return (data,) if data else ()


def _der_controls(request: dict[str, Any]) -> Iterable[str]:
    for kind, controls in request.items():
        for one in controls if type(controls) is list else ():
            control = obj(one)
            inner = next((one for one in map(obj, control.values()) if "priority" in one), {})  # named by its kind
            words = [text(control.get("curveType")) or kind, text(control.get("id")) or "without an id"]
            words += [
                word for name, word in (("isDefault", "default"), ("isSuperseded", "superseded")) if control.get(name)
            ]
            words.append(f"priority {integer(inner.get('priority'))}")
            yield ", ".join(words)


def _report(kind: str, lines: Lines) -> Reading:
    def reading(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
        return (
            Reported(
                kind=kind,
                request=integer(request.get("requestId")),
                sequence=integer(request.get("seqNo")),
                more=request.get("tbc") is True,
                lines=cut(lines(request)),
            ),
        )

    return reading


def _published(request: dict[str, Any], _exchange: Exchange) -> tuple[Event, ...]:
    """A stage of publishing an image, and where it can be fetched then."""
    status = text(request.get("status"))
    if status is None:
        return ()
    places = tuple(said for said in map(text, items(request.get("location"))) if said)
    stage = FirmwareStage(status=status, request=integer(request.get("requestId")))
    return (stage, Told(lines=places[:MOST])) if places else (stage,)


REPORTS: Final[dict[str, Reading]] = {
    "NotifyCustomerInformation": _report("customer information", _customer),
    "NotifyDisplayMessages": _report("display messages", _messages),
    "NotifyMonitoringReport": _report("monitoring report", _monitors),
    "PublishFirmwareStatusNotification": _published,
    "ReportChargingProfiles": _report("charging profiles", _profiles),
}

REPORTS_21: Final[dict[str, Reading]] = {**REPORTS, "ReportDERControl": _report("DER controls", _der_controls)}


# Answers.


def _list_version(response: dict[str, Any]) -> Iterable[str]:
    version = integer(response.get("versionNumber"))
    return ("no local list" if version == 0 else f"local list version {version}",)


def _transaction(response: dict[str, Any]) -> Iterable[str]:
    ongoing = response.get("ongoingIndicator")
    if type(ongoing) is bool:
        yield "the transaction goes on" if ongoing else "the transaction has ended"
    waiting = response.get("messagesInQueue") is True
    yield "messages wait to be sent" if waiting else "no messages wait to be sent"


def _certificates(response: dict[str, Any]) -> Iterable[str]:
    for entry in items(response.get("certificateHashDataChain")):
        chain = obj(entry)
        kind = text(chain.get("certificateType")) or "no type"
        yield f"{kind} {_hash(chain.get('certificateHashData'))}"
        for child in items(chain.get("childCertificateHashData")):
            yield f"  below it: {_hash(child)}"


def _hash(said: Any) -> str:
    """The hash data as the order ``delete-certificate`` takes it."""
    return orjson.dumps(obj(said)).decode()


def _monitors_set(response: dict[str, Any]) -> Iterable[str]:
    for one in items(response.get("setMonitoringResult")):
        result = obj(one)
        number_ = integer(result.get("id"))
        named = "monitor" if number_ is None else f"monitor {number_}"
        yield f"{_variable(result)}: {named} {text(result.get('type'))}: {text(result.get('status'))}"


def _monitors_cleared(response: dict[str, Any]) -> Iterable[str]:
    for one in items(response.get("clearMonitoringResult")):
        yield f"monitor {integer(obj(one).get('id'))}: {text(obj(one).get('status'))}"


def _composite(response: dict[str, Any]) -> Iterable[str]:
    schedule = response.get("schedule")
    return () if schedule is None else (told_schedule(schedule),)


def _streams(response: dict[str, Any]) -> Iterable[str]:
    for one in items(response.get("constantStreamData")):
        stream = obj(one)
        params = obj(stream.get("params"))
        monitor = integer(stream.get("variableMonitoringId"))
        every, values = integer(params.get("interval")), integer(params.get("values"))
        yield f"stream {integer(stream.get('id'))} of monitor {monitor}: every {every} s, {values} values"


def _tariffs(response: dict[str, Any]) -> Iterable[str]:
    for one in items(response.get("tariffAssignments")):
        tariff = obj(one)
        evses = ", ".join(str(integer(evse)) for evse in items(tariff.get("evseIds")))
        place = f", EVSE {evses}" if evses else ""
        yield f"{text(tariff.get('tariffKind'))} {text(tariff.get('tariffId'))}{place}"


def _tariffs_cleared(response: dict[str, Any]) -> Iterable[str]:
    for one in items(response.get("clearTariffsResult")):
        yield f"tariff {text(obj(one).get('tariffId')) or '–'}: {text(obj(one).get('status'))}"


ANSWERS: Final[Mapping[str, Lines]] = {
    "ClearTariffs": _tariffs_cleared,
    "ClearVariableMonitoring": _monitors_cleared,
    "GetCompositeSchedule": _composite,
    "GetInstalledCertificateIds": _certificates,
    "GetLocalListVersion": _list_version,
    "GetPeriodicEventStream": _streams,
    "GetTariffs": _tariffs,
    "GetTransactionStatus": _transaction,
    "SetVariableMonitoring": _monitors_set,
}
NUMBERS: Final = {"GetLocalListVersion": "versionNumber"}
