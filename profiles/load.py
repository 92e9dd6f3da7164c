"""Finding and reading profiles: the user's copies first, then those that ship with the program."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from profiles.check import PROFILE_NAME, findings
from profiles.document import Document, UnreadableError, read_text
from profiles.errors import ProfileError
from profiles.findings import Problem, nearest
from profiles.profile import Profile

SITES = Path(__file__).parent / "sites"
"""The profiles that ship with the program."""

DEFAULT_PROFILE = "bench"

_SHAPE: dict[str, Any] = {
    "tables": ("listen",),
    "hidden": ("source",),
    "advice": "; chargehand profile check tells them all",
}


class ProfileInfo(Struct, frozen=True):
    """A profile in a list. ``title`` says why where the file cannot be read."""

    name: str
    title: str
    path: Path
    shipped: bool


def config_directory() -> Path:
    """The user's chargehand folder; the environment's CHARGEHAND_CONFIG_DIR comes before the platform's place."""
    if given := os.environ.get("CHARGEHAND_CONFIG_DIR"):
        return Path(given).expanduser()
    from platformdirs import user_config_dir

    return Path(user_config_dir("chargehand", appauthor=False))


def user_profiles() -> Path:
    """Where the user's own profiles are; it need not exist."""
    return config_directory() / "profiles"


def profile_path(name_or_path: str | Path) -> Path:
    """The file of a profile. A name is looked up among the user's profiles, then among the shipped ones.

    Anything with a slash or the ending ``.toml`` is a file. Raises ProfileError where there is no such profile.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text or os.sep in text:
        path = Path(text).expanduser()
        if not path.exists():
            raise ProfileError(f"{path}: there is no such file")
        return path
    if PROFILE_NAME.fullmatch(text):
        for folder in (user_profiles(), SITES):
            path = folder / f"{text}.toml"
            if path.is_file():
                return path
    names = [info.name for info in profile_names()]
    raise ProfileError(f'There is no profile "{text}"{nearest(text, names)}. There are: {", ".join(names)}')


def load_profile(name_or_path: str | Path = DEFAULT_PROFILE) -> Profile:
    """A checked profile, by name or file. Raises ProfileError that names file, line and key of the first error."""
    path = profile_path(name_or_path)
    document = Document.read(path, **_SHAPE)
    profile = _finish(document.convert(Profile), path)
    errors = [each for each in findings(profile, quirk_ids=_quirk_ids) if each.level == "error"]
    if errors:
        raise document.error(sorted(errors, key=lambda each: document.line(each.path)))
    return profile


def check_profile(path: str | Path) -> list[Problem]:
    """Every error and warning in a file that can be found, by line. A file without TOML in it gives one problem."""
    path = Path(path)
    try:
        document = Document.read(path, **_SHAPE)
    except UnreadableError as error:
        return [error.problem]
    heartbeat = _given_heartbeat(document.raw)
    found = document.type_findings(Profile)
    salvaged = document.salvage(Profile)
    if salvaged is not None:
        profile = _finish(salvaged, path)
        broken = {finding.path for finding in found}
        rest = findings(profile, given_heartbeat=heartbeat, quirk_ids=_quirk_ids)
        found.extend(finding for finding in rest if finding.path not in broken)
    return sorted((document.problem(finding) for finding in found), key=lambda problem: problem.line)


def profile_names() -> list[ProfileInfo]:
    """Every profile that can be named, by name; a user's copy stands in for the shipped one."""
    found: dict[str, ProfileInfo] = {}
    for folder, shipped in ((SITES, True), (user_profiles(), False)):
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            if PROFILE_NAME.fullmatch(path.stem):
                found[path.stem] = ProfileInfo(path.stem, _title(path), path, shipped)
    return [found[name] for name in sorted(found)]


def profile_text(name_or_path: str | Path) -> str:
    """The profile as it is written, comments and all."""
    return read_text(profile_path(name_or_path))


def _finish(profile: Profile, path: Path) -> Profile:
    return replace(profile, name=profile.name or path.stem, source=path)


def _title(path: Path) -> str:
    try:
        title = Document.read(path, **_SHAPE).raw.get("title", "")
    except ProfileError as error:
        return f"cannot be read: {error.sentence}"
    return title if isinstance(title, str) else ""


def _given_heartbeat(raw: dict[str, Any]) -> int | None:
    table = raw.get("registration")
    value = table.get("heartbeat_interval") if isinstance(table, dict) else None
    return value if type(value) is int else None


def _quirk_ids() -> frozenset[str]:
    from profiles.quirks import quirk_ids

    return quirk_ids()
