"""Keys that are typed before the console is there do no harm."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from pathlib import Path


async def test_keys_typed_ahead_of_the_first_paint_do_not_end_the_console(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "console", "run", "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0"]
    arguments += ["--files", "127.0.0.1:0", "--data", str(tmp_path)]
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(arguments[0], arguments, {**os.environ, "TERM": "xterm-256color"})
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    os.set_blocking(master, False)
    seen = b""
    sent = 0.0
    keys = [b"/is:charging\r", b":mess\r", b"3", b"q", b"?", b"\x1b", b"r", b"p", b"d"]
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(30):
            while b"ws://127.0.0.1:" not in seen:
                if loop.time() - sent > 0.02:
                    sent = loop.time()
                    os.write(master, keys[int(sent * 50) % len(keys)])
                try:
                    seen += os.read(master, 65536)
                except BlockingIOError:
                    await asyncio.sleep(0.005)
        # It is still there, and obeys.
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        assert b"Traceback" not in seen
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(master)
