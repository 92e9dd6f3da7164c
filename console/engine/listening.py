"""Which addresses the endpoint listens on: those of the profile, or those of the command line in their place."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from console.engine.errors import ListenError, ProfileError
from profiles import Listen, Profile, format_address, parse_address


def listens(profile: Profile, addresses: Sequence[str] | None) -> list[Listen]:
    """What to listen on. ``addresses``: HOST:PORT or URLs in place of the profile's own, whose other settings stay.

    Raises ProfileError where an address asks for TLS and the profile does not, or the other way round.
    """
    if not addresses:
        return list(profile.listen)
    made: list[Listen] = []
    for number, address in enumerate(addresses):
        template = profile.listen[min(number, len(profile.listen) - 1)]
        scheme = address.casefold().partition("://")[0]
        if scheme == "ws" and template.secure:
            raise ProfileError(
                f"--listen {address}: the profile {profile.name} asks for TLS (security profile "
                f"{template.security_profile}). Write wss://, or use another profile."
            )
        if scheme == "wss" and not template.secure:
            raise ProfileError(
                f"--listen {address}: wss:// needs a [listen.tls] table in the profile {profile.name}. An empty one will "
                "do: chargehand makes the certificates then."
            )
        host, port = parse_address(address)
        made.append(msgspec.structs.replace(template, address=format_address(host, port)))
    return made


def refuse_exposed(profile: Profile, addresses: Sequence[Listen]) -> None:
    """Raise ListenError where other machines could reach an address at which nobody is asked who they are."""
    for listen in addresses:
        if listen.exposed:
            raise ListenError(
                f"Profile {profile.name} listens on {listen.address} without asking stations who they are. "
                "Set security_profile = 1 and passwords, listen on 127.0.0.1, or say --insecure."
            )
