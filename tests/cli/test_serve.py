from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Serve = Callable[..., Any]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_ready_line_then_a_signal_ends_it_with_0(serve: Serve, number: int) -> None:
    server = serve()
    ready = server.ready
    assert set(ready) == {"event", "listen", "api", "files"}
    assert ready["event"] == "ready"
    assert ready["listen"][0].startswith("ws://127.0.0.1:")
    assert ready["listen"][0].endswith("/")
    assert ready["api"].startswith("http://127.0.0.1:")
    assert ready["files"].startswith("http://127.0.0.1:")
    for url in (ready["api"], ready["files"]):
        socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=5).close()
    assert server.stop(number) == 0
    assert "Traceback" not in server.log.read_text()


def test_every_log_record_is_one_line_whatever_a_station_says(serve: Serve) -> None:
    server = serve()
    port = int(server.ready["listen"][0].rsplit(":", 1)[1].rstrip("/"))
    with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
        peer.sendall(b"GET /CP\x1b[31m%0a%1b HTTP/1.1\r\nHost: x\r\n\r\n")
        peer.recv(1000)
    assert server.stop() == 0
    for line in server.log.read_text().splitlines():
        assert line[:4] == "2026" or line[4:5] == "-", line
        assert line.isprintable(), line


def test_listen_may_be_repeated(serve: Serve) -> None:
    server = serve(
        "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", "--files", "127.0.0.1:0"
    )
    assert len(set(server.ready["listen"])) == 2


def test_a_second_console_on_the_same_directory_is_refused_with_the_pid(
    serve: Serve, chargehand: Run, tmp_path: Path
) -> None:
    first = serve(data=tmp_path / "data")
    second = chargehand("serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0")
    assert second.returncode == 2
    assert second.stdout == ""
    assert str(first.process.pid) in second.stderr


@pytest.mark.parametrize("flag", ["--listen", "--api", "--files"])
def test_a_port_that_was_named_and_is_taken_is_an_error(chargehand: Run, tmp_path: Path, flag: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        addresses = {"--listen": "127.0.0.1:0", "--api": "127.0.0.1:0", "--files": "127.0.0.1:0"}
        addresses[flag] = f"127.0.0.1:{taken.getsockname()[1]}"
        words = [word for pair in addresses.items() for word in pair]
        done = chargehand("serve", "--data", str(tmp_path / "data"), *words)
    assert done.returncode == 2
    assert addresses[flag] in done.stderr
    assert "Traceback" not in done.stderr


def test_taken_default_ports_of_api_and_files_give_way(serve: Serve, tmp_path: Path) -> None:
    words = ("--listen", "127.0.0.1:0")
    first, second = serve(*words, data=tmp_path / "a"), serve(*words, data=tmp_path / "b")
    assert first.ready["api"] != second.ready["api"]
    assert first.ready["files"] != second.ready["files"]


def test_several_consoles_are_listed_and_one_has_to_be_named(serve: Serve, chargehand: Run, tmp_path: Path) -> None:
    runtime = {"CHARGEHAND_RUNTIME_DIR": str(tmp_path / "runtime")}
    first, second = (serve(data=tmp_path / name) for name in "ab")
    folder = tmp_path / "runtime"
    folder.mkdir()
    for server in (first, second):
        facts = {"pid": server.process.pid, "api": server.ready["api"], "profile": "bench"}
        (folder / f"{server.process.pid}.json").write_text(json.dumps(facts))
    done = chargehand("stations", "--json", **runtime)
    assert done.returncode == 2
    assert "--api" in done.stderr
    assert first.ready["api"] in done.stderr
    assert second.ready["api"] in done.stderr
    assert chargehand("stations", "--json", "--api", first.ready["api"], **runtime).returncode == 0
    assert (
        chargehand("stations", "--json", "--api", first.ready["api"].removeprefix("http://"), **runtime).returncode == 0
    )


def test_without_a_console_the_sentence_says_what_to_do(chargehand: Run, tmp_path: Path) -> None:
    done = chargehand("stations", CHARGEHAND_RUNTIME_DIR=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--data" in done.stderr
    done = chargehand("stations", "--data", str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert not (tmp_path / "nothing").exists()


def test_a_killed_console_leaves_a_directory_that_can_be_read(serve: Serve, chargehand: Run, tmp_path: Path) -> None:
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    server = serve(data=tmp_path / "data")
    with connect(server.ready["listen"][0] + "CP-1", subprotocols=[Subprotocol("ocpp1.6")], proxy=None) as station:
        station.send('[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]')
        station.recv()
        server.process.kill()
        server.process.wait()
        assert server.process.stdout is not None
        server.process.stdout.close()
    (row,) = (
        json.loads(line) for line in chargehand("stations", "--json", "--data", str(server.data)).stdout.splitlines()
    )
    assert (row["id"], row["connected"]) == ("CP-1", False)
    # The pid of the dead one may belong to any other process by now: only the lock tells.
    (server.data / "chargehand.lock").write_text(f"{os.getpid()}\n")
    (row,) = (
        json.loads(line) for line in chargehand("stations", "--json", "--data", str(server.data)).stdout.splitlines()
    )
    assert row["connected"] is False


def test_an_exposed_listener_is_refused_but_for_bench_or_insecure(
    chargehand: Run, serve: Serve, tmp_path: Path
) -> None:
    profile = tmp_path / "open.toml"
    profile.write_text('name = "open"\n[listen]\naddress = "0.0.0.0:0"\nsecurity_profile = 0\n')
    done = chargehand("serve", "--profile", str(profile), "--data", str(tmp_path / "x"))
    assert done.returncode == 2
    assert "--insecure" in done.stderr
    words = ("--profile", str(profile), "--insecure", "--api", "127.0.0.1:0", "--files", "127.0.0.1:0")
    assert serve(*words).ready["event"] == "ready"
