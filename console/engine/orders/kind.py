"""What an order of the table is: its arguments, its effect in words, and when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from console.engine.orders import effects
from console.engine.orders.argument import ALL, NEW, OLD, Argument

Danger = Literal["none", "careful", "danger"]


class OrderKind(msgspec.Struct, frozen=True, kw_only=True):
    """One order. ``key`` is its key on the screens (None: palette, `:` and forms only).

    ``effect`` says in a sentence what will happen, from the arguments that are known so far and the station's version.
    ``done_when``: what is waited for; ``done_at_evse`` where the order names a single EVSE and that differs. ``one_of``:
    groups of which at least one must be given; ``instead``: arguments that stand in for another one, so that not both can
    be given; ``needs``: arguments that mean nothing without another one. ``patience``: seconds to wait for the effect on
    a screen; None takes the profile's ``effect_timeout``.
    """

    id: str
    key: str | None
    title: str
    arguments: tuple[Argument, ...]
    effect: effects.Effect
    danger: Callable[[effects.Given], Danger]
    done_when: str
    help: str
    versions: tuple[str, ...] = ALL
    one_of: tuple[tuple[str, ...], ...] = ()
    instead: Mapping[str, str] = msgspec.field(default_factory=dict)
    needs: Mapping[str, str] = msgspec.field(default_factory=dict)
    patience: float | None = None
    done_at_evse: str = ""

    def arguments_for(self, version: str | None) -> tuple[Argument, ...]:
        """The arguments that this version knows; all of them where the version is not known."""
        return tuple(one for one in self.arguments if version is None or version in one.versions)

    def argument(self, name: str, version: str | None = None) -> Argument | None:
        """The argument of that name, compared without case."""
        folded = name.casefold().replace("-", "_")
        return next((one for one in self.arguments_for(version) if one.name == folded), None)

    def waits_for(self, given: effects.Given) -> str:
        """What the order with these arguments is done with, as the end of "done when"."""
        return self.done_at_evse if self.done_at_evse and given.get("evse") else self.done_when

    @property
    def gist(self) -> str:
        """What it does, in the first sentence of the help."""
        return self.help.split(". ")[0].rstrip(".")

    def usage(self, version: str | None = None) -> str:
        """The arguments as the help writes them."""
        words: dict[str, None] = {}
        for one in self.arguments_for(version):
            group = next((names for names in self.one_of if one.name in names), None)
            known = [name for name in group or () if self.argument(name, version) is not None]
            words["|".join(known) if group else one.words()] = None
        return " ".join(words) or "–"


def always(level: Danger) -> Callable[[effects.Given], Danger]:
    """The same danger whatever the arguments are."""
    return lambda _given: level


def hints(old: str, new: str) -> Mapping[str, str]:
    """A hint for 1.6 and one for 2.x."""
    return {**dict.fromkeys(OLD, old), **dict.fromkeys(NEW, new)}


CONNECTOR: Final = Argument(
    name="connector", kind="int", hint=hints("a number; 1 is the first", "a number; n is EVSE n, connector 1")
)
EVSE: Final = Argument(name="evse", kind="int", versions=NEW, hint="the EVSE, where connector counts within it")
