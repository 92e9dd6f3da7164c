"""The day that the snapshots show: twelve stations of a workshop, told line by line. It is 12:04:31 UTC.

Every kind of trouble has its station, so that each screen has something to show:

    CP-001       OCPP 1.6     charging at 11 kW on three phases; one session before; settings read
    garage-left  OCPP 2.0.1   its car has paused; a gap in its seqNo; its clock is six minutes ahead
    00112233AA   OCPP 1.6     new: waits until a person accepts it; offers no subprotocol
    CP-007       OCPP 1.6     lost its link in the middle of a session
    CP-009       OCPP 1.6     a ground fault
    CP-011       OCPP 1.6     sends text that is no JSON, and a status that OCPP does not know
    CP-012       OCPP 1.6     takes a new firmware; has uploaded its diagnostics
    depot-03     OCPP 2.1     a direct current charger at work, with state of charge
    depot-04     OCPP 2.1     idle; a fault of the morning is over
    lobby-1      OCPP 1.6     a cable is plugged in, nobody has shown a tag
    CP-014       OCPP 2.0.1   reserved, and out of service
    yard-2       OCPP 1.6     does not answer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tests.snapshots.telling import Caller, Line, Recorder, asks, at, closes, notes, opens, refused, says, writes

NOW: Final = at("12:04:31.250")

CALLERS: Final = (
    Caller("CP-001", "1.6", "192.168.1.101:41822", 12),
    Caller("garage-left", "2.0.1", "192.168.1.114:50112", 48, agent="wallbox/6.7.2"),
    Caller(
        "00112233AA",
        "1.6",
        "192.168.1.151:36004",
        9,
        folder="/ocpp/",
        registration="Pending",
        badges=("no subprotocol offered; taken as OCPP 1.6",),
        offers=(),
    ),
    Caller("CP-007", "1.6", "192.168.1.107:49230", 31),
    Caller("CP-009", "1.6", "192.168.1.109:40410", 15),
    Caller("CP-011", "1.6", "192.168.1.111:33590", 22),
    Caller("CP-012", "1.6", "192.168.1.112:47716", 18),
    Caller("depot-03", "2.1", "10.20.0.33:55120", 4),
    Caller("depot-04", "2.1", "10.20.0.34:55122", 5),
    Caller("lobby-1", "1.6", "192.168.1.121:38120", 64),
    Caller("CP-014", "2.0.1", "192.168.1.116:52044", 27),
    Caller("yard-2", "1.6", "192.168.1.122:60718", 140),
)


def boots(time: str, station: str, vendor: str, model: str, firmware: str, serial: str, **more: Any) -> Line:
    """A BootNotification in the words of 1.6."""
    payload = {
        "chargePointVendor": vendor,
        "chargePointModel": model,
        "chargePointSerialNumber": serial,
        "firmwareVersion": firmware,
    }
    return says(time, station, "BootNotification", payload | more)


def boots2(time: str, station: str, vendor: str, model: str, firmware: str, serial: str, reason: str) -> Line:
    """A BootNotification in the words of 2.x."""
    box = {"vendorName": vendor, "model": model, "firmwareVersion": firmware, "serialNumber": serial}
    return says(time, station, "BootNotification", {"reason": reason, "chargingStation": box})


def status(time: str, station: str, connector: int, word: str, error: str = "NoError", **more: Any) -> Line:
    """A StatusNotification of 1.6."""
    payload = {"connectorId": connector, "status": word, "errorCode": error, "timestamp": stamp(time)}
    return says(time, station, "StatusNotification", payload | more)


def status2(time: str, station: str, evse: int, word: str, *, ahead: str | None = None) -> Line:
    """A StatusNotification of 2.x; ``ahead``: what the station's clock says."""
    payload = {"timestamp": ahead or stamp(time), "connectorStatus": word, "evseId": evse, "connectorId": 1}
    return says(time, station, "StatusNotification", payload)


