"""A table that is mounted late has the columns for its width, whoever asked for its size before it was laid out."""

from __future__ import annotations

from textual.app import App

from widgets.columns import Column
from widgets.line_table import LineTable

COLUMNS = [Column("name", "NAME", 10, 10), Column("note", "NOTE", 20, 10, weight=1, priority=1)]


async def test_a_table_whose_size_was_asked_for_too_early_still_fills_its_width() -> None:
    app: App[None] = App()
    async with app.run_test(size=(120, 10)) as pilot:
        table = LineTable(COLUMNS, lambda key: [str(key), "note"])
        await app.screen.mount(table)
        app.screen._compositor._full_map_invalidated = True
        assert table in app.screen._compositor.full_map, "it must be looked up before its first layout"
        await pilot.pause()
        table.set_rows(["one"])
        await pilot.pause()
        assert table.size.width == 120
        assert table.column_width("note") > 90
