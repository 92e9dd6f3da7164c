"""Following the orders that read and write settings: long reads in parts, and every write read back."""

from __future__ import annotations

from typing import Any

import msgspec

from console.engine.fleet.events import Event, Reported, VariableSeen
from console.engine.fleet.model import Station
from console.engine.fleet.order import Order, Verdict
from console.engine.masking import MASK, is_secret_setting, masked_text
from console.engine.orders.argument import shown
from console.engine.orders.follow import Ask, Follower, quirks_of
from console.engine.orders.port import Port
from console.engine.orders.run import Run
from console.engine.wire.exchange import Exchange, Record
from profiles import NO_QUIRKS, Quirks

# The core profile's keys of OCPP 1.6 (section 9.1): for stations that do not answer "all of them".
COMMON_KEYS = (
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "ConnectorPhaseRotation",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
    "WebSocketPingInterval",
)
MOST_VALUES = 20_000
_LIMIT_KEY = "GetConfigurationMaxKeys"
_TOUCHY_KEY = "MeterValuesSampledData"  # read by us, it makes some chargers restart (lbbrhzn/ocpp#1275)


class SettingFollower(Follower):
    """What ``get`` and ``set`` share: they collect the values that come with their own calls."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.values: list[VariableSeen] = []

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        if isinstance(record, Exchange) and record.direction == "out" and record.order == self.run.order.id:
            self.collect(events)

    def collect(self, events: tuple[Event, ...]) -> None:
        """Take the values in, as far as there is room: a report may have parts without end."""
        found = [event for event in events if isinstance(event, VariableSeen)]
        self.values += found[: MOST_VALUES - len(self.values)]

    @property
    def found_station(self) -> Station | None:
        """The station in the fleet."""
        return self.port.fleet.station(self.run.station)

    def quirks(self) -> Quirks:
        """What is known of this charger."""
        station = self.found_station
        return NO_QUIRKS if station is None else quirks_of(self.port, station)


class GetFollower(SettingFollower):
    """Keys in as many calls as the station's limit asks for; a report until its last part has come."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        arguments = run.order.arguments
        names = {one.name for one in run.kind.arguments_for(run.version)}
        self.report = "component" in names and "variable" not in arguments
        self.chunks = self._chunks(arguments) if "key" in names else []
        self.parts = 0
        self.last = False
        self.next_part: int | None = None

    def first(self, order: Order) -> Order:
        return self._part(order, self.chunks[0]) if self.chunks else order

    def _part(self, order: Order, keys: list[str]) -> Order:
        return msgspec.structs.replace(order, arguments={**order.arguments, "key": ",".join(keys)})

    def _chunks(self, arguments: dict[str, Any]) -> list[list[str]]:
        """The keys by call; none where one call without keys asks for everything."""
        keys = [key.strip() for key in str(arguments.get("key", "")).split(",") if key.strip()]
        quirks = self.quirks()
        if not keys and (not quirks.get_config_without_keys or not quirks.probe_config):
            keys = [key for key in COMMON_KEYS if quirks.probe_config or key != _TOUCHY_KEY]
            self.run.tell("told", "this charger does not tell all keys at once: the common ones are asked for by name")
        limit = quirks.max_config_keys or self._reported_limit() or max(1, len(keys))
        return [keys[at : at + limit] for at in range(0, len(keys), limit)]

    def _reported_limit(self) -> int | None:
        station = self.found_station
        found = None if station is None else station.variables.get(f"/{_LIMIT_KEY}//".casefold())
        text = (found.values.get("Actual") or "") if found is not None else ""
        return int(text) if text.isdigit() and 0 < int(text) < 10_000 else None

    def see(self, record: Record, events: tuple[Event, ...]) -> None:
        super().see(record, events)
        for event in events:
            if (
                isinstance(event, Reported)
                and event.kind == "report"
                and event.request in (None, self.run.order.id & 0x7FFFFFFF)
            ):
                self._reported(event, events)

    def _reported(self, event: Reported, events: tuple[Event, ...]) -> None:
        self.parts += 1
        self.collect(events)
        if event.more:
            self.run.tell("told", f"part {self.parts}: {len(self.values)} values so far")
            return
        self.last = True
        expected = None if event.sequence is None else event.sequence + 1
        gap = f"; {expected - self.parts} parts are missing" if expected is not None and expected > self.parts else ""
        parts = f"{self.parts} part{'s' if self.parts != 1 else ''}"
        self.found(f"{len(self.values)} values in {parts} {self.since()}{gap}")

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        """Whether this was all is known after the other calls."""

    async def after(self, ask: Ask) -> None:
        unanswered: list[str] = []
        for number, keys in enumerate(self.chunks[1:], start=1):
            self.run.move(number / len(self.chunks))
            exchange = await ask(self._part(self.run.order, keys))
            if exchange.outcome == "lost":
                self.failed(f"the link was lost at part {number + 1} of {len(self.chunks)}: {self._text()}")
                return
            if exchange.outcome != "result":
                # One key that a station does not answer for is no reason to ask for no other.
                unanswered.extend(keys)
        if unanswered:
            self.failed(f"{self._text()}; no answer for {shown(', '.join(unanswered), 200)}")
            return
        if not self.report:
            self.found(self._text())

    def _text(self) -> str:
        if len(self.values) == 1:
            one = self.values[0]
            name = ".".join(word for word in (one.component, one.variable) if word)
            if one.value is None:
                return f"{name} is not told"
            return f"{name} = {MASK if is_secret_setting(one.variable) else shown(masked_text(one.value))}"
        unknown = [
            str(key)
            for exchange in self.run.exchanges
            if isinstance(exchange.response, dict) and isinstance(exchange.response.get("unknownKey"), list)
            for key in exchange.response["unknownKey"]
        ]
        tail = f"; unknown to it: {shown(', '.join(unknown))}" if unknown else ""
        return f"{len(self.values)} values{tail}"

    def lacking(self) -> str:
        return f"the report is not whole: {self.parts} parts came" if self.parts else "no report came"


