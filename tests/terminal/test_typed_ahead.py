"""Keys that are typed before the console is there do no harm."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from itertools import cycle
from pathlib import Path

KEYS = (b"/is:charging\r", b":mess\r", b"3", b"q", b"?", b"\x1b", b"r", b"p", b"d")


def test_keys_typed_ahead_of_the_first_paint_do_not_end_the_console(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "console", "run", "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0"]
    arguments += ["--files", "127.0.0.1:0", "--data", str(tmp_path)]
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(arguments[0], arguments, {**os.environ, "TERM": "xterm-256color"})
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    seen = b""
    try:
        deadline = time.monotonic() + 30
        for keys in cycle(KEYS):
            assert time.monotonic() < deadline, "the console did not come up"
            os.write(master, keys)
            if select.select([master], [], [], 0.02)[0]:
                seen += os.read(master, 65536)  # raises where the program has ended
            if b"ws://127.0.0.1:" in seen:
                break
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        assert b"Traceback" not in seen
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(master)
