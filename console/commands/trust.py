"""``chargehand trust``: the certificate authority of a data directory; a running console need not be asked.

Certificates go to standard output, or to files; what a person wants to know of them goes to standard error.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.commands.trouble import CommandFailed, complain
from console.engine.options import EngineOptions, data_directory

if TYPE_CHECKING:
    from console.engine.trust.authority import Authority, Issued
    from console.engine.trust.revoked import Revoked


def root(data: Path | None, output: Path | None) -> int:
    """The root certificate, made where there is none: to be installed on chargers."""
    issued = _authority(data).root()
    _write(output, issued.pem, private=False)
    _tell(issued, output)
    return 0


def station(identity: str, data: Path | None, output: Path | None, request: Path | None) -> int:
    """A certificate for a station and its private key; or for the key of a signing request."""
    from console.engine.endpoint.admission import identity_of

    read, wrong, _ = identity_of(f"/{identity}")
    if read != identity:
        raise CommandFailed(f"“{identity}” is no station identity{f': {wrong}' if wrong else ''}.")
    if request is None and output is not None and output.exists():
        raise _there(output)  # before a certificate is made whose key nobody would have
    authority = _authority(data)
    if request is not None:
        try:
            text = request.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise CommandFailed(f"{request} cannot be read: {error.strerror or error}.") from None
        issued, key = authority.sign(identity, text), ""
    else:
        issued, key = authority.issue(identity)
    _write(output, issued.pem + key, private=bool(key))
    _tell(issued, output)
    return 0


def revoke(identity: str, data: Path | None, serial: str | None, note: str) -> int:
    """Refuse a station's certificates from now on; a running console notices it."""
    from console.engine.trust.revoked import Revocations
    from console.engine.trust.revoking import revoke as write_down

    if serial is not None and re.fullmatch(r"[0-9A-Fa-f:]{1,60}", serial) is None:
        raise CommandFailed(
            f"“{serial}” is no serial number: it has hex digits only. `chargehand trust list --json` has them."
        )
    folder = _folder(data)
    issued: list[Issued] = []
    if serial is None and (folder / "root.pem").is_file():
        wanted = identity.casefold()
        issued = [one for one in _at(folder).all() if one.kind == "station" and one.name.casefold() == wanted]
    revocations = Revocations(folder / "revoked.json")
    revocations.load()
    by = f"{getpass.getuser()} (command line)"
    for one in write_down(revocations, issued, identity, serial, by=by, note=note):
        complain(f"revoked: {one.station}, serial {one.serial}")
    return 0


def listing(data: Path | None, as_json: bool) -> int:
    """Every certificate that was made here."""
    from console.commands.tables import Column, print_table
    from console.engine.trust.revoked import Revocations

    folder = _folder(data)
    rows: list[dict[str, Any]] = []
    if (folder / "root.pem").is_file():
        revocations = Revocations(folder / "revoked.json")
        revocations.load()
        rows = [_row(one, revocations.of(one.serial)) for one in _at(folder).all()]
    if as_json:
        from console.commands.listing import print_lines

        print_lines(rows)
        return 0
    columns = [
        Column("KIND", lambda row: str(row["kind"])),
        Column("NAME", lambda row: str(row["name"])),
        Column("UNTIL", lambda row: "revoked" if row["revoked"] else str(row["ends"])[:10]),
        Column("FOR", lambda row: ", ".join(row["names"])),
        Column("SHA-256", lambda row: str(row["fingerprint"])),
    ]
    print_table(columns, rows, empty=f"No certificate was made in {folder} yet.")
    return 0


def _folder(data: Path | None) -> Path:
    return data_directory(EngineOptions(data=data)) / "trust"


def _authority(data: Path | None) -> Authority:
    folder = _folder(data)
    if not folder.parent.exists():
        try:
            folder.parent.mkdir(parents=True)
        except OSError as error:
            raise CommandFailed(f"{folder.parent} cannot be made: {error.strerror or error}.") from None
    return _at(folder)


def _at(folder: Path) -> Authority:
    from console.engine.trust.authority import Authority

    return Authority(folder)


def _row(one: Issued, revoked: Revoked | None) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "serial": one.serial,
        "fingerprint": one.fingerprint,
        "starts": f"{one.starts:%Y-%m-%dT%H:%M:%SZ}",
        "ends": f"{one.ends:%Y-%m-%dT%H:%M:%SZ}",
        "names": list(one.names),
        "path": str(one.path),
        "revoked": None if revoked is None else {"time": revoked.time, "by": revoked.by, "note": revoked.note},
    }


def _write(output: Path | None, text: str, *, private: bool) -> None:
    """To standard output, or into a file; one with a private key is readable by its owner only, and never replaced."""
    if output is None:
        sys.stdout.write(text)
        return
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if private else os.O_TRUNC)
    try:
        with os.fdopen(os.open(output, flags, 0o600 if private else 0o644), "w", encoding="ascii") as file:
            file.write(text)
    except FileExistsError:
        raise _there(output) from None
    except OSError as error:
        raise CommandFailed(f"{output} cannot be written: {error.strerror or error}.") from None


def _there(output: Path) -> CommandFailed:
    return CommandFailed(f"{output} is there already; a private key is not written over it.")


def _tell(one: Issued, output: Path | None) -> None:
    lines: Sequence[str] = (
        f"{one.kind} certificate: {one.name}",
        f"valid until: {one.ends:%Y-%m-%d}",
        f"SHA-256: {one.fingerprint}",
        f"kept in: {one.path}" if output is None else f"written to: {output}",
    )
    for line in lines:
        complain(line)
