"""Orders of the functional blocks beyond the core: charging profiles, local list, reservations, customers and costs;
``blocks_station`` has those about the station itself. They stand behind the core's orders in THE table, without keys.
"""

from __future__ import annotations

from typing import Final

import msgspec

from console.engine.orders import effects
from console.engine.orders.argument import NEW, OLD, Argument
from console.engine.orders.blocks_station import CERTIFICATE, STATION_BLOCKS
from console.engine.orders.kind import CONNECTOR, EVSE, OrderKind, always

_ID = Argument(name="id", kind="int")
_TAG = Argument(name="tag", hint="the id tag or id token")
_TYPE = Argument(name="type", versions=NEW, hint="of the id token: Central, ISO14443, eMAID, …")
_TRANSACTION = Argument(name="transaction", hint="the id on the wire")
_UNTIL = Argument(name="until", kind="time", ahead=True, hint="a time, or 2h from now")
_UNIT = Argument(name="unit", kind="choice", choices=("A", "W"))
_STACK = Argument(name="stack", kind="int", hint="the stack level")

_LIST = (
    OrderKind(
        id="list-version",
        key=None,
        title="Ask for the local list's version",
        arguments=(),
        effect=effects.says("the station tells the version of its local list; nothing changes."),
        danger=always("none"),
        done_when="answered",
        help="Asks which local list of id tags it has. Version 0 means none.",
    ),
    OrderKind(
        id="send-list",
        key=None,
        title="Send the local list",
        arguments=(
            Argument(name="version", kind="int", required=True, hint="of the list; higher than the last one"),
            Argument(name="update", kind="choice", choices=("full", "differential", "empty"), default="full"),
            Argument(name="tags", hint="with commas; none: those of the profile"),
            Argument(name="remove", hint="tags with commas, from a differential list"),
            _TYPE,
        ),
        needs={"remove": "update"},
        effect=effects.send_list,
        danger=always("careful"),
        done_when="the version reads back equal",
        help="Sends id tags for the station to know offline. Each goes with its status and group, as the profile has them.",
    ),
)

_RESERVATIONS = (
    OrderKind(
        id="reserve",
        key=None,
        title="Reserve a connector",
        arguments=(
            msgspec.structs.replace(CONNECTOR, hint="none: any"),
            EVSE,
            msgspec.structs.replace(_TAG, required=True),
            _TYPE,
            _UNTIL,
            msgspec.structs.replace(_ID, hint="of the reservation; none: a new one"),
            Argument(name="group", hint="a tag whose group may use it too"),
            Argument(name="connector_type", versions=NEW, hint="such as cType2 or cCCS2"),
        ),
        effect=effects.reserve,
        danger=always("careful"),
        done_when="answered Accepted",
        help="Keeps a connector for an id tag. Without a time it holds for an hour.",
    ),
    OrderKind(
        id="cancel-reservation",
        key=None,
        title="Cancel a reservation",
        arguments=(msgspec.structs.replace(_ID, required=True, hint="of the reservation"),),
        effect=effects.says("the reservation ends; everybody can use the connector again."),
        danger=always("careful"),
        done_when="answered Accepted",
        help="Ends a reservation before its time.",
    ),
)

