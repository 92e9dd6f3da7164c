"""What nobody should read over a shoulder or in a log: passwords, keys, PIN codes, and credentials within URLs.

Sources: OCPP 2.x C04.FR.04 (a KeyCode shall not appear in any log), the security white paper (AuthorizationKey), Part 2
A01 (BasicAuthPassword). Secrets are found by the name of their field, or by a neighbour that says what they are. Text
without any word that could name a secret is told apart at once and stays what it is, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import orjson

MASK: Final = "***"

# Without one of these there is no secret in a text. A backslash may spell any of them.
_WORDS: Final = (
    "pass",
    "pwd",
    "psk",
    "secret",
    "authorization",
    "authkey",
    "auth_key",
    "apikey",
    "api_key",
    "private",
    "keycode",
    "vpn",
    "wifi",
    "wlan",
    "simpin",
    "sim_pin",
    "adminpin",
    "pincode",
    "pin_code",
    "pin-code",
    "pin code",
    "pin.code",
    "accesstoken",
    "authtoken",
    "sharedkey",
    "token=",
    "sig=",
    "signature=",
    "exiresponse",
    "\\",
)
# The second words of names that are written with a joint (``_JOINTS``): access_token, Shared-Key, admin pin.
_JOINED: Final = {word: tuple(joint + word for joint in "_-. ") for word in ("key", "pin", "token")}
# In the name of a setting, a variable or a field, without blanks, dashes and underscores.
_SETTINGS: Final = (
    "password",
    "passwort",
    "passwd",
    "passphrase",
    "authorizationkey",
    "authkey",
    "apikey",
    "privatekey",
    "sharedkey",
    "vpnkey",
    "wifikey",
    "wlankey",
    "psk",
    "secret",
    "simpin",
    "adminpin",
    "pincode",
    "accesstoken",
    "authtoken",
)
_ENDINGS: Final = ("pwd", "pass")
_NO_SECRETS: Final = ("bypass", "passwordlength", "passwordset")
_FIELDS: Final = frozenset(("simpin", "exiresponse"))
_VPNS: Final = frozenset(("ikev2", "ipsec", "l2tp", "pptp"))
# Fields whose neighbour says whether they are secret: which field names it, which holds it.
_PAIRS: Final = (
    ("key", "value"),
    ("variable", "value"),
    ("variable", "attributevalue"),
    ("variable", "variableattribute"),
    ("variable", "actualvalue"),
    ("type", "idtoken"),
    ("type", "additionalidtoken"),
    ("type", "tag"),
    ("messageid", "data"),
    ("message", "data"),
)
_FIELD_ENDINGS: Final = (
    "password",
    "passwd",
    "passphrase",
    "authorizationkey",
    "privatekey",
    "secret",
    "psk",
    "apikey",
)
_JOINTS: Final = re.compile(r"[\s_.-]+")
_LONGEST_NAME: Final = 200  # characters of a name that is remembered
_HOLDERS: Final = frozenset(holder for _, holder in _PAIRS)

_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]{1,15}:(?:\\?/){2})[^/\s\"]+@", re.IGNORECASE)
# A password with a slash in it is no URL, but it is typed; what stands there instead may be a port.
_LOGIN_SLASHED = re.compile(
    r"(\b[a-z][a-z0-9+.-]{1,15}:(?:\\?/){2})[^/@\s\":]{1,64}:(?!\d{1,5}[/?#\s\"]|\d{1,5}$)[^@\s\"]{1,128}@",
    re.IGNORECASE,
)
_QUERY = re.compile(
    r"([?&;](?:[\w.-]{0,40}(?:passw(?:or)?d|pwd|token|secret|api_?key|signature)|sig)=)[^&#\s\"'\\]+", re.IGNORECASE
)
# ``password=…``, ``AuthorizationKey: …`` in words, and as XML; what a station answers to it is no secret.
_SAID = re.compile(
    r"(\b\w{0,40}(?:password|passwort|passwd|passphrase|authorizationkey|secret|psk|(?:api|auth|shared|private)[ _.-]?key"
    r"|(?:access|auth)[ _.-]?token)\s{0,3}[=:]\s{0,3})"
    r"(?!\*|(?:Accepted|Rejected|RebootRequired|NotSupported|UnknownVariable|UnknownComponent)\b)[^\s\"'&;,<>\\]+",
    re.IGNORECASE,
)
_TAGGED = re.compile(
    r"(<[\w:.-]{0,40}(?:password|passwd|passphrase|authorizationkey|secret|psk)(?:\s[^<>]{0,200})?>)[^<]+",
    re.IGNORECASE,
)
_PEM = re.compile(
    r"(-----BEGIN[A-Z0-9 ]*PRIVATE KEY-----)(?:[^-\"]|-(?!----END))*(-----END[A-Z0-9 ]*PRIVATE KEY-----)?"
)
_HEADER = re.compile(r"(\bauthorization\b\W{1,6}(?:basic|bearer|digest)\s+)[^\s\"',\\]+", re.IGNORECASE)
_SCALARS = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*')
# The same in text that is no JSON: the value behind a secret name,
_ROUGH = re.compile(
    r'(\\{0,4}"(?:\w*password|\w*passphrase|\w*secret|\w*psk|\w*privateKey|simPin|exiResponse)\\{0,4}"\s*:\s*)'
    r'(?:(\\{0,4}")(?:[^"\\]|\\.)*|-?\d[\d.]*)',
    re.IGNORECASE,
)
_KEY = re.compile(r'(\\{0,4}"key\\{0,4}"\s*:\s*)(?:(\\{0,4}")(?:[^"\\]|\\.)*|-?\d[\d.]*)', re.IGNORECASE)
# and every value that may belong to a secret name, where there is one.
_NAMED = re.compile(
    r"pass|pwd|auth\W?_?(?:orization)?\W?_?key|keycode|secret|psk|vpn|(?:api|private|wifi|wlan|shared)[\s_.-]*key"
    r"|(?:access|auth)[\s_.-]*token|(?:sim|admin)[\s_.-]*pin|pin[\s_.-]*code",
    re.IGNORECASE,
)
_NEAR = re.compile(
    r'(\\{0,4}"(?:value|attributeValue|actualValue|idToken|additionalIdToken|tag|data)\\{0,4}"\s*:\s*)'
    r'(?:(\\{0,4}")(?:[^"\\]|\\.)*|-?\d[\d.]*)',
    re.IGNORECASE,
)


def suspicious(text: str) -> bool:
    """Whether a text may hold a secret at all; a few microseconds for most frames."""
    folded = text.lower()
    if any(word in folded for word in _WORDS) or ("@" in folded and "://" in folded):
        return True
    return any(one in folded for word, every in _JOINED.items() if word in folded for one in every)


def masked_url(text: str) -> str:
    """The text with the user and password of every URL in it replaced, and the keys to it in its query."""
    if "@" in text:
        text = _LOGIN_SLASHED.sub(rf"\1{MASK}@", _LOGIN.sub(rf"\1{MASK}@", text))
    return _QUERY.sub(rf"\1{MASK}", text) if "=" in text else text


def masked_text(text: str) -> str:
    """Any text with its secrets replaced: a sentence, a line of a log, JSON within a string."""
    if not suspicious(text):
        return text
    return masked_raw(text) if text.lstrip()[:1] in ("{", "[") else _roughly(text)


def is_secret_setting(name: str) -> bool:
    """Whether a configuration key or a variable of that name holds a secret."""
    return _is_secret(name) if len(name) <= _LONGEST_NAME else _is_secret.__wrapped__(name)


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    folded = _JOINTS.sub("", name.casefold())
    if folded.endswith(_NO_SECRETS):
        return False
    return folded.endswith(_ENDINGS) or any(word in folded for word in _SETTINGS)


def holds_secret(path: str) -> bool:
    """Whether the field at a JSON path (``$.idToken.idToken``) may be a secret one, going by its name."""
    name = re.split(r"[.\[]", path.rstrip("]0123456789["))[-1].casefold()
    return name in _HOLDERS or _secret_field(name)


def masked_payload(value: Any) -> Any:
    """A JSON value with every secret in it replaced; the value itself is left as it is."""
    if isinstance(value, dict):
        hidden = _hidden(value)
        return {key: _blank(one) if key in hidden else masked_payload(one) for key, one in value.items()}
    if isinstance(value, list):
        return [masked_payload(one) for one in value]
    return masked_text(value) if isinstance(value, str) else value


def masked_raw(raw: str, *payloads: Any) -> str:
    """A frame's text with its secrets replaced, everything else byte for byte. ``payloads``: what was read from it.

    Text that is no JSON has no payload; secrets are then found by the names in front of them.
    """
    if not payloads and not suspicious(raw):
        return raw
    whole, found = _read(raw)
    secrets = secrets_of(found, *payloads)
    if not whole and not secrets:
        return _roughly(raw)

    def literal(match: re.Match[str]) -> str:
        text, colon = match[1], match[2]
        if colon is not None:
            return match[0]  # a name, not a value
        said = _decoded(match[0])
        if said in secrets:
            return f'"{MASK}"'
        if text is None or (cleaned := masked_text(said)) == said:
            return match[0]
        return orjson.dumps(cleaned.encode("utf-8", "backslashreplace").decode()).decode()

    text = _SCALARS.sub(literal, raw)
    return text if whole else _roughly(text)


def secrets_of(*payloads: Any) -> set[str]:
    """Every secret within JSON values, as text."""
    return {one for payload in payloads for one in _secrets(payload) if one not in ("", MASK)}


def without(text: str, secrets: Iterable[str]) -> str:
    """A sentence in which these secrets are hidden too; those of three characters or fewer are no use to look for."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, MASK)
    return masked_text(text)