def stamp(time: str) -> str:
    """The time as a station writes it."""
    return f"2026-01-15T{time.partition('.')[0]}Z"


def clock(minutes: float) -> str:
    """Minutes since midnight as ``HH:MM:SS``."""
    seconds = round(minutes * 60)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def sampled(value: object, measurand: str, unit: str, phase: str | None = None) -> dict[str, str]:
    """A sampled value of 1.6."""
    made = {"value": str(value), "measurand": measurand, "unit": unit}
    return made if phase is None else made | {"phase": phase}


def sampled2(value: float, measurand: str, unit: str) -> dict[str, Any]:
    """A sampled value of 2.x."""
    return {"value": value, "measurand": measurand, "unitOfMeasure": {"unit": unit}}


def readings(
    station: str, connector: int, transaction: int, begin: float, register: int, powers: Sequence[int], every: float = 1
) -> list[Line]:
    """MeterValues of 1.6, ``every`` so many minutes from ``begin`` (minutes since midnight), three phases."""
    lines: list[Line] = []
    wh = float(register)
    for number, watts in enumerate(powers):
        time = clock(begin + number * every)
        wh += watts * every / 60
        values = [
            sampled(round(wh), "Energy.Active.Import.Register", "Wh"),
            sampled(watts, "Power.Active.Import", "W"),
        ]
        for phase, volts in (("L1", 230.1), ("L2", 231.4), ("L3", 229.8)):
            values.append(sampled(round(watts / 3 / volts, 1), "Current.Import", "A", phase))
            values.append(sampled(volts, "Voltage", "V", f"{phase}-N"))
        payload = {
            "connectorId": connector,
            "transactionId": transaction,
            "meterValue": [{"timestamp": stamp(time), "sampledValue": values}],
        }
        lines.append(says(f"{time}.118", station, "MeterValues", payload))
    return lines


def event(
    time: str,
    station: str,
    kind: str,
    sequence: int,
    trigger: str,
    transaction: str,
    state: str | None,
    values: Sequence[dict[str, Any]] = (),
    *,
    ahead: str | None = None,
    evse: int = 1,
    tag: str | None = None,
    **more: Any,
) -> Line:
    """A TransactionEvent of 2.x."""
    taken = ahead or stamp(time)
    info: dict[str, Any] = {"transactionId": transaction}
    if state is not None:
        info["chargingState"] = state
    payload: dict[str, Any] = {
        "eventType": kind,
        "timestamp": taken,
        "triggerReason": trigger,
        "seqNo": sequence,
        "transactionInfo": info | more,
        "evse": {"id": evse, "connectorId": 1},
    }
    if tag is not None:
        payload["idToken"] = {"idToken": tag, "type": "ISO14443"}
    if values:
        payload["meterValue"] = [{"timestamp": taken, "sampledValue": list(values)}]
    return says(time, station, "TransactionEvent", payload, ms=4)


def starts(time: str, station: str, connector: int, tag: str, register: int) -> Line:
    """A StartTransaction of 1.6."""
    payload = {"connectorId": connector, "idTag": tag, "meterStart": register, "timestamp": stamp(time)}
    return says(time, station, "StartTransaction", payload, ms=5)


def stops(time: str, station: str, transaction: int, register: int, reason: str, tag: str | None = None) -> Line:
    """A StopTransaction of 1.6."""
    payload: dict[str, Any] = {
        "transactionId": transaction,
        "meterStop": register,
        "timestamp": stamp(time),
        "reason": reason,
    }
    return says(time, station, "StopTransaction", payload if tag is None else payload | {"idTag": tag}, ms=6)


def beats(station: str, *times: str) -> list[Line]:
    """Heartbeats."""
    return [says(time, station, "Heartbeat", {}, ms=1) for time in times]


