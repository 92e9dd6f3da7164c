"""How often the picture is pulled: at once while somebody is at the keys, seldom while nobody is."""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.engine import Engine
from console.screens import frame as frame_module


async def test_a_picture_that_nobody_touches_is_pulled_at_a_third_of_the_pace(
    engine: Engine, open_console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_module, "BEAT_S", 3600.0)  # the test is the clock
    async with open_console(engine) as console:
        frame = console.app.frame_screen
        pulls: list[int] = []
        monkeypatch.setattr(frame, "tick", lambda: pulls.append(1))
        console.app.touched -= 60
        for _ in range(9):
            frame._beat()
        assert len(pulls) == 3
        await console.pilot.press("down")
        pulls.clear()
        for _ in range(9):
            frame._beat()
        assert len(pulls) == 9
