"""The device model of a simulated OCPP 2.x station (Part 2, appendix: referenced components and variables)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from console.simulator.clock import stamp
from console.simulator.connector import MEASURANDS, SAMPLED

if TYPE_CHECKING:
    from console.simulator.connector import Connector
    from console.simulator.station import SimulatedStation

Mutability = Literal["ReadOnly", "ReadWrite", "WriteOnly"]
DataType = Literal["string", "decimal", "integer", "dateTime", "boolean", "OptionList", "SequenceList", "MemberList"]


@dataclass(slots=True)
class Variable:
    """One variable with its Actual attribute. ``live`` gives the value of one that the station itself changes."""

    component: str
    name: str
    value: str = ""
    type: DataType = "string"
    mutability: Mutability = "ReadOnly"
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    unit: str | None = None
    values: str | None = None
    lowest: float | None = None
    highest: float | None = None
    reboot: bool = False
    live: Callable[[], str] | None = None

    def actual(self) -> str:
        """The value now."""
        return self.live() if self.live else self.value

    def component_dict(self) -> dict[str, Any]:
        """A ComponentType."""
        found: dict[str, Any] = {"name": self.component}
        if self.evse is not None:
            found["evse"] = {"id": self.evse}
            if self.connector is not None:
                found["evse"]["connectorId"] = self.connector
        return found

    def variable_dict(self) -> dict[str, Any]:
        """A VariableType."""
        return {"name": self.name, "instance": self.instance} if self.instance else {"name": self.name}

    def report(self) -> dict[str, Any]:
        """A ReportDataType. The value of a write-only variable stays secret."""
        attribute: dict[str, Any] = {"type": "Actual", "mutability": self.mutability}
        if self.mutability != "WriteOnly":
            attribute["value"] = self.actual()
        traits: dict[str, Any] = {"dataType": self.type, "supportsMonitoring": self.live is not None}
        optional = {"unit": self.unit, "valuesList": self.values, "minLimit": self.lowest, "maxLimit": self.highest}
        traits |= {key: value for key, value in optional.items() if value is not None}
        return {
            "component": self.component_dict(),
            "variable": self.variable_dict(),
            "variableAttribute": [attribute],
            "variableCharacteristics": traits,
        }

    def matches(self, component: dict[str, Any], variable: dict[str, Any] | None) -> bool:
        """Whether a request means this variable; names compare without regard to case."""
        evse = component.get("evse", {})
        if component["name"].casefold() != self.component.casefold() or evse.get("id") != self.evse:
            return False
        if "connectorId" in evse and evse["connectorId"] != self.connector:
            return False
        if variable is None:
            return True
        wanted = variable.get("instance")
        return variable["name"].casefold() == self.name.casefold() and (wanted is None or wanted == self.instance)

    def fits(self, value: str) -> bool:
        """Whether a new value is one that the variable can take."""
        if self.type in ("integer", "decimal"):
            pattern = r"-?\d+" if self.type == "integer" else r"-?\d+(\.\d+)?"
            if not re.fullmatch(pattern, value):
                return False
            low = -float("inf") if self.lowest is None else self.lowest
            return low <= float(value) <= (float("inf") if self.highest is None else self.highest)
        if self.type == "boolean":
            return value.casefold() in ("true", "false")
        if self.values and self.type in ("OptionList", "MemberList", "SequenceList"):
            parts = [value] if self.type == "OptionList" else [p.strip() for p in value.split(",") if p.strip()]
            return all(part in self.values.split(",") for part in parts)
        low_length, high_length = self.lowest or 0, self.highest or 1000
        return low_length <= len(value) <= high_length


class DeviceModel:
    """All variables of one station."""

    def __init__(self, station: SimulatedStation) -> None:
        self.variables = [*_controllers(station), *_hardware(station)]
        self._waiting: list[tuple[Variable, str]] = []

    def find(self, component: dict[str, Any], variable: dict[str, Any] | None) -> list[Variable]:
        """The variables that a ComponentType and a VariableType (or none: all of the component) mean."""
        return [v for v in self.variables if v.matches(component, variable)]

    def knows_component(self, component: dict[str, Any]) -> bool:
        """Whether there is such a component."""
        return any(v.matches(component, None) for v in self.variables)

    def get(self, component: str, name: str, instance: str | None = None) -> str:
        """The value in force of a controller's variable; raises KeyError."""
        return self._one(component, name, instance).actual()

    def number(self, component: str, name: str, instance: str | None = None) -> int:
        """The same as an integer."""
        return int(float(self.get(component, name, instance)))

    def force(self, component: str, name: str, value: str) -> None:
        """Set a value from within the station."""
        self._one(component, name, None).value = value

    def put(self, variable: Variable, value: str) -> str:
        """SetVariables for one variable: the SetVariableStatusEnumType to answer."""
        if variable.mutability == "ReadOnly" or not variable.fits(value):
            return "Rejected"
        if variable.reboot:
            self._waiting.append((variable, value))
            return "RebootRequired"
        variable.value = value
        return "Accepted"

    def restarted(self) -> None:
        """Values that waited for a restart apply."""
        for variable, value in self._waiting:
            variable.value = value
        self._waiting.clear()

    def _one(self, component: str, name: str, instance: str | None) -> Variable:
        for v in self.variables:
            if v.component == component and v.name == name and v.instance == instance:
                return v
        raise KeyError(f"{component}.{name}")


