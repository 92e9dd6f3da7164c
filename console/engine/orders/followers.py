"""Which follower follows which order. The table's ids, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from console.engine.orders.configuration import GetFollower, SetFollower
from console.engine.orders.follow import (
    AvailabilityFollower,
    Follower,
    ResetFollower,
    StartFollower,
    StopFollower,
    TriggerFollower,
)
from console.engine.orders.reports import (
    AnswerFollower,
    CustomerFollower,
    LimitFollower,
    ListFollower,
    NumberedFollower,
    PublishFollower,
    ReportFollower,
)
from console.engine.orders.transfers import DiagnosticsFollower, FirmwareFollower

FOLLOWERS: Final[Mapping[str, type[Follower]]] = {
    "reset": ResetFollower,
    "unlock": Follower,
    "start": StartFollower,
    "stop": StopFollower,
    "firmware": FirmwareFollower,
    "diagnostics": DiagnosticsFollower,
    "trigger": TriggerFollower,
    "availability": AvailabilityFollower,
    "get": GetFollower,
    "set": SetFollower,
    "clear-cache": Follower,
    "data-transfer": Follower,
    "raw": Follower,
    "limit": LimitFollower,
    "clear-limit": Follower,
    "limits": ReportFollower,
    "schedule": AnswerFollower,
    "display": NumberedFollower,
    "displays": ReportFollower,
    "clear-display": Follower,
    "monitoring": Follower,
    "monitor": AnswerFollower,
    "monitors": ReportFollower,
    "clear-monitor": AnswerFollower,
    "list-version": AnswerFollower,
    "send-list": ListFollower,
    "reserve": NumberedFollower,
    "cancel-reservation": Follower,
    "transaction-status": AnswerFollower,
    "cost": Follower,
    "customer": CustomerFollower,
    "certificates": AnswerFollower,
    "delete-certificate": Follower,
    "publish": PublishFollower,
    "unpublish": Follower,
    "der-controls": ReportFollower,
}
