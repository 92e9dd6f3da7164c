"""What must not stand in an audit row: passwords, keys, PIN codes, and credentials within URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

MASK: Final = "***"

_SETTINGS = frozenset(
    name.casefold() for name in ("AuthorizationKey", "BasicAuthPassword", "apnPassword", "password", "wifiPassword")
)
_FIELDS = frozenset(
    name.casefold()
    for name in ("password", "basicAuthPassword", "apnPassword", "key", "privateKey", "exiResponse", "secret")
)
# Fields whose neighbour says whether they are secret: which field names it, which holds it.
_PAIRS = (("key", "value"), ("variable", "attributeValue"), ("type", "idToken"))
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]{1,15}://)([^/@\s]+)@", re.IGNORECASE)


def masked_url(text: str) -> str:
    """The text with the user and password of every URL in it replaced."""
    return _LOGIN.sub(rf"\1{MASK}@", text)


def masked(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the order ``name`` as its audit row may hold them."""
    found = {key: _walk(value) for key, value in arguments.items()}
    setting = str(arguments.get("key") or arguments.get("variable") or "")
    if name == "set" and _secret_setting(setting):
        found["value"] = MASK
    return found


def _secret_setting(name: str) -> bool:
    folded = name.casefold()
    return folded in _SETTINGS or "password" in folded or folded.endswith("secret")


def _walk(value: Any) -> Any:
    if isinstance(value, dict):
        hidden = {holder for namer, holder in _PAIRS if holder in value and _names_secret(namer, value.get(namer))}
        is_setting = "value" in value and "key" in value  # 1.6 ChangeConfiguration: its ``key`` is a name
        return {
            key: MASK
            if key in hidden
            or (key.casefold() in _FIELDS and isinstance(one, str) and not (key == "key" and is_setting))
            else _walk(one)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [_walk(one) for one in value]
    return masked_url(value) if isinstance(value, str) else value


def _names_secret(namer: str, said: Any) -> bool:
    if namer == "type":
        return bool(said == "KeyCode")  # C04.FR.04: a PIN shall not appear in any log
    name = said.get("name") if isinstance(said, dict) else said
    return isinstance(name, str) and _secret_setting(name)
