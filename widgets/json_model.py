"""A frame's text as a tree that opens on demand; nothing is lost on the way: double keys and numbers stay as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_INDENT = "  "


class Number(str):
    """A number as it was written: 5 000 digits, ``1e400`` and ``NaN`` included."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """An object with its keys in order, double ones included."""

    __slots__ = ()


def read_json(text: str) -> tuple[Any, str | None]:
    """The value, and ``None``; or ``None`` and why the text can not be read as JSON."""
    try:
        value = json.loads(
            text, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=Number, strict=False
        )
    except json.JSONDecodeError as error:
        return None, f"{error.msg} at column {error.pos + 1}"
    except RecursionError:
        return None, "nested too deeply to be shown as a tree"
    return value, None


class Node:
    """One line of the tree. ``path`` is a JSON path within the payload, empty outside of it."""

    __slots__ = ("depth", "expanded", "label", "path", "value")

    def __init__(self, depth: int, label: str, value: Any, path: str) -> None:
        self.depth = depth
        self.label = label
        self.value = value
        self.path = path
        self.expanded = False

    @property
    def foldable(self) -> bool:
        """Has it something inside?"""
        return isinstance(self.value, list) and bool(self.value)

    def children(self) -> list[Node]:
        """What is inside, made anew."""
        depth = self.depth + 1
        if isinstance(self.value, Pairs):
            return [Node(depth, key, value, f"{self.path}.{key}" if self.path else "") for key, value in self.value]
        if isinstance(self.value, list):
            return [
                Node(depth, f"[{at}]", value, f"{self.path}[{at}]" if self.path else "")
                for at, value in enumerate(self.value)
            ]
        return []


_PARTS = {
    "2": ("message type", "unique id", "action", "payload"),
    "3": ("message type", "unique id", "payload"),
    "4": ("message type", "unique id", "error code", "error description", "error details"),
    "5": ("message type", "unique id", "error code", "error description", "error details"),
    "6": ("message type", "unique id", "action", "payload"),
}


def frame_nodes(value: Any) -> list[Node]:
    """The top of a frame: its parts by name, the payload at the root of all paths (``$``)."""
    if isinstance(value, list) and not isinstance(value, Pairs) and value and isinstance(value[0], Number):
        names = _PARTS.get(value[0], ())
        return [
            Node(0, names[at] if at < len(names) else f"[{at}]", part, _root_path(names, at))
            for at, part in enumerate(value)
        ]
    return [Node(0, "$", value, "$")]


def _root_path(names: tuple[str, ...], at: int) -> str:
    return "$" if at < len(names) and names[at] in ("payload", "error details") else ""


class JsonRows:
    """The lines of the tree that are open, in order."""

    def __init__(self, value: Any, budget: int = 2_000) -> None:
        self.rows: list[Node] = frame_nodes(value)
        self._open_within(budget)

    def _open_within(self, budget: int) -> None:
        """Open level by level while there is room; a level that does not fit stays shut."""
        level = list(self.rows)
        while level:
            size = sum(len(node.value) for node in level if node.foldable)
            if not size or len(self.rows) + size > budget:
                return
            following: list[Node] = []
            rows: list[Node] = []
            opened = {id(node) for node in level if node.foldable}
            for node in self.rows:
                rows.append(node)
                if id(node) in opened:
                    node.expanded = True
                    inside = node.children()
                    rows += inside
                    following += inside
            self.rows = rows
            level = following

    def toggle(self, index: int) -> None:
        """Open or shut a line."""
        if self.rows[index].expanded:
            self.shut(index)
        else:
            self.open(index)

    def open(self, index: int) -> None:
        """Show what is inside a line."""
        node = self.rows[index]
        if node.foldable and not node.expanded:
            node.expanded = True
            self.rows[index + 1 : index + 1] = node.children()

    def shut(self, index: int) -> None:
        """Hide what is inside a line."""
        node = self.rows[index]
        if node.expanded:
            node.expanded = False
            end = index + 1
            while end < len(self.rows) and self.rows[end].depth > node.depth:
                end += 1
            del self.rows[index + 1 : end]

    def parent_of(self, index: int) -> int:
        """The line that a line is inside of; itself at the top."""
        depth = self.rows[index].depth
        return next((at for at in range(index - 1, -1, -1) if self.rows[at].depth < depth), index)

    def reveal(self, path: str) -> int | None:
        """Open the way to a JSON path and tell its line; the nearest line above where the path itself is not there."""
        found: int | None = None
        index = 0
        while index < len(self.rows):
            node = self.rows[index]
            if node.path and (node.path == path or path.startswith((f"{node.path}.", f"{node.path}["))):
                found = index
                if node.path == path:
                    break
                self.open(index)
            index += 1
        return found


def written(value: Any, *, longest: int = 4_000) -> str:
    """A value as JSON writes it, cut after ``longest`` characters; lists and objects by their size."""
    if isinstance(value, Number):
        return value[:longest]
    if isinstance(value, str):
        return json.dumps(value[:longest], ensure_ascii=False)
    if isinstance(value, Pairs):
        return f"{{{len(value)}}}"
    if isinstance(value, list):
        return f"[{len(value)}]"
    return json.dumps(value)


def pretty_lines(value: Any) -> Iterator[tuple[str, str]]:
    """Lines of indented JSON, each with the JSON path it belongs to (empty where it closes something)."""
    root = frame_nodes(value)
    if len(root) == 1 and root[0].label == "$":
        yield from _pretty(root[0], "", "")
        return
    yield "[", ""
    for at, node in enumerate(root):
        yield from _pretty(Node(1, "", node.value, node.path), "", "," if at < len(root) - 1 else "")
    yield "]", ""


def _pretty(node: Node, label: str, comma: str) -> Iterator[tuple[str, str]]:
    indent = _INDENT * node.depth
    if not node.foldable:
        empty = "{}" if isinstance(node.value, Pairs) else "[]" if isinstance(node.value, list) else None
        yield f"{indent}{label}{empty or written(node.value)}{comma}", node.path
        return
    is_object = isinstance(node.value, Pairs)
    yield f"{indent}{label}{'{' if is_object else '['}", node.path
    inside = node.children()
    for at, child in enumerate(inside):
        name = f"{json.dumps(child.label, ensure_ascii=False)}: " if is_object else ""
        yield from _pretty(child, name, "," if at < len(inside) - 1 else "")
    yield f"{indent}{'}' if is_object else ']'}{comma}", ""
