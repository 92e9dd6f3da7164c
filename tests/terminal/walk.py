"""A person at a console that hostile stations talk to: goes from place to place, and tells what is wrong there."""

from __future__ import annotations

import re
import time

from tests.terminal.hostile import Mouth, Station
from tests.terminal.pseudo import PseudoTerminal, told


class Walk:
    """A person who goes from place to place. ``at`` says where one is now, and what has to be seen there."""

    def __init__(self, terminal: PseudoTerminal) -> None:
        self.terminal = terminal
        self.say = Mouth()
        self.problems: list[str] = []
        self.stations: list[Station] = []
        self._faults = 0

    def station(self, identity: str, version: str = "1.6") -> Station:
        """A station that has just connected."""
        found = Station(self.base, identity, version=version)
        self.stations.append(found)
        return found

    @property
    def base(self) -> str:
        """The address that stations call."""
        found = re.search(r"ws://127\.0\.0\.1:\d+/", self.terminal.picture.text())
        assert found is not None
        return found[0]

    def at(self, place: str, *purposes: str, within: float = 20) -> str:
        """Wait until strings of all these purposes are drawn here, one of each with what was taken out of it."""
        deadline = time.monotonic() + within
        while True:
            text = self.terminal.look().text()
            seen = self.say.seen(text)
            missing = [one for one in purposes if not any(self.say.escaped(text, mark) for mark in seen.get(one, ()))]
            if not missing or time.monotonic() > deadline:
                break
            self.terminal.assert_alive()
            time.sleep(0.02)
        if missing:
            self.problems.append(f"{place} does not show {', '.join(missing)}:\n{told(text)}")
        faults = self.terminal.picture.faults
        self.problems += [f"{place}: {one}" for one in faults[self._faults :]]
        self._faults = len(faults)
        return text

    def press(self, keys: str) -> None:
        """Keys."""
        self.terminal.press(keys)

    def leave(self, *, without: str = "") -> None:
        """``esc``, in the way of terminals that tell it from the beginning of a sequence."""
        self.terminal.press("\x1b[27u")
        if without:
            self.terminal.sees(without=without)
        self.terminal.rests(0.1)

    def section(self, key: str, title: str) -> None:
        """A section, by its digit."""
        self.terminal.press(key)
        deadline = time.monotonic() + 30
        while not self.terminal.look().text().splitlines()[1].partition("6 Files")[2].strip().startswith(title):
            assert time.monotonic() < deadline, f"{title} never came:\n{told(self.terminal.picture.text())}"
            time.sleep(0.02)
        self.terminal.rests(0.1)

    def command(self, line: str) -> None:
        """A line behind `:`."""
        self.terminal.press(":")
        self.terminal.sees("Restarts the station")
        self.terminal.press(line)
        self.terminal.sees(f":{line}")
        self.terminal.press("\r")
        self.terminal.sees(without=f":{line}")

    def close(self) -> None:
        """The stations go."""
        for station in self.stations:
            station.close()