SETTINGS: Final = {
    "configurationKey": [
        {"key": "AuthorizeRemoteTxRequests", "readonly": False, "value": "true"},
        {"key": "ClockAlignedDataInterval", "readonly": False, "value": "0"},
        {"key": "ConnectionTimeOut", "readonly": False, "value": "120"},
        {"key": "GetConfigurationMaxKeys", "readonly": True, "value": "50"},
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "LocalAuthListEnabled", "readonly": False, "value": "false"},
        {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
        {
            "key": "MeterValuesSampledData",
            "readonly": False,
            "value": "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage",
        },
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,FirmwareManagement,SmartCharging"},
        {"key": "WebSocketPingInterval", "readonly": False, "value": "30"},
        {"key": "AuthorizationKey", "readonly": False},
    ],
    "unknownKey": [],
}

CP_001: Final = [
    opens("09:30:02", "CP-001"),
    boots("09:30:02.400", "CP-001", "Alfen BV", "NG910-60023", "6.4.1", "ace0206412"),
    status("09:30:03", "CP-001", 1, "Available"),
    status("09:30:03.200", "CP-001", 2, "Available"),
    status("10:01:40", "CP-001", 2, "Preparing"),
    says("10:02:10", "CP-001", "Authorize", {"idTag": "04A2B9C3"}),
    starts("10:02:11", "CP-001", 2, "04A2B9C3", 88_120),
    status("10:02:12", "CP-001", 2, "Charging"),
    *readings("CP-001", 2, 41, 603, 88_120, (6900, 7360, 7360, 7350, 7360, 5100, 2300), every=8),
    stops("11:05:00", "CP-001", 41, 94_310, "Local", "04A2B9C3"),
    status("11:05:01", "CP-001", 2, "Finishing"),
    status("11:07:30", "CP-001", 2, "Available"),
    asks("11:31:12", "CP-001", ("get", {}), "GetConfiguration", {}, SETTINGS, ms=212, end=(True, "12 settings read")),
    status("11:40:02", "CP-001", 1, "Preparing"),
    says("11:40:11", "CP-001", "Authorize", {"idTag": "04A2B9C3"}),
    starts("11:40:12", "CP-001", 1, "04A2B9C3", 201_455),
    status("11:40:13", "CP-001", 1, "Charging"),
    *readings(
        "CP-001", 1, 43, 701, 201_455, (3100, 6900, 10400, 11020, 11050, 11040, 11000, 9200, 7300, 10900, 11020, 11010)
    ),
    *readings("CP-001", 1, 43, 713, 203_354, (11030, 11020, 11000, 11040, 11020, 11010, 11030, 11050, 11020, 11040)),
    says("12:04:01", "CP-001", "Heartbeat", {}, ms=1),
    *readings("CP-001", 1, 43, 724.48, 205_310, (11_020,)),
]

AHEAD: Final = "2026-01-15T12:10:41Z"  # what the clock of garage-left says at 12:04:29
GARAGE_TX: Final = "7c4f2a10-0b6e-4f5a-9d11-3f2f8c1e5a77"


def garage() -> list[Line]:
    """A session whose readings have a gap, on a station whose clock is 372 s ahead."""
    lines = [
        opens("08:58:40", "garage-left"),
        boots2("08:58:41", "garage-left", "Wallbox", "Pulsar Plus", "6.7.2", "WB-441902", "PowerUp"),
        status2("08:58:42", "garage-left", 1, "Available", ahead="2026-01-15T09:04:54Z"),
        status2("09:10:00", "garage-left", 1, "Occupied", ahead="2026-01-15T09:16:12Z"),
    ]
    wh = 0.0
    for number, kw in enumerate((0, 7.2, 7.3, 7.4, 7.3, 0, 7.2, 5.1, 1.4, 0.0)):
        if number == 5:
            continue  # seqNo 5 was lost
        minute = 552 + number * 17.2
        wh += kw * 17.2 / 60 * 1000
        ahead = f"2026-01-15T{clock(minute + 6.2)}Z"
        kind, trigger = ("Started", "CablePluggedIn") if number == 0 else ("Updated", "MeterValuePeriodic")
        values = (
            sampled2(round(wh), "Energy.Active.Import.Register", "Wh"),
            sampled2(round(kw * 1000), "Power.Active.Import", "W"),
        )
        state = "SuspendedEV" if number == 9 else "Charging"
        tag = "DE-KWH-C00000042-3" if number == 1 else None
        lines.append(
            event(clock(minute), "garage-left", kind, number, trigger, GARAGE_TX, state, values, ahead=ahead, tag=tag)
        )
    idle = (
        sampled2(round(wh), "Energy.Active.Import.Register", "Wh"),
        sampled2(0, "Power.Active.Import", "W"),
    )
    lines.append(
        event(
            "12:04:29.640",
            "garage-left",
            "Updated",
            10,
            "MeterValuePeriodic",
            GARAGE_TX,
            "SuspendedEV",
            idle,
            ahead=AHEAD,
        )
    )
    return lines


