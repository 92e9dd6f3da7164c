"""The program in a pseudo-terminal of its own: every byte that it writes is looked at (``picture.Picture``)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Sequence

from tests.terminal.picture import Picture

PATIENCE_S = 30.0
CONSOLE = (sys.executable, "-m", "console")

# The terminal has to be the one that the program's session belongs to: it hears of sizes and of the end that way.
_OWN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


def told(text: str) -> str:
    """A picture for a message: the lines that have something on them."""
    return "\n".join(line for line in text.splitlines() if line.strip(" │"))


class PseudoTerminal:
    """A program that believes to be in a terminal. ``raw`` holds all that it wrote, ``picture`` what that shows."""

    def __init__(
        self,
        *words: str,
        environment: dict[str, str],
        size: tuple[int, int] = (120, 36),
        program: Sequence[str] = CONSOLE,
    ) -> None:
        self.picture = Picture(*size)
        self.raw = bytearray()
        self._looked = 0
        self.master, slave = os.openpty()
        self._set_size(*size)
        self.modes_before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _OWN, *program, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"COLORTERM": "truecolor", **environment},
            start_new_session=True,
        )
        self.slave: int | None = slave  # kept open, so that the modes can be looked at when the program has ended
        self._over = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while not self._over.is_set():
                # Never within a read for long: who reads keeps the terminal from going away.
                if select.select([self.master], [], [], 0.05)[0]:
                    self.raw += os.read(self.master, 1 << 16)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    # What a person does.

    def press(self, keys: str) -> None:
        """Keys, as the terminal sends them."""
        os.write(self.master, keys.encode())

    def click(self, column: int, line: int) -> None:
        """A click of the left button on a cell, counted from 0."""
        place = f"0;{column + 1};{line + 1}"
        self.press(f"\x1b[<{place}M\x1b[<{place}m")

    def resize(self, columns: int, lines: int) -> None:
        """Another size of the window."""
        self.look()
        self.picture.resize(columns, lines)
        self._set_size(columns, lines)

    # What a person sees.

    def look(self) -> Picture:
        """The picture now."""
        end = len(self.raw)
        if end > self._looked:
            self.picture.feed(bytes(self.raw[self._looked : end]))
            self._looked = end
        return self.picture

    def sees(self, *words: str, without: str = "", within: float = PATIENCE_S) -> str:
        """Wait until all these words stand in the picture (and another does not); gives the picture."""
        deadline = time.monotonic() + within
        while True:
            text = self.look().text()
            missing = [word for word in words if word not in text]
            if not missing and (not without or without not in text):
                return text
            self.assert_alive()
            assert time.monotonic() < deadline, f"{missing or 'no more ' + without} never came:\n{told(text)}"
            time.sleep(0.02)

    def rests(self, for_s: float = 0.25, within: float = PATIENCE_S) -> str:
        """Wait until nothing was written for a while; gives the picture."""
        deadline = time.monotonic() + within
        size, since = -1, time.monotonic()
        while time.monotonic() - since < for_s and time.monotonic() < deadline:
            if len(self.raw) != size:
                size, since = len(self.raw), time.monotonic()
            time.sleep(0.02)
        return self.look().text()

    def colours(self) -> set[tuple[int, int, int]]:
        """Every colour that was written so far, red, green, blue."""
        found = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", bytes(self.raw))
        return {(int(red), int(green), int(blue)) for red, green, blue in found}

    # How it ends.

    def assert_alive(self) -> None:
        """Fail with the program's last words where it has ended."""
        if self.process.poll() is not None:
            said = re.sub(rb"\x1b\[[\d;?<>]*[A-Za-z]|[\x00-\x09\x0b-\x1f]", b"", bytes(self.raw[-20_000:]))
            raise AssertionError(f"the program has ended with {self.process.poll()}:\n{said.decode(errors='replace')}")

    def modes(self) -> list[object]:
        """How the terminal treats keys now."""
        assert self.slave is not None
        return termios.tcgetattr(self.slave)

    def wait(self, within: float = PATIENCE_S) -> int:
        """Wait for the program's end; its code."""
        code = self.process.wait(within)
        self.rests(0.1)
        return code

    def hang_up(self) -> None:
        """The terminal goes away: an SSH session that breaks, a window that is closed."""
        self._over.set()
        self._reader.join(5)
        if self.slave is not None:
            os.close(self.slave)
            self.slave = None
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        """End it all."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        if self.master >= 0:
            self.hang_up()
