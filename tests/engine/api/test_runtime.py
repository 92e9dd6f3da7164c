from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import orjson

from console.engine.api.runtime import RunningConsole, advertise, find_console, runtime_directory
from console.engine.engine import Engine


async def test_a_running_console_is_found_and_only_its_owner_can_read_where(engine: Engine) -> None:
    (found,) = find_console()
    assert (found.pid, found.api, found.profile) == (os.getpid(), engine.api_url, "bench")
    assert found.listen == engine.listen_urls
    assert found.data == str(engine.data.resolve())
    (file,) = runtime_directory().iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_when_it_ends_its_file_is_gone(tmp_path: Path) -> None:
    from profiles import load_profile

    engine = Engine(
        load_profile("bench"), tmp_path / "d", listen=["127.0.0.1:0"], api="127.0.0.1:0", files="127.0.0.1:0"
    )
    await engine.start()
    assert list(runtime_directory().iterdir())
    await engine.stop()
    assert list(runtime_directory().iterdir()) == []


def test_the_file_of_a_process_that_died_is_removed() -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    path = advertise(RunningConsole(pid=int(ended.stdout), api="http://127.0.0.1:9"))
    assert path is not None
    assert path.exists()
    assert find_console() == []
    assert not path.exists()


def test_a_console_that_does_not_answer_and_a_file_that_is_none_are_passed_over() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        advertise(RunningConsole(pid=os.getpid(), api=f"http://127.0.0.1:{probe.getsockname()[1]}"))
        (runtime_directory() / "broken.json").write_bytes(b"{")
        (runtime_directory() / "odd.json").write_bytes(orjson.dumps({"pid": "x"}))
        assert find_console() == []


def test_the_token_is_told_to_the_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        advertise(RunningConsole(pid=os.getpid(), api=f"http://127.0.0.1:{server.getsockname()[1]}", token="secret"))
        (found,) = find_console()
        assert found.token == "secret"
