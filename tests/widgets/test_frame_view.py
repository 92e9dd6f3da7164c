"""A frame is shown exactly as sent, and what is wrong with it where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from widgets.json_model import JsonRows, pretty_lines, read_json
from widgets.json_tree import FrameView, Mark, Mode

Drawn = Callable[[App[Any]], list[str]]
Forbidden = Callable[[str], list[str]]

CALL = '[2,"17","MeterValues",{"connectorId":1,"meterValue":[{"sampledValue":[{"value":"230.10"}]}]}]'


class FrameApp(App[None]):
    def __init__(self, mode: Mode = "tree") -> None:
        super().__init__()
        self.view = FrameView(mode=mode)

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.focus()


async def test_the_tree_names_the_parts_of_a_frame(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.view.set_frame(CALL)
        await pilot.pause()
        lines = [line.rstrip() for line in drawn(app)]
        assert lines[0] == "   message type  2"
        assert lines[1] == '   unique id  "17"'
        assert lines[2] == '   action  "MeterValues"'
        assert lines[3] == " ▾ payload"
        assert lines[4] == "     connectorId  1"
        assert lines[9] == '             value  "230.10"'


async def test_keys_fold_and_open() -> None:
    app = FrameApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.view.set_frame(CALL)
        full = app.view.row_count
        await pilot.press("j", "j", "j", "left")
        assert app.view.row_count == 4
        await pilot.press("right")
        assert app.view.row_count == 6
        await pilot.press("enter", "enter", "j", "j", "enter")
        assert app.view.row_count == 7
        assert full == 10


async def test_a_violation_is_shown_at_its_path(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(100, 24)) as pilot:
        big = json.dumps([2, "1", "X", {"many": list(range(5_000)), "deep": {"a": [{"b": "x\x1b"}]}}])
        app.view.set_frame(big, [Mark("$.deep.a[0].b", "is too long"), Mark("$.deep.a[0].b", "has ESC\x1b")])
        await pilot.pause()
        shown = "\n".join(drawn(app))
        assert 'b  "x\\u001b"  ⚠ is too long; has ESC\\u001b' in shown
        app.view.set_mode("pretty")
        app.view.action_cursor_last()
        await pilot.pause()
        assert "⚠ is too long" in "\n".join(drawn(app))


async def test_a_missing_field_is_marked_at_what_should_hold_it(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(100, 24)) as pilot:
        app.view.set_frame(CALL, [Mark("$", "transactionId is missing")])
        await pilot.pause()
        assert any("payload" in line and "⚠ transactionId is missing" in line for line in drawn(app))


async def test_raw_text_is_exactly_what_was_sent(drawn: Drawn) -> None:
    raw = '[2,"17" ,\t"MeterValues",\r\n {"a":1.50,"a":"\\u00e9 é"}]'
    app = FrameApp("raw")
    async with app.run_test(size=(30, 24)) as pilot:
        app.view.set_frame(raw)
        await pilot.pause()
        shown = "".join(line.rstrip()[1:] for line in drawn(app))
        assert shown.replace("\\t", "\t").replace("\\r", "\r").replace("\\n", "\n") == raw
        assert app.view.raw == raw


async def test_text_that_is_no_json_is_shown_raw_with_the_place_where_reading_failed(drawn: Drawn) -> None:
    raw = '[2,"17","MeterValues",{"connectorId":1,"meterValue":[,{'
    app = FrameApp()
    async with app.run_test(size=(100, 24)) as pilot:
        app.view.set_frame(raw, column=raw.index(",{"))
        await pilot.pause()
        assert app.view.mode == "raw"
        assert "✖" not in drawn(app)[0]
        reversed_text = [s.text for s in app.view.render_line(0) if s.style is not None and s.style.reverse]
        assert reversed_text == [","]
        app.view.set_frame(raw)
        await pilot.pause()
        assert f"✖ Expecting value at column {raw.index('[,') + 2}" in drawn(app)[0]


@pytest.mark.parametrize(("raw", "column"), [("[2,", 3), ("\x1b\x1b[", 1), ("{\n]", 2), ("", 0), ("x", 99)])
async def test_the_place_of_failure_may_be_anywhere(raw: str, column: int) -> None:
    app = FrameApp("raw")
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.set_frame(raw, column=column)
        await pilot.pause()
        assert [app.view.render_line(y).cell_length for y in range(3)] == [39, 39, 39]


async def test_v_goes_through_the_ways_of_looking(drawn: Drawn) -> None:
    app = FrameApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.view.set_frame(CALL)
        seen = []
        for _ in range(3):
            await pilot.press("v")
            seen.append(app.view.mode)
        assert seen == ["raw", "pretty", "tree"]
        app.view.set_mode("pretty")
        await pilot.pause()
        assert drawn(app)[5].rstrip() == '     "connectorId": 1,'


async def test_a_megabyte_is_shown_by_what_is_in_sight() -> None:
    payload = {"reportData": [{"component": {"name": f"C{n}"}, "value": "é" * 40} for n in range(12_000)]}
    raw = json.dumps([2, "1", "NotifyReport", payload], ensure_ascii=False)
    assert len(raw) > 900_000
    app = FrameApp()
    async with app.run_test(size=(100, 30)) as pilot:
        app.view.set_frame(raw)
        assert app.view.row_count < 2_000, "what does not fit stays shut"
        await pilot.press("G", "enter")
        assert app.view.row_count > 12_000
        await pilot.press("G")
        app.view.set_mode("raw")
        await pilot.press("G")
        await pilot.pause()
        app.view.set_mode("pretty")
        await pilot.press("G")
        assert app.view.render_line(29).text.rstrip() == " ]"


async def test_hostile_frames_are_drawn_as_text(hostile: list[tuple[str, str]], forbidden: Forbidden) -> None:
    app = FrameApp()
    async with app.run_test(size=(100, 30)) as pilot:
        for name, text in hostile:
            frames = [
                text,
                f'[2,"1","X",{{"a":"{text}"}}]',
                json.dumps([2, text, text, {text: [text]}], ensure_ascii=False),
            ]
            for raw in frames:
                app.view.set_frame(raw, [Mark("$", text), Mark(f"$.{text}", text)], column=3)
                for mode in get_args(Mode):
                    app.view.set_mode(mode)
                    lines = [app.view.render_line(y) for y in range(30)]
                    assert forbidden("".join(line.text for line in lines)) == [], (name, mode)
            await pilot.pause()


def test_numbers_and_double_keys_stay_as_they_were_written() -> None:
    value, trouble = read_json('{"a":1.50,"a":1e400,"b":' + "9" * 5_000 + ',"c":NaN,"d":-0}')
    assert trouble is None
    lines = [line.strip() for line, _ in pretty_lines(value)]
    assert lines[1:3] == ['"a": 1.50,', '"a": 1e400,']
    assert lines[3].startswith('"b": 9999')
    assert lines[4:6] == ['"c": NaN,', '"d": -0']


def test_what_is_nested_too_deeply_is_left_as_text() -> None:
    value, trouble = read_json("[" * 100_000)
    assert value is None
    assert trouble is not None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda v: st.lists(v) | st.dictionaries(st.text(max_size=3), v)
    )
)
def test_pretty_text_means_the_same(value: object) -> None:
    read, trouble = read_json(json.dumps(value))
    assert trouble is None
    assert json.loads("\n".join(line for line, _ in pretty_lines(read)), strict=False) == value


@given(st.lists(st.integers(0, 30)))
def test_folding_and_opening_again_gives_the_same_tree(steps: list[int]) -> None:
    value, _ = read_json(CALL)
    tree = JsonRows(value)
    for step in steps:
        tree.toggle(step % len(tree.rows))
    for at, row in enumerate(tree.rows):
        assert not row.expanded or tree.rows[at + 1].depth == row.depth + 1
    for _ in range(10):
        for at in range(len(tree.rows) - 1, -1, -1):
            tree.open(at)
    assert [row.label for row in tree.rows] == [row.label for row in JsonRows(value).rows]
