"""What is loaded when: the engine draws nothing, and the first paint waits for nothing that it does not show."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def loaded_after(statement: str) -> set[str]:
    """The modules of a fresh interpreter after one statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_engine_loads_neither_textual_nor_rich() -> None:
    modules = loaded_after(
        "import console.engine.engine, console.engine.orders.desk, console.engine.offline, console.engine.filter"
    )
    assert not {name for name in modules if name.split(".")[0] in ("textual", "rich", "widgets")}


def test_profiles_load_nothing_of_the_program() -> None:
    modules = loaded_after("import profiles; profiles.load_profile('bench')")
    assert not {name for name in modules if name.split(".")[0] in ("textual", "rich", "widgets", "console")}


@pytest.mark.parametrize("heavy", ["ocpp.v16", "ocpp.v201", "ocpp.v21", "uvicorn", "cryptography", "httpx", "plotext"])
def test_the_app_is_there_before_what_is_heavy(heavy: str) -> None:
    assert heavy not in loaded_after("import console.app")


def test_the_simulator_is_an_independent_witness() -> None:
    modules = loaded_after("import console.simulator.run")
    assert not {name for name in modules if name.startswith(("console.engine", "widgets", "textual"))}
