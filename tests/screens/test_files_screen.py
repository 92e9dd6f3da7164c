"""Files: what moves, what lies ready, what was received and where, and how far an update is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from console.engine.engine import Engine
from console.engine.fleet.model import Stage, Station
from console.screens.file_rows import ladder, last_run, runs_of
from console.screens.files import FilesSection


def section(console: Any) -> FilesSection:
    found = console.section
    assert isinstance(found, FilesSection)
    return found


async def test_an_empty_screen_says_how_files_come_here(engine: Engine, open_console: Any, size: Any) -> None:
    async with open_console(engine, size=size, section="files") as console:
        await console.sees("No file yet", "n adds a firmware image", str(engine.files_url))


async def test_an_image_is_added_by_its_path(engine: Engine, open_console: Any, tmp_path: Path) -> None:
    image = tmp_path / "fw-6.4.1.bin"
    image.write_bytes(b"x" * 5000)
    async with open_console(engine, section="files") as console:
        await console.sees("No file yet")
        await console.press("n")
        await console.sees("Path of a firmware image")
        await console.press(*"/no/such", "enter")
        await console.sees("There is no file /no/such")
        line = console.app.screen.query_one("SafeInput")
        line.value = str(image)
        await console.press("enter")
        await console.sees("IMAGES TO OFFER", "fw-6.4.1.bin", "4.88 KiB")
        assert (engine.data / "files" / "images" / "fw-6.4.1.bin").read_bytes() == b"x" * 5000
        path, what = section(console).copied() or ("", "")
        assert path.endswith("/files/images/fw-6.4.1.bin")
        assert what == "the path"


async def test_an_image_dropped_into_the_folder_appears(engine: Engine, open_console: Any) -> None:
    async with open_console(engine, section="files") as console:
        (engine.data / "files" / "images" / "dropped.bin").write_bytes(b"abc")
        section(console).shown()
        await console.sees("dropped.bin", "3 B")


async def test_an_upload_shows_its_bytes_and_where_it_was_saved(
    engine: Engine, dial: Any, open_console: Any, size: Any
) -> None:
    station = await dial(engine)
    await station.boot()
    async with open_console(engine, size=size, section="files") as console:
        transfer = engine.files.expect(station="CP-001", order=7, kind="diagnostics")
        await console.sees("TRANSFERS", "awaited", "diagnostics", "CP-001")
        url = engine.files.link(transfer, "127.0.0.1")
        async with httpx.AsyncClient() as client:
            answer = await client.put(f"{url}log.zip", content=b"z" * 2048)
        assert answer.status_code in (200, 201, 204)
        await console.sees("✓ saved", "RECEIVED", "100 %", "2.00 KiB")
        path, _ = section(console).copied() or ("", "")
        assert Path(path).read_bytes() == b"z" * 2048
        assert "/received/cp-001/" in path


async def test_an_offer_says_how_far_the_station_has_fetched_it(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    image = engine.data / "files" / "images" / "fw.bin"
    image.write_bytes(b"f" * 1000)
    async with open_console(engine, size=(160, 40), section="files") as console:
        offer = engine.files.offer(image, name="fw.bin", station="CP-001", order=8)
        url = engine.files.link(offer, "127.0.0.1")
        await console.sees("↓ fw.bin", "awaited")
        await console.press("g")
        await console.sees("URL", url)
        async with httpx.AsyncClient() as client:
            await client.get(url, headers={"Range": "bytes=0-399"})
            await console.sees("40 %")
            await client.get(url)
        await console.sees("✓ done", "100 %")


async def test_the_stages_of_an_update_stand_in_a_line(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    async with open_console(engine, size=(200, 60), section="files") as console:
        for status in ("Downloading", "Downloaded"):
            await station.call("FirmwareStatusNotification", {"status": status})
        await console.sees("UPDATES AND UPLOADS", "Downloading → ◐ Downloaded → Installing → Installed")
        for status in ("Installing", "Installed", "Idle"):
            await station.call("FirmwareStatusNotification", {"status": status})
        await console.sees("Downloading → Downloaded → Installing → ✓ Installed", "CP-001: firmware update, Installed")


async def test_the_form_of_an_update_opens_from_an_image(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    (engine.data / "files" / "images" / "fw.bin").write_bytes(b"f")
    async with open_console(engine, section="files") as console:
        await console.sees("fw.bin")
        await console.press("enter")
        await console.sees("to which station?", "CP-001")
        await console.press("enter")
        await console.sees("Update the firmware")
        assert any(box.value == "fw.bin" for box in console.app.screen.query("Input"))


async def test_terms_filter_files_of_every_kind(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    await station.call("FirmwareStatusNotification", {"status": "Installed"})
    (engine.data / "files" / "images" / "fw.bin").write_bytes(b"f" * 2000)
    engine.files.expect(station="CP-001", order=7, kind="diagnostics")
    async with open_console(engine, section="files") as console:
        await console.sees("fw.bin", "TRANSFERS", "firmware update")
        for line, kinds in (
            ("file:*.bin", ["image"]),
            ("station:CP-001", ["move", "run"]),
            ("is:awaited", ["move"]),
            ("is:update is:done", ["run"]),
            ("bytes:>1000 since:5m", ["image"]),
            ("Installed", ["run"]),
        ):
            console.section.set_filter(line)
            found = [key[0] for key in section(console).table.keys if isinstance(key, tuple) and key[0] != "head"]
            assert found == kinds, line


async def test_the_cursor_passes_headings(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    (engine.data / "files" / "images" / "fw.bin").write_bytes(b"f")
    engine.files.expect(station="CP-001", order=7, kind="diagnostics")
    async with open_console(engine, section="files") as console:
        await console.sees("TRANSFERS", "fw.bin")
        seen = []
        for _ in range(3):
            seen.append(section(console).table.cursor_key)
            await console.press("down")
        await console.press("g")
        seen.append(section(console).table.cursor_key)
        assert [key[0] for key in seen if isinstance(key, tuple)] == ["move", "image", "image", "move"]


async def test_a_read_only_console_offers_nothing(make_engine: Any, open_console: Any) -> None:
    async with open_console(await make_engine(read_only=True), section="files") as console:
        await console.press("n")
        await console.sees("read-only")


def station_with(*told: tuple[str, int | None]) -> Station:
    stages = [Stage(status, at * 10**9, request) for at, (status, request) in enumerate(told)]
    return Station(key="a", id="A", firmware_stages=stages)


def test_only_the_last_update_is_told() -> None:
    two = station_with(("Downloading", None), ("DownloadFailed", None), ("Downloading", None), ("Downloaded", None))
    run = last_run(two, "firmware")
    assert run is not None
    assert [one.status for one in run.stages] == ["Downloading", "Downloaded"]


def test_a_pause_and_a_schedule_belong_to_the_same_update() -> None:
    told = station_with(("DownloadScheduled", 5), ("Downloading", 5), ("DownloadPaused", 5), ("Downloading", 5))
    run = last_run(told, "firmware")
    assert run is not None
    assert len(run.stages) == 4
    assert last_run(station_with(("Installed", 1), ("Installed", 2)), "firmware") is not None
    assert len(runs_of([station_with(("Installed", 1), ("Downloading", 2))])[0].stages) == 1


def test_a_failed_update_awaits_nothing_more() -> None:
    run = last_run(station_with(("Downloading", None), ("DownloadFailed", None)), "firmware")
    assert run is not None
    assert run.tone == "bad"
    assert "".join(cell.text for cell in ladder(run, whole=True)) == "Downloading → ✖ DownloadFailed"


def test_idle_alone_is_no_update() -> None:
    assert last_run(station_with(("Idle", None)), "firmware") is None


async def test_the_name_of_an_upload_is_drawn_and_never_a_path(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    async with open_console(engine, size=(200, 60), section="files") as console:
        transfer = engine.files.expect(station="CP-001", order=7, kind="diagnostics")
        url = engine.files.link(transfer, "127.0.0.1")
        async with httpx.AsyncClient() as client:
            await client.put(f"{url}%1b%5b2J%5bbold%5d..log", content=b"z")
        await console.sees("✓ saved")
        assert "\x1b" not in console.text()
        path, _ = section(console).copied() or ("", "")
        assert Path(path).resolve().is_relative_to((engine.data / "files" / "received").resolve())


async def test_an_image_is_deleted_after_a_question_and_that_is_recorded(
    engine: Engine, open_console: Any, size: Any
) -> None:
    image = engine.data / "files" / "images" / "fw.bin"
    image.write_bytes(b"f" * 2048)
    async with open_console(engine, size=size, section="files") as console:
        await console.sees("fw.bin")
        await console.press("delete")
        await console.sees("Delete the file?", "fw.bin (2.00 KiB) can be offered to no station any more")
        await console.press("enter")  # the keyboard is on Cancel
        assert image.exists()
        await console.press("delete")
        await console.sees("Delete the file?")
        await console.press("y")
        await console.sees("fw.bin is deleted.", "No file yet")
        assert not image.exists()
        (kept,) = await engine.journal.happenings(limit=5, kinds=("file.deleted",))
        assert kept.data == {"name": "fw.bin", "bytes": 2048, "by": "operator"}


async def test_a_file_stays_while_an_order_uses_it(engine: Engine, dial: Any, open_console: Any) -> None:
    station = await dial(engine)
    await station.boot()
    image = engine.data / "files" / "images" / "fw.bin"
    image.write_bytes(b"f")
    offer = engine.files.offer(image, name="fw.bin", station="CP-001", order=8)
    async with open_console(engine, section="files") as console:
        await console.sees("IMAGES TO OFFER")
        section(console).table.select_key(("image", "fw.bin"))
        await console.press("delete")
        await console.sees("fw.bin is offered to CP-001", "order #8")
        engine.files.close(offer)
        await console.press("delete")
        await console.sees("Delete the file?")
        await console.press("y")
        await console.sees("is deleted")
        assert not image.exists()


async def test_an_upload_is_deleted_and_its_transfer_names_no_path_any_more(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    station = await dial(engine)
    await station.boot()
    transfer = engine.files.expect(station="CP-001", order=7, kind="diagnostics")
    async with httpx.AsyncClient() as client:
        await client.put(f"{engine.files.link(transfer, '127.0.0.1')}log.zip", content=b"z")
    engine.files.close(transfer)
    (stored,) = engine.files.received()
    async with open_console(engine, section="files") as console:
        await console.sees("RECEIVED", "✓ saved")
        section(console).table.select_key(("got", str(stored.path)))
        await console.press("backspace")
        await console.sees("was sent by CP-001 on", "no other copy")
        await console.press("y")
        await console.sees("is deleted", "✓ done")
        assert "✓ saved" not in console.text()
        assert engine.files.received() == []
        (kept,) = await engine.journal.happenings(limit=5, kinds=("file.deleted",))
        assert kept.station == "CP-001"


async def test_a_row_that_is_no_file_says_so(engine: Engine, dial: Any, open_console: Any) -> None:
    engine.files.expect(station="CP-001", order=7, kind="diagnostics")
    async with open_console(engine, section="files") as console:
        await console.sees("TRANSFERS")
        await console.press("delete")
        await console.sees("This row is no image and no upload.")
