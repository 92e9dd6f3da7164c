"""``chargehand profile``: which profiles there are, where they are, what is in one and what is wrong with it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from console.commands.trouble import OURS, complain
from console.engine.visible import visible
from profiles import check_profile, config_directory, profile_names, profile_path, profile_text


def list_profiles() -> int:
    """A table of all."""
    from console.commands.tables import Column, print_table

    rows = [
        {"name": one.name, "title": one.title, "path": str(one.path), "where": "shipped" if one.shipped else "yours"}
        for one in profile_names()
    ]
    columns = [Column(key.upper(), partial(_field, key)) for key in ("name", "title", "where", "path")]
    print_table(columns, rows, empty="There is no profile.")
    return 0


def _field(key: str, row: dict[str, str]) -> str:
    return row[key]


def show_profile(name: str) -> int:
    """The text, comments and all."""
    text = profile_text(name)
    # A file or another program gets it to the letter; a terminal gets nothing that would steer it.
    if sys.stdout.isatty():
        text = "\n".join(visible(line.removesuffix("\r").expandtabs(4)) for line in text.split("\n"))
    sys.stdout.write(text)
    return 0


def print_path(name: str | None) -> int:
    """Where a profile is; without a name, the folder of the user's own."""
    print(profile_path(name) if name is not None else config_directory() / "profiles")
    return 0


def check(name: str) -> int:
    """Every problem, by line. 2 where the profile cannot be used; warnings alone are no failure."""
    path = profile_path(Path(name) if Path(name).exists() else name)
    problems = check_profile(path)
    errors = 0
    for problem in problems:
        errors += problem.level == "error"
        complain(f"{problem.level}: {problem.sentence(path.name)}")
    if errors:
        return OURS
    count = len(problems)
    print(f"{path}: this profile can be used" + (f" ({count} warning{'s' if count > 1 else ''})" if count else ""))
    return 0
