"""The commands and their options, as typer reads them. What each does stands in its own module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from console.commands.flags import (
    ApiAddress,
    ApiUrl,
    Data,
    Files,
    First,
    Fleet,
    FromData,
    Insecure,
    Json,
    Limit,
    Listen,
    Profile,
    ReadOnly,
    Secrets,
    Station,
    Stations,
    Words,
)
from console.commands.program_acts import add_acts, files_app
from console.commands.program_trust import trust_app
from console.commands.trouble import OURS, complain
from console.engine.options import DemoOptions, EngineOptions

app = typer.Typer(
    name="chargehand",
    help="A terminal operations console for charging stations, with an OCPP central system inside.\n\n"
    "Without a command it opens the console, with the options of run.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
profile_app = typer.Typer(help="Profiles: list, show, path, check.", no_args_is_help=True)
app.add_typer(profile_app, name="profile")
app.add_typer(trust_app, name="trust")
app.add_typer(files_app, name="files")

# Wrong usage, whichever click typer brings along: its errors have one root, which typer does not name itself.
_ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in typer.BadParameter.__mro__ if issubclass(kind, Exception) and kind.__name__ == "ClickException"
)


def run_program(given: Sequence[str]) -> int:
    """Run a command; its exit code. A wrong usage is one sentence on standard error."""
    try:
        # Not ``main``: that would answer Ctrl+C and a closed pipe in its own way.
        command = typer.main.get_command(app)
        with command.make_context("chargehand", list(given)) as context:
            result = command.invoke(context)
    except typer.Exit as left:
        return int(left.exit_code)
    except typer.Abort:
        return OURS
    except _ERRORS as error:
        complain(f"Usage: {_sentence(error)}")
        return OURS
    return result if isinstance(result, int) else 0


def _sentence(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    text = str(getattr(error, "format_message", lambda: error)()).replace("\n", " ").strip()
    if type(error).__name__ == "NoArgsIsHelpError":
        text = "say which command"
    path = context.command_path if context is not None else "chargehand"
    return f"{text.rstrip('.')}. “{path} --help” tells more."


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"chargehand {version('chargehand')}")
        raise typer.Exit


@app.callback()
def _program(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version, and nothing else.")
    ] = False,
) -> None: ...


def _options(
    profile: Profile = "bench",
    listen: Listen = None,
    api: ApiAddress = None,
    files: Files = None,
    data: Data = None,
    read_only: ReadOnly = False,
    insecure: Insecure = False,
) -> EngineOptions:
    return EngineOptions(
        profile=profile,
        listen=tuple(listen or ()),
        api=api,
        files=files,
        data=data,
        read_only=read_only,
        insecure=insecure,
    )


def _with_engine(command: Callable[..., int]) -> Callable[..., int]:
    """A command that runs an engine: it is given ``EngineOptions``, and takes the options of ``_options`` behind its own."""
    own = list(signature(command, eval_str=True).parameters.values())[1:]
    shared = list(signature(_options, eval_str=True).parameters.values())

    @wraps(command)
    def run_it(**given: Any) -> int:
        options = _options(**{one.name: given.pop(one.name) for one in shared})
        return command(options, **given)

    # Typer reads what a command takes from its signature.
    vars(run_it)["__signature__"] = Signature([*own, *shared])
    return run_it


@app.command(short_help="The console (the default).")
@_with_engine
def run(options: EngineOptions) -> int:
    """The console: the screen with the endpoint inside. This is the default."""
    from console.commands import screen

    return screen.run(options)


@app.command(short_help="The console with a simulated fleet.")
@_with_engine
def demo(options: EngineOptions, fleet: Fleet = "mixed", stations: Stations = None) -> int:
    """The console with a simulated fleet; what it keeps is thrown away at the end."""
    from console.commands import screen

    return screen.demo(options, DemoOptions(fleet=fleet, stations=stations))


@app.command(short_help="The engine without a screen.")
@_with_engine
def serve(options: EngineOptions) -> int:
    """The same without a screen; one JSON line on stdout says when it is ready."""
    from console.commands.serve import serve as run_server

    return run_server(options)


@app.command(short_help="Give an order and wait for its effect.")
def call(
    station: Station,
    order: Annotated[str | None, typer.Argument(metavar="ORDER", help="reset, start, … (`chargehand orders`)")] = None,
    words: Annotated[list[str] | None, typer.Argument(metavar="key=value", help="Its arguments.")] = None,
    raw: Annotated[
        tuple[str, str] | None, typer.Option("--raw", metavar="ACTION JSON", help="Send any OCPP call instead.")
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return on the answer, not on the effect.")] = False,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", help="How long to wait for the effect (120).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the exchange and the effect as JSON.")] = False,
    api: ApiUrl = None,
) -> int:
    """Give an order through a running console and wait for its effect.

    Exit codes: 0 done, 2 wrong usage, 3 the station rejected it, 4 no usable answer or no effect in time, 5 no such
    station or not connected.
    """
    from console.commands.call import call as give

    return give(station, order, words or (), raw=raw, wait=not no_wait, timeout=timeout, as_json=as_json, api=api)


@app.command(short_help="Every order, and what it takes.")
def orders(
    order: Annotated[str | None, typer.Argument(metavar="ORDER", help="This one, with every argument.")] = None,
    as_json: Json = False,
) -> int:
    """Every order that `call` knows, with its arguments and when it is done; no console need run."""
    from console.commands.orders import show_orders

    return show_orders(order, as_json=as_json)


def _firsts(kind: str, short: str, about: str) -> None:
    """A command that prints rows by identity, those that pass a filter."""

    @app.command(kind, short_help=short, help=about)
    def show_first(
        words: Words = None, api: ApiUrl = None, data: FromData = None, as_json: Json = False, limit: First = None
    ) -> int:
        from console.commands.listing import show

        return show(kind, api=api, data=data, as_json=as_json, limit=limit, where=" ".join(words or ()))


def _newest(kind: str, short: str, about: str) -> None:
    """A command that prints rows by time, those that pass a filter."""

    @app.command(kind, short_help=short, help=about)
    def show_newest(
        words: Words = None, api: ApiUrl = None, data: FromData = None, as_json: Json = False, limit: Limit = None
    ) -> int:
        from console.commands.listing import show

        return show(kind, api=api, data=data, as_json=as_json, limit=limit, where=" ".join(words or ()))


_FLEET = "station:CP-0* model:alfen ocpp:2.* is:offline|faulted site:north word"
_firsts("stations", "Stations, by identity.", f"Stations, by identity: model, link, connectors, power. {_FLEET}")
_firsts("connectors", "Connectors, by station.", f"Connectors, by station: status, power, transaction. {_FLEET}")
_newest(
    "transactions",
    "Transactions, oldest first.",
    'Transactions, oldest first: station:CP-0* tag:04A2* is:active evse:1 kwh:>10 reason:EVDisconnected since:1d "text"',
)


@app.command(short_help="Every sampled value of a transaction.")
def samples(
    transaction: Annotated[int, typer.Argument(metavar="ID", min=0, help="Its number, as `transactions` tells it.")],
    api: ApiUrl = None,
    data: FromData = None,
    as_json: Json = False,
) -> int:
    """Every sampled value of a transaction, in order."""
    from console.commands.listing import show_samples

    return show_samples(transaction, api=api, data=data, as_json=as_json)


@app.command(short_help="Messages, oldest first.")
def messages(
    words: Words = None,
    api: ApiUrl = None,
    data: FromData = None,
    as_json: Json = False,
    limit: Limit = None,
    secrets: Secrets = False,
) -> int:
    """Messages, oldest first: station:CP-0* action:MeterValues dir:in is:error ms:>500 since:5m "any text"."""
    from console.commands.listing import show

    where = " ".join(words or ())
    return show("messages", api=api, data=data, as_json=as_json, limit=limit, where=where, secrets=secrets)


_newest(
    "connections",
    "Attempts to reach the endpoint.",
    'Attempts to reach the endpoint, and why: station:CP-0* is:refused peer:192.168.1.* code:401 since:1h "text"',
)
_newest(
    "alarms",
    "Alarms, open or not.",
    'Alarms, open or not, oldest first: station:CP-0* is:standing severity:critical kind:fault times:>5 since:1d "text"',
)
add_acts(app)


@app.command(short_help="Messages, transactions or samples as a file.")
def export(
    kind: Annotated[str, typer.Argument(metavar="messages|transactions|samples", help="What to write.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Its ending says how: .jsonl, .csv.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILTER", help="A filter, as on the screen; of samples the session's ID."),
    ] = None,
    api: ApiUrl = None,
    data: FromData = None,
    limit: Limit = None,
    secrets: Secrets = False,
) -> int:
    """Write messages, transactions or the samples of one to a file."""
    from console.commands.export import export as write

    return write(kind, " ".join(words or ()), output, api=api, data=data, limit=limit, secrets=secrets)


@app.command(short_help="Virtual stations against any central system.")
def simulate(
    url: Annotated[str, typer.Argument(metavar="URL", help="For example ws://127.0.0.1:9000/")],
    fleet: Fleet = "mixed",
    stations: Stations = None,
    ca: Annotated[
        Path | None, typer.Option("--ca", metavar="FILE", help="The authority to trust for wss:// (PEM).")
    ] = None,
) -> int:
    """Virtual stations against any central system, until interrupted."""
    from console.commands.simulate import simulate as dial

    return dial(url, fleet, stations, ca)


@profile_app.command("list")
def profile_list() -> int:
    """Every profile by name."""
    from console.commands.profiles import list_profiles

    return list_profiles()


@profile_app.command("show")
def profile_show(name: Annotated[str, typer.Argument(metavar="NAME|FILE")] = "bench") -> int:
    """A whole profile, with its comments."""
    from console.commands.profiles import show_profile

    return show_profile(name)


@profile_app.command("path")
def profile_path(name: Annotated[str | None, typer.Argument(metavar="NAME")] = None) -> int:
    """Where a profile is; without a name, where your own go."""
    from console.commands.profiles import print_path

    return print_path(name)


@profile_app.command("check")
def profile_check(file: Annotated[str, typer.Argument(metavar="FILE")]) -> int:
    """Everything that is wrong or doubtful in a profile, by line."""
    from console.commands.profiles import check

    return check(file)
