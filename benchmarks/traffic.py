"""The messages that every server under measurement gets: the same bytes, in the same order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

TIME = "2026-01-15T{:02d}:{:02d}:{:02d}.{:03d}Z"


def samples_16(n: int) -> list[dict[str, Any]]:
    """Eight sampled values in 1.6's words: about 1.2 kB."""
    made = [
        {
            "value": str(1000 + n),
            "measurand": "Energy.Active.Import.Register",
            "unit": "Wh",
            "context": "Sample.Periodic",
        },
        {"value": "11040.5", "measurand": "Power.Active.Import", "unit": "W", "context": "Sample.Periodic"},
    ]
    for phase in ("L1", "L2", "L3"):
        made.append(
            {"value": "16.01", "measurand": "Current.Import", "unit": "A", "phase": phase, "context": "Sample.Periodic"}
        )
        made.append(
            {"value": "230.4", "measurand": "Voltage", "unit": "V", "phase": phase, "context": "Sample.Periodic"}
        )
    return made


def samples_2x(n: int) -> list[dict[str, Any]]:
    """The same eight values in the words of 2.x."""
    made: list[dict[str, Any]] = []
    for one in samples_16(n):
        unit = one.pop("unit")
        made.append({**one, "value": float(one["value"]), "unitOfMeasure": {"unit": unit}})
    return made


def stamp(n: int) -> str:
    """A time that moves on by a second a message."""
    return TIME.format(n // 3600 % 24, n // 60 % 60, n % 60, n % 1000)


def boot(version: str) -> tuple[str, dict[str, Any]]:
    """The first call of a station."""
    if version == "1.6":
        return "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "Bench"}
    return "BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Bench"}}


def start(version: str, station: int) -> tuple[str, dict[str, Any]]:
    """The second call: a transaction begins."""
    if version == "1.6":
        return "StartTransaction", {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": stamp(0)}
    return "TransactionEvent", _event("Started", station, 0)


def _event(kind: str, station: int, n: int, sequence: int = 0) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": stamp(n),
        "triggerReason": "MeterValuePeriodic" if kind == "Updated" else "CablePluggedIn",
        "seqNo": sequence,
        "transactionInfo": {"transactionId": f"tx-{station}", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": stamp(n), "sampledValue": samples_2x(n)}],
    }


def calls(version: str, station: int, transaction: int, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """``count`` calls: of ten, seven carry eight samples each, one is a status, two are heartbeats."""
    sequence = 0
    for n in range(1, count + 1):
        kind = n % 10
        if kind < 7:
            if version == "1.6":
                yield (
                    "MeterValues",
                    {
                        "connectorId": 1,
                        "transactionId": transaction,
                        "meterValue": [{"timestamp": stamp(n), "sampledValue": samples_16(n)}],
                    },
                )
            else:
                sequence += 1
                yield "TransactionEvent", _event("Updated", station, n, sequence)
        elif kind == 7:
            if version == "1.6":
                payload = {"connectorId": 1, "errorCode": "NoError", "status": "Charging", "timestamp": stamp(n)}
            else:
                payload = {"timestamp": stamp(n), "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
            yield "StatusNotification", payload
        else:
            yield "Heartbeat", {}


def frame(unique_id: str, action: str, payload: dict[str, Any]) -> bytes:
    """A CALL as UTF-8."""
    return json.dumps([2, unique_id, action, payload], separators=(",", ":")).encode()
