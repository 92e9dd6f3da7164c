"""A soak of a few seconds, with the console killed and frozen in it, as a person would start it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path


async def test_a_short_soak_with_kills_keeps_every_promise(tmp_path: Path) -> None:
    out = tmp_path / "soak.json"
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.12", "--stations", "6", "--simulated", "2"]
    command += ["--every", "1.5", "--kills", "3", "--freezes", "2", "--pace", "0.05", "--out", str(out)]
    run = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await run.communicate()
    assert run.returncode == 0, said.decode()
    outcome = json.loads(out.read_text())
    assert outcome["figures"]["kills"] >= 1
    assert outcome["figures"]["acknowledged records"] > 20
    assert "acknowledged records that are lost" in said.decode()