PENDING: Final = [
    opens("12:03:58", "00112233AA"),
    boots("12:03:58.300", "00112233AA", "Teison", "Smart Wallbox", "1.5.0", "00112233AA"),
    boots("12:04:28.350", "00112233AA", "Teison", "Smart Wallbox", "1.5.0", "00112233AA"),
]

CP_007: Final = [
    opens("10:20:00", "CP-007"),
    boots("10:20:00.500", "CP-007", "ABB", "Terra AC W22-G5-RD-M-0", "1.8.21", "TACW2241621G0442"),
    status("10:20:01", "CP-007", 1, "Available"),
    status("10:41:20", "CP-007", 1, "Preparing"),
    starts("10:41:33", "CP-007", 1, "ABB-0007", 40_010),
    status("10:41:34", "CP-007", 1, "Charging"),
    *readings("CP-007", 1, 42, 645, 40_010, (20_800, 21_400, 21_380, 21_400, 21_390, 21_410), every=15),
    closes("12:00:20", "CP-007", 1006, "no answer to a ping, and nothing else was heard", by="us"),
]

CP_009: Final = [
    opens("07:12:00", "CP-009"),
    boots("07:12:00.300", "CP-009", "KEBA", "KC-P30-ES230001-000-ST", "1.18.0", "21304409"),
    status("07:12:01", "CP-009", 1, "Available"),
    status("11:58:07", "CP-009", 1, "Faulted", "GroundFailure", vendorErrorCode="E-14", info="RCD 6 mA tripped"),
    *beats("CP-009", "11:54:20", "11:59:20", "12:04:20"),
    asks(
        "12:01:44",
        "CP-009",
        ("reset", {"type": "soft"}),
        "Reset",
        {"type": "Soft"},
        {"status": "Rejected"},
        ms=66,
        end=(False, "the station answered Rejected"),
    ),
]

CP_011: Final = [
    opens("12:02:00", "CP-011"),
    boots("12:02:00.200", "CP-011", "Schneider Electric", "MONOBLOCK", "3.4.2.10", "3N213541234"),
    status("12:02:01", "CP-011", 1, "Available"),
    writes(
        "12:04:30.700",
        "CP-011",
        '[2,"17","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[{"timestamp":"2026-01-15T12:04:30Z",'
        '"sampledValue":[{"value":"118020"}]}]}]',
    ),
    writes("12:03:40", "CP-011", "ping"),
    says(
        "12:04:30.551",
        "CP-011",
        "StatusNotification",
        {"connectorId": 1, "status": "Available", "errorCode": "Error", "timestamp": "2026-01-15T12:04:30Z"},
        ms=2,
    ),
]

