"""A disk as it may be found after a power cut: what was synced is there, of the rest any part.

Stricter than most file systems: a file's sync saves its bytes, never its name (only its folder's sync does), and every
sector that was not synced holds whatever it held at some moment since.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from tests.faults.power_trace import Step

Loss = Literal["all", "none", "order", "sectors", "pages"]
"""What is lost of the bytes that were not synced: all of them, none, all after some moment, or by sectors of 512 or pages
of 4,096 bytes, each on its own."""

Names = Literal["all", "none", "order", "any"]
"""What is lost of the names that were not synced: all, none, all after some moment, or any."""

LOSSES: Final[tuple[Loss, ...]] = ("all", "none", "order", "sectors", "pages")
NAMES: Final[tuple[Names, ...]] = ("all", "none", "order", "any")
_BLOCK: Final[dict[Loss, int]] = {"sectors": 512, "pages": 4096}
_WRITES: Final = frozenset(("write", "pwrite64", "writev"))


@dataclass(slots=True, eq=False)
class _Write:
    """Bytes to a place, or with ``size`` a cut to that length. ``whole`` once the call has returned."""

    at: int
    data: bytes = b""
    size: int | None = None
    whole: bool = False

    def apply(self, content: bytearray) -> None:
        if self.size is not None:
            del content[self.size :]
            content.extend(bytes(self.size - len(content)))
            return
        if self.at > len(content):
            content.extend(bytes(self.at - len(content)))
        content[self.at : self.at + len(self.data)] = self.data


@dataclass(slots=True, eq=False)
class File:
    """``safe`` is what the disk has for sure; ``due`` was done to it since, in order."""

    safe: bytearray = field(default_factory=bytearray)
    due: list[_Write] = field(default_factory=list)
    position: int = 0

    def now(self) -> bytes:
        content = bytearray(self.safe)
        for one in self.due:
            one.apply(content)
        return bytes(content)

    def sync(self, done: set[int]) -> None:
        """What ``done`` names of what is due is safe from now on."""
        for one in self.due:
            if id(one) in done:
                one.apply(self.safe)
        self.due = [one for one in self.due if id(one) not in done]

    def after(self, loss: Loss, chance: random.Random) -> bytes:
        if loss == "all" or not self.due:
            return bytes(self.safe)
        if loss == "none":
            return self.now()
        if loss == "order":
            content = bytearray(self.safe)
            *before, last = self.due[: chance.randint(1, len(self.due))]
            for one in before:
                one.apply(content)
            if last.size is None:  # torn: it ends at some sector's border
                border = chance.randrange(last.at, last.at + len(last.data) + 1) // 512 * 512
                last = _Write(last.at, last.data[: max(0, border - last.at)])
            last.apply(content)
            return bytes(content)
        return self._torn(_BLOCK[loss], chance)

    def _torn(self, block: int, chance: random.Random) -> bytes:
        """Each block as it was after any of the writes to it. A file is cut short as a whole or not at all, as in every
        journalling file system; where it was not, blocks behind the cut were not written anew either."""
        content = bytearray(self.safe)
        sized = chance.randrange(len(self.due) + 1)  # so many of the changes of the size have come through
        kept = len(self.due)
        until: dict[int, int] = {}
        behind: int | None = None  # from here on nothing more is written: the cut that freed it did not come through
        size = len(content)
        bias = chance.choice((0.1, 0.5, 0.9))
        for number, one in enumerate(self.due):
            if one.size is not None:
                if number < sized:
                    one.apply(content)
                    size = one.size
                elif one.size < len(content):
                    behind = one.size if behind is None else min(behind, one.size)
                continue
            end = one.at + len(one.data)
            if number < sized:
                size = max(size, end)
            if end > len(content):
                content.extend(bytes(end - len(content)))
            for sector in range(one.at // block, -(-end // block)):
                last = until.get(sector)
                if last is None:
                    luck = chance.random()
                    last = until[sector] = kept if luck < bias else 0 if luck < 0.95 else chance.randrange(kept + 1)
                low, high = max(one.at, sector * block), min(end, (sector + 1) * block)
                if number < last and (behind is None or high <= behind):
                    content[low:high] = one.data[low - one.at : high - one.at]
        return bytes(content[:size])


@dataclass(slots=True, eq=False)
class _Naming:
    """``add`` gets the name, or loses it where ``node`` is None; ``drop`` is the name it had before (a rename)."""

    add: str
    node: File | Folder | None
    drop: str | None = None

    def apply(self, names: dict[str, File | Folder]) -> None:
        if self.drop is not None:
            names.pop(self.drop, None)
        if self.node is None:
            names.pop(self.add, None)
        else:
            names[self.add] = self.node


@dataclass(slots=True, eq=False)
class Folder:
    """``safe`` names are on the disk; ``due`` came and went since, in order."""

    safe: dict[str, File | Folder] = field(default_factory=dict)
    due: list[_Naming] = field(default_factory=list)
    names: dict[str, File | Folder] = field(default_factory=dict)

    def change(self, naming: _Naming) -> None:
        self.due.append(naming)
        naming.apply(self.names)

    def sync(self, done: set[int]) -> None:
        """What ``done`` names of what is due is safe from now on."""
        for one in self.due:
            if id(one) in done:
                one.apply(self.safe)
        self.due = [one for one in self.due if id(one) not in done]

    def after(self, names: Names, chance: random.Random) -> dict[str, File | Folder]:
        kept = self.due
        if names == "all":
            kept = []
        elif names == "order":
            kept = self.due[: chance.randrange(len(self.due) + 1)]
        elif names == "any":
            kept = [one for one in self.due if chance.random() < 0.5]
        found = dict(self.safe)
        for one in kept:
            one.apply(found)
        return found


class Disk:
    """Everything under ``root``, which itself is safe, as is what lies there when the tracing begins."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.top = _as_it_lies(root)
        self._open: dict[int, tuple[File | Folder, str]] = {}
        self._due: dict[str, tuple[File | Folder, set[int]]] = {}
        self._writing: dict[str, _Write] = {}

    def copy(self) -> Disk:
        """The same, to be played apart from this one."""
        return copy.deepcopy(self)

    def take(self, step: Step) -> None:
        """Play one step of the program."""
        if step.name in ("open", "openat", "creat"):
            if step.ended and step.result is not None and step.result >= 0:
                self._opened(step, step.result)
        elif step.name == "close":
            if not step.ended:  # from now on another file may have the number
                self._open.pop(step.on, None)
        elif step.on >= 0:
            held = self._open.get(step.on)
            if held is None:
                assert not self._mine(step.path), f"{step.path} is used, but nobody opened it"
            else:
                self._used(step, *held)
        elif step.ended and step.result == 0 and step.texts and self._mine(_text(step, 0)):
            self._named(step)

    def _mine(self, path: str) -> bool:
        return path.startswith(f"{self.root}/")

    def _parent(self, path: str) -> tuple[Folder, str]:
        folder = self.top
        *above, name = Path(path).relative_to(self.root).parts
        for part in above:
            found = folder.names[part]
            assert isinstance(found, Folder)
            folder = found
        return folder, name

    def _opened(self, step: Step, descriptor: int) -> None:
        path, flags = _text(step, 0), " ".join(step.words)
        self._open.pop(descriptor, None)
        if path == str(self.root):
            self._open[descriptor] = self.top, path
            return
        if not self._mine(path):
            return
        folder, name = self._parent(path)
        node = folder.names.get(name)
        if node is None:
            assert "O_CREAT" in flags, path
            node = File()
            folder.change(_Naming(name, node))
        if isinstance(node, File):
            node.position = 0
            if "O_TRUNC" in flags:
                node.due.append(_Write(0, size=0, whole=True))
        self._open[descriptor] = node, path

    def _used(self, step: Step, node: File | Folder, path: str) -> None:
        assert step.path.removesuffix("(deleted)").startswith(str(self.root)), f"{step.path} is not {path}"
        name = step.name
        if name in ("fsync", "fdatasync"):
            self._synced(step, node)
        elif name == "mmap":
            assert "MAP_SHARED" not in " ".join(step.words) or path.endswith("-shm"), (
                f"{path} is written through memory"
            )
        elif name == "ftruncate" and isinstance(node, File):
            self._wrote(step, node, _Write(0, size=int(step.words[1])))
        elif name in _WRITES and isinstance(node, File):
            data = b"".join(step.texts)
            self._wrote(step, node, _Write(int(step.words[-1]) if name == "pwrite64" else node.position, data))
        else:
            raise AssertionError(f"{name} on {path} cannot be played")

    def _wrote(self, step: Step, file: File, write: _Write) -> None:
        if not step.ended:
            self._writing[step.thread] = write
            file.due.append(write)
            return
        begun = self._writing.pop(step.thread)
        if begun.size is None:
            assert step.result is not None
            begun.data = begun.data[: max(0, step.result)]
            if step.name != "pwrite64":
                file.position = begun.at + len(begun.data)
        begun.whole = True

    def _synced(self, step: Step, node: File | Folder) -> None:
        """Safe is what was done before the sync began, once it has ended well."""
        if not step.ended:
            done = [one for one in node.due if not isinstance(one, _Write) or one.whole]
            self._due[step.thread] = node, set(map(id, done))
            return
        node, done_ids = self._due.pop(step.thread)
        if step.result == 0:
            node.sync(done_ids)

    def _named(self, step: Step) -> None:
        path = _text(step, 0)
        folder, name = self._parent(path)
        if step.name in ("mkdir", "mkdirat"):
            folder.change(_Naming(name, Folder()))
        elif step.name in ("unlink", "unlinkat", "rmdir"):
            folder.change(_Naming(name, None))
        elif step.name.startswith("rename"):
            other, new = self._parent(_text(step, 1))
            assert other is folder, "a rename between folders cannot be played"
            folder.change(_Naming(new, folder.names[name], drop=name))
        else:
            raise AssertionError(f"{step.name} of {path} cannot be played")

    def now(self) -> dict[str, bytes]:
        """Every file by its path below the root, as the running program sees it."""
        return {path: file.now() for path, file in _files(self.top, "")}

    def cut(self, target: Path, loss: Loss, names: Names, chance: random.Random) -> None:
        """Leave in ``target`` what is found when the power comes back. What was in shared memory is anything."""
        self._leave(self.top, target, loss, names, chance)

    def _leave(self, folder: Folder, target: Path, loss: Loss, names: Names, chance: random.Random) -> None:
        target.mkdir(exist_ok=True)
        for name, node in folder.after(names, chance).items():
            if isinstance(node, Folder):
                self._leave(node, target / name, loss, names, chance)
            elif name.endswith("-shm"):
                if chance.random() < 0.5:
                    (target / name).write_bytes(chance.randbytes(chance.choice((100, 32768))))
            else:
                (target / name).write_bytes(node.after(loss, chance))


def _text(step: Step, number: int) -> str:
    return step.texts[number].decode("utf-8", "surrogateescape")


def _as_it_lies(path: Path) -> Folder:
    found: dict[str, File | Folder] = {
        one.name: _as_it_lies(one) if one.is_dir() else File(bytearray(one.read_bytes())) for one in path.iterdir()
    }
    return Folder(safe=found, names=dict(found))


def _files(folder: Folder, above: str) -> list[tuple[str, File]]:
    found: list[tuple[str, File]] = []
    for name, node in folder.names.items():
        if isinstance(node, Folder):
            found += _files(node, f"{above}{name}/")
        else:
            found.append((f"{above}{name}", node))
    return found
