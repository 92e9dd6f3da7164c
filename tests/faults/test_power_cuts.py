"""Row 70: the power fails. What a kill cannot show: bytes that the program wrote, but the disk did not have yet.

The real program runs under `strace`; from all that it did to its directory, directories are made as they may be found after
the power has failed at some moment, and opened again. `CHARGEHAND_CUTS=2000` tries more of them.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import pytest

from console.engine.filter_sql import MARKED_KIND
from console.engine.journal import FILE, Journal, Snapshot
from console.engine.journal.schema import MIGRATIONS
from tests.engine.journal.making import Running, exchange
from tests.faults.power_disk import LOSSES, NAMES, Disk, Loss, Names
from tests.faults.power_run import Answers, Said, faults, traced
from tests.faults.power_serve import SPOILT
from tests.faults.power_trace import Step, command, steps

CUTS = int(os.environ.get("CHARGEHAND_CUTS", "200"))
OLD = 700  # exchanges of a year ago, which are forgotten while the stations talk
DATA = Path("site") / "data"

UPDATE = """
import sys
from pathlib import Path
from console.engine.journal import Journal
Journal.open(Path(sys.argv[1])).release()
"""

Cut = tuple[int, Loss, Names]


def _untraceable() -> str:
    """Why nothing can be traced here; "" where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"processes may not be traced here: {tried.stderr.strip()}"


pytestmark = [
    pytest.mark.skipif(bool(_untraceable()), reason=_untraceable()),
    pytest.mark.timeout(120 + CUTS),
]


