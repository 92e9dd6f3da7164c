from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from console.engine.transfer.model import Transfer
from console.engine.transfer.server import FileServer

Until = Callable[[Callable[[], bool]], Awaitable[None]]

LIMIT = 300_000
HOSTILE = [
    "../../../etc/cron.d/x",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/x.sh",
    "..\\..\\windows\\x.dll",
    "%00evil.zip",
    "/etc/passwd",
    "a" * 3000,
    "%1b%5d52;c;x%07.log",
    "CON",
    ".htaccess",
]


def on_disk(server: FileServer) -> list[Path]:
    folder = server.library.received_folder.parent
    return sorted(path for path in folder.rglob("*") if path.is_file())


def awaited(files: FileServer, station: str = "CP-1") -> tuple[Transfer, str]:
    transfer = files.expect(station=station, order=3, kind="diagnostics")
    return transfer, files.link(transfer, "127.0.0.1")


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("tail", ["", "log.tar.gz"])
async def test_put_and_post_with_and_without_a_name_arrive(
    files: FileServer, web: httpx.AsyncClient, method: str, tail: str, told: list[tuple[int, str]]
) -> None:
    transfer, url = awaited(files)
    answer = await web.request(method, url + tail, content=b"log" * 50_000)
    assert answer.status_code == (201 if method == "PUT" else 200)
    assert await asyncio.wait_for(transfer.wait_done(), 5) == "done"
    assert transfer.path is not None
    assert transfer.path.read_bytes() == b"log" * 50_000
    assert transfer.path.parent == files.library.received_folder / transfer.path.parent.name
    assert transfer.path.name.endswith(".tar.gz" if tail else ".bin")
    assert transfer.size == transfer.done == 150_000
    assert told[-1] == (transfer.id, "done")
    if tail:
        assert transfer.name == "log.tar.gz"


