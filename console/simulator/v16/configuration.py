"""The configuration keys of a simulated OCPP 1.6 station (OCPP 1.6 section 9, security whitepaper section 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from console.simulator.connector import MEASURANDS, SAMPLED

Kind = Literal["int", "bool", "text", "measurands", "password"]


@dataclass(slots=True)
class Key:
    """One configuration key. ``reboot``: a new value applies after a restart; ``hidden``: write-only."""

    value: str
    kind: Kind = "text"
    readonly: bool = False
    reboot: bool = False
    hidden: bool = False
    lowest: int = 0


class Configuration:
    """Keys compare without regard to case; ``get`` gives the value in force."""

    def __init__(self, *, connectors: int, meter_seconds: float, heartbeat: int) -> None:
        self.keys = _keys(connectors, meter_seconds, heartbeat)
        self._waiting: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        """The key as it is spelt here, or None."""
        return next((key for key in self.keys if key.casefold() == name.casefold()), None)

    def get(self, name: str) -> str:
        """The value in force."""
        return self.keys[name].value

    def number(self, name: str) -> int:
        """The value in force as an integer (0 where it is none)."""
        value = self.keys[name].value
        return int(value) if re.fullmatch(r"-?\d+", value) else 0

    def flag(self, name: str) -> bool:
        """The value in force as a yes or no."""
        return self.keys[name].value.casefold() == "true"

    def force(self, name: str, value: str) -> None:
        """Set a value from within the station."""
        self.keys[name].value = value

    def change(self, name: str, value: str) -> str:
        """ChangeConfiguration: the ConfigurationStatus to answer."""
        found = self.find(name)
        if found is None:
            return "NotSupported"
        key = self.keys[found]
        if key.readonly or not _fits(key, value):
            return "Rejected"
        if key.reboot:
            self._waiting[found] = value
            return "RebootRequired"
        key.value = value
        return "Accepted"

    def restarted(self) -> None:
        """Values that waited for a restart apply."""
        for name, value in self._waiting.items():
            self.keys[name].value = value
        self._waiting.clear()


def _fits(key: Key, value: str) -> bool:
    match key.kind:
        case "int":
            return re.fullmatch(r"\d{1,9}", value) is not None and int(value) >= key.lowest
        case "bool":
            return value.casefold() in ("true", "false")
        case "measurands":
            return all(part.strip().split(".L")[0] in MEASURANDS for part in value.split(",") if part.strip())
        case "password":
            return 8 <= len(value) <= 40
        case "text":
            return len(value) <= 500


def _keys(connectors: int, meter_seconds: float, heartbeat: int) -> dict[str, Key]:
    return {
        "AllowOfflineTxForUnknownId": Key("true", "bool"),
        "AuthorizationCacheEnabled": Key("false", "bool"),
        "AuthorizationKey": Key("", "password", hidden=True),
        "AuthorizeRemoteTxRequests": Key("false", "bool"),
        "BlinkRepeat": Key("3", "int"),
        "ChargeProfileMaxStackLevel": Key("8", "int", readonly=True),
        "ChargingScheduleAllowedChargingRateUnit": Key("Current,Power", readonly=True),
        "ChargingScheduleMaxPeriods": Key("24", "int", readonly=True),
        "ClockAlignedDataInterval": Key("0", "int"),
        "ConnectionTimeOut": Key("120", "int"),
        "ConnectorPhaseRotation": Key(",".join(f"{n}.RST" for n in range(connectors + 1))),
        "ConnectorSwitch3to1PhaseSupported": Key("false", "bool", readonly=True),
        "CpoName": Key("", "text"),
        "GetConfigurationMaxKeys": Key("50", "int", readonly=True),
        "HeartbeatInterval": Key(str(heartbeat), "int"),
        "LightIntensity": Key("80", "int"),
        "LocalAuthListEnabled": Key("true", "bool"),
        "LocalAuthListMaxLength": Key("500", "int", readonly=True),
        "LocalAuthorizeOffline": Key("true", "bool"),
        "LocalPreAuthorize": Key("false", "bool"),
        "MaxChargingProfilesInstalled": Key("16", "int", readonly=True),
        "MeterValuesAlignedData": Key("Energy.Active.Import.Register", "measurands"),
        "MeterValuesSampledData": Key(",".join(SAMPLED), "measurands"),
        "MeterValueSampleInterval": Key(str(int(meter_seconds)), "int"),
        "MinimumStatusDuration": Key("0", "int"),
        "NumberOfConnectors": Key(str(connectors), "int", readonly=True),
        "ReserveConnectorZeroSupported": Key("false", "bool", readonly=True),
        "ResetRetries": Key("3", "int"),
        "SecurityProfile": Key("1", "int", reboot=True, lowest=1),
        "SendLocalListMaxLength": Key("100", "int", readonly=True),
        "StopTransactionOnEVSideDisconnect": Key("true", "bool"),
        "StopTransactionOnInvalidId": Key("true", "bool"),
        "StopTxnAlignedData": Key("", "measurands"),
        "StopTxnSampledData": Key("Energy.Active.Import.Register", "measurands"),
        "SupportedFeatureProfiles": Key(
            "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger", readonly=True
        ),
        "SupportedFileTransferProtocols": Key("HTTP,HTTPS", readonly=True),
        "TransactionMessageAttempts": Key("3", "int", lowest=1),
        "TransactionMessageRetryInterval": Key("10", "int"),
        "UnlockConnectorOnEVSideDisconnect": Key("true", "bool", reboot=True),
        "WebSocketPingInterval": Key("30", "int", reboot=True),
    }
