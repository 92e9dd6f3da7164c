"""No password, key or PIN code stands on any screen unless a person asks for it (fault matrix 91 and 92, C04.FR.04)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from console.engine.engine import Engine

CANARY = "c4n4ry"


async def serve(station: Any, answers: dict[str, Any]) -> None:
    """Answer every call of the console."""
    async for text in station.socket:
        frame = json.loads(text)
        if frame[0] == 2:
            await station.say(json.dumps([3, frame[1], answers.get(frame[2], {"status": "Accepted"})]))


async def test_secrets_that_went_through_stand_on_no_screen(engine: Engine, dial: Any, open_console: Any) -> None:
    old = await dial(engine, f"CP-001?token={CANARY}-query")
    await old.boot()
    broken = f'[2,"x","Authorize",{{"idToken":{{"idToken":"{CANARY}-broken","type":"KeyCode"}},,}}]'
    await old.say(broken)
    await old.hear()
    told = {"vendorId": "v", "messageId": "SetPassword", "data": f"{CANARY}-data"}
    await old.call("DataTransfer", told)
    fault = {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError", "info": f"login password={CANARY}-info"}
    await old.call("StatusNotification", fault)
    new = await dial(engine, "CP-002", "2.0.1")
    await new.boot()
    token = {"idToken": f"{CANARY}-pin", "type": "KeyCode"}
    at = "2026-11-24T10:00:00Z"
    await new.call("Authorize", {"idToken": token})
    begin = {
        "eventType": "Started", "timestamp": at, "triggerReason": "Authorized", "seqNo": 0, "idToken": token,
        "transactionInfo": {"transactionId": "t1"}, "evse": {"id": 1, "connectorId": 1},
    }  # fmt: skip
    await new.call("TransactionEvent", begin)
    place = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    value = {"variableAttribute": [{"type": "Actual", "value": f"{CANARY}-report"}], "variableCharacteristics": {}}
    report = {"requestId": 1, "generatedAt": at, "seqNo": 0, "reportData": [{**place, **value}]}
    await new.call("NotifyReport", report)
    await new.call("SecurityEventNotification", {"type": "X", "timestamp": at, "techInfo": f"password: {CANARY}-event"})
    keys = [{"key": "AuthorizationKey", "readonly": False, "value": f"{CANARY}-key"}]
    loop = asyncio.get_running_loop()
    tasks = [
        loop.create_task(serve(old, {"GetConfiguration": {"configurationKey": keys}})),
        loop.create_task(serve(new, {})),
    ]
    for action, payload in (
        ("GetConfiguration", {}),
        ("ChangeConfiguration", {"key": "WifiPSK", "value": f"{CANARY}-psk"}),
        ("UpdateFirmware", {"location": f"ftp://u:{CANARY}-url@h/x", "retrieveDate": at}),
    ):
        await engine.raw("CP-001", action, payload)
    await engine.raw(
        "CP-002", "SetNetworkProfile", {"connectionData": {"vpn": {"key": f"{CANARY}-vpn", "type": "IPSec"}}}
    )
    seen: dict[str, str] = {}
    async with open_console(engine, size=(160, 48)) as console:
        for kind in ("fleet", "sessions", "messages", "connections", "alarms", "files"):
            await console.go(kind)
            await console.pilot.pause(0.05)
            seen[kind] = console.text()
        await console.go("messages")
        rows = await engine.messages(limit=50)
        for number in range(len(rows)):
            await console.press(*(("home",) if number == 0 else ()), "enter")
            await console.pilot.pause(0.02)
            seen[f"message {number}"] = console.text()
            await console.press("escape", "up")
        for identity in ("CP-001", "CP-002"):
            console.app.open_station(identity)
            for pane in range(1, 7):
                await console.pilot.pause(0.02)
                seen[f"{identity} {pane}"] = console.text()
                await console.press("tab")
                await console.press("right_square_bracket")
            await console.press("escape")
        await console.press(":", *"orders", "enter")
        await console.pilot.pause(0.05)
        seen["orders"] = console.text()
        assert console.app.view_failures == []
    for task in tasks:
        task.cancel()
    leaked = [
        f"{where}: {line.strip()}" for where, text in seen.items() for line in text.splitlines() if CANARY in line
    ]
    assert leaked == []
    assert len(set(seen.values())) > 20, "many screens were looked at"