async def test_the_url_without_its_last_slash_takes_files_too(files: FileServer, web: httpx.AsyncClient) -> None:
    transfer, url = awaited(files)
    assert (await web.put(url.rstrip("/"), content=b"x")).status_code == 201
    assert transfer.state == "done"


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_name_stays_text_and_the_file_lands_in_its_folder(files: FileServer, name: str) -> None:
    transfer, url = awaited(files)
    path = "/" + url.split("/", 3)[3]
    reader, writer = await asyncio.open_connection("127.0.0.1", files.port)
    # Not through httpx, which would tidy the dots up.
    writer.write(f"PUT {path}{name} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndata".encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 201"), answer
    assert transfer.path is not None
    assert on_disk(files) == [transfer.path]
    assert transfer.path.parent.parent == files.library.received_folder
    assert len(transfer.path.name) < 48
    assert len(transfer.name) <= 200


@pytest.mark.parametrize("station", ["../..", "..", "/abs", "a/b", "CON", "x" * 300, "\x1b[31m", "žlutý"])
async def test_a_hostile_identity_stays_one_folder_below_received(
    files: FileServer, web: httpx.AsyncClient, station: str
) -> None:
    transfer, url = awaited(files, station)
    await web.put(url, content=b"x")
    assert transfer.path is not None
    assert transfer.path.resolve().parent.parent == files.library.received_folder.resolve()
    assert transfer.path.parent.name not in ("", ".", "..")


async def test_stations_whose_identities_look_alike_do_not_share_a_folder(
    files: FileServer, web: httpx.AsyncClient
) -> None:
    folders = set()
    for station in ("a/b", "a_b", "a b"):
        transfer, url = awaited(files, station)
        await web.put(url, content=b"x")
        assert transfer.path is not None
        folders.add(transfer.path.parent)
    assert len(folders) == 3


async def test_a_declared_size_above_the_cap_is_refused_before_the_body(
    files: FileServer, told: list[tuple[int, str]]
) -> None:
    transfer, url = awaited(files)
    path = "/" + url.split("/", 3)[3]
    reader, writer = await asyncio.open_connection("127.0.0.1", files.port)
    writer.write(f"PUT {path}big HTTP/1.1\r\nHost: x\r\nContent-Length: 10737418240\r\n\r\n".encode())
    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 413")
    writer.transport.abort()
    assert await transfer.wait_done() == "failed"
    assert "limit" in str(transfer.error)
    assert on_disk(files) == []
    assert (transfer.id, "failed") in told


async def test_an_endless_upload_is_cut_at_the_cap_and_leaves_nothing(
    files: FileServer, web: httpx.AsyncClient
) -> None:
    transfer, url = awaited(files)

    async def body() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(10_000)

    answer = await web.put(url + "big.log", content=body())
    assert answer.status_code == 413
    assert await transfer.wait_done() == "failed"
    assert on_disk(files) == []


async def test_exactly_the_cap_is_allowed(files: FileServer, web: httpx.AsyncClient) -> None:
    transfer, url = awaited(files)
    assert (await web.put(url, content=bytes(LIMIT))).status_code == 201
    other, url = awaited(files)
    assert (await web.put(url, content=bytes(LIMIT + 1))).status_code == 413
    assert (transfer.state, other.state) == ("done", "failed")


async def test_a_connection_that_breaks_leaves_no_file_and_the_station_may_try_again(
    files: FileServer, web: httpx.AsyncClient, until: Until
) -> None:
    transfer, url = awaited(files)
    path = "/" + url.split("/", 3)[3]
    _, writer = await asyncio.open_connection("127.0.0.1", files.port)
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf".encode())
    await until(lambda: transfer.done == 4)
    writer.transport.abort()
    await until(lambda: transfer.state == "waiting")
    assert "the connection ended" in str(transfer.error)
    assert on_disk(files) == []
    assert (await web.put(url, content=b"whole")).status_code == 201
    assert transfer.state == "done"


@pytest.mark.parametrize("fields", [{}, {"chargeBoxId": "CP-1", "note": "x"}])
async def test_a_form_gives_the_file_in_it(files: FileServer, web: httpx.AsyncClient, fields: dict[str, str]) -> None:
    transfer, url = awaited(files)
    content = bytes(range(256)) * 500 + b"\r\n--not the boundary\r\n"
    answer = await web.post(url, data=fields, files={"file": ("../../diag.zip", content, "application/zip")})
    assert answer.status_code == 200
    assert transfer.path is not None
    assert transfer.path.read_bytes() == content
    assert transfer.path.suffix == ".zip"
    assert transfer.name == "diag.zip"


async def test_a_form_whose_file_has_neither_name_nor_type_is_taken_at_its_last_part(
    files: FileServer, web: httpx.AsyncClient
) -> None:
    transfer, url = awaited(files)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\nCP-1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="log"\r\n\r\nthe log\r\n--b--\r\n'
    )
    await web.post(url, content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert transfer.path is not None
    assert transfer.path.read_bytes() == b"the log"


async def test_a_file_before_plain_fields_is_still_the_file(files: FileServer, web: httpx.AsyncClient) -> None:
    transfer, url = awaited(files)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.log"\r\n\r\nthe log\r\n'
        b'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\nCP-1\r\n--b--\r\n'
    )
    await web.post(url, content=body, headers={"content-type": 'multipart/form-data; boundary="b"'})
    assert transfer.path is not None
    assert transfer.path.read_bytes() == b"the log"


async def test_a_body_that_is_only_called_a_form_is_kept_as_it_is(files: FileServer, web: httpx.AsyncClient) -> None:
    for content in (b"plain text, no form at all", b"--", b"--b"):
        transfer, url = awaited(files)
        await web.post(url, content=content, headers={"content-type": "multipart/form-data; boundary=b"})
        assert transfer.path is not None
        assert transfer.path.read_bytes() == content


