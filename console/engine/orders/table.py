"""THE table of orders: what an operator can tell a station. Keys, the palette, `:` commands, ``chargehand call``, the
HTTP API, the help page and the README's key list are all made from it.

An order names its effect before it is sent, and says when it is done. How a version puts it on the wire stands in the
dialects; how it is followed, in ``follow.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from console.engine.errors import NoSuchOrder
from console.engine.orders import effects
from console.engine.orders.argument import NEW, OLD, Argument, listed, nearest
from console.engine.orders.blocks import BLOCKS
from console.engine.orders.kind import CONNECTOR, EVSE, OrderKind, always, hints

_VALUE_OF = (
    Argument(name="attribute", kind="choice", versions=NEW, choices=("Actual", "Target", "MinSet", "MaxSet")),
    msgspec.structs.replace(EVSE, hint="of a component of that EVSE"),
    Argument(name="instance", versions=NEW, hint="of the variable, where it has several"),
)
_WHEN = Argument(name="retrieve", kind="time", ahead=True, hint="not before: a time, or 2h from now")

_TRIGGERS: Final = ("BootNotification", "StatusNotification", "MeterValues", "Heartbeat")
_TRIGGERS_2X: Final = (
    *_TRIGGERS,
    "TransactionEvent",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "PublishFirmwareStatusNotification",
    "SignChargingStationCertificate",
    "SignCombinedCertificate",
    "SignV2GCertificate",
)
TRIGGERS: Final[Mapping[str, tuple[str, ...]]] = {
    "1.6": (
        *_TRIGGERS,
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "LogStatusNotification",
        "SignChargePointCertificate",
    ),
    "2.0.1": _TRIGGERS_2X,
    "2.1": (*_TRIGGERS_2X, "SignV2G20Certificate", "CustomTrigger"),
}
"""What TriggerMessage can ask for, likeliest first (1.6: with the ExtendedTriggerMessage of the security white paper)."""

_RESETS: Final = ("soft", "hard")
_LOGS: Final = ("diagnostics", "security")

CORE: Final[tuple[OrderKind, ...]] = (
    OrderKind(
        id="reset",
        key="r",
        title="Reset",
        arguments=(
            Argument(
                name="type",
                kind="choice",
                choices={"1.6": _RESETS, "2.0.1": _RESETS, "2.1": (*_RESETS, "resume")},
                default="soft",
            ),
            Argument(name="evse", kind="int", versions=NEW, hint="only this EVSE"),
        ),
        effect=effects.reset,
        danger=lambda given: "danger" if given.get("type") in ("hard", "resume") else "careful",
        done_when="it has booted again",
        done_at_evse="it has said so, or the transaction there has ended",
        help="Restarts the station. soft: 1.6 first ends transactions in good order, 2.x waits until none runs. "
        "hard ends them and restarts at once; resume (2.1) lets them go on after it.",
    ),
    OrderKind(
        id="unlock",
        key="u",
        title="Unlock the connector",
        arguments=(msgspec.structs.replace(CONNECTOR, required=True), EVSE),
        effect=effects.unlock,
        danger=always("careful"),
        done_when="answered Unlocked",
        help="Lets go of a stuck cable. It does not start charging, and is no way to stop it.",
    ),
    OrderKind(
        id="start",
        key="s",
        title="Start charging",
        arguments=(
            CONNECTOR,
            EVSE,
            Argument(
                name="tag",
                required=True,
                hint=hints("the id tag, at most 20 characters", "the id token, at most 36 characters"),
            ),
            Argument(name="type", versions=NEW, hint="of the id token: Central, ISO14443, eMAID, …"),
        ),
        effect=effects.start,
        danger=always("careful"),
        done_when="a transaction runs",
        help="Starts a transaction for an id tag. It goes on as if the tag had been shown at the station.",
    ),
    OrderKind(
        id="stop",
        key="x",
        title="Stop charging",
        arguments=(
            Argument(name="transaction", hint="the id on the wire"),
            CONNECTOR,
            EVSE,
        ),
        one_of=(("transaction", "connector", "evse"),),
        effect=effects.stop,
        danger=always("careful"),
        done_when="the transaction has ended",
        help="Ends a running transaction. It is named by its id on the wire, or by the connector it runs on.",
    ),
    OrderKind(
        id="firmware",
        key="f",
        title="Update the firmware",
        arguments=(
            Argument(name="file", kind="file", hint="an image of this machine, or of those in Files"),
            Argument(name="url", hint="where the image lies; taken instead of the file"),
            _WHEN,
            msgspec.structs.replace(_WHEN, name="install", versions=NEW),
        ),
        one_of=(("file", "url"),),
        instead={"url": "file"},
        effect=effects.firmware,
        danger=always("danger"),
        done_when="Installed",
        help="Has an image downloaded and installed. The file server offers it; every stage is followed.",
        patience=1800.0,
    ),
    OrderKind(
        id="diagnostics",
        key="d",
        title="Fetch the diagnostics",
        arguments=(
            Argument(
                name="log",
                kind="choice",
                choices={"1.6": _LOGS, "2.0.1": _LOGS, "2.1": (*_LOGS, "datacollector")},
                default="diagnostics",
            ),
            Argument(name="since", kind="time", hint="a time, or 2h ago written 2h"),
            Argument(name="until", kind="time", hint="a time, or 5m"),
        ),
        effect=effects.diagnostics,
        danger=always("none"),
        done_when="the upload has arrived",
        help="Has the station upload its log. The embedded file server takes it, and Files shows where it lies.",
        patience=600.0,
    ),
    OrderKind(
        id="trigger",
        key="t",
        title="Trigger a message",
        arguments=(
            Argument(name="message", kind="choice", required=True, choices=TRIGGERS, default="StatusNotification"),
            CONNECTOR,
            EVSE,
            Argument(name="custom", versions=("2.1",), hint="the name of a CustomTrigger"),
        ),
        effect=effects.trigger,
        danger=always("none"),
        done_when="the message has come",
        help="Has a message sent now. It is one that the station would send by itself at some time.",
    ),
    OrderKind(
        id="availability",
        key="v",
        title="Change the availability",
        arguments=(
            Argument(name="operative", kind="bool", required=True, hint="false takes it out of service"),
            Argument(name="connector", kind="int", hint="none: the whole station"),
            EVSE,
        ),
        effect=effects.availability,
        danger=lambda given: "careful" if effects.takes_out(given) else "none",
        done_when="the status follows (Scheduled is told)",
        help="Takes out of service, or puts back. That is one connector, or the whole station.",
    ),
    OrderKind(
        id="get",
        key=None,
        title="Read the configuration",
        arguments=(
            Argument(name="key", versions=OLD, hint="configuration keys with commas; none: all"),
            Argument(name="component", versions=NEW, hint="such as OCPPCommCtrlr; none: everything"),
            Argument(name="variable", versions=NEW, hint="such as HeartbeatInterval"),
            *_VALUE_OF,
        ),
        needs={"variable": "component"},
        effect=effects.get,
        danger=always("none"),
        done_when="answered",
        help="Reads settings. Those are configuration keys (1.6) or variables of the device model (2.x).",
    ),
    OrderKind(
        id="set",
        key=None,
        title="Change a setting",
        arguments=(
            Argument(name="key", required=True, versions=OLD, hint="the configuration key"),
            Argument(name="component", required=True, versions=NEW, hint="a component, such as OCPPCommCtrlr"),
            Argument(name="variable", required=True, versions=NEW, hint="a variable, such as HeartbeatInterval"),
            Argument(name="value", required=True, hint="the new value, as text"),
            *_VALUE_OF,
        ),
        effect=effects.set,
        danger=always("careful"),
        done_when="read back equal (RebootRequired is told)",
        help="Changes one setting and reads it back. Accepted alone proves nothing.",
    ),
    OrderKind(
        id="clear-cache",
        key=None,
        title="Clear the authorization cache",
        arguments=(),
        effect=effects.clear_cache,
        danger=always("danger"),
        done_when="answered Accepted",
        help="Empties the station's memory of id tags.",
    ),
    OrderKind(
        id="data-transfer",
        key=None,
        title="Transfer data",
        arguments=(
            Argument(name="vendor", required=True, hint="the vendorId, such as org.acme"),
            Argument(name="message", hint="messageId"),
            Argument(name="data", versions=OLD, hint="text"),
            Argument(name="data", kind="json", versions=NEW, hint="JSON or text"),
        ),
        effect=effects.data_transfer,
        danger=always("careful"),
        done_when="answered Accepted",
        help="Sends a vendor's own message.",
    ),
    OrderKind(
        id="raw",
        key="w",
        title="Send any call",
        arguments=(
            Argument(name="action", required=True, hint="an action, such as GetLocalListVersion"),
            Argument(name="payload", kind="json", hint="a JSON object"),
        ),
        effect=effects.raw,
        danger=always("careful"),
        done_when="answered",
        help="Sends any OCPP call exactly as written.",
    ),
)

ORDERS: Final[tuple[OrderKind, ...]] = (*CORE, *BLOCKS)
_BY_ID: Final[Mapping[str, OrderKind]] = {one.id: one for one in ORDERS}

CONFIGURE_KEY: Final = "c"
"""The key of the form that holds ``get`` and ``set``."""


def order_kind(name: str) -> OrderKind:
    """The order of that name, or of a beginning that only one has. Raises NoSuchOrder with the nearest name."""
    folded = name.strip().casefold().replace("_", "-")
    found = _BY_ID.get(folded)
    if found is not None:
        return found
    # A short form of the core's orders keeps its meaning, however many orders there are beside them.
    begun = [one.id for one in CORE if folded and one.id.startswith(folded)]
    begun = begun or [one for one in _BY_ID if folded and one.startswith(folded)]
    if len(begun) == 1:
        return _BY_ID[begun[0]]
    if begun:
        raise NoSuchOrder(f"“{name}” can be {listed(begun)}; write more of it.")
    raise NoSuchOrder(f"There is no order “{name[:40]}”{nearest(folded, tuple(_BY_ID))}")


def key_rows() -> list[tuple[str, str, tuple[str, ...]]]:
    """The keys of orders for footers and key lists: (key, word, ids of the orders behind it)."""
    rows = [(one.key, one.id, (one.id,)) for one in ORDERS if one.key is not None]
    return [*rows, (CONFIGURE_KEY, "configure", ("get", "set"))]


def help_lines() -> list[tuple[str, str, str, str]]:
    """The help page and the README's list: (key, order and its arguments, what it does, done when)."""
    return [(one.key or "", f"{one.id} {one.usage()}".removesuffix(" –"), one.help, one.done_when) for one in ORDERS]


__all__ = ["CONFIGURE_KEY", "CORE", "ORDERS", "TRIGGERS", "OrderKind", "help_lines", "key_rows", "order_kind"]
