"""Peers in other languages, measured beside ours where they can be had: npm's ocpp-rpc, strict."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
INSTALLED: Final = Path("bench-results/peers")


def command() -> tuple[list[str], dict[str, str]] | None:
    """How the peer is started; None where ``install`` has not put it there."""
    node = shutil.which("node")
    modules = (INSTALLED / "node_modules").resolve()
    if node is None or not (modules / "ocpp-rpc").is_dir():
        return None
    return [node, str(HERE / "ocpp_rpc.js")], {**os.environ, "NODE_PATH": str(modules)}


def install() -> str | None:
    """Install it into ``bench-results/peers``; a sentence where that is not possible, else None."""
    if command() is not None:
        return None
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "node is not here, so npm's ocpp-rpc is not measured"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        if (HERE / name).is_file():
            shutil.copyfile(HERE / name, INSTALLED / name)
    done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=INSTALLED, capture_output=True, text=True)
    if done.returncode or command() is None:
        return f"npm could not install ocpp-rpc, so it is not measured{_last_line(done.stderr)}"
    return None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return f": {lines[-1]}" if lines else ""
