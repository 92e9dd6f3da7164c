"""Profiles: the TOML that ships with the program, and the code that loads, checks and saves it. The lowest layer."""

from __future__ import annotations

from profiles.address import format_address, is_loopback, parse_address
from profiles.errors import ChargehandError, ProfileError
from profiles.findings import Problem
from profiles.load import (
    DEFAULT_PROFILE,
    ProfileInfo,
    check_profile,
    config_directory,
    load_profile,
    profile_names,
    profile_path,
    profile_text,
)
from profiles.profile import (
    VERSIONS,
    Api,
    Calls,
    Files,
    Journal,
    KnownStation,
    Listen,
    Profile,
    Registration,
    Screen,
    Tag,
    Tags,
    Tls,
)
from profiles.quirks import NO_QUIRKS, Charger, Quirk, Quirks, all_chargers, quirks_for
from profiles.save import profile_toml, save_profile

__all__ = [
    "DEFAULT_PROFILE",
    "NO_QUIRKS",
    "VERSIONS",
    "Api",
    "Calls",
    "ChargehandError",
    "Charger",
    "Files",
    "Journal",
    "KnownStation",
    "Listen",
    "Problem",
    "Profile",
    "ProfileError",
    "ProfileInfo",
    "Quirk",
    "Quirks",
    "Registration",
    "Screen",
    "Tag",
    "Tags",
    "Tls",
    "all_chargers",
    "check_profile",
    "config_directory",
    "format_address",
    "is_loopback",
    "load_profile",
    "parse_address",
    "profile_names",
    "profile_path",
    "profile_text",
    "profile_toml",
    "quirks_for",
    "save_profile",
]