class Traced:
    """One run of the console on ``root``: what lay there before, what it did, and what of that can be cut."""

    def __init__(self, root: Path, said: Said, left: Answers | None = None) -> None:
        self.root = root
        self.said = said
        self._before = Disk(root)
        self._left = left or Answers()
        self.steps: list[Step] = []
        self.answered: list[int] = []

    async def run(self, spoilt: str = "nothing") -> Traced:
        """A console with its stations, from start to end."""
        log = self.root.with_name("calls")
        await traced(log, self.root / DATA, self.said, spoilt)
        return self._read(log)

    def run_alone(self, program: str) -> Traced:
        """A few lines of Python that get the data directory."""
        log = self.root.with_name("calls")
        subprocess.run([*command(log), sys.executable, "-c", program, str(self.root / DATA)], check=True)
        return self._read(log)

    def _read(self, log: Path) -> Traced:
        self.steps = list(steps(log))
        log.unlink()
        left = self._left.copy()
        self.answered = [number for number, step in enumerate(self.steps) if left.take(step)]
        return self

    def choose(self, count: int, chance: random.Random) -> list[Cut]:
        """Half of them right after an answer, with nothing left but what was synced; the rest anywhere, anyhow."""
        after = chance.sample(self.answered, min(count // 2, len(self.answered)))
        cuts: list[Cut] = [(number, "all", "all") for number in after]
        root = str(self.root).encode()
        touching = [
            number
            for number, step in enumerate(self.steps)
            if step.path.startswith(str(self.root)) or any(text.startswith(root) for text in step.texts)
        ]
        while len(cuts) < count:
            # One in five from the whole run, so that the start has its share.
            first = bisect_left(touching, self.answered[0]) if self.answered and chance.random() < 0.8 else 0
            cuts.append((chance.choice(touching[first:]), chance.choice(LOSSES), chance.choice(NAMES)))
        return sorted(cuts)

    def found(self, cuts: Sequence[Cut], target: Path, chance: random.Random) -> Iterator[tuple[Cut, Answers]]:
        """After each cut: what lies in ``target``, and what had left before."""
        disk, left, due = self._before.copy(), self._left.copy(), list(reversed(cuts))
        for number, step in enumerate(self.steps):
            disk.take(step)
            left.take(step)
            while due and due[-1][0] == number:
                cut = due.pop()
                shutil.rmtree(target, ignore_errors=True)
                disk.cut(target, cut[1], cut[2], chance)
                yield cut, left
        lies = {str(one.relative_to(self.root)): one.read_bytes() for one in self.root.rglob("*") if one.is_file()}
        assert disk.now() == lies, "what was traced is not all that the program did"


def _judge(run: Traced, count: int, target: Path, *, whole: bool) -> None:
    chance = random.Random(count)
    for cut, left in run.found(run.choose(count, chance), target, chance):
        assert not faults(target / DATA, run.said, left, whole=whole), cut


async def test_row_70_what_was_answered_is_there_after_a_power_cut_and_after_the_next_one(tmp_path: Path) -> None:
    root, target = tmp_path / "disk", tmp_path / "found"
    root.mkdir()
    first = await Traced(root, Said()).run()
    _judge(first, CUTS // 2, target, whole=True)

    # The console starts again on what one of the cuts has left, and the power fails again.
    chance = random.Random(7)
    cut: Cut = (first.answered[-40], "sectors", "any")
    (left,) = (left.copy() for _, left in first.found([cut], target, chance))
    shutil.rmtree(root)
    target.rename(root)
    again = await Traced(root, Said(dict(first.said.calls), run=1), left).run()
    _judge(again, CUTS // 4, target, whole=True)


async def test_row_70_a_cut_while_the_journal_forgets_and_packs_loses_nothing_either(tmp_path: Path) -> None:
    root, target = tmp_path / "disk", tmp_path / "found"
    then = time.time_ns() - 400 * 86_400 * 10**9
    running = Running(root / DATA)
    for start in range(0, OLD, 100):
        await running.write(*(exchange(n, unique_id=f"old/{n}", time=then + n) for n in range(start, start + 100)))
    assert await running.save(Snapshot(cursor=OLD)) is None
    await running.journal.close()
    run = await Traced(root, Said()).run()
    _judge(run, CUTS // 4, target, whole=False)
    journal = apsw.Connection(str(root / DATA / FILE))
    assert journal.execute("SELECT count(*) FROM exchange WHERE id <= ?", (OLD,)).fetchone() == (0,)
    assert journal.execute("SELECT count(*) > 0 FROM pack WHERE first > ?", (OLD,)).fetchone() == (1,)
    journal.close()
    folded = [n for n, step in enumerate(run.steps) if step.name == "pwrite64" and step.path.endswith(FILE)]
    assert any(run.answered[0] < n < run.answered[-1] for n in folded), "there was no checkpoint beside the traffic"


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_row_75_an_update_of_the_schema_leaves_the_old_or_the_new_and_a_copy_that_is_whole(
    tmp_path: Path, version: int
) -> None:
    root, target = tmp_path / "disk", tmp_path / "found"
    Journal.open(tmp_path / "old", migrations=MIGRATIONS[:version]).release()
    with sqlite3.connect(tmp_path / "old" / FILE) as old:
        marks = [(n, n, json.dumps({"exchange": 200 + n, "on": n < 8, "text": "x" * 500})) for n in range(1, 201)]
        old.executemany("INSERT INTO happening(id, time, kind, data) VALUES (?, ?, 'bookmark', ?)", marks)
        old.execute("INSERT INTO name VALUES (1, 'CP-001', 'cp-001')")
        messages = [(n, n) for n in range(201, 211)]
        old.executemany("INSERT INTO exchange(id, time, station, version, bits) VALUES (?, ?, 1, 1, 0)", messages)
    shutil.copytree(tmp_path / "old", root / DATA)  # as after a kill: all of it is in the WAL
    old.close()
    run = Traced(root, Said()).run_alone(UPDATE)
    chance = random.Random(3)
    copies = 0
    for cut, _ in run.found(run.choose(CUTS // 4, chance), target, chance):
        copy = target / DATA / f"{FILE}.version-{version}"
        if copy.exists():
            with sqlite3.connect(copy) as old:
                assert old.execute("SELECT count(*) FROM happening").fetchone() == (200,), cut
            old.close()
            copies += 1
        with sqlite3.connect(target / DATA / FILE) as old:
            updated = old.execute("PRAGMA user_version").fetchone() != (version,)
        old.close()
        assert copy.exists() or not updated, cut
        journal = Journal.open(target / DATA)
        assert [record.id for record in journal.tail(0)] == list(range(1, 211)), cut
        marked = journal._connection.execute(f"SELECT id FROM by_trouble WHERE kind = {MARKED_KIND}").fetchall()
        assert marked == [(n,) for n in range(201, 208)], cut
        journal.release()
    assert copies


@pytest.mark.parametrize(
    ("spoilt", "lost"),
    [
        ("commits are not synced", "was answered and is lost"),
        ("new folders are not synced", "was answered and is lost"),
        ("secrets are not synced", "was sent and is not known"),
    ],
)
async def test_row_70_a_promise_that_was_broken_would_be_seen(tmp_path: Path, spoilt: str, lost: str) -> None:
    assert spoilt in SPOILT
    root, target = tmp_path / "disk", tmp_path / "found"
    root.mkdir()
    run = await Traced(root, Said()).run(spoilt)
    cuts: list[Cut] = [(number, "all", "all") for number in run.answered[:: len(run.answered) // 20]]
    seen = [faults(target / DATA, run.said, left, whole=False) for _, left in run.found(cuts, target, random.Random(1))]
    assert any(lost in fault for found in seen for fault in found)
