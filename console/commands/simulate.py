"""``chargehand simulate``: virtual stations against any central system."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from console.commands.trouble import CommandFailed


def simulate(url: str, fleet: str, stations: int | None, ca: Path | None = None) -> int:
    """Run the fleet until a signal ends it; 0 then. Raises ChargehandError where the fleet cannot be used."""
    if not _dialable(url):
        raise CommandFailed(f"“{url}” is no URL of a central system; it looks like ws://127.0.0.1:9000/.")
    from console.simulator.__main__ import main
    from profiles.fleet_file import load_fleet

    load_fleet(fleet)  # a wrong name is one sentence, told before anything runs

    words = ["-v", f"--fleet={fleet}"]
    if stations is not None:
        words.append(f"--stations={stations}")
    if ca is not None:
        words.append(f"--ca={ca}")
    return main([*words, "--", url])


def _dialable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port beyond 65535, brackets that never close
        return False
