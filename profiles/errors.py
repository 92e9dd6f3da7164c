"""The root of every error that chargehand raises on purpose.

``ChargehandError``
├── ``ProfileError``      a profile or fleet file that cannot be used (``profiles``)
└── the engine's branch   see ``console.engine.errors``

An error carries a *title* (a few words) and a *sentence* that says what to do next. The same two are shown
on the screen, on standard error (exit code 2) and as problem details by the API.
"""

from __future__ import annotations


class ChargehandError(Exception):
    """Something the user can act on: ``title`` names it, ``sentence`` says what to do next."""

    title = "chargehand cannot go on"

    def __init__(self, sentence: str, *, title: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        if title is not None:
            self.title = title


class ProfileError(ChargehandError):
    """A profile or fleet file that is missing, unreadable or wrong; the sentence names file, key and line."""

    title = "The profile cannot be used"
