from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from console.engine.engine import Engine


async def test_an_order_is_answered_with_its_exchange_and_effect(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1")
    answer = await web.post("/stations/cp-1/orders/clear-cache", json={})
    assert answer.status_code == 200
    told = answer.json()
    assert told["exchange"]["action"] == "ClearCache"
    assert told["exchange"]["response"] == {"status": "Accepted"}
    assert told["effect"]["seen"] is True
    assert told["exit_code"] == 0


async def test_the_audit_row_names_who_gave_the_order_before_the_frame(
    web: httpx.AsyncClient, engine: Engine, plug: Any
) -> None:
    await plug("CP-1")
    told = (await web.post("/stations/CP-1/orders/clear-cache", headers={"x-operator": "jo"})).json()
    (given,) = await engine.journal.happenings(limit=10, kinds=["order.given"])
    assert given.id == told["order"] < told["exchange"]["id"]
    assert given.data["by"].startswith("api jo (127.0.0.1")


async def test_a_rejected_order_says_so(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1", {"Reset": {"status": "Rejected"}, "UnlockConnector": RuntimeError("NotSupported")})
    told = (await web.post("/stations/CP-1/orders/reset", json={"type": "soft"})).json()
    assert (told["state"], told["exit_code"], told["verdict"]) == ("rejected", 3, "Rejected")
    told = (await web.post("/stations/CP-1/orders/unlock", json={"connector": 1})).json()
    assert (told["exit_code"], told["exchange"]["error"]["code"]) == (3, "NotSupported")


async def test_an_answer_that_breaks_the_schema_is_no_usable_answer(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1", {"ClearCache": {"status": "Maybe"}})
    told = (await web.post("/stations/CP-1/orders/clear-cache")).json()
    assert told["exit_code"] == 4
    assert "$.status" in told["effect"]["text"]


async def test_an_effect_that_does_not_come_is_missing_in_time(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1")
    told = (await web.post("/stations/CP-1/orders/reset?timeout=0.2", json={"type": "soft"})).json()
    assert (told["state"], told["effect"]["seen"], told["exit_code"]) == ("missing", False, 4)


async def test_settings_are_told_one_by_one_and_without_what_is_secret(web: httpx.AsyncClient, plug: Any) -> None:
    told = [
        {"key": "HeartbeatInterval", "readonly": True, "value": "300"},
        {"key": "AuthorizationKey", "readonly": False, "value": "pw1"},
        {"key": "Silent", "readonly": False},
    ]
    await plug("CP-1", {"GetConfiguration": {"configurationKey": told}})
    values = (await web.post("/stations/CP-1/orders/get")).json()["values"]
    assert [(one["variable"], one["value"]) for one in values] == [
        ("HeartbeatInterval", "300"),
        ("AuthorizationKey", "***"),
        ("Silent", None),
    ]
    assert values[0]["mutability"] == "ReadOnly"
    assert values[0]["component"] is None


async def test_without_waiting_the_answer_is_enough(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1", {"UnlockConnector": {"status": "UnlockFailed"}})
    told = (await web.post("/stations/CP-1/orders/reset?wait=answer", json={"type": "soft"})).json()
    assert (told["state"], told["effect"]["seen"], told["exit_code"]) == ("accepted", False, 0)
    told = (await web.post("/stations/CP-1/orders/unlock?wait=answer", json={"connector": 1})).json()
    assert told["exit_code"] == 3


async def test_raw_gives_the_exchange_whenever_the_station_answered(web: httpx.AsyncClient, plug: Any) -> None:
    await plug(
        "CP-1", {"GetLocalListVersion": {"listVersion": 7}, "Reset": RuntimeError("InternalError"), "Mute": None}
    )
    good = await web.post("/stations/CP-1/raw/GetLocalListVersion", json={})
    assert (good.status_code, good.json()["outcome"], good.json()["response"]) == (200, "result", {"listVersion": 7})
    error = await web.post("/stations/CP-1/raw/Reset", json={"type": "Soft"})
    assert (error.status_code, error.json()["outcome"]) == (200, "error")
    silent = await web.post("/stations/CP-1/raw/Mute?timeout=0.2", json={})
    assert silent.status_code == 504
    assert silent.json()["exchange"]["outcome"] == "timeout"
    assert silent.headers["content-type"] == "application/problem+json"


async def test_nobody_there_is_404_and_not_connected_409(web: httpx.AsyncClient, engine: Engine, plug: Any) -> None:
    station = await plug("CP-1")
    assert (await web.post("/stations/CP-9/raw/Reset", json={})).status_code == 404
    assert (await web.post("/stations/CP-9/orders/reset", json={"type": "soft"})).status_code == 404
    await station.socket.close()
    assert (await web.post("/stations/CP-1/raw/Reset", json={})).status_code == 409
    gone = await web.post("/stations/CP-1/orders/reset", json={"type": "soft"})
    assert (gone.status_code, gone.json()["error"]) == (409, "NotConnected")


async def test_wrong_orders_and_arguments_are_sentences(web: httpx.AsyncClient, plug: Any) -> None:
    await plug("CP-1")
    cases = [
        ("/stations/CP-1/orders/explode", b"{}", 404, "explode"),
        ("/stations/CP-1/orders/reset", b'{"type": "gentle"}', 422, "soft or hard"),
        ("/stations/CP-1/orders/reset", b'{"type": ', 400, "not JSON"),
        ("/stations/CP-1/orders/reset", b"[1]", 400, "object"),
        ("/stations/CP-1/orders/reset?wait=never", b"{}", 400, "wait"),
        ("/stations/CP-1/orders/reset?timeout=-1", b"{}", 400, "timeout"),
        ("/stations/CP-1/orders/firmware", b'{"file": "/etc/passwd"}', 422, "no image"),
    ]
    for path, body, status, words in cases:
        answer = await web.post(path, content=body)
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"]


async def test_a_body_without_end_is_refused(web: httpx.AsyncClient) -> None:
    answer = await web.post("/stations/CP-1/raw/DataTransfer", content=b'"' + b"x" * 2_000_000 + b'"')
    assert answer.status_code == 413


async def test_a_file_is_sent_and_offered_by_its_name(
    web: httpx.AsyncClient, engine: Engine, plug: Any, tmp_path: Path
) -> None:
    stored = await web.post("/files", params={"name": "../fw 1.bin"}, content=b"firmware")
    assert stored.status_code == 201
    assert (stored.json()["name"], stored.json()["size"]) == ("fw_1.bin", 8)
    assert (await web.get("/files")).json() == [stored.json()]
    await plug("CP-1", {"UpdateFirmware": {}})
    told = (await web.post("/stations/CP-1/orders/firmware?wait=answer", json={"file": "fw_1.bin"})).json()
    assert (await web.get(told["exchange"]["request"]["location"])).content == b"firmware"
    assert (await web.post("/files", content=b"x")).status_code == 400


async def test_a_read_only_console_gives_no_orders(tmp_path: Path) -> None:
    from profiles import load_profile

    anywhere = "127.0.0.1:0"
    engine = Engine(
        load_profile("bench"), tmp_path / "data", read_only=True, listen=[anywhere], api=anywhere, files=anywhere
    )
    await engine.start()
    try:
        async with httpx.AsyncClient(trust_env=False, base_url=str(engine.api_url)) as web:
            for path in ("/stations/CP-1/orders/reset", "/stations/CP-1/raw/Reset", "/files?name=x"):
                assert (await web.post(path, content=b"{}")).status_code == 403
            assert (await web.get("/stations")).json() == []
    finally:
        await engine.stop()


async def test_a_pending_station_can_be_accepted_and_an_alarm_acknowledged(
    web: httpx.AsyncClient,
    engine: Engine,
    plug: Any,
) -> None:
    station = await plug("CP-1")
    assert (await web.post("/stations/CP-1/approval", json={"accept": True})).status_code == 204
    assert (await web.post("/stations/CP-1/approval", json={})).status_code == 422
    assert (await web.post("/stations/CP-9/approval", json={"accept": True})).status_code == 404
    await station.say("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"})
    (alarm,) = (await web.get("/alarms")).json()
    assert (await web.post(f"/alarms/{alarm['id']}/acknowledge", json={"note": "seen"})).status_code == 204
    (alarm,) = (await web.get("/alarms")).json()
    assert alarm["note"] == "seen"
    assert alarm["acknowledged"] is not None
    assert (await web.post("/alarms/999999/acknowledge", json={})).status_code == 404


async def test_an_image_is_deleted_unless_an_order_uses_it(web: httpx.AsyncClient, engine: Engine) -> None:
    await web.post("/files", params={"name": "fw.bin"}, content=b"firmware")
    image = engine.files.image("fw.bin")
    offer = engine.files.offer(image.path, name="fw.bin", station="CP-1", order=3)
    refused = await web.delete("/files/fw.bin")
    assert (refused.status_code, "order #3" in refused.json()["detail"]) == (409, True)
    engine.files.close(offer)
    assert (await web.delete("/files/fw.bin")).status_code == 204
    assert (await web.delete("/files/fw.bin")).status_code == 404
    assert (await web.delete("/files/..%2F..%2Fchargehand.db")).status_code == 404
    assert (await web.get("/files")).json() == []
    (kept,) = await engine.journal.happenings(limit=5, kinds=("file.deleted",))
    assert kept.data["name"] == "fw.bin"