def _roughly(text: str) -> str:
    text = _HEADER.sub(rf"\1{MASK}", _PEM.sub(rf"\1{MASK}\2", masked_url(text)))
    text = _TAGGED.sub(rf"\1{MASK}", _SAID.sub(rf"\1{MASK}", _ROUGH.sub(_blanked, text)))
    if _NAMED.search(text):  # before the key of a VPN goes, which may be the very name
        text = _NEAR.sub(_blanked, text)
    return _KEY.sub(_blanked, text) if "vpn" in text.lower() else text


def _blanked(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{MASK}" if match[2] else f'{match[1]}"{MASK}"'


def _read(raw: str) -> tuple[bool, Any]:
    """Whether a text is JSON, and what it says."""
    try:
        return True, orjson.loads(raw)
    except (orjson.JSONDecodeError, UnicodeError):
        pass
    try:
        return True, json.loads(raw)  # lone surrogates, NaN
    except (ValueError, RecursionError):
        return False, None


def _hidden(found: dict[str, Any]) -> set[str]:
    """Keys of an object that hold a secret."""
    names = {key.casefold(): key for key in found if isinstance(key, str)}
    hidden = {
        names[holder]
        for namer, holder in _PAIRS
        if holder in names and namer in names and _names_secret(namer, found[names[namer]])
    }
    hidden.update(key for name, key in names.items() if _secret_field(name))
    # The key of a VPN; elsewhere ``key`` is the name of a setting.
    kind = found.get(names.get("type", ""))
    if "key" in names and (
        "server" in names or "password" in names or (isinstance(kind, str) and kind.casefold() in _VPNS)
    ):
        hidden.add(names["key"])
    return hidden


def _secret_field(name: str) -> bool:
    return name in _FIELDS or (name.endswith(_FIELD_ENDINGS) and not name.endswith(_NO_SECRETS))


def _names_secret(namer: str, said: Any) -> bool:
    if namer == "type":
        return isinstance(said, str) and said.casefold() == "keycode"
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
    try:
        return str(orjson.loads(literal))
    except orjson.JSONDecodeError:
        return literal[1:-1] if literal.startswith('"') else literal
