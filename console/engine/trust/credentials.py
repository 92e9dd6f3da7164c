"""Calls that give a station a new password or another security profile, as each version says them."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from console.engine.errors import OrderError
from console.engine.masking import MASK
from console.engine.trust.secrets import Forms
from profiles import KnownStation

ACTIONS: Final = frozenset(("ChangeConfiguration", "SetVariables", "SetNetworkProfile"))
"""The actions that can carry one; a quick look before ``credential_in``."""

_KEY, _PASSWORD, _PROFILE = "authorizationkey", "basicauthpassword", "securityprofile"
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What a call changes: a password (every form of it) or a security profile.

    ``index``: where its status stands in a SetVariables answer; ``later``: it counts after a restart at the earliest.
    """

    forms: Forms = []
    level: int | None = None
    index: int = 0
    later: bool = False

    def status(self, response: Any) -> str:
        """The station's word on it: Accepted, RebootRequired, or anything else for no."""
        if type(response) is not dict:
            return ""
        said = response.get("status")
        results = response.get("setVariableResult")
        if type(results) is list:
            one = results[self.index] if self.index < len(results) else None
            said = one.get("attributeStatus") if type(one) is dict else None
        if said == "Accepted" and self.later:
            return "RebootRequired"
        return said if type(said) is str else ""


def credential_in(action: str, payload: Any) -> Credential | None:
    """What of that kind a call carries. Raises OrderError where it holds the mask instead of a secret."""
    if type(payload) is not dict:
        return None
    found: Credential | None = None
    if action == "ChangeConfiguration":
        name, value = str(payload.get("key")).casefold(), payload.get("value")
        if type(value) is str:
            if name == _KEY:
                found = Credential(forms=key_forms(value))
            elif name == _PROFILE and value.strip().isdigit():
                found = Credential(level=int(value))
    elif action == "SetVariables":
        found = _in_variables(payload.get("setVariableData"))
    elif action == "SetNetworkProfile":
        data = payload.get("connectionData")
        value = data.get("basicAuthPassword") if type(data) is dict else None
        if type(value) is str:
            found = Credential(forms=_text_forms(value), later=True)
    if found is not None and ("text", MASK.encode()) in found.forms:
        raise OrderError("The secret of this call was not kept. Type the new one instead of the asterisks.")
    return found


def _in_variables(data: Any) -> Credential | None:
    for index, one in enumerate(data if type(data) is list else ()):
        if type(one) is not dict or one.get("attributeType") not in (None, "Actual", "Target"):
            continue
        variable, value = one.get("variable"), one.get("attributeValue")
        name = variable.get("name") if type(variable) is dict else None
        if type(name) is str and name.casefold() == _PASSWORD and type(value) is str:
            return Credential(forms=_text_forms(value), index=index)
    return None


def key_forms(value: str) -> Forms:
    """The forms of a 1.6 AuthorizationKey: hex digits stand for bytes, firmware may use the digits as they are."""
    if _HEX.fullmatch(value):
        return KnownStation(id="", password_hex=value).secrets()
    return _text_forms(value)


def _text_forms(value: str) -> Forms:
    return KnownStation(id="", password=value).secrets()


def wire_value(setting: str, value: str, *, hex_keys: bool, strict: bool = False) -> str:
    """A password as the order ``set`` puts it on the wire; any other setting as it is.

    An AuthorizationKey goes as hex digits where the version says so (``hex_keys``): those given, or those of a text of 16
    to 20 bytes (1.6 security white paper 3.2). Raises OrderError in strict conduct for a length that OCPP does not allow.
    """
    name = setting.casefold()
    if hex_keys and name == _KEY:
        digits = _HEX.fullmatch(value) is not None
        size = len(value) // 2 if digits else len(value.encode())
        fits = 16 <= size <= 20
        if strict and not fits:
            raise OrderError(f"An AuthorizationKey has 16 to 20 bytes (32 to 40 hex digits); this one has {size}.")
        return value.encode().hex().upper() if fits and not digits else value
    if strict and name == _PASSWORD and not 16 <= len(value) <= 40:
        raise OrderError(f"A BasicAuthPassword has 16 to 40 characters; this one has {len(value)}.")
    return value