def _controllers(station: SimulatedStation) -> list[Variable]:
    v = Variable
    rw: Mutability = "ReadWrite"
    behaviour = station.behaviour
    meter = str(int(behaviour.meter_seconds))
    members = ",".join(MEASURANDS)
    return [
        v("AlignedDataCtrlr", "Interval", "0", "integer", rw, unit="s", lowest=0),
        v("AlignedDataCtrlr", "Measurands", MEASURANDS[0], "MemberList", rw, values=members),
        v("AuthCacheCtrlr", "Enabled", "false", "boolean", rw),
        v("AuthCtrlr", "AuthorizeRemoteStart", "false", "boolean", rw),
        v("AuthCtrlr", "LocalAuthorizeOffline", "true", "boolean", rw),
        v("AuthCtrlr", "LocalPreAuthorize", "false", "boolean", rw),
        v("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true", "boolean", rw),
        v("ClockCtrlr", "DateTime", type="dateTime", live=lambda: _now(station)),
        v("ClockCtrlr", "TimeSource", "Heartbeat", "SequenceList", rw, values="Heartbeat,NTP,RTC"),
        v("DeviceDataCtrlr", "BytesPerMessage", "16384", "integer", instance="GetReport", unit="B"),
        v("DeviceDataCtrlr", "BytesPerMessage", "16384", "integer", instance="GetVariables", unit="B"),
        v("DeviceDataCtrlr", "BytesPerMessage", "16384", "integer", instance="SetVariables", unit="B"),
        v("DeviceDataCtrlr", "ItemsPerMessage", "20", "integer", instance="GetReport"),
        v("DeviceDataCtrlr", "ItemsPerMessage", "30", "integer", instance="GetVariables"),
        v("DeviceDataCtrlr", "ItemsPerMessage", "30", "integer", instance="SetVariables"),
        v("DisplayMessageCtrlr", "NumberOfDisplayMessages", type="integer", live=lambda: str(len(station.displayed))),
        v("DisplayMessageCtrlr", "SupportedFormats", "ASCII,UTF8", "MemberList", values="ASCII,UTF8"),
        v("DisplayMessageCtrlr", "SupportedPriorities", "AlwaysFront,InFront,NormalCycle", "MemberList"),
        v("LocalAuthListCtrlr", "BytesPerMessage", "16384", "integer", unit="B"),
        v("LocalAuthListCtrlr", "Enabled", "true", "boolean", rw),
        v("LocalAuthListCtrlr", "Entries", type="integer", live=lambda: str(len(station.local_list)), highest=500),
        v("LocalAuthListCtrlr", "ItemsPerMessage", "100", "integer"),
        v("MonitoringCtrlr", "Enabled", "true", "boolean", rw),
        v("OCPPCommCtrlr", "FileTransferProtocols", "HTTP,HTTPS", "MemberList"),
        v("OCPPCommCtrlr", "HeartbeatInterval", "300", "integer", rw, unit="s", lowest=1),
        v("OCPPCommCtrlr", "MessageAttemptInterval", "10", "integer", rw, instance="TransactionEvent", unit="s"),
        v("OCPPCommCtrlr", "MessageAttempts", "3", "integer", rw, instance="TransactionEvent", lowest=1),
        v("OCPPCommCtrlr", "MessageTimeout", "30", "integer", instance="Default", unit="s"),
        v("OCPPCommCtrlr", "NetworkConfigurationPriority", "0", "SequenceList", rw, values="0,1", reboot=True),
        v("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", "3", "integer", rw),
        v("OCPPCommCtrlr", "OfflineThreshold", "60", "integer", rw, unit="s"),
        v("OCPPCommCtrlr", "ResetRetries", "2", "integer", rw),
        v("OCPPCommCtrlr", "RetryBackOffRandomRange", "2", "integer", rw, unit="s"),
        v("OCPPCommCtrlr", "RetryBackOffRepeatTimes", "5", "integer", rw),
        v("OCPPCommCtrlr", "RetryBackOffWaitMinimum", "2", "integer", rw, unit="s"),
        v("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "true", "boolean", rw),
        v("OCPPCommCtrlr", "WebSocketPingInterval", "30", "integer", rw, unit="s", reboot=True),
        v("ReservationCtrlr", "Enabled", "true", "boolean", rw),
        v("SampledDataCtrlr", "TxEndedInterval", "0", "integer", rw, unit="s"),
        v("SampledDataCtrlr", "TxEndedMeasurands", MEASURANDS[0], "MemberList", rw, values=members),
        v("SampledDataCtrlr", "TxStartedMeasurands", MEASURANDS[0], "MemberList", rw, values=members),
        v("SampledDataCtrlr", "TxUpdatedInterval", meter, "integer", rw, unit="s", lowest=0),
        v("SampledDataCtrlr", "TxUpdatedMeasurands", ",".join(SAMPLED), "MemberList", rw, values=members),
        v("SecurityCtrlr", "BasicAuthPassword", "", "string", "WriteOnly", lowest=16, highest=40),
        v("SecurityCtrlr", "CertificateEntries", type="integer", live=lambda: str(len(station.certificates))),
        v("SecurityCtrlr", "Identity", station.identity, "string"),
        v("SecurityCtrlr", "OrganizationName", "Simulations", "string", rw),
        v("SecurityCtrlr", "SecurityProfile", "1", "integer"),
        v("SmartChargingCtrlr", "Enabled", "true", "boolean", rw),
        v("SmartChargingCtrlr", "Entries", type="integer", live=lambda: str(len(station.profiles.kept)), highest=32),
        v("SmartChargingCtrlr", "LimitChangeSignificance", "1.0", "decimal", rw),
        v("SmartChargingCtrlr", "PeriodsPerSchedule", "24", "integer"),
        v("SmartChargingCtrlr", "ProfileStackLevel", "8", "integer"),
        v("SmartChargingCtrlr", "RateUnit", "W,A", "MemberList"),
        v("TariffCostCtrlr", "Enabled", "false", "boolean", instance="Tariff"),
        v("TxCtrlr", "EVConnectionTimeOut", "120", "integer", rw, unit="s"),
        v("TxCtrlr", "MaxEnergyOnInvalidId", "0", "integer", rw, unit="Wh"),
        v("TxCtrlr", "StopTxOnEVSideDisconnect", "true", "boolean", rw),
        v("TxCtrlr", "StopTxOnInvalidId", "true", "boolean", rw),
        v("TxCtrlr", "TxStartPoint", "Authorized", "MemberList"),
        v("TxCtrlr", "TxStopPoint", "Authorized", "MemberList"),
    ]


def _hardware(station: SimulatedStation) -> list[Variable]:
    v, spec = Variable, station.spec
    made = [
        v("ChargingStation", "AvailabilityState", type="OptionList", live=lambda: _open(station)),
        v("ChargingStation", "Available", "true", "boolean"),
        v("ChargingStation", "FirmwareVersion", live=lambda: station.firmware_version),
        v("ChargingStation", "Model", spec.model),
        v("ChargingStation", "Problem", type="boolean", live=lambda: _flag(any(c.fault for c in station.connectors))),
        v("ChargingStation", "SerialNumber", spec.serial or spec.identity),
        v("ChargingStation", "SupplyPhases", "3", "integer"),
        v("ChargingStation", "VendorName", spec.vendor),
    ]
    for evse in sorted({c.evse_id for c in station.connectors}):
        first = next(c for c in station.connectors if c.evse_id == evse)
        made += [
            v("EVSE", "AvailabilityState", type="OptionList", evse=evse, live=first.state_2),
            v("EVSE", "Available", "true", "boolean", evse=evse),
            v("EVSE", "Power", type="decimal", evse=evse, unit="W", highest=first.max_w, live=_power(first)),
            v("EVSE", "SupplyPhases", str(first.phases), "integer", evse=evse),
        ]
    for c in station.connectors:
        place: dict[str, Any] = {"evse": c.evse_id, "connector": c.connector_id}
        made += [
            v("Connector", "AvailabilityState", type="OptionList", live=c.state_2, **place),
            v("Connector", "Available", "true", "boolean", **place),
            v("Connector", "ConnectorType", c.type, **place),
            v("Connector", "Problem", type="boolean", live=_problem(c), **place),
            v("Connector", "SupplyPhases", str(c.phases), "integer", **place),
        ]
    return made


def _power(connector: Connector) -> Callable[[], str]:
    return lambda: f"{connector.power_w:.1f}"


def _problem(connector: Connector) -> Callable[[], str]:
    return lambda: _flag(connector.fault is not None)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _open(station: SimulatedStation) -> str:
    return "Available" if any(c.operative for c in station.connectors) else "Unavailable"


def _now(station: SimulatedStation) -> str:
    return stamp(station.clock.now())
