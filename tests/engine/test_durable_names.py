"""A name that the disk refuses is told by whoever keeps something; a file system that cannot sync folders is no fault."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from console.engine.errors import JournalError, TransferError, TrustError
from console.engine.journal import FILE, Journal
from console.engine.journal.schema import MIGRATIONS
from console.engine.transfer.library import Library
from console.engine.trust.files import write_durably
from profiles.durable import new_folder, replace_file, sync_folder
from profiles.errors import ProfileError
from profiles.load import load_profile
from profiles.save import save_profile

Spoil = Callable[[int], None]


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Let syncing a folder fail with an error of the system from now on; files are synced as ever."""
    real = os.fsync

    def begin(code: int) -> None:
        def fsync(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(code, os.strerror(code))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    return begin


async def image() -> AsyncIterator[bytes]:
    yield b"firmware"


async def test_a_disk_that_refuses_a_name_is_told_by_whoever_keeps_it(
    tmp_path: Path, spoil: Spoil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.save.user_profiles", lambda: tmp_path / "profiles")
    library = Library(tmp_path / "files", max_bytes=1000)
    library.prepare()
    Journal.open(tmp_path, migrations=MIGRATIONS[:1]).release()
    spoil(errno.EIO)
    refused = "Input/output error"
    with pytest.raises(TransferError, match=refused):
        await library.store("fw.bin", image())
    with pytest.raises(TrustError, match=refused):
        write_durably(tmp_path / "secret", b"x")
    with pytest.raises(ProfileError, match=refused):
        save_profile(load_profile("bench"), "mine")
    with pytest.raises(JournalError, match=refused):
        Journal.open(tmp_path / "new")
    monkeypatch.setattr("console.engine.journal.journal.new_folder", lambda _path: None)
    with pytest.raises(JournalError, match=f"copy .* cannot be made .*{refused}"):
        Journal.open(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
    database.close()


def test_where_folders_cannot_be_synced_or_read_files_are_kept_all_the_same(tmp_path: Path, spoil: Spoil) -> None:
    for code in (errno.EINVAL, errno.ENOTSUP, errno.EACCES):
        spoil(code)
        sync_folder(tmp_path)
        new_folder(tmp_path / "a" / "b")
        replace_file(tmp_path / "a" / "b" / "c", b"x")
        assert (tmp_path / "a" / "b" / "c").read_bytes() == b"x"