class SetFollower(SettingFollower):
    """Until the setting reads back as it was written."""

    def __init__(self, run: Run, port: Port) -> None:
        super().__init__(run, port)
        self.status = ""

    def accepted(self, exchange: Exchange, verdict: Verdict) -> None:
        self.status = verdict.status
        if "reboot" in verdict.status.casefold():
            self.run.tell("told", f"{verdict.status}: it counts after the station has restarted")

    async def after(self, ask: Ask) -> None:
        key = str(self.run.order.arguments.get("key", ""))
        if key.casefold() == _TOUCHY_KEY.casefold() and not self.quirks().probe_config:
            self.found(f"answered {self.status}; not read back, because this charger restarts when {key} is read")
            return
        name = key or str(self.run.order.arguments.get("variable", ""))
        if is_secret_setting(name):
            # Read back it would stand in the journal.
            later = ", after a restart it counts" if "reboot" in self.status.casefold() else ""
            self.found(f"answered {self.status}{later}; a secret is not read back, the next login shows it")
            return
        arguments = {name: value for name, value in self.run.order.arguments.items() if name != "value"}
        self.values.clear()
        order = Order(id=self.run.order.id, station=self.run.station, name="get", arguments=arguments)
        exchange = await ask(order)
        self._judge(exchange, str(self.run.order.arguments["value"]))

    def _judge(self, exchange: Exchange, wanted: str) -> None:
        reboot = "reboot" in self.status.casefold()
        name = str(self.run.order.arguments.get("key") or self.run.order.arguments.get("variable"))
        wished = str(self.run.order.arguments.get("attribute", "Actual"))
        seen = [
            one
            for one in self.values
            if one.variable.casefold() == name.casefold() and one.attribute.casefold() == wished.casefold()
        ]
        value = seen[-1].value if seen else None
        if value is not None and same_value(value, wanted):
            self.found(f"{name} reads back as {shown(value)}" + (", after a restart it counts" if reboot else ""))
        elif reboot:
            self.found(f"{self.status} is told: {name} counts after a restart")
        elif exchange.outcome != "result":
            self.failed(f"answered {self.status}, but {name} could not be read back ({exchange.outcome})")
        elif seen and value is None:
            self.found(f"answered {self.status}; {name} can be written only, so it cannot be read back")
        elif value is not None:
            self.failed(f"answered {self.status}, but {name} reads back as {shown(value)}")
        else:
            self.failed(f"answered {self.status}, but the station does not tell {name} when it is read back")

    def lacking(self) -> str:
        return "it was not read back"


def same_value(one: str, other: str) -> bool:
    """Whether two texts mean the same setting: true/True, 10/10.0 and spaces after commas are no difference."""
    left = ",".join(part.strip() for part in one.strip().split(","))
    right = ",".join(part.strip() for part in other.strip().split(","))
    if left == right:
        return True
    if {left.casefold(), right.casefold()} <= {"true", "false"}:
        return left.casefold() == right.casefold()
    try:
        return float(left) == float(right)
    except ValueError:
        return False
