"""The system call that puts a message on the disk returns before its answer leaves. A killed process could not show that."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ANSWERING = """
import asyncio, os, sys
from pathlib import Path
from tests.engine.journal.making import Running, exchange

async def main():
    running = Running(Path(sys.argv[1]))
    release = running._released

    def answer(records, error):
        assert error is None
        for record in records:
            os.write(1, b"ANSWER %d\\n" % record.id)
        release(records, error)

    running.journal._released = answer
    for number in range(1, 8):
        await running.write(exchange(number))
    await running.write(*(exchange(number) for number in range(8, 40)))
    await running.journal.close()

asyncio.run(main())
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_wal_is_synced_before_each_answer_leaves(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    command = ["strace", "-f", "-qq", "-y", "-e", "trace=fdatasync,fsync,write", "-o", str(log)]
    done = subprocess.run(
        [*command, sys.executable, "-c", ANSWERING, str(tmp_path / "data")], capture_output=True, text=True, timeout=60
    )
    if "ptrace" in done.stderr:
        pytest.skip("processes may not be traced here")
    assert done.returncode == 0, done.stderr
    synced = False
    answers: list[int] = []
    for line in log.read_text().splitlines():
        if re.search(r"(fdatasync|fsync)\(\d+<[^>]*-wal>\).*= 0|<\.\.\. (fdatasync|fsync) resumed>.*= 0", line):
            synced = True
        elif found := re.search(r"ANSWER (\d+)", line):
            answers.append(int(found[1]))
            # The first eight come one by one, each with its own commit; the rest share one.
            assert synced or answers[-1] > 8, f"answer {found[1]} left before its message was synced"
            synced = False
    assert answers == list(range(1, 40))
