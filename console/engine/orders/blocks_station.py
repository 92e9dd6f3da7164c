"""Orders about the station itself: monitoring, display messages, certificates, images for others, grid controls."""

from __future__ import annotations

from typing import Final

import msgspec

from console.engine.orders import effects
from console.engine.orders.argument import NEW, OLD, Argument
from console.engine.orders.kind import EVSE, OrderKind, always

_ID = Argument(name="id", kind="int")
_IDS = Argument(name="id", hint="numbers with commas; none: all")
_TRANSACTION = Argument(name="transaction", hint="the id on the wire")
_COMPONENT = Argument(name="component", versions=NEW, hint="a component, such as Connector")
_VARIABLE = Argument(name="variable", versions=NEW, hint="a variable, such as Temperature")
_INSTANCE = Argument(name="instance", versions=NEW, hint="of the variable, where it has several")
_UNTIL = Argument(name="until", kind="time", ahead=True, hint="a time, or 2h from now")
_PRIORITY = Argument(name="priority", kind="choice", choices=("AlwaysFront", "InFront", "NormalCycle"))
_STATES = ("Charging", "Faulted", "Idle", "Unavailable")
_STATE = Argument(
    name="state",
    kind="choice",
    versions=NEW,
    choices={"2.0.1": _STATES, "2.1": (*_STATES, "Suspended", "Discharging")},
    hint="only while the station is in it",
)
_MONITORS = ("UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned")
_FORMATS = ("UTF8", "ASCII", "HTML", "URI")
CERTIFICATE = Argument(name="certificate", kind="json", hint="its hash data, as certificates lists it")
_CHECKSUM = Argument(name="checksum", hint="the MD5 of the image, 32 hex digits")

_MONITORING = (
    OrderKind(
        id="monitoring",
        key=None,
        title="Choose what is monitored",
        versions=NEW,
        arguments=(
            Argument(name="base", kind="choice", choices=("All", "FactoryDefault", "HardWiredOnly")),
            Argument(name="level", kind="int", hint="severities 0 to this one are told; 0 is the worst"),
        ),
        one_of=(("base", "level"),),
        instead={"level": "base"},
        effect=effects.monitoring,
        danger=always("careful"),
        done_when="answered Accepted",
        help="Chooses which monitors work. Or: down to which severity their events are told.",
    ),
    OrderKind(
        id="monitor",
        key=None,
        title="Watch a variable",
        versions=NEW,
        arguments=(
            msgspec.structs.replace(_COMPONENT, required=True),
            msgspec.structs.replace(_VARIABLE, required=True),
            Argument(
                name="type",
                kind="choice",
                required=True,
                versions=NEW,
                choices={"2.0.1": _MONITORS, "2.1": (*_MONITORS, "TargetDelta", "TargetDeltaRelative")},
            ),
            Argument(name="value", required=True, hint="the threshold, the change, or seconds"),
            Argument(name="severity", kind="int", hint="0 (danger) to 9 (debug); none: 6, a warning"),
            EVSE,
            _INSTANCE,
            msgspec.structs.replace(_ID, hint="of the monitor that is changed; none: a new one"),
            Argument(name="while_charging", kind="bool", hint="true: only during a transaction"),
        ),
        effect=effects.says("the station tells when the variable crosses that value; its events can become alarms."),
        danger=always("careful"),
        done_when="answered Accepted",
        help="Sets a monitor on a variable. It is one of the device model.",
    ),
    OrderKind(
        id="monitors",
        key=None,
        title="List the monitors",
        versions=NEW,
        arguments=(
            Argument(name="type", kind="choice", choices=("threshold", "delta", "periodic")),
            _COMPONENT,
            _VARIABLE,
            msgspec.structs.replace(EVSE, hint="of a component of that EVSE"),
            _INSTANCE,
        ),
        needs={"variable": "component"},
        effect=effects.says("the station lists its monitors; nothing changes."),
        danger=always("none"),
        done_when="the last part of the list has come",
        help="Lists the monitors. Each with its value and severity.",
    ),
    OrderKind(
        id="clear-monitor",
        key=None,
        title="Clear monitors",
        versions=NEW,
        arguments=(msgspec.structs.replace(_IDS, required=True, hint="numbers with commas, as monitors lists them"),),
        effect=effects.says("the station does not watch those values any more."),
        danger=always("careful"),
        done_when="answered Accepted",
        help="Takes monitors away. Those that are built in stay.",
    ),
)

