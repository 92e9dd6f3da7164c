"""What a station lists on request stands below the story of the order, as one list, and can be read to its end."""

from __future__ import annotations

import asyncio
from typing import Any

from console.engine.engine import Engine


def message(number: int) -> dict[str, Any]:
    content = {"format": "UTF8", "content": f"text number {number}"}
    return {"id": number, "priority": "NormalCycle", "message": content}


async def test_display_messages_that_come_in_two_parts_are_shown_as_one_list(
    engine: Engine, dial: Any, open_console: Any
) -> None:
    async with open_console(engine, size=(80, 24)) as console:
        station = await dial(engine, "CP-001", "2.0.1")
        await station.boot()
        await console.sees("CP-001")
        await console.press(":")
        await console.press(*"displays", "space", *"CP-001")
        await console.press("enter")
        call = await station.answer_next({"status": "Accepted"})
        number = call[3]["requestId"]
        first = [message(one) for one in range(1, 3)]
        await station.call("NotifyDisplayMessages", {"requestId": number, "tbc": True, "messageInfo": first})
        await console.sees("part 1: 2 so far")
        second = [message(one) for one in range(3, 21)]
        await station.call("NotifyDisplayMessages", {"requestId": number, "messageInfo": second})
        await console.sees("✓ DONE", "20 messages in 2 parts", "message 1, NormalCycle: “text number 1” (UTF8)")
        assert "text number 20" not in console.text(), "the list is longer than the panel"
        async with asyncio.timeout(10):
            while "message 20, NormalCycle: “text number 20” (UTF8)" not in console.text():
                await console.press("pagedown")
