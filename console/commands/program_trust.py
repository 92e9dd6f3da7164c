"""``chargehand trust …``, as typer reads it. What each does stands in ``trust``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.commands.flags import Data, Json, Output, Station

trust_app = typer.Typer(help="Certificates of this console: root, station, revoke, list.", no_args_is_help=True)


@trust_app.command("root")
def trust_root(data: Data = None, output: Output = None) -> int:
    """The root certificate (PEM) that chargers have to trust for wss://; it is made where there is none."""
    from console.commands.trust import root

    return root(data, output)


@trust_app.command("station")
def trust_station(
    identity: Station,
    data: Data = None,
    output: Output = None,
    csr: Annotated[
        Path | None,
        typer.Option("--csr", metavar="FILE", help="Sign this request (PEM); without it a key is made too."),
    ] = None,
) -> int:
    """A certificate (PEM) by which a station proves who it is (security profile 3), with a new private key behind it."""
    from console.commands.trust import station

    return station(identity, data, output, csr)


@trust_app.command("revoke")
def trust_revoke(
    identity: Station,
    data: Data = None,
    serial: Annotated[
        str | None,
        typer.Option("--serial", metavar="HEX", help="This certificate alone, whoever made it; else all made here."),
    ] = None,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="Why; it is shown where the station is refused.")
    ] = "",
) -> int:
    """Refuse a station's certificates from now on; a running console closes the link that was opened with one."""
    from console.commands.trust import revoke

    return revoke(identity, data, serial, note)


@trust_app.command("list")
def trust_list(data: Data = None, as_json: Json = False) -> int:
    """Every certificate that was made here, and until when it is valid."""
    from console.commands.trust import listing

    return listing(data, as_json)