CP_012: Final = [
    opens("09:00:00", "CP-012"),
    boots("09:00:00.250", "CP-012", "EVBox", "Elvi", "3.2.0", "EVB-P21104417"),
    status("09:00:01", "CP-012", 1, "Available"),
    asks(
        "11:20:00",
        "CP-012",
        ("diagnostics", {"log": "diagnostics"}),
        "GetDiagnostics",
        {"location": "http://192.168.1.20:9081/b3JkZXItMTE/"},
        {"fileName": "EVB-P21104417.zip"},
        ms=88,
        end=(True, "EVB-P21104417.zip has arrived, 184 KiB"),
    ),
    says("11:20:02", "CP-012", "DiagnosticsStatusNotification", {"status": "Uploading"}),
    says("11:20:09", "CP-012", "DiagnosticsStatusNotification", {"status": "Uploaded"}),
    asks(
        "12:02:10",
        "CP-012",
        ("firmware", {"file": "elvi-3.4.1.bin"}),
        "UpdateFirmware",
        {
            "location": "http://192.168.1.20:9081/Zmlyc3QgaW1hZ2U/elvi-3.4.1.bin",
            "retrieveDate": "2026-01-15T12:02:10Z",
        },
        {},
        ms=52,
    ),
    says("12:02:12", "CP-012", "FirmwareStatusNotification", {"status": "Downloading"}),
    *beats("CP-012", "12:00:02"),
]

DEPOT_TX: Final = "d0a1"


def depot() -> list[Line]:
    """A direct current session with state of charge; its neighbour had a fault that is over."""
    lines = [
        opens("06:00:00", "depot-03"),
        boots2("06:00:01", "depot-03", "alpitronic", "HYC150", "2.1.4", "HYC-0331", "ScheduledReset"),
        status2("06:00:02", "depot-03", 1, "Available"),
        status2("06:00:02.200", "depot-03", 2, "Available"),
        status2("11:49:00", "depot-03", 1, "Occupied"),
        opens("06:00:05", "depot-04"),
        boots2("06:00:06", "depot-04", "alpitronic", "HYC150", "2.1.4", "HYC-0334", "PowerUp"),
        status2("06:00:07", "depot-04", 1, "Available"),
        status2("06:00:07.200", "depot-04", 2, "Available"),
        status2("09:31:00", "depot-04", 2, "Faulted"),
        status2("09:44:10", "depot-04", 2, "Available"),
        *beats("depot-04", "12:01:07"),
    ]
    wh = 0.0
    for number, kw in enumerate((0, 41, 96, 121, 118, 110, 104, 97, 91, 86, 82, 78.4, 74.2)):
        minute = 710 + number * 1.2
        wh += kw * 1.2 / 60 * 1000
        values = (
            sampled2(round(wh), "Energy.Active.Import.Register", "Wh"),
            sampled2(round(kw * 1000), "Power.Active.Import", "W"),
            sampled2(41 + number * 1.9, "SoC", "Percent"),
        )
        kind = "Started" if number == 0 else "Updated"
        trigger = "Authorized" if number == 0 else "MeterValuePeriodic"
        tag = "FR-ABC-C0012345-7" if number == 0 else None
        lines.append(event(clock(minute), "depot-03", kind, number, trigger, DEPOT_TX, "Charging", values, tag=tag))
    return lines


OTHERS: Final = [
    opens("11:02:00", "lobby-1"),
    boots("11:02:00.700", "lobby-1", "Vestel", "EVC04-AC22", "3.187.0", "7120440012"),
    status("11:02:01", "lobby-1", 1, "Available"),
    status("12:03:02", "lobby-1", 1, "Preparing"),
    says("12:03:31", "lobby-1", "Authorize", {"idTag": "STOLEN-01"}, ms=2),
    opens("08:00:00", "CP-014"),
    boots2("08:00:01", "CP-014", "Autel", "MaxiCharger AC Elite", "1.41.0", "AE0022B4G9", "PowerUp"),
    status2("08:00:02", "CP-014", 1, "Reserved"),
    status2("08:00:02.300", "CP-014", 2, "Unavailable"),
    *beats("CP-014", "12:02:30"),
    opens("10:55:10", "yard-2", port=60_702),
    boots("10:55:11", "yard-2", "EVBox", "G3-M5320E", "2.8.1", "EVB-G3-00871"),
    status("10:55:12", "yard-2", 1, "Available"),
    closes("11:12:00", "yard-2", 1001, "going away"),
    opens("11:12:31", "yard-2"),
    boots("11:12:32", "yard-2", "EVBox", "G3-M5320E", "2.8.1", "EVB-G3-00871"),
    status("11:12:33", "yard-2", 1, "Available"),
    asks(
        "12:00:30",
        "yard-2",
        ("trigger", {"message": "StatusNotification", "connector": 1}),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 1},
        None,
        end=(False, "no answer within 30 s"),
    ),
    asks(
        "12:04:30.002",
        "lobby-1",
        ("unlock", {"connector": 1}),
        "UnlockConnector",
        {"connectorId": 1},
        {"status": "UnlockFailed"},
        ms=812,
        end=(False, "the station answered UnlockFailed"),
    ),
    notes("12:01:30", "yard-2", "unanswered", "Mobile signal in the yard is weak; antenna is on its way"),
]

