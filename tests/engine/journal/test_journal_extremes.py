"""What is as large as it can be: filters of many words, frames of a megabyte."""

from __future__ import annotations

from functools import partial

import pytest

from console.engine.filter import parse_filter
from console.engine.journal.packs import pack_some
from tests.engine.journal.making import Running, exchange

WORDS = [f"w{number}" for number in range(99)]


@pytest.mark.parametrize("line", ["|".join(WORDS), " ".join(WORDS)])
@pytest.mark.parametrize("field", ["", "station:", "action:", "tx:", "uid:", "error:"])
async def test_the_longest_filter_can_be_searched_for(running: Running, field: str, line: str) -> None:
    await running.write(*(exchange(number) for number in range(1, 33)))
    await running.journal._work(partial(pack_some, keep=16))
    where = parse_filter(f"{field}{line.replace(' ', f' {field}')} !zzz")
    assert await running.journal.messages(where, limit=10) == []
