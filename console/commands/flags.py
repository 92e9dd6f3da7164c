"""The options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Profile = Annotated[str, typer.Option("--profile", metavar="NAME|FILE", help="The profile to run with.")]
Listen = Annotated[
    list[str] | None,
    typer.Option("--listen", metavar="HOST:PORT", help="Where stations connect, instead of the profile's; repeatable."),
]
ApiAddress = Annotated[str | None, typer.Option("--api", metavar="HOST:PORT", help="Where the HTTP API listens.")]
Files = Annotated[str | None, typer.Option("--files", metavar="HOST:PORT", help="Where the file server listens.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Where everything is kept.")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Give no orders.")]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Let a profile listen to other machines without asking who they are.")
]
Fleet = Annotated[str, typer.Option("--fleet", metavar="NAME|FILE", help="The simulated fleet.")]
Stations = Annotated[int | None, typer.Option("--stations", metavar="N", min=1, help="How many stations.")]

ApiUrl = Annotated[
    str | None, typer.Option("--api", metavar="URL", help="The console to ask; by itself, the one on this machine.")
]
FromData = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Read this data directory instead, running or not.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=0, help="Only the newest N.")]
First = Annotated[int | None, typer.Option("--limit", metavar="N", min=0, help="Only the first N, by identity.")]
Secrets = Annotated[
    bool, typer.Option("--secrets", help="Whole frames: with passwords, keys and PIN codes, on this machine only.")
]
Words = Annotated[list[str] | None, typer.Argument(metavar="FILTER", help="A filter, as on the screen.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it there, not to stdout.")]
Station = Annotated[str, typer.Argument(metavar="STATION", help="The station's identity.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; it is kept.")]
