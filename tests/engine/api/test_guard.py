from __future__ import annotations

from pathlib import Path

import httpx
import msgspec
import pytest

from console.engine.api.server import ApiServer
from console.engine.engine import Engine
from console.engine.errors import ListenError
from profiles import load_profile

TOKEN = "a-token-of-sixteen-or-more"


async def test_pages_of_other_sites_and_rebound_names_are_refused(web: httpx.AsyncClient) -> None:
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:9080"},
        {"host": "10.0.0.5:9080"},
    ):
        answer = await web.get("/stations", headers=headers)
        assert answer.status_code == 403, headers
        assert answer.headers["content-type"] == "application/problem+json"


async def test_this_machines_names_are_served(web: httpx.AsyncClient) -> None:
    for host in ("localhost:9080", "127.0.0.1", "[::1]:9080", "127.0.0.9:1"):
        assert (await web.get("/stations", headers={"host": host})).status_code == 200
    own = str(web.base_url).rstrip("/")
    assert (await web.get("/stations", headers={"origin": own})).status_code == 200


async def test_with_a_token_nothing_but_health_is_told_without_it(tmp_path: Path) -> None:
    profile = load_profile("bench")
    profile = msgspec.structs.replace(profile, api=msgspec.structs.replace(profile.api, token=TOKEN))
    engine = Engine(profile, tmp_path / "data", listen=["127.0.0.1:0"], api="0.0.0.0:0", files="127.0.0.1:0")
    await engine.start()
    try:
        async with httpx.AsyncClient(trust_env=False, base_url=str(engine.api_url)) as web:
            for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}):
                answer = await web.get("/stations", headers=headers)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
            assert (await web.get("/stations", headers={"authorization": f"Bearer {TOKEN}"})).status_code == 200
            assert (await web.get("/health")).status_code == 200
    finally:
        await engine.stop()


async def test_off_loopback_it_does_not_listen_without_a_token(engine: Engine) -> None:
    server = ApiServer(engine, "0.0.0.0:0", token=None, fixed=True)
    with pytest.raises(ListenError, match="token"):
        await server.start()
