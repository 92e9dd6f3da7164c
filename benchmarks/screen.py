"""The console in a real pseudo-terminal: time to the first paint, and CPU while two hundred stations heartbeat."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Any

FIRST_WORDS = b"chargehand"


class Terminal:
    """A program in a pseudo-terminal of 120 columns and 36 rows."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.began = time.perf_counter()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvpe(arguments[0], arguments, environment)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self.seen = b""

    def read(self, seconds: float, until: bytes | None = None) -> bool:
        """Read what it draws for some seconds, or until some bytes have come."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            ready, _, _ = select.select([self.master], [], [], left)
            if ready:
                try:
                    self.seen += os.read(self.master, 65536)
                except OSError:
                    return False
                if until is not None and until in self.seen:
                    return True
        return until is None

    def write(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.master, keys)

    def press(self, keys: bytes, until: bytes, within: float) -> float:
        """Press keys and wait until some bytes are drawn; the seconds that took."""
        self.seen = b""
        began = time.perf_counter()
        self.write(keys)
        self.read(within, until)
        return time.perf_counter() - began

    def wait_open(self, port: int, within: float = 30.0) -> None:
        """Read on until it listens on a port of the loopback."""
        end = time.perf_counter() + within
        while time.perf_counter() < end:
            self.read(0.2)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
        raise SystemExit("the console does not listen")

    def wait_for(self, program: subprocess.Popen[str], within: float) -> None:
        """Read on until a program has said its first line: a terminal that nobody reads stops the console."""
        assert program.stdout is not None
        end = time.perf_counter() + within
        while not select.select([program.stdout], [], [], 0)[0]:
            if time.perf_counter() > end:
                raise SystemExit("the load did not get ready")
            self.read(0.1)
            self.seen = b""
        program.stdout.readline()

    def cpu(self) -> float:
        """CPU seconds it has used, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Kill it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def console_command(folder: str, port: int = 0) -> tuple[list[str], dict[str, str]]:
    """How the console is started in a folder of its own, and its environment."""
    arguments = [sys.executable, "-m", "console", "run", "--listen", f"127.0.0.1:{port}", "--api", "127.0.0.1:0"]
    arguments += ["--files", "127.0.0.1:0", "--data", folder]
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "CHARGEHAND_RUNTIME_DIR": folder}
    return arguments, environment


def first_paint(repetitions: int) -> dict[str, Any]:
    """From the start of the process to the first words on the screen, against ``python -c pass``."""
    paints: list[float] = []
    bare: list[float] = []
    for _ in range(repetitions):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        bare.append(time.perf_counter() - began)
        with tempfile.TemporaryDirectory(prefix="chargehand-bench-") as folder:
            terminal = Terminal(*console_command(folder))
            if not terminal.read(20, FIRST_WORDS):
                raise SystemExit("the console drew nothing within 20 s")
            paints.append(time.perf_counter() - terminal.began)
            terminal.end()
    paint, nothing = statistics.median(paints), statistics.median(bare)
    return {"first_paint_s": paint, "python_pass_s": nothing, "first paint against python -c pass": paint / nothing}


def idle(stations: int, seconds: float, interval: int) -> dict[str, Any]:
    """Share of a core that the console uses with idle stations connected, each heartbeating every ``interval`` seconds."""
    with tempfile.TemporaryDirectory(prefix="chargehand-bench-") as folder:
        port = free_port()
        terminal = Terminal(*console_command(folder, port))
        terminal.wait_open(port)
        load = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.idle_load", str(port), str(stations), str(interval)],
            stdout=subprocess.PIPE,
        )
        assert load.stdout is not None
        load.stdout.readline()
        terminal.read(8)
        before, began = terminal.cpu(), time.perf_counter()
        terminal.read(seconds)
        share = (terminal.cpu() - before) / (time.perf_counter() - began)
        load.kill()
        load.wait()
        load.stdout.close()
        terminal.end()
    return {"stations": stations, "seconds": seconds, "heartbeat_s": interval, "share_of_a_core": share}


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
