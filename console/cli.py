"""The command line: ``chargehand [COMMAND] …``. This module decides how a command ends; ``commands`` has what each does.

The bare command opens the console, so its way there is short: flags that ``run`` knows are read by hand, and typer is
loaded only for what is more than that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.commands.trouble import INTERRUPTED, OURS, CommandFailed, complain, sentence_of
from console.engine.options import EngineOptions
from profiles.errors import ChargehandError

DEBUG_VARIABLE = "CHARGEHAND_DEBUG"
_VALUES = {"--profile": "profile", "--listen": "listen", "--api": "api", "--files": "files", "--data": "data"}
_SWITCHES = {"--read-only": "read_only", "--insecure": "insecure"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code (``console.commands.trouble``)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _dispatch(given)
        sys.stdout.flush()
        return code
    except CommandFailed as error:
        complain(sentence_of(error))
        return error.code
    except ChargehandError as error:
        complain(sentence_of(error))
        return OURS
    except BrokenPipeError:
        # Who reads has seen enough; what Python would still flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _unforeseen(error)


def _unforeseen(error: Exception) -> int:
    """A fault of this program is one sentence too; where it happened is told to whoever asks for it."""
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exception(error)
    from console.engine.masking import masked_text

    complain(
        f"An error of this program: {type(error).__name__}: {masked_text(str(error)).rstrip('.')}. "
        f"With {DEBUG_VARIABLE}=1 in the environment it tells where."
    )
    return OURS


def _dispatch(given: list[str]) -> int:
    if not given or (given[0].startswith("-") and given[0] not in ("--help", "-h", "--version")):
        given = ["run", *given]
    if given[0] == "run" and (options := quick_options(given[1:])) is not None:
        from console.commands.screen import run

        return run(options)
    from console.commands.program import run_program

    return run_program(given)


def quick_options(given: Sequence[str]) -> EngineOptions | None:
    """The options of ``run``, where nothing else is among the words; None leaves them to typer."""
    found: dict[str, Any] = {}
    listen: list[str] = []
    words = iter(given)
    for word in words:
        name, sign, value = word.partition("=")
        if not sign and name in _SWITCHES:
            found[_SWITCHES[name]] = True
            continue
        if name not in _VALUES:
            return None
        if not sign:
            value = next(words, "")
        if not value or value.startswith("-"):
            return None
        if name == "--listen":
            listen.append(value)
        else:
            found[_VALUES[name]] = Path(value) if name == "--data" else value
    return EngineOptions(listen=tuple(listen), **found)


if __name__ == "__main__":
    sys.exit(main())
