"""What is kept can be read by nobody else on the computer, also in a directory that was there before and is open to all."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from console.engine.engine import Engine
from console.engine.journal import FILE, Journal
from console.engine.journal.schema import MIGRATIONS
from console.log_file import LogFile
from profiles import load_profile

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights are told otherwise there")


@pytest.fixture(autouse=True)
def _common_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    made.chmod(0o755)
    return made


async def engine_on(data: Path) -> Engine:
    made = Engine(load_profile("bench"), data, listen=["127.0.0.1:0"], api="127.0.0.1:0", files="127.0.0.1:0")
    await made.start()
    return made


@pytest.fixture
async def engine(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.setenv("CHARGEHAND_RUNTIME_DIR", str(tmp_path / "runtime"))
    made = await engine_on(data)
    yield made
    await made.stop()


def open_to_others(folder: Path) -> set[str]:
    """What others can get at: files and folders that have rights for them and lie in no folder that keeps them out."""
    found: set[str] = set()
    for one in folder.iterdir():
        if one.stat().st_mode & 0o077:
            found.add(one.name)
            if one.is_dir():
                found |= open_to_others(one)
    return found


async def test_nothing_that_a_console_makes_can_be_read_by_others(engine: Engine, data: Path) -> None:
    await engine.happen("bookmark", exchange=1, on=True)
    made = {one.name for one in data.iterdir()}
    assert {FILE, f"{FILE}-wal", f"{FILE}-shm", "chargehand.lock", "files"} <= made
    assert {one.name for one in (data / "files").iterdir()} >= {"images", "received"}
    assert open_to_others(data) == set()
    assert data.stat().st_mode & 0o777 == 0o755, "the folder itself is the person's own business"


async def test_what_an_earlier_console_left_open_is_closed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARGEHAND_RUNTIME_DIR", str(tmp_path / "runtime"))
    engine = await engine_on(data)
    await engine.stop()
    for left in data.rglob("*"):
        left.chmod(0o755 if left.is_dir() else 0o644)
    assert open_to_others(data) >= {FILE, "files", "images", "received"}
    engine = await engine_on(data)
    await engine.happen("bookmark", exchange=1, on=True)
    assert open_to_others(data) == set()
    assert (data / FILE).stat().st_mode & 0o777 == 0o600
    await engine.stop()


def test_the_copy_before_an_update_is_as_private(data: Path) -> None:
    Journal.open(data, migrations=MIGRATIONS[:1]).release()
    Journal.open(data).release()
    copy = data / f"{FILE}.version-1"
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
    database.close()


def test_somebody_elses_file_keeps_its_rights(data: Path) -> None:
    (data / FILE).write_bytes(b"holiday photos" * 1000)
    (data / FILE).chmod(0o644)
    with pytest.raises(Exception, match="damaged"):
        Journal.open(data)
    assert (data / FILE).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("before", [False, True])
def test_the_log_is_private(data: Path, before: bool) -> None:
    path = data / "console.log"
    if before:
        path.write_text("earlier\n")
        path.chmod(0o644)
    handlers = logging.getLogger().handlers[:]
    log_file = LogFile()
    logging.getLogger("chargehand.test").warning("too early")
    log_file.open(path)
    logging.getLogger("chargehand.test").warning("a station said something")
    log_file.close()
    assert logging.getLogger().handlers == handlers
    assert "too early" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith("earlier\n") is before
    assert "a station said something" in path.read_text()