REFUSED: Final = [
    refused(
        "11:48:10",
        "192.168.1.160:51002",
        None,
        "a TLS handshake on a plain ws:// port",
        "Use ws:// in the charger's URL, or give this listener a certificate.",
    ),
    refused(
        "11:51:44",
        "192.168.1.161:40114",
        405,
        "an HTTP POST: this is a SOAP request (OCPP-S), not OCPP-J",
        "Set the charger to OCPP over JSON (OCPP-J) and a ws:// URL.",
    ),
    refused(
        "12:03:20",
        "192.168.1.162:38816",
        404,
        "the URL ends without a station identity",
        "Set the charger's URL to ws://ADDRESS:PORT/ followed by its identity.",
        path="/",
        subprotocols=("ocpp1.6",),
    ),
    refused(
        "12:04:12",
        "192.168.1.163:44120",
        400,
        "no common subprotocol: ocpp1.5 offered",
        "Set the charger's OCPP version to one of: ocpp1.6, ocpp2.0.1, ocpp2.1.",
        path="/steve/websocket/CP-OLD",
        identity="CP-OLD",
        subprotocols=("ocpp1.5",),
        user="CP-OLD",
    ),
]

DAY: Final = [*CP_001, *garage(), *PENDING, *CP_007, *CP_009, *CP_011, *CP_012, *depot(), *OTHERS, *REFUSED]

HOSTILE: Final = (
    Caller("[bold]CP[/]", "1.6", "192.168.1.66:40001", 7),
    Caller("充电桩-０１", "1.6", "192.168.1.67:40002", 8),
    Caller("[@click=app.quit]x", "1.6", "192.168.1.68:40003", 9),
)

EVIL: Final = "\x1b[2J\x1b]52;c;cm0gLXJmIC8=\x07[/red]\u202egnp.exe\u202c"


def hostile_day() -> list[Line]:
    """Three stations whose every word tries to be something else than text."""
    lines: list[Line] = []
    for number, caller in enumerate(HOSTILE):
        name = caller.identity
        time = f"12:0{number}"
        lines += [
            opens(f"{time}:00", name),
            boots(f"{time}:01", name, f"[red]{EVIL}", '{"a":[true,false]}', "\r\n6.4[/]", "\x00\x07\x1b"),
            status(f"{time}:02", name, 1, "Available"),
            status(f"{time}:03", name, 2, "Faulted", "OtherError", info=EVIL, vendorErrorCode="[/]" * 9),
            says(f"{time}:04", name, "DataTransfer", {"vendorId": "[b]" * 20, "data": f"{EVIL}{'🚗' * 12}"}),
            says(f"{time}:05", name, "Authorize", {"idTag": "[blink]\x9b31m"}),
            writes(f"{time}:06", name, f'[2,"{EVIL}","[bold]Boot","[/]"]{EVIL}'),
        ]
    return lines


async def record(callers: Sequence[Caller] = CALLERS, lines: Sequence[Line] = DAY) -> Recorder:
    """Play the lines; the recorder holds the records, the attempts and the links."""
    recorder = Recorder(callers)
    await recorder.tell(lines)
    return recorder
