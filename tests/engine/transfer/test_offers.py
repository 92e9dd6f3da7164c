from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from console.engine.errors import TransferError
from console.engine.transfer.server import FileServer

Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def test_an_offered_file_is_fetched_whole_and_the_transfer_is_done(
    files: FileServer, web: httpx.AsyncClient, image: Path, told: list[tuple[int, str]]
) -> None:
    transfer = files.offer(image, name=image.name, station="CP-1", order=7)
    answer = await web.get(files.link(transfer, "127.0.0.1"))
    assert answer.status_code == 200
    assert answer.content == image.read_bytes()
    assert answer.headers["content-length"] == str(image.stat().st_size)
    assert answer.headers["accept-ranges"] == "bytes"
    assert await asyncio.wait_for(transfer.wait_done(), 5) == "done"
    assert transfer.done == transfer.size == image.stat().st_size
    assert told[0][1] == "waiting"
    assert told[-1][1] == "done"
    assert transfer.progress == 1.0


async def test_the_link_is_made_for_the_address_that_the_station_reached(files: FileServer, image: Path) -> None:
    transfer = files.offer(image, name="fw 1.2 (b).bin", station="CP-1", order=7)
    assert files.link(transfer, "::1").startswith(f"http://[::1]:{files.port}/")
    assert files.link(transfer, "10.0.0.9").startswith(f"http://10.0.0.9:{files.port}/")
    assert files.link(transfer, "10.0.0.9").endswith("/fw_1.2_b_.bin")
    upload = files.expect(station="CP-1", order=8, kind="diagnostics")
    assert files.link(upload, "10.0.0.9").endswith("/")


async def test_the_profiles_host_stands_in_links_instead(tmp_path: Path, image: Path) -> None:
    for host, beginning in (
        ("files.example", None),
        ("[fd00::1]", None),
        ("files.example:8080", "http://files.example:8080/"),
    ):
        server = FileServer(tmp_path / "files", "127.0.0.1:0", max_upload=10, notify=lambda _: None, host=host)
        await server.start()
        transfer = server.offer(image, name="a.bin", station="CP-1", order=1)
        assert server.link(transfer, "10.0.0.9").startswith(beginning or f"http://{host}:{server.port}/")
        await server.stop()


@pytest.mark.parametrize(
    ("header", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=511000-", 511_000, 512_000),
        ("bytes=-10", 511_990, 512_000),
        ("bytes=511990-9999999", 511_990, 512_000),
    ],
)
async def test_a_range_gives_exactly_these_bytes(
    files: FileServer, web: httpx.AsyncClient, image: Path, header: str, first: int, end: int
) -> None:
    transfer = files.offer(image, name="fw.bin", station="CP-1", order=1)
    answer = await web.get(files.link(transfer, "127.0.0.1"), headers={"range": header})
    assert answer.status_code == 206
    assert answer.content == image.read_bytes()[first:end]
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/512000"
    assert answer.headers["content-length"] == str(end - first)


async def test_a_download_in_pieces_is_done_when_every_byte_has_gone(
    files: FileServer, web: httpx.AsyncClient, image: Path
) -> None:
    transfer = files.offer(image, name="fw.bin", station="CP-1", order=1)
    url = files.link(transfer, "127.0.0.1")
    await web.get(url, headers={"range": "bytes=300000-"})
    await web.get(url, headers={"range": "bytes=0-99999"})
    assert (transfer.state, transfer.done) == ("waiting", 312_000)
    await web.get(url, headers={"range": "bytes=50000-299999"})
    assert (transfer.state, transfer.done) == ("done", 512_000)