_DISPLAY = (
    OrderKind(
        id="display",
        key=None,
        title="Show a message",
        versions=NEW,
        arguments=(
            Argument(name="text", required=True, hint="what is shown"),
            msgspec.structs.replace(_PRIORITY, default="NormalCycle"),
            _STATE,
            Argument(name="from", kind="time", ahead=True, hint="a time, or 2h from now"),
            _UNTIL,
            _TRANSACTION,
            Argument(
                name="format",
                kind="choice",
                versions=NEW,
                choices={"2.0.1": _FORMATS, "2.1": (*_FORMATS, "QRCODE")},
                default="UTF8",
            ),
            Argument(name="language", hint="such as en"),
            msgspec.structs.replace(_ID, hint="of the message; an old one is replaced"),
            msgspec.structs.replace(EVSE, hint="the EVSE whose display it is"),
        ),
        effect=effects.display,
        danger=always("careful"),
        done_when="answered Accepted",
        help="Shows a message on the station's display. displays lists them, clear-display takes one away.",
    ),
    OrderKind(
        id="displays",
        key=None,
        title="List the display messages",
        versions=NEW,
        arguments=(_IDS, _PRIORITY, _STATE),
        effect=effects.says("the station lists its display messages; nothing changes."),
        danger=always("none"),
        done_when="the last part of the list has come",
        help="Lists what the display shows. Messages that wait for their time are among it.",
    ),
    OrderKind(
        id="clear-display",
        key=None,
        title="Clear a display message",
        versions=NEW,
        arguments=(msgspec.structs.replace(_ID, required=True, hint="of the message, as displays lists it"),),
        effect=effects.says("the message is not shown any more."),
        danger=always("careful"),
        done_when="answered Accepted",
        help="Takes a message off the display.",
    ),
)

_TRUST = (
    OrderKind(
        id="certificates",
        key=None,
        title="List the certificates",
        arguments=(
            Argument(
                name="type",
                kind="choice",
                versions=OLD,
                choices=("CentralSystemRootCertificate", "ManufacturerRootCertificate"),
                default="CentralSystemRootCertificate",
            ),
            Argument(name="type", versions=NEW, hint="such as CSMSRootCertificate, with commas; none: all"),
        ),
        effect=effects.says("the station lists the certificates that it holds; nothing changes."),
        danger=always("none"),
        done_when="answered",
        help="Lists the installed certificates. They are told as hash data.",
    ),
    OrderKind(
        id="delete-certificate",
        key=None,
        title="Delete a certificate",
        arguments=(msgspec.structs.replace(CERTIFICATE, required=True),),
        effect=effects.says("the station trusts that certificate no longer; without its root it cannot come back."),
        danger=always("danger"),
        done_when="answered Accepted",
        help="Deletes an installed certificate. certificates lists them.",
    ),
    OrderKind(
        id="publish",
        key=None,
        title="Publish a firmware image",
        versions=NEW,
        arguments=(
            Argument(name="file", kind="file", hint="an image of this machine, or of those in Files"),
            Argument(name="url", hint="where the image lies; taken instead of the file"),
            msgspec.structs.replace(_CHECKSUM, hint="the MD5 of the image; of a file it is known"),
        ),
        one_of=(("file", "url"),),
        instead={"url": "file"},
        effect=effects.publish,
        danger=always("careful"),
        done_when="Published",
        help="Gives a local controller an image. It offers it to the stations behind it.",
        patience=1800.0,
    ),
    OrderKind(
        id="unpublish",
        key=None,
        title="Unpublish a firmware image",
        versions=NEW,
        arguments=(msgspec.structs.replace(_CHECKSUM, required=True),),
        effect=effects.says("the local controller offers the image no longer."),
        danger=always("careful"),
        done_when="answered Unpublished",
        help="Has a local controller take back an image.",
    ),
)

_GRID = (
    OrderKind(
        id="der-controls",
        key=None,
        title="List the grid controls",
        versions=("2.1",),
        arguments=(
            Argument(name="type", hint="such as VoltVar; none: all"),
            Argument(name="id", hint="of one control"),
        ),
        effect=effects.says("the station lists its controls for the grid; nothing changes."),
        danger=always("none"),
        done_when="the last part of the list has come",
        help="Lists the DER controls. Those are what the grid asks of a station that can feed it.",
    ),
)

STATION_BLOCKS: Final[tuple[OrderKind, ...]] = (*_DISPLAY, *_MONITORING, *_TRUST, *_GRID)
"""These orders, likeliest first."""
