"""No password, key or PIN code leaves through the API, unless it is asked for on this machine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from console.cli import main
from console.commands.serve import LineFormatter
from console.engine.engine import Engine

CANARY = "c4n4ry"
PLAIN = '[2, "77" ,"Heartbeat",{ }]'

# What a 1.6 station tells when it is asked.
ANSWERS = {
    "GetConfiguration": {
        "configurationKey": [
            {"key": "AuthorizationKey", "readonly": False, "value": f"{CANARY}-key"},
            {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        ]
    },
    "GetDiagnostics": {"fileName": "log.zip"},
    "UpdateFirmware": {},
}

KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}-private\n-----END RSA PRIVATE KEY-----\n"
# What a person may send as it stands, to a station of 1.6 and to one of 2.x.
RAW_16: list[tuple[str, dict[str, Any]]] = [
    *(
        ("ChangeConfiguration", {"key": name, "value": f"{CANARY}-{name}"})
        for name in ("authorizationKEY", "WifiPSK", "SIM_PIN")
    ),
    ("DataTransfer", {"vendorId": "v", "messageId": "SetPassword", "data": f"{CANARY}-message"}),
    ("DataTransfer", {"vendorId": "v", "data": f"AuthorizationKey={CANARY}-words"}),
    ("DataTransfer", {"vendorId": "v", "data": f"<password>{CANARY}-xml</password>"}),
    ("InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": KEY}),
    ("CertificateSigned", {"certificateChain": KEY}),
    ("GetLog", {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": f"https://h/x?sig={CANARY}-sig"}}),
]
RAW_2X: list[tuple[str, dict[str, Any]]] = [
    *(
        ("SetVariables", {"setVariableData": [
            {"component": {"name": "SecurityCtrlr"}, "variable": {"name": name}, "attributeValue": f"{CANARY}-{name}"}
        ]})
        for name in ("basicauthpassword", "BASICAUTHPASSWORD", "VpnKey", "ApnPassword")
    ),
    ("SetNetworkProfile", {"configurationSlot": 1, "connectionData": {
        "basicAuthPassword": f"{CANARY}-basic", "ocppCsmsUrl": f"wss://u:{CANARY}-csms/x@h/",
        "apn": {"apn": "internet", "apnPassword": f"{CANARY}-apn"},
        "vpn": {"server": "s", "user": "u", "password": f"{CANARY}-vpn", "key": f"{CANARY}-vpnkey", "type": "IPSec"},
    }}),
    ("CertificateSigned", {"certificateChain": KEY}),
    ("RequestStartTransaction", {"remoteStartId": 1, "idToken": {"idToken": "x", "type": "Central", "additionalInfo": [
        {"additionalIdToken": f"{CANARY}-additional", "type": "KeyCode"}
    ]}}),
]  # fmt: skip


@pytest.fixture
async def stirred(engine: Engine, web: httpx.AsyncClient, plug: Any) -> AsyncIterator[None]:
    """A console through which secrets have gone in every way there is."""
    station = await plug("CP-1", ANSWERS)
    await station.say("DataTransfer", {"vendorId": "v", "data": f'{{"password":"{CANARY}-nested"}}'})
    await station.socket.send(f'[2,"x","Authorize",{{"idToken":{{"idToken":"{CANARY}-broken","type":"KeyCode"}},,}}]')
    await station.socket.send(PLAIN)
    await web.post("/stations/CP-1/orders/get", json={"key": "AuthorizationKey"})
    await web.post("/stations/CP-1/orders/get", json={})
    await web.post("/stations/CP-1/orders/set", json={"key": "AuthorizationKey", "value": f"{CANARY}-set-0123456"})
    for action in ("UpdateFirmware", "GetDiagnostics"):
        url = {"location": f"ftp://user:{CANARY}-url@files.example/x"}
        await web.post(f"/stations/CP-1/raw/{action}", json={**url, "retrieveDate": "2026-01-01T00:00:00Z"})
    long = {"key": "BasicAuthPassword", "value": f"{CANARY}-long" * 60}
    await web.post("/stations/CP-1/raw/ChangeConfiguration", json=long)
    for action, payload in RAW_16:
        await web.post(f"/stations/CP-1/raw/{action}", json=payload)
    notice = {"vendor": "v", "message": "SetPassword", "data": f"{CANARY}-transfer"}
    await web.post("/stations/CP-1/orders/data-transfer", json=notice)
    dialled = f"{engine.listen_urls[0]}CP-3?access_token={CANARY}-query"
    async with connect(dialled, subprotocols=[Subprotocol("ocpp1.6")], proxy=None):
        pass

    login = {"Authorization": "Basic Q1AtMjpjNG40cnktbG9naW4="}  # CP-2:c4n4ry-login
    async with connect(
        engine.listen_urls[0] + "CP-2",
        subprotocols=[Subprotocol("ocpp2.0.1")],
        additional_headers=login,
        proxy=None,
    ) as socket:
        token = {"idToken": f"{CANARY}-pin", "type": "KeyCode"}
        at = "2026-01-01T00:00:00Z"
        await socket.send(orjson.dumps([2, "1", "Authorize", {"idToken": token}]).decode())
        await socket.recv()
        begin = {
            "eventType": "Started",
            "timestamp": at,
            "triggerReason": "Authorized",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "t1"},
            "evse": {"id": 1, "connectorId": 1},
            "idToken": token,
        }
        await socket.send(orjson.dumps([2, "2", "TransactionEvent", begin]).decode())
        await socket.recv()
        variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
        values = [{"type": "Actual", "value": f"{CANARY}-report"}]
        report = {**variable, "variableAttribute": values, "variableCharacteristics": {}}
        said = {"requestId": 1, "generatedAt": at, "seqNo": 0, "reportData": [report]}
        await socket.send(orjson.dumps([2, "3", "NotifyReport", said]).decode())
        await socket.recv()

        async def obey() -> None:
            async for text in socket:
                frame = orjson.loads(text)
                if frame[0] != 2:
                    continue
                answer: dict[str, Any] = {"status": "Accepted"}
                if frame[2] == "GetVariables":
                    result = {**variable, "attributeStatus": "Accepted", "attributeValue": f"{CANARY}-variable"}
                    answer = {"getVariableResult": [result]}
                await socket.send(orjson.dumps([3, frame[1], answer]).decode())

        task = asyncio.get_running_loop().create_task(obey())
        setting = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword"}
        await web.post("/stations/CP-2/orders/get", json=setting)
        await web.post("/stations/CP-2/orders/set", json={**setting, "value": f"{CANARY}-set-0123456"})
        for action, payload in RAW_2X:
            await web.post(f"/stations/CP-2/raw/{action}", json=payload)
        start = {"evse": 1, "connector": 1, "tag": f"{CANARY}-1", "type": "KeyCode"}
        await web.post("/stations/CP-2/orders/start", params={"timeout": 0.2}, json=start)
        yield
        await socket.close()
        await task


async def _events(web: httpx.AsyncClient, count: int, query: str = "") -> str:
    seen: list[str] = []
    async with web.stream("GET", f"/events?after=0{query}") as answer:
        async for line in answer.aiter_lines():
            seen.append(line)
            count -= line.startswith("data:")
            if not count:
                break
    return "\n".join(seen)


@pytest.mark.usefixtures("stirred")
async def test_no_secret_leaves_through_the_api_the_exports_the_tables_or_the_log(
    engine: Engine,
    web: httpx.AsyncClient,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    said: dict[str, str] = {}
    for path in ("messages", "stations", "connectors", "transactions", "connections", "alarms", "metrics", "orders"):
        said[path] = (await web.get(f"/{path}")).text
    for row in (await web.get("/messages")).json():
        said[f"message {row['id']}"] = (await web.get(f"/messages/{row['id']}")).text
    said["events"] = await _events(web, engine.fleet.cursor)
    data = str(engine.data)
    for words in (["messages"], ["messages", "--json"], ["transactions", "--json"], ["connections"], ["stations"]):
        assert await asyncio.to_thread(main, [*words, "--data", data]) == 0
    for kind, ending in (("messages", "jsonl"), ("messages", "csv"), ("transactions", "csv")):
        target = tmp_path / f"{kind}.{ending}"
        assert await asyncio.to_thread(main, ["export", kind, "--data", data, "-o", str(target)]) == 0
        said[target.name] = target.read_text()
    captured = capfdbinary.readouterr()
    said["command line"] = (captured.out + captured.err).decode()
    said["log"] = "\n".join(map(LineFormatter().format, caplog.records))
    assert {where for where, text in said.items() if CANARY in text} == set()
    assert "***" in said["messages"]
    assert "HeartbeatInterval" in said["messages"]


@pytest.mark.usefixtures("stirred")
async def test_what_an_order_is_answered_holds_no_secret_either(web: httpx.AsyncClient) -> None:
    answer = await web.post("/stations/CP-1/orders/get", json={"key": "AuthorizationKey"})
    assert CANARY not in answer.text
    assert answer.json()["effect"] == {"seen": True, "text": "2 values"}
    raw = await web.post("/stations/CP-1/raw/GetConfiguration", json={})
    assert CANARY not in raw.text
    setting = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword"}
    told = (await web.post("/stations/CP-2/orders/get", json=setting)).json()
    assert told["effect"]["text"] == "SecurityCtrlr.BasicAuthPassword = ***"


@pytest.mark.usefixtures("stirred")
async def test_whole_frames_are_given_where_they_are_asked_for(
    engine: Engine, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    whole = (await web.get("/messages", params={"secrets": "true"})).text
    for part in ("key", "url", "nested", "broken", "pin", "report", "variable"):
        assert f"{CANARY}-{part}" in whole, part
    assert f"{CANARY}-pin" in await _events(web, engine.fleet.cursor, "&secrets=true")
    assert (await web.get("/messages", params={"secrets": "maybe"})).status_code == 400
    target = tmp_path / "whole.jsonl"
    words = ["export", "messages", "--secrets", "--data", str(engine.data), "-o", str(target)]
    assert await asyncio.to_thread(main, words) == 0
    assert f"{CANARY}-pin" in target.read_text()


@pytest.mark.usefixtures("stirred")
async def test_a_frame_without_secrets_is_given_byte_for_byte(web: httpx.AsyncClient) -> None:
    rows = (await web.get("/messages", params={"filter": "action:Heartbeat"})).json()
    assert [row["raw_request"] for row in rows] == [PLAIN]
    whole = {row["id"]: row for row in (await web.get("/messages", params={"secrets": "true"})).json()}
    for row in (await web.get("/messages")).json():
        if CANARY not in orjson.dumps(whole[row["id"]]).decode():
            assert row == whole[row["id"]]
        for side in ("raw_request", "raw_response"):
            pieces = [re.escape(piece) for piece in (row[side] or "").split("***")]
            assert re.fullmatch(".*".join(pieces), whole[row["id"]][side] or "", re.DOTALL)