async def test_a_range_behind_the_end_is_refused_with_the_size(
    files: FileServer, web: httpx.AsyncClient, image: Path
) -> None:
    transfer = files.offer(image, name="fw.bin", station="CP-1", order=1)
    answer = await web.get(files.link(transfer, "127.0.0.1"), headers={"range": "bytes=512000-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */512000"


@pytest.mark.parametrize("header", ["bytes=0-9,20-29", "lines=1-2", "bytes=9-3", "bytes=-", "bytes=x-y"])
async def test_a_range_that_is_not_understood_gives_the_whole_file(
    files: FileServer, web: httpx.AsyncClient, image: Path, header: str
) -> None:
    transfer = files.offer(image, name="fw.bin", station="CP-1", order=1)
    answer = await web.get(files.link(transfer, "127.0.0.1"), headers={"range": header})
    assert (answer.status_code, len(answer.content)) == (200, 512_000)


async def test_if_range_of_another_file_gives_the_whole_file(
    files: FileServer, web: httpx.AsyncClient, image: Path
) -> None:
    transfer = files.offer(image, name="fw.bin", station="CP-1", order=1)
    url = files.link(transfer, "127.0.0.1")
    head = await web.head(url)
    assert head.content == b""
    assert head.headers["content-length"] == "512000"
    asked = {"range": "bytes=10-19"}
    assert (await web.get(url, headers={**asked, "if-range": head.headers["etag"]})).status_code == 206
    assert (await web.get(url, headers={**asked, "if-range": head.headers["last-modified"]})).status_code == 206
    os.utime(image, (1, 1))
    assert (await web.get(url, headers={**asked, "if-range": head.headers["etag"]})).status_code == 200


async def test_anything_but_the_very_path_is_not_there(files: FileServer, web: httpx.AsyncClient, image: Path) -> None:
    transfer = files.offer(image, name="fw.bin", station="CP-1", order=1)
    url = files.link(transfer, "127.0.0.1")
    base = f"http://127.0.0.1:{files.port}"
    for wrong in (
        base + "/",
        base + "/fw.bin",
        url + "x",
        url + "/fw.bin",
        url.rsplit("/", 1)[0] + "/",
        f"{base}/{transfer.token[:-1]}/fw.bin",
        f"{base}/..%2f..%2fetc/passwd",
        f"{base}/%00/%ff",
    ):
        assert (await web.get(wrong)).status_code == 404, wrong
    assert (await web.put(url, content=b"x")).status_code == 405
    files.close(transfer)
    assert (await web.get(url)).status_code == 404
    assert transfer.state == "closed"
    assert await transfer.wait_done() == "closed"


async def test_every_offer_of_the_same_file_has_its_own_path(files: FileServer, image: Path) -> None:
    links = {files.link(files.offer(image, name="fw.bin", station="CP-1", order=n), "h") for n in range(50)}
    assert len(links) == 50
    assert all(len(link.split("/")[3]) >= 22 for link in links)


async def test_a_file_that_cannot_be_read_is_not_offered(files: FileServer, tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="cannot be offered"):
        files.offer(tmp_path / "missing.bin", name="missing.bin", station="CP-1", order=1)


async def test_a_station_that_takes_nothing_holds_up_nobody(
    files: FileServer, web: httpx.AsyncClient, tmp_path: Path, until: Until
) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    stuck = files.offer(large, name="large.bin", station="CP-1", order=1)
    path = files.link(stuck, "127.0.0.1").split("/", 3)[3]
    _, writer = await asyncio.open_connection("127.0.0.1", files.port, limit=1024)
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    small = tmp_path / "small.bin"
    small.write_bytes(b"small")
    other = files.offer(small, name="small.bin", station="CP-2", order=2)
    answer = await web.get(files.link(other, "127.0.0.1"))
    assert answer.content == b"small"
    assert stuck.state == "moving"
    assert stuck.done < 64 * 1024 * 1024
    writer.transport.abort()
    await until(lambda: stuck.state == "waiting")
    assert "the connection ended" in str(stuck.error)


async def test_a_file_that_vanished_fails_the_transfer(files: FileServer, web: httpx.AsyncClient, image: Path) -> None:
    transfer = files.offer(image, name="fw.bin", station="CP-1", order=1)
    image.unlink()
    assert (await web.get(files.link(transfer, "127.0.0.1"))).status_code == 404
    assert await transfer.wait_done() == "failed"


async def test_a_taken_port_gives_way_to_a_free_one_only_where_allowed(files: FileServer, tmp_path: Path) -> None:
    from console.engine.errors import ListenError

    address = f"127.0.0.1:{files.port}"
    second = FileServer(tmp_path / "b", address, max_upload=1, notify=lambda _: None)
    await second.start()
    assert second.port not in (0, files.port)
    assert second.url == f"http://127.0.0.1:{second.port}"
    await second.stop()
    third = FileServer(tmp_path / "c", address, max_upload=1, notify=lambda _: None, fixed=True)
    with pytest.raises(ListenError, match="another program listens there"):
        await third.start()
