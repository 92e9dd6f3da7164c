"""What nobody should read over a shoulder or in a log: passwords, keys, PIN codes, and credentials within URLs.

Sources: OCPP 2.x C04.FR.04 (a KeyCode shall not appear in any log), the security white paper (AuthorizationKey), Part 2
A01 (BasicAuthPassword). Secrets are found by the name of their field, or by a neighbour that says what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

MASK: Final = "***"

_SETTINGS = frozenset(
    name.casefold() for name in ("AuthorizationKey", "BasicAuthPassword", "apnPassword", "password", "wifiPassword")
)
_FIELDS = frozenset(
    name.casefold()
    for name in ("password", "basicAuthPassword", "apnPassword", "simPin", "privateKey", "exiResponse", "secret")
)
# Fields whose neighbour says whether they are secret: which field names it, which holds it.
_PAIRS: Final = (
    ("key", "value"),
    ("variable", "attributeValue"),
    ("variable", "variableAttribute"),
    ("variable", "actualValue"),
    ("type", "idToken"),
)
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]{1,15}://)([^/@\s\"]+)@", re.IGNORECASE)
_SCALARS = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*')
# The same in text that is no JSON: the value behind a secret name, or behind the name of a secret setting.
_ROUGH = re.compile(
    r'("(?:\w*password|simPin|privateKey|secret)"\s*:\s*")((?:[^"\\]|\\.)*)'
    r'|("key"\s*:\s*"(?:AuthorizationKey|\w*Password)"\s*,\s*"value"\s*:\s*")((?:[^"\\]|\\.)*)',
    re.IGNORECASE,
)


def masked_url(text: str) -> str:
    """The text with the user and password of every URL in it replaced."""
    return _LOGIN.sub(rf"\1{MASK}@", text) if "@" in text else text


def is_secret_setting(name: str) -> bool:
    """Whether a configuration key or a variable of that name holds a secret."""
    folded = name.casefold()
    return folded in _SETTINGS or "password" in folded or folded.endswith("secret")


def masked_payload(value: Any) -> Any:
    """A JSON value with every secret in it replaced; the value itself is left as it is."""
    if isinstance(value, dict):
        hidden = _hidden(value)
        return {key: _blank(one) if key in hidden else masked_payload(one) for key, one in value.items()}
    if isinstance(value, list):
        return [masked_payload(one) for one in value]
    return masked_url(value) if isinstance(value, str) else value


def masked_raw(raw: str, *payloads: Any) -> str:
    """A frame's text with its secrets replaced, everything else byte for byte. ``payloads``: what was read from it.

    Text that is no JSON has no payload; secrets are then found by the names in front of them.
    """
    text = masked_url(raw)
    secrets = {one for payload in payloads for one in _secrets(payload) if one != ""}
    if secrets:
        text = _SCALARS.sub(lambda found: f'"{MASK}"' if _decoded(found[0]) in secrets else found[0], text)
    return _ROUGH.sub(lambda found: f"{found[1] or found[3]}{MASK}", text)


def holds_secrets(raw: str, *payloads: Any) -> bool:
    """Whether ``masked_raw`` hides anything of this text."""
    return masked_raw(raw, *payloads) != raw


def _hidden(found: dict[str, Any]) -> set[str]:
    """Keys of an object that hold a secret."""
    hidden = {holder for namer, holder in _PAIRS if holder in found and _names_secret(namer, found.get(namer))}
    hidden.update(key for key in found if key.casefold() in _FIELDS)
    # The key of a VPN; elsewhere ``key`` is the name of a setting.
    if "key" in found and ("server" in found or "password" in found):
        hidden.add("key")
    return hidden


def _names_secret(namer: str, said: Any) -> bool:
    if namer == "type":
        return bool(said == "KeyCode")
    name = said.get("name") if isinstance(said, dict) else said
    return isinstance(name, str) and is_secret_setting(name)


def _blank(value: Any) -> Any:
    """Every value within replaced, so that the shape can still be seen."""
    if isinstance(value, dict):
        return {key: one if key in ("type", "mutability") else _blank(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_blank(one) for one in value]
    return value if value is None or isinstance(value, bool) else MASK


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        hidden = _hidden(value)
        for key, one in value.items():
            yield from _leaves(one) if key in hidden else _secrets(one)
    elif isinstance(value, list):
        for one in value:
            yield from _secrets(one)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in ("type", "mutability"):
                yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _decoded(literal: str) -> str:
    if not literal.startswith('"'):
        return literal
    try:
        return str(orjson.loads(literal))
    except orjson.JSONDecodeError:
        return literal[1:-1]