async def test_a_form_without_its_last_boundary_is_taken(files: FileServer, web: httpx.AsyncClient) -> None:
    transfer, url = awaited(files)
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.log"\r\n\r\nthe log\r\n'
    await web.post(url, content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert transfer.path is not None
    assert transfer.path.read_bytes() == b"the log\r\n"


async def test_a_form_too_large_is_refused_and_leaves_nothing(files: FileServer, web: httpx.AsyncClient) -> None:
    transfer, url = awaited(files)
    answer = await web.post(url, files={"file": ("a.zip", bytes(LIMIT + 1), "application/zip")})
    assert answer.status_code == 413
    assert transfer.state == "failed"
    assert on_disk(files) == []


async def test_nothing_is_unpacked(files: FileServer, web: httpx.AsyncClient) -> None:
    import gzip

    packed = gzip.compress(bytes(10_000_000))
    transfer, url = awaited(files)
    await web.put(url + "bomb.gz", content=packed, headers={"content-encoding": "gzip"})
    assert transfer.path is not None
    assert transfer.path.read_bytes() == packed


async def test_what_cannot_be_taken_is_said_with_the_right_status(files: FileServer, web: httpx.AsyncClient) -> None:
    transfer, url = awaited(files)
    assert (await web.get(url)).status_code == 405
    assert (await web.request("DELETE", url)).status_code == 405
    assert (await web.put(url, content=b"x", headers={"content-range": "bytes 0-0/10"})).status_code == 400
    assert transfer.state == "waiting"
    files.close(transfer)
    assert (await web.put(url, content=b"x")).status_code == 404
    assert on_disk(files) == []


async def test_one_path_does_not_take_files_without_end(files: FileServer, web: httpx.AsyncClient) -> None:
    _, url = awaited(files)
    statuses = [(await web.put(f"{url}{n}.log", content=b"x")).status_code for n in range(22)]
    assert statuses == [201] * 20 + [429] * 2
    assert len(on_disk(files)) == 20


async def test_two_uploads_at_once_do_not_mix(files: FileServer, web: httpx.AsyncClient) -> None:
    first, first_url = awaited(files, "CP-1")
    second, second_url = awaited(files, "CP-2")
    await asyncio.gather(web.put(first_url, content=b"1" * 200_000), web.put(second_url, content=b"2" * 200_000))
    assert first.path is not None
    assert second.path is not None
    assert set(first.path.read_bytes()) == {ord("1")}
    assert set(second.path.read_bytes()) == {ord("2")}


async def test_closed_transfers_are_forgotten_when_they_are_many(files: FileServer) -> None:
    for _ in range(600):
        files.close(files.expect(station="CP-1", order=1, kind="diagnostics"))
    assert 500 <= len(files.transfers) <= 502


async def test_a_second_upload_that_fails_does_not_undo_the_first(
    files: FileServer, web: httpx.AsyncClient, told: list[tuple[int, str]]
) -> None:
    transfer, url = awaited(files)
    await web.put(url + "a.log", content=b"first")
    first = transfer.path
    await web.put(url + "b.log", content=bytes(LIMIT + 1))
    assert (transfer.state, transfer.path) == ("done", first)
    await web.put(url + "c.log", content=b"third")
    assert transfer.path != first
    files.close(transfer)
    assert [state for _, state in told if state in ("done", "failed")] == ["done", "done"]


async def test_a_station_that_falls_silent_in_an_upload_is_let_go(
    files: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.engine.transfer.requests.IDLE_SECONDS", 0.1)
    transfer, url = awaited(files)
    path = "/" + url.split("/", 3)[3]
    reader, writer = await asyncio.open_connection("127.0.0.1", files.port)
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf".encode())
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 400")
    writer.close()
    assert transfer.state == "waiting"
    assert "nothing came" in str(transfer.error)
    assert on_disk(files) == []


async def test_a_disk_that_refuses_is_told_to_the_station_and_leaves_nothing(
    files: FileServer, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.library, "settle", full)
    transfer, url = awaited(files)
    assert (await web.put(url, content=b"log")).status_code == 507
    assert await transfer.wait_done() == "failed"
    assert "No space left" in str(transfer.error)
    assert on_disk(files) == []


async def test_an_empty_file_is_no_log_and_the_path_stays_open(
    files: FileServer, web: httpx.AsyncClient, until: Until
) -> None:
    transfer, url = awaited(files)
    assert (await web.put(url + "log.zip", content=b"")).status_code == 201
    await until(lambda: transfer.state == "waiting")
    assert transfer.error == "an empty file came"
    assert on_disk(files) == []
    assert (await web.put(url + "log.zip", content=b"log")).status_code == 201
    assert await asyncio.wait_for(transfer.wait_done(), 5) == "done"


async def test_an_empty_file_after_a_whole_one_takes_nothing_away(files: FileServer, web: httpx.AsyncClient) -> None:
    transfer, url = awaited(files)
    await web.put(url, content=b"log")
    await web.put(url, content=b"")
    assert transfer.state == "done"
    assert [path.read_bytes() for path in on_disk(files)] == [b"log"]


async def test_whoever_tries_paths_does_not_fill_the_log(
    files: FileServer, web: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "chargehand.files"):
        for number in range(200):
            assert (await web.get(f"{files.url}/{number}")).status_code == 404
    told = [one for one in caplog.records if "there is no such file" in one.getMessage()]
    assert 60 <= len(told) < 120


async def test_a_body_that_is_no_http_is_told_without_a_traceback(
    files: FileServer, caplog: pytest.LogCaptureFixture, until: Until
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", files.port)
    with caplog.at_level(logging.INFO):
        writer.write(
            b"PUT /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n"
        )
        await asyncio.wait_for(reader.read(), 10)
        await until(lambda: "does not speak HTTP" in caplog.text)
    assert "Traceback" not in caplog.text
    writer.close()