_POWER = (
    OrderKind(
        id="limit",
        key=None,
        title="Limit the power",
        arguments=(
            Argument(name="limit", required=True, hint="16, or 16,10@3600: 10 after an hour"),
            _UNIT,
            msgspec.structs.replace(CONNECTOR, hint="none: the whole station"),
            EVSE,
            Argument(name="purpose", kind="choice", choices=("default", "session", "station"), default="default"),
            _TRANSACTION,
            Argument(name="phases", kind="int", hint="1 to 3"),
            Argument(name="duration", kind="int", hint="in seconds; none: until it is cleared"),
            Argument(name="from", kind="time", ahead=True, hint="a time, or 2h from now"),
            Argument(name="every", kind="choice", choices=("day", "week")),
            _STACK,
            Argument(name="profile", kind="int", hint="its number; none: replaces the last of its kind"),
        ),
        effect=effects.limit,
        danger=always("careful"),
        done_when="the schedule tells it, where the station tells one",
        help="Sets a charging profile. default: for every session to come; session: for the one that runs; "
        "station: for all of it together.",
    ),
    OrderKind(
        id="clear-limit",
        key=None,
        title="Clear limits",
        arguments=(
            Argument(name="profile", kind="int", hint="its number; none: all that fit the rest"),
            msgspec.structs.replace(CONNECTOR, hint="none: every one"),
            EVSE,
            Argument(
                name="purpose",
                kind="choice",
                choices={
                    **dict.fromkeys(OLD, ("default", "session", "station")),
                    **dict.fromkeys(NEW, ("default", "session", "station", "external")),
                },
            ),
            _STACK,
        ),
        effect=effects.says("the charging profiles that fit are forgotten; power may rise at once."),
        danger=always("careful"),
        done_when="answered Accepted",
        help="Clears charging profiles. Without arguments all of them.",
    ),
    OrderKind(
        id="limits",
        key=None,
        title="List the limits",
        versions=NEW,
        arguments=(
            msgspec.structs.replace(EVSE, hint="0: the station; none: everywhere"),
            Argument(name="profile", versions=NEW, hint="numbers with commas"),
            Argument(
                name="purpose", kind="choice", versions=NEW, choices=("default", "session", "station", "external")
            ),
            msgspec.structs.replace(_STACK, versions=NEW),
            Argument(name="source", kind="choice", versions=NEW, choices=("CSO", "EMS", "SO", "Other")),
        ),
        effect=effects.says("the station lists its charging profiles; nothing changes."),
        danger=always("none"),
        done_when="the last part of the list has come",
        help="Lists the charging profiles. Those that others have set are among them.",
    ),
    OrderKind(
        id="schedule",
        key=None,
        title="Ask what limit counts",
        arguments=(
            msgspec.structs.replace(CONNECTOR, hint="none: the whole station"),
            EVSE,
            Argument(name="duration", kind="int", hint="seconds to look ahead; none: a day"),
            _UNIT,
        ),
        effect=effects.says("the station tells what all of its charging profiles come to; nothing changes."),
        danger=always("none"),
        done_when="answered Accepted",
        help="Asks for the composite schedule. It is what all charging profiles together allow.",
    ),
)

_SESSIONS = (
    OrderKind(
        id="transaction-status",
        key=None,
        title="Ask how a transaction stands",
        versions=NEW,
        arguments=(_TRANSACTION, CONNECTOR, EVSE),
        effect=effects.says("the station tells whether it goes on, and whether messages wait; nothing changes."),
        danger=always("none"),
        done_when="answered",
        help="Asks whether a transaction goes on. And whether messages wait to be sent, of that one or of any.",
    ),
    OrderKind(
        id="cost",
        key=None,
        title="Tell the cost so far",
        versions=NEW,
        arguments=(
            Argument(name="total", required=True, hint="a number, in the currency of the station"),
            _TRANSACTION,
            CONNECTOR,
            EVSE,
        ),
        one_of=(("transaction", "connector", "evse"),),
        effect=effects.says("the station shows the driver what the session costs so far."),
        danger=always("careful"),
        done_when="answered",
        help="Tells the driver the cost so far. The station shows it.",
    ),
    OrderKind(
        id="customer",
        key=None,
        title="Ask for a customer's data",
        versions=NEW,
        arguments=(
            _TAG,
            _TYPE,
            Argument(name="customer", hint="the customer's identifier"),
            CERTIFICATE,
            Argument(name="report", kind="bool", hint="false: only clear"),
            Argument(name="clear", kind="bool", hint="true: the station forgets it"),
        ),
        one_of=(("tag", "customer", "certificate"),),
        effect=effects.customer,
        danger=lambda given: (
            "danger" if str(given.get("clear", "")).casefold() in ("true", "yes", "on", "1") else "none"
        ),
        done_when="the last part has come; where no report is wanted, answered Accepted",
        help="Asks what the station knows of a customer. clear=true has it forgotten.",
    ),
)

BLOCKS: Final[tuple[OrderKind, ...]] = (*_POWER, *STATION_BLOCKS, *_LIST, *_RESERVATIONS, *_SESSIONS)
"""These orders, likeliest first."""
