"""A small engine for order tests: see ``order_port.py``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.engine.orders.desk import OrderDesk
from console.engine.transfer.server import FileServer
from profiles import Calls, Profile
from profiles import Registration as Boots
from tests.engine.orders.order_port import FakePort


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[FakePort]:
    files = FileServer(tmp_path / "files", "127.0.0.1:0", max_upload=1_000_000, notify=lambda _transfer: None)
    await files.start()
    profile = Profile(name="bench", registration=Boots(boot_grace=0), calls=Calls(timeout=2, effect_timeout=5))
    yield FakePort(files, profile)
    await files.stop()


@pytest.fixture
async def desk(port: FakePort) -> AsyncIterator[OrderDesk]:
    made = OrderDesk(port)
    yield made
    await made.close()
