"""`chargehand serve` for the power cuts: everything that takes minutes or megabytes comes early, and may be spoilt.

python -m tests.faults.power_serve SPOILT serve --listen …
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final

import apsw

from console.engine.journal import packs, schema

EARLY: Final[dict[str, Any]] = {
    "TICK_S": 0.05,
    "SNAPSHOT_S": 0.2,
    "LONGEST_S": 0.2,
    "SHARE": 1,
    "BREATH_S": 0.005,
    "MOST": 2,
    "RETENTION_FIRST_S": 0.4,
    "RETENTION_S": 0.2,
    "TIDY_SECONDS": 0.1,
    "_EXPIRE_FIRST": 40,
    "_EXPIRE_MOST": 40,
    "_STALE": 100,
    "pack_some": partial(packs.pack_some, keep=60),
    "CHECKPOINT_PAGES": 120,
    "INDEX_RUN": 64,
}
_tune = schema.tune


def _lazily(connection: apsw.Connection) -> None:
    _tune(connection)
    connection.execute("PRAGMA synchronous=NORMAL")


def _not_at_all(path: Any, data: bytes, **_options: Any) -> None:
    path.write_bytes(data)


SPOILT: Final[dict[str, tuple[str, Callable[..., Any]]]] = {
    "commits are not synced": ("tune", _lazily),
    "new folders are not synced": ("new_folder", lambda path: path.mkdir(parents=True, exist_ok=True)),
    "secrets are not synced": ("write_durably", _not_at_all),
}
"""What is broken on purpose, to see that a cut would show it."""


def main() -> int:
    """Run the program's own command line."""
    import_module("console.engine.engine")  # and with it whatever it uses
    spoilt = SPOILT.get(sys.argv.pop(1))
    for name, value in [*EARLY.items(), *([] if spoilt is None else [spoilt])]:
        _put(name, value)
    from console.cli import main as cli

    return cli()


def _put(name: str, value: Any) -> None:
    """In every module of the engine that knows it by this name."""
    known = [
        module for key, module in sys.modules.items() if key.startswith("console.engine") and hasattr(module, name)
    ]
    assert known, name
    for module in known:
        setattr(module, name, value)


if __name__ == "__main__":
    sys.exit(main())
