"""Writing a profile into the user's own folder, so that a crash leaves the old file or the new one, never half."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from profiles.check import PROFILE_NAME, findings
from profiles.document import Document
from profiles.durable import new_folder, replace_file
from profiles.errors import ProfileError
from profiles.load import user_profiles
from profiles.profile import KnownStation, Profile, Tag, defaults

_HEADER = """\
# A chargehand profile, written by the program. Comments of an earlier file are not in it: they are in the
# .bak file beside it, or in the shipped profile. docs/profiles.md says what every key means.

"""


def save_profile(profile: Profile, name: str | None = None) -> Path:
    """Write the profile as ``NAME.toml`` into the user's folder and return its path.

    ``name`` saves it under another name. The file before it is kept as ``NAME.toml.bak``. Only the user can read
    the file, for it may hold passwords. Raises ProfileError where the profile is wrong or the disk refuses.
    """
    profile = replace(profile, name=name or profile.name)
    if not PROFILE_NAME.fullmatch(profile.name):
        raise ProfileError(
            f'"{profile.name}" is no name for a profile: letters, digits, dots, dashes and underscores, at most 64'
        )
    path = user_profiles() / f"{profile.name}.toml"
    text = profile_toml(profile)
    document = Document(path.name, text, tables=("listen",))
    document.convert(Profile)
    errors = [each for each in findings(profile) if each.level == "error"]
    if errors:
        raise document.error(errors)
    try:
        new_folder(path.parent)
        target = path.resolve()  # a link stays a link: what it points to is written
        if target.exists():
            replace_file(target.with_name(target.name + ".bak"), target.read_bytes())
        replace_file(target, text.encode())
    except OSError as error:
        raise ProfileError(f"{path}: the profile cannot be saved: {error.strerror or error}") from None
    return path


def profile_toml(profile: Profile) -> str:
    """The profile as TOML text. Reading it back gives the same profile, but for ``source``."""
    import tomli_w

    raw: dict[str, Any] = _without_none(msgspec.to_builtins(replace(profile, source=None), builtin_types=(datetime,)))
    stations = [_said(station, defaults(KnownStation)) for station in raw.pop("stations")]
    tags = [_said(tag, defaults(Tag)) for tag in raw["tags"].pop("known")]
    if len(raw["listen"]) == 1:
        raw["listen"] = raw["listen"][0]
    parts = [_HEADER, tomli_w.dumps(raw)]
    # Entries one to a table, for people who go on by hand; tomli_w would put short ones on one line.
    parts.extend(f"\n[[tags.known]]\n{tomli_w.dumps(tag)}" for tag in tags)
    parts.extend(f"\n[[stations]]\n{tomli_w.dumps(station)}" for station in stations)
    return "".join(parts)


def _said(entry: dict[str, Any], unsaid: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in unsaid or value != unsaid[key]}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list) else value
