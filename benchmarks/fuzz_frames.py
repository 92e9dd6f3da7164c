"""The frame parser and everything behind it, at any text: ``python -m benchmarks.fuzz_frames SECONDS FOLDER``.

Guided by coverage where ``atheris`` is installed (``make fuzz`` installs it where it can), by ``hypothesis`` otherwise.
The first byte of an input chooses the version, the rest is the text of one message. A find is written to FOLDER.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.schema_words import call_text, words

VERSIONS = ("1.6", "2.0.1", "2.1")
SEEDS_EACH = 3
LONGEST = 4096  # bytes of an input


def target() -> Callable[[bytes], None]:
    """What is fuzzed."""
    from benchmarks.fuzz_road import Road

    roads = [Road(version) for version in VERSIONS]

    def hear(data: bytes) -> None:
        if data:
            roads[data[0] % len(roads)].hear(data[1:].decode("utf-8", "ignore"))

    return hear


def seeds(folder: Path) -> int:
    """Write the inputs to begin from: valid calls, answers and the oddities of the corpus; how many."""
    from console.engine.dialects import dialect

    texts: list[tuple[int, str]] = []
    for number, version in enumerate(VERSIONS):
        spoken = dialect(version)
        for action in sorted(spoken.sendable | spoken.sends):
            made = words(version, action)
            texts += [(number, call_text("1", action, made.valid())) for _ in range(SEEDS_EACH)]
        texts += [
            (number, text)
            for text in (
                '[3,"1",{"status":"Accepted"}]',
                '[4,"1","InternalError","",{}]',
                '[5,"1","FormatViolation","x",{}]',
                '[6,"1","NotifyPeriodicEventStream",{"id":1}]',
                '[2,"1","Heartbeat",{}',
                '[2,"1","Heartbeat",{"a":1,"a":2}]',
                '\ufeff[2,"1","Heartbeat",{}]',
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                '[2,"1","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[]}]',
                "",
            )
        ]
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in texts:
        data = bytes([number]) + text.encode()[: LONGEST - 1]
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
    return len(texts)


def by_coverage(atheris: Any, seconds: int, folder: Path) -> None:
    """Does not come back: libFuzzer ends the process, with 77 where something escaped."""
    with atheris.instrument_imports(include=["console.engine", "console.screens.summary", "console.screens.told"]):
        hear = target()
    corpus = folder.with_name(folder.name + "-corpus")
    count = seeds(corpus)
    print(f"fuzzed by atheris for {seconds} s from {count} seeds", flush=True)
    arguments = [sys.argv[0], str(corpus), f"-max_total_time={seconds}", f"-max_len={LONGEST}"]
    atheris.Setup([*arguments, f"-artifact_prefix={folder}/frames-", "-rss_limit_mb=4096", "-timeout=20"], hear)
    atheris.Fuzz()


def by_chance(seconds: int, folder: Path) -> int:
    """Texts of hypothesis and spoilt calls until the time is over; 1 where something escaped."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    hear = target()
    end = time.monotonic() + seconds
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    )
    frames = st.tuples(st.integers(0, 7), values, values, values).map(lambda parts: str(list(parts)).encode())
    count = 0

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2), st.binary(max_size=400) | frames)
    def say(number: int, data: bytes) -> None:
        nonlocal count
        count += 1
        whole = bytes([number]) + data
        try:
            hear(whole)
        except Exception:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"frames-{hashlib.sha1(whole).hexdigest()}").write_bytes(whole)
            raise

    while time.monotonic() < end:
        say()
    print(f"fuzzed by hypothesis for {seconds} s, {count} texts", flush=True)
    return 0


def main(seconds: int, folder: Path) -> int:
    """0 where nothing escaped."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        return by_chance(seconds, folder)
    by_coverage(atheris, seconds, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
